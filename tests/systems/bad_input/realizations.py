"""Damage to stored realizations and to the tables of finished runs."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.systems.bad_input.case import Around, in_sweep, incomplete, recovered, turned_away
from tests.systems.bad_input.command import run
from tests.systems.bad_input.damage import as_file, as_folder, cut, during, flipped, linked, lost, spoilt, table, text
from tests.systems.bad_input.folder import POINT, Place, numbers_of

__all__ = ["ARTIFACTS", "REALIZATIONS"]

AGAIN = "Damaged and computed again: 1 stored realization of nonsecular T=12K N=3."
LONG = f"{POINT} observables.names=[epr] observables.epr_bin_mhz=0.002"  # spectra of 4000 bins


# --- realizations


def twelve_flips(place: Place) -> None:
    """The last bit of one byte in each realization: headers of zip and numpy, names, numbers, the directory at the end."""
    place.forget()
    for index in range(12):
        file = place.realization(index)
        content = file.read_bytes()
        places = (
            0,  # zip's magic
            content.index(b"head.npy"),
            content.index(b"\x93NUMPY") + 8,  # the length of numpy's header
            content.index(b"<U") + 2,  # the length of the text
            content.index(b"\x93NUMPY") + 200,  # the text
            content.index(b"a_polarization.npy") + 3,
            content.index(b"<f8"),
            content.index(b"(3,)") + 1,
            content.index(b"(3,)") + 80,  # a number
            content.rindex(b"PK\x01\x02") + 16,  # a checksum
            content.rindex(b"PK\x01\x02") + 42,  # where a member begins
            len(content) - 6,  # where the directory begins
        )
        flipped(file, places[index])


def in_long_header(value: int, behind: int) -> Around:
    """A byte of numpy's header of a long spectrum is another; zip asks its checksum only at a member's end."""

    def around(place: Place) -> None:
        before = set(place.outputs.rglob("0.npz"))
        undisturbed = run("run", LONG, place.folder)
        assert undisturbed.code == 0, undisturbed.err
        place.numbers |= numbers_of(place.outputs)
        (file,) = set(place.outputs.rglob("0.npz")) - before
        content = file.read_bytes()
        flipped(file, content.index(b"\x93NUMPY", content.index(b"a_epr.npy")) + behind, value)
        place.forget()

    return around


def older(path: Path) -> None:
    """A sound file of another version of the schema, whose numbers mean something else."""
    with np.load(path) as file:
        arrays = {name: 2 * file[name] for name in file.files if name != "head"}
        head = json.loads(str(file["head"]))
    head["schema"] -= 1
    np.savez(path, allow_pickle=False, head=np.array(json.dumps(head)), **arrays)


class Intruder:
    """An object whose unpickling leaves a folder."""

    def __reduce__(self) -> tuple[Any, tuple[str, ...]]:
        return os.mkdir, ("intruder",)


def pickled(path: Path) -> None:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["a_polarization"] = np.array([Intruder(), 0, 0], dtype=object)
    np.savez(path, allow_pickle=True, **arrays)


def no_intruder(place: Place) -> str:
    return "it was unpickled" if list(place.folder.rglob("intruder")) else ""


def vast(path: Path) -> None:
    """A header that promises 10^15 numbers."""
    shape = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"
    with np.load(path) as file, zipfile.ZipFile(path.with_suffix(".new"), "w") as new:
        for name in file.files:
            with new.open(f"{name}.npy", "w") as member:
                if name == "a_polarization":
                    member.write(b"\x93NUMPY\x01\x00v\x00" + shape.ljust(117).encode() + b"\n")
                else:
                    np.lib.format.write_array(member, file[name])
    path.with_suffix(".new").replace(path)


def of_hilbert(place: Place) -> None:
    place.forget()
    shutil.copy(place.realization(0, "hilbert"), place.realization(0))


def strangers(place: Place) -> None:
    place.forget()
    for name in ("x.npz", "-1.npz", "99.npz", "²0.npz", "².npz", "0.npz.bak"):
        text(place.realization(0).with_name(name))


def no_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    text(path.parent)


REALIZATIONS = [
    recovered("a truncated realization", spoilt(cut), AGAIN),
    recovered("text in place of a realization", spoilt(text), AGAIN),
    recovered("a link to nowhere in place of a realization", spoilt(linked), AGAIN),
    recovered("all realizations gone", spoilt(lambda path: shutil.rmtree(path.parents[2]))),
    recovered("a flipped bit in each realization", twelve_flips, "computed again: 12 stored realizations"),
    recovered("a flipped bit in a long header", in_long_header(116, 8), AGAIN, line=LONG),
    recovered("a flipped bit that leaves no literal", in_long_header(ord("z"), 10), AGAIN, line=LONG),
    recovered("a realization of another schema", spoilt(older), AGAIN),
    recovered("a realization with another index", spoilt(lambda path: shutil.copy(path.with_name("1.npz"), path)), AGAIN),
    recovered("a realization of another sample", of_hilbert, AGAIN),
    recovered("a pickled realization", spoilt(pickled), AGAIN, look=no_intruder),
    recovered("a realization that promises 10^15 numbers", spoilt(vast), AGAIN),
    recovered("other files beside the realizations", strangers),
    incomplete("a folder in place of a realization", spoilt(as_folder), "0.npz"),
    incomplete("a file in place of the realizations", spoilt(no_folder), "checkpoints", "cannot be written"),
    incomplete("a file in place of the checkpoints", as_file("checkpoints"), "checkpoints", "cannot be written"),
]


# --- files of finished runs


def of_the_other(place: Place) -> None:
    shutil.copy(place.artifacts("hilbert") / "realizations.parquet", place.artifacts())


def everything_gone(place: Place) -> None:
    shutil.rmtree(place.outputs / "mlartifacts")
    shutil.rmtree(place.outputs / "checkpoints")


def no_artifacts(place: Place) -> None:
    shutil.rmtree(place.outputs / "mlartifacts")
    text(place.outputs / "mlartifacts")


NAMED = "realizations.parquet of the run"
ARTIFACTS = [
    in_sweep("a truncated table of a finished run", table(cut), NAMED),
    in_sweep("a table that is gone", table(Path.unlink), "is gone"),
    in_sweep("the table of another run", of_the_other, NAMED),
    in_sweep("a folder in place of a table", table(as_folder), "realizations.parquet"),
    in_sweep("the artifacts of a run gone", lost(shutil.rmtree), "are gone"),
    in_sweep("artifacts and realizations gone", everything_gone, "are gone"),
    turned_away("a truncated table, for the crossover", table(cut), NAMED, "makes it again", line="", command="crossover"),
    incomplete("a file in place of the artifacts", during(no_artifacts), "mlartifacts"),
]
