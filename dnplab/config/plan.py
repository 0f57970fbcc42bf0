"""The check of a command line before anything starts: every value of every sweep, each complaint one sentence.

A sweep is unfolded as Hydra's basic sweeper does it; configs are composed once per combination of group options, and
the swept values are set on copies.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from dnplab.arrays import namespace_on
from dnplab.config.doubts import doubts_of
from dnplab.config.questions import QUESTIONS, require_answerable
from dnplab.config.safety import check_code, check_outputs, check_paths, check_store
from dnplab.config.schema import Config, field_types, register
from dnplab.config.spec import (
    ConfigError,
    logged_params,
    run_name,
    study_params,
    to_config,
    to_spec,
    to_study,
    with_full_key,
)
from dnplab.config.studies import ENSEMBLE, STUDIES, reads, sections_of
from dnplab.config.words import MOST_POINTS, check_words, compose_words, groups, parse_words
from dnplab.ensemble import OBSERVABLES, EnsembleSpec, numerics_version
from dnplab.errors import ParameterError
from dnplab.memory import require_memory
from dnplab.studies import Study, fingerprint_of

__all__ = ["LETTER_FIGURES", "SUMMARIES", "Job", "Plan", "make_job", "make_plan"]

LETTER_FIGURES = ("fig1", "fig2", "fig3", "figs5", "figs6", "figs7", "figs8", "figs9", "figs10")
EIGENVECTOR_FIGURES = ("fig3", "figs9", "figs10")
LONGEST_NAME = 200  # of an experiment; MLflow's limit is 500, and summaries add to it
TIMES = ("t1_us", "t_star_us", "t_zero_us")
PATH, FOLLOWING = "path", "thermodynamic_limit"  # the group of curves through the baths, and the experiment that follows one
SIZES = "ensemble/scale"  # the group that says what ensemble=quick and full mean besides samples
SUMMARIES = ("crossover", *LETTER_FIGURES, *QUESTIONS)  # what a sweep of ensembles may end with


@dataclass(frozen=True)
class Job:
    """One ensemble or one study of a command.

    work : what is computed
    name : of its run
    fingerprint : hash of all that fixes its numbers
    params : what its run logs, under the config keys
    steps : units of progress; the realizations of an ensemble
    """

    config: Config
    work: EnsembleSpec | Study
    name: str
    fingerprint: str
    params: Mapping[str, str | int | float | bool]
    steps: int

    @property
    def spec(self) -> EnsembleSpec:
        """The ensemble, where the job is one."""
        assert isinstance(self.work, EnsembleSpec), "a study is no ensemble"
        return self.work

    @property
    def numerics(self) -> str:
        """The version of the code that computes its numbers."""
        return numerics_version(study=not isinstance(self.work, EnsembleSpec))


@dataclass(frozen=True)
class Plan:
    """What a command asks for.

    question : the chosen experiment's name, or "sweep"
    notes : what to tell before it starts, one sentence each
    local : the jobs run one after the other in this process (Hydra's basic launcher)
    """

    jobs: tuple[Job, ...]
    multirun: bool
    question: str
    local: bool
    notes: tuple[str, ...] = ()

    @property
    def distinct(self) -> tuple[Job, ...]:
        """The jobs without those that ask for the same run again, as equal baths of different names do."""
        return tuple({job.fingerprint: job for job in reversed(self.jobs)}.values())[::-1]

    @property
    def sweep(self) -> str:
        """The sweep's id: equal for commands that ask for the same runs, empty for a single run."""
        if not self.multirun:
            return ""
        digest = hashlib.sha256("\n".join(sorted(job.fingerprint for job in self.jobs)).encode())
        return f"{self.question}-{digest.hexdigest()[:10]}"

    @property
    def points(self) -> list[dict[str, Any]]:
        """The points of the sweep: the logged parameters that tell its jobs apart; those that follow are left out."""
        points = self._rounded_params
        chosen: list[str] = []
        for key in (key for key in points[0] if all(key in point for point in points)):
            known = {tuple(point[k] for k in chosen) for point in points}
            refined = {tuple(point[k] for k in [*chosen, key]) for point in points}
            if len(refined) > len(known):
                chosen.append(key)
        keys = chosen or [key for key in ("model", "bath.temperature_k", "study") if key in points[0]][:2]
        distinct = dict.fromkeys(tuple(point[key] for key in keys) for point in points)
        return [dict(zip(keys, values, strict=True)) for values in distinct]

    @property
    def _rounded_params(self) -> list[dict[str, Any]]:
        return [{key: _rounded(value) for key, value in job.params.items()} for job in self.jobs]

    @property
    def rerun(self) -> bool:
        """Whether what the store has of some job is to be computed again."""
        return any(job.config.rerun for job in self.jobs)

    @property
    def summary(self) -> str:
        """What the sweep ends with; empty for one run, for studies and for shards, which end with what they have stored."""
        config = self.jobs[0].config
        summed_up = self.multirun and config.study == ENSEMBLE and not any(job.spec.shard for job in self.jobs)
        return config.summary if summed_up else ""

    def require_answerable(self) -> None:
        """Raise `ConfigError` if the sweep ends with a question that its points cannot answer."""
        if self.summary in QUESTIONS:
            require_answerable(self.summary, self.points, self._rounded_params)

    def require_outputs(self) -> None:
        """Raise `ConfigError` if the output folder of any job cannot be written to, or its store is elsewhere."""
        for outputs, uri in dict.fromkeys((job.config.outputs, job.config.tracking.uri) for job in self.jobs):
            check_outputs(outputs)
            check_store(uri or "", Path(outputs))

    def require_memory(self) -> None:
        """Raise `MemoryEstimateError` if a steady state of any job would not fit into the memory that is free."""
        for job in self.jobs:
            if not isinstance(job.work, EnsembleSpec):
                continue
            dense, device = job.spec.method == "dense", job.config.solver.device
            require_memory(job.spec.n_spins, job.spec.model, dense, device, order=job.spec.order)


def _rounded(value: Any) -> Any:
    """Twelve digits: a time by a law and the same time written out are one value."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def make_plan(conf: Path, overrides: Sequence[str], *, multirun: bool = False, search: Path | None = None) -> Plan:
    """Compose and check every job of a command.

    Args:
        conf: the folder of config.yaml.
        overrides: the command's KEY=VALUE words.
        multirun: whether the command said -m; an experiment may say so itself.
        search: a further folder of configs (--config-dir).

    Raises:
        ConfigError: one sentence on the first thing that is wrong.

    """
    if search is not None and not search.is_dir():
        raise ConfigError(f"--config-dir is {str(search)!r}, but it must be a folder of configs.")
    register()
    extra = [] if search is None else [f"hydra.searchpath=[file://{search.absolute()}]"]
    with initialize_config_dir(str(conf.absolute()), job_name="run", version_base="1.3"):
        words = parse_words([*extra, *overrides])
        check_words(words, field_types(), groups())
        fixed = [word.input_line or "" for word in words if not word.is_sweep_override()]
        places = [word for word in words if word.key_or_group == "hydra.searchpath"]
        _require_following(words, places)
        if own := [word for word in words if word.key_or_group.partition(".")[0] in STUDIES]:  # compose for their study only
            chosen = [*places, *(word for word in words if word.key_or_group in groups())]
            for options in itertools.product(*map(_values, chosen)):
                _require_effect(own, [compose_words("config", options).study])
        base = compose_words("config", fixed, hydra=True)
        _check_composed(base)
        multirun = multirun or base.hydra.mode == RunMode.MULTIRUN
        if not multirun and len(fixed) < len(words):
            swept = next(word.input_line for word in words if word.is_sweep_override())
            raise ConfigError(f"{swept} names several values; add -m to run each of them.")
        _require_one_figure(words, places)
        if multirun:
            sweeper = base.hydra.sweeper
            params = sweeper.get("params") if isinstance(sweeper, DictConfig) else None
            if not isinstance(params, DictConfig | None):
                raise ConfigError("hydra.sweeper.params must be a mapping of keys to lists of values, as {seed: '1,2'}.")
            presets = parse_words([f"{key!s}={value}" for key, value in (params or {}).items()])
            check_words(presets, field_types(), groups())
            choices = {word.get_key_element(): _values(word) for word in [*presets, *words]}
            if (count := math.prod(map(len, choices.values()))) > MOST_POINTS:
                raise ConfigError(f"The sweep has {count} points, but it must have at most {MOST_POINTS}.")
            jobs = tuple(_unfold(choices))
        else:
            jobs = (make_job(to_config(base)),)
        studies = list(dict.fromkeys(job.config.study for job in jobs))
        if ENSEMBLE in studies and len(studies) > 1:
            raise ConfigError(
                f"study is {' and '.join(studies)}, but a sweep must be of ensembles or of studies, not of both."
            )
        doubts = (doubt for job in jobs for doubt in doubts_of(job.config))
        notes = (*_require_effect(words, studies), *_of_times(words, base), *dict.fromkeys(doubts))
        picked = base.hydra.runtime.choices
        local = not multirun or picked.get("hydra/launcher") == "basic"
        question = re.sub(r"\W+", "-", str(picked.get("experiment") or "sweep")).strip("-")
        plan = Plan(jobs, multirun, question, local, notes)
        plan.require_answerable()
        return plan


def _check_composed(config: DictConfig) -> None:
    """Refuse code, paths that lead elsewhere, and sizes that no file has: Hydra says nothing of optional ones."""
    check_code(config)
    check_paths(config)
    picked, loader = config.hydra.runtime.choices, GlobalHydra.instance().config_loader()
    if not (name := str(picked.get(SIZES) or "")):
        return
    search = [f"hydra.searchpath={list(config.hydra.searchpath)}"]
    if name not in (options := loader.get_group_options(SIZES, overrides=search)):
        samples = str(picked["ensemble"])
        kind = name.removesuffix(samples)
        taken = [option for option in loader.get_group_options("ensemble", overrides=search) if f"{kind}{option}" in options]
        raise ConfigError(
            f"ensemble={samples} says nothing to experiment={picked['experiment']}; it takes {' or '.join(taken)} "
            "(ensemble.realizations=N for another number of samples)."
        )


def _require_following(words: Sequence[Override], places: Sequence[Override]) -> None:
    """Refuse a path where no experiment follows one."""
    if not (paths := [word for word in words if word.key_or_group == PATH]):
        return
    experiments = [word for word in words if word.key_or_group == "experiment" and not word.is_sweep_override()]
    chosen = [value for word in (*places, *experiments) for value in _values(word)]
    if PATH not in compose_words("config", chosen, hydra=True).hydra.runtime.choices:
        raise ConfigError(f"{paths[0].input_line} says nothing here; it goes with experiment={FOLLOWING}.")


def _require_one_figure(words: Sequence[Override], places: Sequence[Override]) -> None:
    """Refuse several experiments, or paths, at once where one is a sweep of its own, which Hydra would leave out."""
    search = [value for word in places for value in _values(word)]
    for word in words:
        if word.key_or_group not in ("experiment", PATH) or not word.is_sweep_override():
            continue
        for value in _values(word):
            if word.key_or_group == PATH or _is_sweep([*search, value]):
                raise ConfigError(f"{word.input_line}: {value.partition('=')[2]} is a sweep of its own; run one at a time.")


def _is_sweep(words: Sequence[str]) -> bool:
    """Whether words compose to a sweep without -m."""
    return bool(compose_words("config", words, hydra=True).hydra.mode == RunMode.MULTIRUN)


def _unfold(choices: Mapping[str, Sequence[str]]) -> Iterable[Job]:
    """One job per combination of `choices` (key -> its words), in the order of Hydra's basic sweeper."""
    leaves, known = field_types(), groups()
    whole = [key not in leaves or key.partition("@")[0] in known for key in choices]  # those that Hydra has to compose
    composed: dict[tuple[str, ...], DictConfig] = {}
    for words in itertools.product(*choices.values()):
        structural = tuple(itertools.compress(words, whole))
        if structural not in composed:
            composed[structural] = compose_words("config", structural, hydra=True)
            _check_composed(composed[structural])
        config = composed[structural].copy()
        values = [w for w in words if w not in structural]
        for word in parse_words(values):
            OmegaConf.update(config, word.key_or_group, word.value())
        yield make_job(to_config(config))


def make_job(config: Config) -> Job:
    """What one config asks for.

    Raises:
        ConfigError: one sentence on the first value that is wrong.

    """
    if not 0 < len(config.tracking.experiment.strip()) <= LONGEST_NAME:
        allowed = f"a name of 1 to {LONGEST_NAME} characters"
        raise ConfigError(f"tracking.experiment is {config.tracking.experiment!r}, but it must be {allowed}.")
    if config.study not in (ENSEMBLE, *STUDIES):
        raise ConfigError(f"study is {config.study!r}, but it must be one of {', '.join((ENSEMBLE, *STUDIES))}.")
    if config.study != ENSEMBLE:
        study = to_study(config)
        return Job(config, study, study.title, fingerprint_of(study), study_params(config), study.steps)
    spec = to_spec(config)
    if config.summary not in SUMMARIES:
        raise ParameterError("summary", config.summary, "one of " + ", ".join(SUMMARIES))
    if config.summary in EIGENVECTOR_FIGURES and spec.drive.amplitude_mhz == 0.0:
        allowed = f"> 0 for {config.summary}: without microwaves the eigenvectors of rho are arbitrary inside each sector"
        raise ParameterError("drive.amplitude_mhz", 0.0, allowed)
    if not spec.observables:
        raise ParameterError("observables.names", [], "at least one of " + ", ".join(OBSERVABLES))
    for key in ("workers", "threads"):
        if (count := getattr(config.ensemble, key)) < 0:
            raise ParameterError(f"ensemble.{key}", count, "an integer >= 0")
    if not 0.0 <= config.ensemble.max_excluded <= 1.0:
        raise ParameterError("ensemble.max_excluded", config.ensemble.max_excluded, "a fraction from 0 to 1")
    try:
        namespace_on(config.solver.device)
    except ParameterError as error:
        raise with_full_key(error) from error
    return Job(config, spec, run_name(spec), spec.fingerprint, logged_params(spec), len(spec.indices))


def _require_effect(words: Sequence[Override], studies: Sequence[str]) -> tuple[str, ...]:
    """Refuse words that no chosen study reads; the sentences on a choice of samples where there are none."""
    notes = []
    for word in words:
        key = word.key_or_group.replace("/", ".")
        if key.partition(".")[0] in ("experiment", PATH, "hydra") or any(reads(study, key) for study in studies):
            continue
        names = " and ".join(studies)
        if key == "ensemble":
            notes.append(f"{word.input_line} changes nothing here: the study {names} does not read it.")
            continue
        read = sorted({section for study in studies for section in sections_of(study)})
        raise ConfigError(f"{word.input_line} would change nothing: the study {names} reads {', '.join(read)} only.")
    return tuple(notes)


def _of_times(words: Sequence[Override], base: DictConfig) -> tuple[str, ...]:
    """A sentence where a temperature is asked for and the times stay those of another one."""
    typed = {word.key_or_group for word in words}
    several = any(word.key_or_group == "bath" and word.is_sweep_override() for word in words)
    fixed = all(base.bath[name] is not None and f"bath.{name}" not in typed for name in TIMES)  # null is a law
    if "bath.temperature_k" not in typed or several or not fixed:
        return ()
    preset = base.hydra.runtime.choices["bath"]
    return (f"bath={preset} fixes T_1, T* and T(0), which do not follow bath.temperature_k; with bath=letter they do.",)


def _values(word: Override) -> list[str]:
    """The single-valued words that a word stands for."""
    key = word.get_key_element()
    if word.is_sweep_override():
        return [f"{key}={value}" for value in word.sweep_string_iterator()]
    return [word.input_line or ""]
