"""Grids of sweeps, and files of configs with mistakes in them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from unittest import mock

from tests.systems.bad_input.case import Around, Case, guarded, incomplete, nothing, recovered, refused
from tests.systems.bad_input.folder import ALONE, SWEEP, Place

__all__ = ["CONFIGS"]

CODE = "names code to be run, which no value of a config may do."
STREAM = "${by_size:3,{8:ext://os.environ}}"
HANDLER = "${by_size:3,{8:{class:zipfile.ZipFile,file:intruder,mode:w}}}"
MINE = "--config-dir=confs experiment=mine"
LOCAL = "hydra/launcher=local"


def launched(path: str = os.environ.get("PATH", "")) -> Around:
    """Something is left to launch; commands are found on a path."""

    def around(place: Place) -> AbstractContextManager[object]:
        place.forget()
        return mock.patch.dict(os.environ, PATH=path)

    return around


GRIDS = [
    refused("model=hilbert,secular", "model=hilbert,secular names several values; add -m to run each of them."),
    refused("-m bath.temperature_k=", "bath.temperature_k is '', but it must be a number."),
    refused("-m bath.temperature_k=4,", "'bath.temperature_k=4,' is not understood"),
    refused("-m bath.temperature_k=range(1,1)", "bath.temperature_k=range(1,1)", "no value"),
    refused("-m bath.temperature_k=range(5,1)", "bath.temperature_k=range(5,1)", "no value"),
    refused("-m bath.temperature_k=range(1,5,0)", "bath.temperature_k=range(1,5,0)"),
    refused("-m bath.temperature_k=range(1,1e12)", "bath.temperature_k=range(1,1e12)"),
    refused("-m bath.temperature_k=range(1,4000) ensemble.seed=range(0,4000)", "points"),
    refused("-m bath.temperature_k=interval(1,2)", "bath.temperature_k=interval(1,2) is not a list of values; write"),
    refused("-m bath.temperature_k=glob(*)", "bath.temperature_k=glob(*) is not a list of values"),
    refused("-m model=glob(z*)", "model=glob(z*)"),
    refused("-m bath.temperature_k=1.2,warm", "bath.temperature_k is 'warm', but it must be a number."),
    refused("-m bath.temperature_k=1.2,-12", "bath.temperature_k is -12.0, but it must be a finite number > 0."),
    refused("-m model=hilbert,markov", "model is 'markov', but it must be one of by_size, correlation, hilbert"),
    refused("-m model=[hilbert,secular]", "model=[hilbert,secular]"),
    refused("-m system.n_spins=3,2 drive.sites=[2]", "drive.sites is [2], but it must be spin indices from 0 to 1."),
    refused("-m outputs=a,b", "outputs=a,b names several values, but all runs of a sweep go to one store."),
    refused("-m hydra/launcher=basic,local", "hydra/launcher=basic,local names several values"),
    refused("-m hydra.job.num=1,2", "hydra.job.num=1,2 names several values"),
    refused("-m hydra.sweeper.params=3", "hydra.sweeper.params"),
    refused("-m hydra.sweeper.params={model:hilbert}", "hydra.sweeper.params"),
    refused("-m experiment=fig2,figs5", "experiment=fig2,figs5: fig2 is a sweep of its own; run one at a time."),
    refused("experiment=[fig2,fig3]", "experiment=[fig2,fig3]"),
    refused("-m study=phonons,ensemble", "study is phonons and ensemble, but a sweep must be of ensembles or of studies"),
    incomplete("a launcher of no jobs", launched(), "n_jobs == 0", line=f"{ALONE} {LOCAL} hydra.launcher.n_jobs=0"),
    incomplete("a launcher for SLURM without SLURM", launched("/nowhere"), "srun", line=f"{ALONE} hydra/launcher=slurm"),
    recovered("-m with one value", nothing, line=ALONE),
    recovered("the same temperature twice", nothing, line=f"{SWEEP} bath.temperature_k=12,12.0"),
]


def preset(content: str | bytes, group: str = "experiment") -> Around:
    """The folder confs with a file mine.yaml."""

    def around(place: Place) -> AbstractContextManager[object]:
        folder = place.folder / "confs" / group
        folder.mkdir(parents=True)
        head = b"# @package _global_\n"
        (folder / "mine.yaml").write_bytes(head + (content.encode() if isinstance(content, str) else content))
        return guarded(place)

    return around


def filed(name: str, content: str | bytes, *says: str) -> Case:
    """A file of a config with a mistake in it."""
    return refused(MINE, *says, around=preset(content), name=f"a config file with {name}")


CONFIG_FILES = [
    filed("an open bracket", "bath: [\n", "mine.yaml", "line 3"),
    filed("a tab", "bath:\n\ttemperature_k: 4\n", "mine.yaml", "line 3"),
    filed("Latin-1", b"bath:\n  temperature_k: 4  # \xe4\n", "mine", "utf-8"),
    filed("a number for all", "4\n", "mine"),
    filed("a key twice", "bath: {}\nbath: {}\n", "mine.yaml", "duplicate key bath"),
    filed("an unknown key", "bath: {temperatur_k: 4}\n", "bath.temperatur_k", "mine"),
    filed("an unknown section", "baht: {temperature_k: 4}\n", "baht", "mine"),
    filed("text for a number", "bath: {temperature_k: warm}\n", "bath.temperature_k", "'warm'"),
    filed("a negative temperature", "bath: {temperature_k: -4}\n", "bath.temperature_k is -4.0"),
    filed("a broken number of spins", "system: {n_spins: 3.7}\n", "system.n_spins", "3.7"),
    filed("a list for a section", "bath: [1, 2]\n", "list is not a subclass of BathConfig"),
    filed("null for a section", "bath: null\n", "bath"),
    filed("an unknown option", "defaults: [override /bath: nope]\n", "bath is 'nope'"),
    filed("an unknown group", "defaults: [override /baht: letter]\n", "baht"),
    filed("itself among its defaults", "defaults: [mine]\n", "mine"),
    filed("a reference to nothing", "bath: {temperature_k: '${system.n_spinz}'}\n", "system.n_spinz"),
    filed(
        "no table", "ensemble: {realizations: '${by_size:${system.n_spins},8}'}\n", "ensemble.realizations: by_size takes"
    ),
    filed("no such model", "model: '${by_size:${system.n_spins},{8:markov}}'\n", "model is 'markov', but it must be one of"),
    filed("a wrong grid", "hydra: {mode: MULTIRUN, sweeper: {params: {bath.t1_us: '4,hot'}}}\n", "bath.t1_us is 'hot'"),
    filed(
        "a grid of no key",
        "hydra: {mode: MULTIRUN, sweeper: {params: {bath.t1: '4,5'}}}\n",
        "There is no config key bath.t1;",
    ),
    filed("code in a section", "system: {_target_: os.mkdir}\n", "system._target_"),
    filed("a launcher of its own", "hydra: {launcher: {_target_: os.mkdir}}\n", CODE),
    filed("a sweeper of its own", "hydra: {sweeper: {_target_: os.mkdir}}\n", CODE),
    filed("a callback", "hydra: {callbacks: {mine: {_target_: os.mkdir, path: intruder}}}\n", CODE),
    filed("a log handler", "hydra: {job_logging: {handlers: {mine: {(): os.mkdir, path: intruder}}}}\n", CODE),
    filed("code by size", f"hydra: {{job_logging: {{handlers: {{mine: {{stream: '{STREAM}'}}}}}}}}\n", CODE),
    filed(
        "a handler by size",
        f"hydra: {{job_logging: {{handlers: {{mine: '{HANDLER}'}}}}}}\n",
        "hydra.job_logging.handlers.mine is '${by_size:",
        "none in those of logging.",
    ),
    filed("a YAML tag", "bath: !!python/object/apply:os.mkdir [intruder]\n", "mine.yaml", "python/object"),
    refused("--config-dir=confs study=mine", "study is 'mine', but it must be", around=preset("study: mine\n", "study")),
    refused("system._target_=os.mkdir", "There is no config key system._target_"),
    refused("hydra.launcher._target_=os.mkdir", CODE),
    refused("+system={_target_:os.mkdir}", "system"),
    refused("'hydra.searchpath=[pkg://this]'", "names a package, which would be imported"),
]


CONFIGS = (*GRIDS, *CONFIG_FILES)
