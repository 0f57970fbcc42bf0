"""The words of a command line, KEY=VALUE, checked one by one against a schema; each complaint is one sentence."""

from __future__ import annotations

import difflib
import math
import os
import re
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, QuotedString, RangeSweep
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import GrammarParseError, OmegaConfBaseException
from yaml import YAMLError

from dnplab.config.schema import field_types
from dnplab.config.spec import ConfigError

__all__ = ["MOST_POINTS", "check_words", "compose_words", "groups", "parse_words", "read_config"]

Schema = TypeVar("Schema")
ONE_STORE = ("outputs", "tracking")
MOST_POINTS = 100_000
MISSING = "???"  # OmegaConf's word for a value that is still to come


def read_config(conf: Path, name: str, schema: type[Schema], overrides: Sequence[str]) -> Schema:
    """The typed config of a command without groups and sweeps: `conf`/`name`.yaml, then the command's words.

    The file takes its keys from `<name>_schema` in its defaults.

    Raises:
        ConfigError: one sentence on the first word that is wrong.

    """
    ConfigStore.instance().store(name=f"{name}_schema", node=schema, provider="dnplab")
    with initialize_config_dir(str(conf.absolute()), job_name=name, version_base="1.3"):
        words = parse_words(overrides)
        check_words(words, field_types(schema))
        for word in words:
            if word.is_sweep_override():
                raise ConfigError(f"{word.input_line} names several values, but {word.key_or_group} takes one here.")
        composed = compose_words(name, overrides)
    try:
        return cast(Schema, OmegaConf.to_object(composed))
    except OmegaConfBaseException as error:
        raise ConfigError(_one_line(error)) from error


def parse_words(words: Sequence[str]) -> list[Override]:
    """The words as Hydra understands them (inside an initialized Hydra)."""
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    parsed: list[Override] = []
    for word in words:
        try:
            parsed.append(parser.parse_override(word))
        except HydraException as error:
            raise ConfigError(f"{word!r} is not understood; {_remedy(word, parser)}.") from error
    return parsed


def _remedy(word: str, parser: OverridesParser) -> str:
    """How a word that Hydra cannot parse is to be written."""
    key, _, value = word.partition("=")
    quoted = f'{key}="{os.path.expanduser(value)}"'
    if value and not value.startswith(("'", '"', "[", "{")):
        try:
            parser.parse_override(quoted)
        except HydraException:
            pass
        else:
            return f"a value with such characters needs quotes, as in '{quoted}'"
    return "it must look like KEY=VALUE"


def compose_words(name: str, words: Sequence[str], *, hydra: bool = False) -> DictConfig:
    """The config `name` under these words, with Hydra's own node on demand."""
    try:
        return compose(name, overrides=list(words), return_hydra_config=hydra)
    except MissingConfigException as error:
        group, _, option = (error.missing_cfg_file or "").rpartition("/")
        options = list(error.options or [])
        if not options:
            raise ConfigError(_one_line(error)) from error
        near = _close(option, options)
        raise ConfigError(f"{group} is {option!r}, but it must be one of {', '.join(options)}{near}") from error
    except (YAMLError, UnicodeDecodeError, RecursionError, OSError) as error:
        named = ", ".join(word for word in words if "=" in word)
        raise ConfigError(f"A config file cannot be read ({named}): {_one_line(error)}") from error
    except HydraException as error:
        cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
        raise ConfigError(_one_line(cause)) from error


def _one_line(error: BaseException) -> str:
    """Hydra's or OmegaConf's message as a sentence that begins with the key; their internals are left out."""
    text = " ".join(str(error).split())
    key = re.search(r"full_key: (?!\w+_type=)(\S+)", text)
    text = re.sub(r"\w+ raised while composing config: ", "", text.partition(" full_key:")[0])
    if isinstance(error, GrammarParseError):
        text = "a reference ${...} cannot be read there; does it lack a value?"  # ANTLR's list of tokens helps nobody
    return (f"{key[1]}: {text}" if key else text).rstrip(".") + ("" if text.endswith("?") else ".")


def groups() -> list[str]:
    """The config groups that exist, Hydra's own left out."""
    return [g for g in GlobalHydra.instance().config_loader().list_groups("") if g != "hydra"]


