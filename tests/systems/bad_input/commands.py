"""Wrong words for the commands other than experiments.run."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.systems.bad_input.case import FOLDER, nothing, refused, turned_away
from tests.systems.bad_input.folder import Place
from tests.systems.bad_input.words import NOT_UNDERSTOOD

__all__ = ["COMMANDS"]

NO_MULTIRUN = "-m is for python -m experiments.run"

COMMANDS = [
    refused(line, *says, command=command)
    for command, line, *says in (
        ("status", "-m", NO_MULTIRUN),
        ("status", "swep=x", "There is no config key swep; did you mean sweep?"),
        ("status", "sweep=[x]", "sweep is ['x'], but it must be text or null."),
        ("status", "outputs=", "outputs is '', but it must be the path of a folder."),
        ("status", "nonsense", f"'nonsense' {NOT_UNDERSTOOD}"),
        ("status", "--config-dir=x", "--config-dir is for python -m experiments.run"),
        ("status", "", "There is no tracking store at"),
        ("crossover", "", "There is no tracking store at"),
        ("crossover", "-m seed=1,2", NO_MULTIRUN),
        ("crossover", "seed=1,2", "seed=1,2 names several values, but seed takes one here."),
        ("crossover", "bootstrap=1", "bootstrap is 1, but it must be"),
        ("crossover", "bootstrap=1e3", "bootstrap is 1000.0, but it must be an integer."),
        ("crossover", "seed=-1", "seed is -1, but it must be an integer >= 0."),
        ("crossover", "outputs=/proc/x", f"outputs is '/proc/x', {FOLDER}"),
        ("ui", "", "There is no tracking store at"),
        ("ui", "-m", NO_MULTIRUN),
        ("ui", "prot=5000", "There is no config key prot; --help lists them all."),
        ("ui", "outputs=", "outputs is '', but it must be the path of a folder."),
        ("ui", "tracking.uri=http://127.0.0.1:9", "tracking.uri is 'http://127.0.0.1:9', where no tracking server answers"),
        ("ui", "port=many", "port is 'many', but it must be an integer or null."),
        ("report", "", "There is no tracking store at"),
        ("report", "-m", NO_MULTIRUN),
        ("report", "swep=x", "There is no config key swep; did you mean sweep?"),
        ("report", "outputs=/proc/x", f"outputs is '/proc/x', {FOLDER}"),
        ("collect", "", "sources is [], but it must be at least one output folder"),
        ("collect", "-m sources=[a]", NO_MULTIRUN),
        ("collect", "sources=a", "sources is 'a', but it must be a list"),
        ("collect", "sources=[nowhere]", "nowhere', but it must be output folders of experiments.run"),
        ("claims", "-m", NO_MULTIRUN),
        ("claims", "scale=huge", "scale is 'huge', but it must be one of quick, full."),
        ("claims", "only=[nope]", "only is ['nope'], but it must be"),
        ("claims", "workers=-1", "workers is -1, but it must be an integer >= 0."),
        ("claims", "size.n_spins=0", "size.n_spins is 0, but it must be"),
        ("claims", "size.n_spins=30", "n_spins is 30, but", "GiB"),
        ("claims", "size.realizations=0", "size.realizations is 0, but it must be"),
        ("benchmark", "-m", NO_MULTIRUN),
        ("benchmark", "sizes=[]", "sizes is [], but it must be a list of one or more different values."),
        ("benchmark", "sizes=[4,4]", "sizes is [4, 4], but it must be a list of one or more different values."),
        ("benchmark", "sizes=[0]", "sizes is 0, but it must be an integer >= 1."),
        ("benchmark", "sizes=[30]", "30, but", "GiB"),
        ("benchmark", "cases=[nope]", "cases is 'nope', but it must be names out of table1_cold"),
        ("benchmark", "methods=[nope]", "methods is 'nope', but it must be"),
        ("benchmark", "limit_s=nan", "limit_s is nan, but it must be a finite number > 0."),
        ("benchmark", "sizes=[3] outputs=", "outputs is '', but it must be the path of a folder."),
        ("benchmark", "sizes=[3] outputs=/proc/x", f"outputs is '/proc/x', {FOLDER}"),
        ("robustness", "-m", NO_MULTIRUN),
        ("robustness", "samples=3", "samples is 3, but it must be at least one for each of the 4 sizes."),
        ("robustness", "rtol=2", "rtol is 2.0, but it must be a number > 0 and < 1."),
        ("robustness", "sizes=[30]", "sizes is 30, but", "GiB"),
        ("robustness", "sizes=[1000]", "1000, but"),
        ("robustness", "outputs=/proc/x", f"outputs is '/proc/x', {FOLDER}"),
        ("truncation", "-m", NO_MULTIRUN),
        ("truncation", "sizes=[30]", "sizes is 30, but", "GiB"),
        ("truncation", "orders=[]", "orders is [], but it must be a list of one or more different values."),
        ("truncation", "orders=[0]", "orders is 0, but it must be an integer >= 1."),
        ("truncation", "sizes=[4] orders=[4,5]", "orders is [4, 5], but it must be below the largest size, 4"),
        ("truncation", "temperatures_k=[-1]", "temperatures_k is -1.0, but it must be a finite number > 0."),
        ("truncation", "sizes=[3] outputs=/proc/x", f"outputs is '/proc/x', {FOLDER}"),
        ("independent", "-m", NO_MULTIRUN),
        ("independent", "exact=[3]", "exact is [3], but it must be a list of lists such as [[12,1.2,1]]."),
        (
            "independent",
            "exact=[[4,12]]",
            "exact is [4, 12], but it must be lists of 3 numbers, [spins, temperature in K, samples].",
        ),
        ("independent", "exact=[[4.5,12,1]]", "exact is 4.5, but it must be an integer >= 1."),
        ("independent", "exact=[[4,cold,1]]", "exact is 'cold', but it must be a finite number > 0."),
        ("independent", "exact=[[30,12,1]]", "exact is 30, but", "GiB"),
        (
            "independent",
            "exact=[[6,12,1],[6,12,2]]",
            "exact is [(6, 12), (6, 12)], but it must be a list of one or more different",
        ),
        ("independent", "exact=[] trajectories=[[30,12,1,400,8]]", "trajectories is 30, but", "GiB"),
        ("independent", "exact=[] trajectories=[[6,12,1,40,8]]", "trajectories is 40.0, but it must be at least 64 µs"),
        ("independent", "exact=[] trajectories=[]", "exact is [], but it must be a list of one or more cases"),
        ("independent", "exact=[[3,12,1]]", "orders is [2, 3, 4], but it must be at most 3, the smallest size."),
        ("independent", "exact=[[4,12,1]] outputs=/proc/x", f"outputs is '/proc/x', {FOLDER}"),
    )
]


@contextmanager
def busy(_: Place) -> Iterator[None]:
    """A port that another program listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", BUSY))
        listener.listen()
        yield


def unfinished(place: Place) -> None:
    place.sql("UPDATE runs SET status = 'FAILED'")


BUSY, PORT = 45871, "but it must be a free port from 1 to 65535, or null to have one chosen"
COMMANDS += [
    turned_away("ui on no port", nothing, f"port is 0, {PORT} (there is no such port).", line="port=0", command="ui"),
    turned_away("ui on a taken port", busy, f"port is {BUSY}, {PORT} (address", line=f"port={BUSY}", command="ui"),
    turned_away("ui without a finished run", unfinished, "The store holds no finished run;", line="", command="ui"),
]
