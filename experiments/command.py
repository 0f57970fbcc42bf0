"""What the commands beside `experiments.run` share: their words, and a folder of its own for each call."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore

from dnplab.config import ConfigError, read_config

__all__ = ["CONF", "dated_folder", "typed_config"]

CONF = Path(__file__).resolve().parents[1] / "conf"
Schema = TypeVar("Schema")


def typed_config(name: str, schema: type[Schema]) -> Schema | None:
    """The config of the words in sys.argv over conf/<name>.yaml; None if they ask for help or values, which are printed.

    Raises:
        ConfigError: one sentence on the first word that is wrong.

    """
    ConfigStore.instance().store(name=f"{name}_schema", node=schema, provider="dnplab")
    words = get_args_parser().parse_intermixed_args()
    if words.multirun:
        raise ConfigError("-m is for python -m experiments.run; this command takes one value for each key.")
    if words.help or words.hydra_help or words.cfg or words.info or words.shell_completion:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(lambda _: None)()
        return None
    return read_config(CONF, name, schema, words.overrides)


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