def check_words(words: Sequence[Override], leaves: Mapping[str, Any], groups: Sequence[str] = ()) -> None:
    """Refuse words whose key is neither one of `leaves` (key -> type) nor a group, or whose value has another type."""
    for word in words:
        key = word.key_or_group
        if not key:
            raise ConfigError(f"{word.input_line!r} is not understood; it must look like KEY=VALUE.")
        if key == "hydra.sweeper.params":
            raise ConfigError(f"{word.input_line} is for experiment files; on the command line a sweep is -m KEY=A,B,C.")
        if key == "hydra.searchpath":
            _check_searchpath(word)
        if word.is_sweep_override():
            _check_sweep(word)
        if word.is_sweep_override() and key.partition(".")[0] in ONE_STORE:
            raise ConfigError(f"{word.input_line} names several values, but all runs of a sweep go to one store.")
        if key == "hydra" or key.startswith(("hydra.", "hydra/")):
            continue
        if word.is_delete():
            raise ConfigError(f"{word.input_line} would remove {key}, which every run needs; {key}=VALUE changes it.")
        if key in groups:
            values = list(word.sweep_iterator()) if word.is_sweep_override() else [word.value()]
            if not all(isinstance(value, str | QuotedString) and str(value) != MISSING for value in values):
                raise ConfigError(
                    f"{word.input_line} is not understood; {key}=OPTION takes one of those that --help lists, "
                    f"and -m {key}=OPTION,OPTION runs each of them."
                )
            if references := [shown for value in values if "${" in (shown := str(_shown(value)))]:
                search = [other.input_line or "" for other in words if other.key_or_group == "hydra.searchpath"]
                options = GlobalHydra.instance().config_loader().get_group_options(key, overrides=search)
                raise ConfigError(f"{key} is {references[0]!r}, but it must be one of {', '.join(options)}.")
            continue  # its options are known where it is composed, other folders' included
        if key not in leaves:
            raise ConfigError(_unknown(key, list(leaves) if "." in key else [*leaves, *groups]))
        _check_type(word, leaves[key])


def _check_sweep(word: Override) -> None:
    """Refuse what is no list of values, or a list of none or of far too many, before it is unfolded."""
    key, values = word.key_or_group, word.value()
    if key == "hydra" or key.startswith(("hydra.", "hydra/")):
        raise ConfigError(f"{word.input_line} names several values, but Hydra's own keys take one for the whole sweep.")
    if isinstance(values, RangeSweep):
        start, stop, step = (float(value or 0.0) for value in (values.start, values.stop, values.step))
        count = math.ceil((stop - start) / step) if step and math.isfinite(stop - start) else 0
        if count < 1:
            raise ConfigError(f"{word.input_line} names no value; range(A,B,STEP) goes from A in steps up to below B.")
        if count > MOST_POINTS:
            raise ConfigError(f"{word.input_line} names {count} values, but a sweep has at most {MOST_POINTS} points.")
    elif isinstance(values, Glob) or not word.is_discrete_sweep():
        raise ConfigError(f"{word.input_line} is not a list of values; write {key}=A,B,C or {key}=range(A,B,STEP).")


def _check_searchpath(word: Override) -> None:
    """Refuse packages, which would be imported, and folders that are not there."""
    folders = word.value()
    for folder in folders if isinstance(folders, list) else [folders]:
        text = str(_shown(folder))
        if text.startswith("pkg://"):
            raise ConfigError(f"{word.input_line} names a package, which would be imported; a folder is file://FOLDER.")
        if not Path(text.removeprefix("file://")).is_dir():
            raise ConfigError(f"{word.input_line} must be a list of folders of configs that exist, as [file://FOLDER].")


def _check_type(word: Override, hint: Any) -> None:
    raw = list(word.sweep_iterator()) if word.is_sweep_override() else [word.value()]
    for value in raw:
        if not _fits(value, hint):
            shown = "null" if value is None else repr(_shown(value))
            raise ConfigError(f"{word.key_or_group} is {shown}, but it must be {_words(hint)}.")


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(value, QuotedString):
        value = value.text
    if isinstance(value, str) and value.startswith("${"):
        return True  # a reference: its value is checked when the config is composed
    if isinstance(hint, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(hint))
    if hint is types.NoneType:
        return value is None
    if typing.get_origin(hint) is list:
        (item,) = typing.get_args(hint)
        return isinstance(value, list) and all(_fits(v, item) for v in value)
    if hint is Any:
        return True  # whoever reads it says what it may be
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is str:
        return value is not None and not isinstance(value, list | dict)
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    """A type in words."""
    if isinstance(hint, types.UnionType):
        return " or ".join(_words(part) for part in typing.get_args(hint))
    if typing.get_origin(hint) is list:
        (item,) = typing.get_args(hint)
        return {
            int: "a list of integers such as [0,2]",
            float: "a list of numbers such as [1.2,12]",
            list[Any]: "a list of lists such as [[12,1.2,1]]",
        }.get(item, "a list of names such as [epr,eigenstates]")
    plain = {int: "an integer", float: "a number", bool: "true or false", str: "text", types.NoneType: "null"}
    return plain[hint]


def _shown(value: Any) -> Any:
    return value.text if isinstance(value, QuotedString) else value


def _unknown(key: str, known: Sequence[str]) -> str:
    """The sentence on a key that does not exist: the nearest one, or those of its section."""
    section, _, leaf = key.rpartition(".")
    siblings = [k for k in known if k.startswith(f"{section}.")]
    leaves = {k.rpartition(".")[2] for k in known}
    similar = difflib.get_close_matches(leaf, sorted(leaves), n=1, cutoff=0.8)
    near = [k for k in known if k.rpartition(".")[2] in similar]
    near = [k for k in near if k in siblings] or near  # own section wins
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif siblings:
        hint = f"it may be {', '.join(siblings)}."
    else:
        hint = "--help lists them all."
    return f"There is no config key {key}; {hint}"


def _close(value: str, options: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, options, n=1)
    return f"; did you mean {near[0]}?" if near else "."
