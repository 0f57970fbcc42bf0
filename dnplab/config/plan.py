"""The check of a command line before anything starts: every value of every sweep, each complaint one sentence.

A sweep is unfolded as Hydra's basic sweeper does it; configs are composed once per combination of group options, and
the swept values are set on copies.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from dnplab.config.schema import Config, field_types, register
from dnplab.config.spec import ConfigError, fingerprint, logged_params, to_config, to_spec
from dnplab.ensemble import EnsembleSpec
from dnplab.memory import require_memory

__all__ = ["Job", "Plan", "make_plan"]


@dataclass(frozen=True)
class Job:
    """One ensemble of a command."""

    config: Config
    spec: EnsembleSpec
    fingerprint: str


@dataclass(frozen=True)
class Plan:
    """What a command asks for.

    question : the chosen experiment's name, or "sweep"
    local : the jobs run one after the other in this process (Hydra's basic launcher)
    """

    jobs: tuple[Job, ...]
    multirun: bool
    question: str
    local: bool

    @property
    def sweep(self) -> str:
        """The sweep's id: equal for commands that ask for the same runs, empty for a single run."""
        if not self.multirun:
            return ""
        digest = hashlib.sha256("\n".join(sorted(job.fingerprint for job in self.jobs)).encode())
        return f"{self.question}-{digest.hexdigest()[:10]}"

    @property
    def grid(self) -> dict[str, list[Any]]:
        """The logged parameters that span the sweep, with their values; those that follow from others are left out."""
        points = [logged_params(job.spec) for job in self.jobs]
        chosen: list[str] = []
        for key in points[0]:
            known = {tuple(point[k] for k in chosen) for point in points}
            refined = {tuple(point[k] for k in [*chosen, key]) for point in points}
            if len(refined) > len(known):
                chosen.append(key)
        keys = chosen or ["model", "bath.temperature_k"]
        return {key: list(dict.fromkeys(point[key] for point in points)) for key in keys}


def make_plan(conf: Path, overrides: Sequence[str], *, multirun: bool = False, search: Path | None = None) -> Plan:
    """Compose and check every job of a command.

    Args:
        conf: the folder of config.yaml.
        overrides: the command's KEY=VALUE words.
        multirun: whether the command said -m; an experiment may say so itself.
        search: a further folder of configs (--config-dir).

    Raises:
        ConfigError: one sentence on the first thing that is wrong.
        MemoryEstimateError: a steady state would not fit into the memory that is free.

    """
    if search is not None and not search.is_dir():
        raise ConfigError(f"--config-dir is {str(search)!r}, but it must be a folder of configs.")
    register()
    extra = [] if search is None else [f"hydra.searchpath=[file://{search.absolute()}]"]
    with initialize_config_dir(str(conf.absolute()), job_name="run", version_base="1.3"):
        words = _parse([*extra, *overrides])
        _check_words(words)
        fixed = [word.input_line or "" for word in words if not word.is_sweep_override()]
        base = _compose(fixed)
        multirun = multirun or base.hydra.mode == RunMode.MULTIRUN
        if not multirun and len(fixed) < len(words):
            swept = next(word.input_line for word in words if word.is_sweep_override())
            raise ConfigError(f"{swept} names several values; add -m to run each of them.")
        jobs: tuple[Job, ...] = (_job(base),)
        if multirun:
            params = base.hydra.sweeper.get("params") or {}
            presets = _parse([f"{key}={value}" for key, value in params.items()])
            _check_words(presets)
            jobs = tuple(_unfold({word.get_key_element(): _values(word) for word in [*presets, *words]}))
        picked = base.hydra.runtime.choices
        local = not multirun or picked.get("hydra/launcher") == "basic"
        question = re.sub(r"\W+", "-", str(picked.get("experiment") or "sweep")).strip("-")
        return Plan(jobs, multirun, question, local)


def _unfold(choices: Mapping[str, Sequence[str]]) -> Iterable[Job]:
    """One job per combination of `choices` (key -> its words), in the order of Hydra's basic sweeper."""
    leaves = field_types()
    composed: dict[tuple[str, ...], DictConfig] = {}
    for words in itertools.product(*choices.values()):
        structural = tuple(w for key, w in zip(choices, words, strict=True) if key not in leaves or _is_group(key))
        if structural not in composed:
            composed[structural] = _compose(structural)
        config = composed[structural].copy()
        values = [w for w in words if w not in structural]
        for word in _parse(values):
            OmegaConf.update(config, word.key_or_group, word.value())
        yield _job(config)


def _job(composed: DictConfig) -> Job:
    config = to_config(composed)
    spec = to_spec(config)
    require_memory(spec.n_spins, spec.model)
    return Job(config, spec, fingerprint(spec))


def _parse(words: Sequence[str]) -> list[Override]:
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    parsed: list[Override] = []
    for word in words:
        try:
            parsed.append(parser.parse_override(word))
        except HydraException as error:
            raise ConfigError(f"{word!r} is not understood; it must look like KEY=VALUE.") from error
    return parsed


def _values(word: Override) -> list[str]:
    """The single-valued words that a word stands for."""
    key = word.get_key_element()
    if word.is_sweep_override():
        return [f"{key}={value}" for value in word.sweep_string_iterator()]
    return [word.input_line or ""]


def _compose(words: Sequence[str]) -> DictConfig:
    try:
        return compose("config", overrides=list(words), return_hydra_config=True)
    except YAMLError as error:
        raise ConfigError(_one_line(error)) from error
    except MissingConfigException as error:
        group, _, option = (error.missing_cfg_file or "").rpartition("/")
        options = list(error.options or [])
        if not options:
            raise ConfigError(_one_line(error)) from error
        near = _close(option, options)
        raise ConfigError(f"{group} is {option!r}, but it must be one of {', '.join(options)}{near}") from error
    except HydraException as error:
        cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
        raise ConfigError(_one_line(cause)) from error


def _one_line(error: BaseException) -> str:
    """Hydra's or OmegaConf's message as a sentence that begins with the key; their internals are left out."""
    text = " ".join(str(error).split())
    key = re.search(r"full_key: (\S+)", text)
    text = re.sub(r"\w+ raised while composing config: ", "", text.partition(" full_key:")[0])
    return f"{key[1]}: {text}." if key else text


def _is_group(key: str) -> bool:
    return key.partition("@")[0] in _groups()


def _groups() -> list[str]:
    return [g for g in GlobalHydra.instance().config_loader().list_groups("") if g != "hydra"]


def _check_words(words: Iterable[Override]) -> None:
    leaves = field_types()
    for word in words:
        key = word.key_or_group
        if key == "hydra" or key.startswith(("hydra.", "hydra/")):
            continue
        if word.is_sweep_override() and not word.is_discrete_sweep():
            raise ConfigError(f"{word.input_line} is not a list of values; write {key}=A,B,C or {key}=range(A,B,STEP).")
        if word.is_delete():
            raise ConfigError(f"{word.input_line} would remove {key}, which every run needs; {key}=VALUE changes it.")
        if key in _groups():
            continue  # its options are known where it is composed, other folders' included
        if key not in leaves:
            raise ConfigError(_unknown(key, list(leaves) if "." in key else [*leaves, *_groups()]))
        _check_type(word, leaves[key])


def _check_type(word: Override, hint: Any) -> None:
    raw = list(word.sweep_iterator()) if word.is_sweep_override() else [word.value()]
    for value in raw:
        if not _fits(value, hint):
            raise ConfigError(f"{word.key_or_group} is {_shown(value)!r}, but it must be {_words(hint)}.")


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
        return "a list of integers such as [0,2]" if item is int else "a list of names such as [epr,eigenstates]"
    plain = {int: "an integer", float: "a number", bool: "true or false", str: "text", types.NoneType: "null"}
    return plain[hint]


def _shown(value: Any) -> Any:
    return value.text if isinstance(value, QuotedString) else value


def _unknown(key: str, known: Sequence[str]) -> str:
    """The sentence on a key that does not exist: the nearest one, or those of its section."""
    section, _, leaf = key.rpartition(".")
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
    near = near or [k for k in known if difflib.get_close_matches(leaf, [k.rpartition(".")[2]], cutoff=0.8)]
    siblings = [k for k in known if k.startswith(f"{section}.")]
    if near:
        hint = f"did you mean {near[0]}?"
    elif siblings:
        hint = f"it may be {', '.join(siblings)}."
    else:
        hint = "python -m experiments.run --help lists them all."
    return f"There is no config key {key}; {hint}"


def _close(value: str, options: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, options, n=1)
    return f"; did you mean {near[0]}?" if near else "."
