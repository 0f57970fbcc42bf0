"""What a config may not do: write outside its output folder without saying so, or name code that is to be run."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dnplab.config.spec import ConfigError

__all__ = ["check_code", "check_outputs", "check_paths", "check_store"]

HYDRA_PATHS = ("run.dir", "sweep.dir", "sweep.subdir", "launcher.submitit_folder", "launcher.temp_folder")
LONGEST_PATH = 400  # SQLite's own limit is 512, and files have names below it
NAMING_CODE = ("_target_", "class", "()")  # Hydra's key for code, and those of the configuration of logging
HARMLESS = (
    re.compile(  # launchers, sweepers and what a log needs; other names below theirs lead anywhere, as logging.os does
        r"(hydra\._internal\.core_plugins|hydra_plugins)(\.\w+)*\.\w+(Launcher|Sweeper)"
        r"|logging\.(StreamHandler|FileHandler|NullHandler|Formatter)|colorlog\.ColoredFormatter"
    )
)
REFERENCE = re.compile(r"\$\{(now:[^${}]*|[\w./]+)\}")  # to a key or the time: it makes nothing that is in no config
OF_A_JOB = re.compile(r"\$\{hydra\.job\.(name|num)\}")  # names without a path, known when a job starts
COMMAND = ("hydra.overrides.", "hydra.job.override_dirname", "hydra.sweeper.params.")  # words, which are checked as such
LOGGING = ("hydra.job_logging", "hydra.hydra_logging")
LOG_FILES = "${hydra.runtime.output_dir}/"
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")


def check_outputs(outputs: str) -> None:
    """Refuse an output folder that nothing can be written to; a missing one is not created.

    Raises:
        ConfigError: one sentence about the key `outputs`.

    """
    if not outputs.strip():
        raise ConfigError(f"outputs is {outputs!r}, but it must be the path of a folder.")
    if "?" in outputs or len(os.path.abspath(outputs)) > LONGEST_PATH:
        raise ConfigError(
            f"outputs is {outputs!r}, but it must be a path of at most {LONGEST_PATH} characters without a question mark, "
            "which SQLite would take for the end of it."
        )
    if not Path(outputs).is_absolute() and not _inside(Path(outputs), Path()):
        raise ConfigError(f"outputs is {outputs!r}, which leaves the working directory; give it as an absolute path.")
    folder = Path(outputs).absolute()
    try:
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConfigError(
            f"outputs is {outputs!r}, but it must be a folder that can be written to ({folder}: {error.strerror})."
        ) from error


def check_paths(composed: DictConfig) -> None:
    """Refuse relative paths of Hydra and of a SQLite store that leave the output folder; absolute ones say what they mean.

    Raises:
        ConfigError: one sentence about the key.

    """
    if composed.hydra.job.chdir:
        raise ConfigError("hydra.job.chdir is True, but it must be false: relative paths are those of the command.")
    outputs = Path(composed.outputs)
    for key in HYDRA_PATHS:
        path = _hydra_path(composed, key)
        if path is not None and not _inside(path, outputs):
            raise ConfigError(_outside(f"hydra.{key}", path, outputs))
    for key in ("output_subdir", "job.name"):
        name = str(OmegaConf.select(composed.hydra, key))
        if os.sep in name or ".." in name:
            raise ConfigError(f"hydra.{key} is {name!r}, but it must be a name without a path.")
    for key, value in _leaves(OmegaConf.to_container(composed.hydra, resolve=False), "hydra"):
        text = str(value)
        if key.endswith(".filename") and not (text.startswith(LOG_FILES) and _is_name(text[len(LOG_FILES) :])):
            raise ConfigError(f"{key} is {text!r}, but a log goes to {LOG_FILES}NAME.")
    check_store(composed.tracking.uri or "", outputs)


def check_store(uri: str, outputs: Path) -> None:
    """Refuse a relative path of a SQLite store that leaves the output folder.

    Raises:
        ConfigError: one sentence about the key `tracking.uri`.

    """
    scheme, _, file = uri.partition(":///")
    if uri.startswith("sqlite") and not (scheme == "sqlite" and file):
        raise ConfigError(f"tracking.uri is {uri!r}, but a SQLite file is sqlite:////FOLDER/FILE.db.")
    if scheme == "sqlite" and not _inside(Path(file), outputs):
        raise ConfigError(_outside("tracking.uri", uri, outputs))


def _hydra_path(composed: DictConfig, key: str) -> Path | None:
    """The path under a key of Hydra's node; one inside a sweep's folder stands where that does."""
    if key == "sweep.subdir":  # it holds the number of a job, which is not known yet
        text = OmegaConf.to_container(composed.hydra.sweep, resolve=False)["subdir"]  # type: ignore[call-overload, index]
        if "${" in OF_A_JOB.sub("", str(text)):
            raise ConfigError(f"hydra.sweep.subdir is {text!r}, but its references may be ${{hydra.job.num}} or .name.")
        return None if text is None else Path(composed.hydra.sweep.dir) / str(text)
    try:
        text = OmegaConf.select(composed.hydra, key)
    except OmegaConfBaseException as error:
        raise ConfigError(f"hydra.{key} cannot be resolved: {str(error).splitlines()[0]}.") from error
    return None if text is None else Path(str(text))


def _outside(key: str, path: object, outputs: Path) -> str:
    return f"{key} is {str(path)!r}, which lies outside the output folder {str(outputs)!r}; give it as an absolute path."


def _is_name(text: str) -> bool:
    """Whether a file stays where it is, whatever its references turn out to be."""
    return ".." not in text and "${" not in OF_A_JOB.sub("", text)


def _inside(path: Path, folder: Path) -> bool:
    """Whether a path is absolute, or relative and inside a folder."""
    there, root = os.path.abspath(path), os.path.abspath(folder)
    return (path.is_absolute() and ".." not in path.parts) or there == root or there.startswith(root + os.sep)


def check_code(composed: DictConfig) -> None:
    """Refuse values that name code other than Hydra's own and its plugins', or may turn out to when they are resolved.

    Raises:
        ConfigError: one sentence about the first of them.

    """
    for key, value in _leaves(OmegaConf.to_container(composed, resolve=False), ""):
        names = key.rpartition(".")[2] in NAMING_CODE and not HARMLESS.fullmatch(str(value))
        if names or ("ext://" in str(value) and value not in STREAMS):  # a table by size may hold it
            raise ConfigError(f"{key}={value} names code to be run, which no value of a config may do.")
        if not key.startswith("hydra") or key.startswith(COMMAND):
            continue
        of_logs = key.startswith(LOGGING) and not key.endswith(".filename")  # pieces of them may make ext://
        if "${" in (str(value) if of_logs else REFERENCE.sub("", str(value))):
            raise ConfigError(
                f"{key} is {value!r}, but references among Hydra's keys are ${{KEY}}, none in those of logging."
            )
    for section in ("callbacks", "job.env_set"):
        if found := OmegaConf.select(composed.hydra, section):
            raise ConfigError(f"hydra.{section} is {dict(found)}, which names code to be run or changes what is run.")


def _leaves(node: Any, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _leaves(value, f"{key}[{place}]")
    else:
        yield key, node
