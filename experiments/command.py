"""What commands share: the reading of their words, a folder of its own for each call, and their end."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NoReturn, TypeVar

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from dnplab.config import ConfigError, read_config
from dnplab.errors import DnplabError, MemoryEstimateError, ParameterError
from dnplab.memory import require_memory

__all__ = [
    "BAD_INPUT",
    "CONF",
    "INCOMPLETE",
    "INTERRUPTED",
    "TERMINATED",
    "LookKeys",
    "RecordKeys",
    "StoreKeys",
    "as_script",
    "dated_folder",
    "in_words",
    "perform",
    "read_words",
    "require_distinct",
    "require_room",
    "typed_config",
]

CONF = Path(__file__).resolve().parents[1] / "conf"
INCOMPLETE, BAD_INPUT = 1, 2
INTERRUPTED, BROKEN_PIPE, TERMINATED = 130, 141, 143  # what a shell makes of SIGINT, SIGPIPE, SIGTERM
FOREIGN = {  # Hydra's flags that would put another config, or a pickled one, in the place of the checked one
    "config_path": "--config-path",
    "config_name": "--config-name",
    "experimental_rerun": "--experimental-rerun",
}
Schema = TypeVar("Schema")


@dataclass
class StoreKeys:
    """Which store; uri null is the SQLite file in the output folder."""

    uri: str | None = None


@dataclass
class LookKeys(StoreKeys):
    """Where to look; experiment null means everywhere."""

    experiment: str | None = None


@dataclass
class RecordKeys(StoreKeys):
    """Where a run is recorded."""

    experiment: str = MISSING


def read_words() -> Namespace:
    """The words of sys.argv as Hydra's parser sorts them; its flags are put first, since it takes one row of overrides only.

    Raises:
        ConfigError: a flag of Hydra that the commands do not take.

    """
    parser = get_args_parser()
    parser.error = _complain  # type: ignore[method-assign]  # argparse would print a page of usage and exit
    words = parser.parse_intermixed_args()
    sys.argv = [sys.argv[0], *sorted(sys.argv[1:], key=words.overrides.__contains__)]
    for name, flag in FOREIGN.items():
        if getattr(words, name) is not None:
            raise ConfigError(f"{flag} is not taken here; --config-dir=FOLDER adds a folder of configs.")
    if words.resolve and not (words.cfg or words.help):
        raise ConfigError("--resolve goes with --cfg or --help.")
    return words


def _complain(message: str) -> NoReturn:
    raise ConfigError(f"{message[:1].upper()}{message[1:]}; --help lists what there is.")


def typed_config(name: str, schema: type[Schema]) -> Schema | None:
    """The config of the words in sys.argv over conf/<name>.yaml; None if they ask for help or values, which are printed.

    Raises:
        ConfigError: one sentence on the first word that is wrong.

    """
    ConfigStore.instance().store(name=f"{name}_schema", node=schema, provider="dnplab")
    words = read_words()
    if words.multirun:
        raise ConfigError("-m is for python -m experiments.run; this command takes one value for each key.")
    if words.config_dir is not None:
        raise ConfigError("--config-dir is for python -m experiments.run; this command reads one file of conf.")
    if words.help or words.hydra_help or words.cfg or words.info or words.shell_completion:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(lambda _: None)()
        return None
    return read_config(CONF, name, schema, words.overrides)


def require_distinct(key: str, values: Sequence[object]) -> None:
    """Raise `ParameterError` unless a list has one or more values, each once."""
    if not values or len(set(values)) < len(values):
        raise ParameterError(key, values, "a list of one or more different values")


def require_room(key: str, n_spins: int, *, dense: bool = False) -> None:
    """Raise `MemoryEstimateError`, about a key of this command, if the steady state of so many spins would not fit."""
    try:
        require_memory(n_spins, "nonsecular", dense)
    except MemoryEstimateError as error:
        words = str(error).replace("system.n_spins", key).replace("model=nonsecular", "the nonsecular model")
        raise MemoryEstimateError(words) from error


def dated_folder(outputs: str | Path, name: str) -> Path:
    """A new folder <outputs>/<name>/<date and time>, numbered where two calls share a second."""
    stamp = f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    for number in count(1):
        folder = Path(outputs).absolute() / name / (stamp if number == 1 else f"{stamp}_{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("there is always another number")


def perform(name: str, schema: type[Schema], task: Callable[[Schema], int]) -> int:
    """Do `task` with the config of the words in sys.argv over conf/<name>.yaml; its exit code.

    What the library refuses is told in its one sentence, as bad input; help needs no task.
    """
    try:
        config = typed_config(name, schema)
        return 0 if config is None else task(config)
    except DnplabError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


def as_script(main: Callable[[], int]) -> NoReturn:
    """Exit with what `main` returns; Ctrl-C, a full disk, or a reader that leaves early (``| head``), make no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ± shows a question mark
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more
        code = BROKEN_PIPE
    except OSError as error:
        print(f"{in_words(error)} What is stored stays, and the same command goes on from there.", file=sys.stderr)
        code = INCOMPLETE
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)


def in_words(error: OSError) -> str:
    """What the system refused, as a sentence: "No space left on device (outputs/crossover.csv)."."""
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}."
