"""Plans from the words of a command line, and what conf holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnplab.config import Plan, logged_params, make_plan
from dnplab.config.schema import field_types
from dnplab.config.studies import COMMON, reads
from dnplab.errors import DnplabError

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "conf"
GROUPS = ("system", "bath", "drive", "model", "solver", "ensemble", "observables", "tracking")
OPTIONS = [(group, file.stem) for group in GROUPS for file in sorted((CONF / group).glob("*.yaml"))]
EXPERIMENTS = sorted(file.stem for file in (CONF / "experiment").glob("*.yaml"))
STUDIES = [name for name in EXPERIMENTS if "override /study" in (CONF / "experiment" / f"{name}.yaml").read_text()]
ENSEMBLES = [name for name in EXPERIMENTS if name not in STUDIES]
GHZ_TIME_US = 1e-3 / (2 * 3.141592653589793)  # (2 pi GHz)^-1
TIMES = ["bath.t1_us=1.6", "bath.t_star_us=0.16", "bath.t_zero_us=0.16"]  # else they follow the temperature
FEWEST = {"thermodynamic_limit": ["system.n_spins=3,4,5", "ensemble.realizations=2"]}  # of an experiment that is about N
SMALL = ["system.n_spins=3", "ensemble.realizations=1", "ensemble.realizations_hilbert=null"]


def plan(*words: str, multirun: bool = False) -> Plan:
    return make_plan(CONF, words, multirun=multirun)


def params(*words: str) -> dict[str, object]:
    (job,) = plan(*words).jobs
    return dict(logged_params(job.spec))


def keys_of(study: str) -> list[str]:
    return [key for key in field_types() if reads(study, key) and key.partition(".")[0] not in COMMON]


def complaint(*words: str, multirun: bool = False) -> str:
    with pytest.raises(DnplabError) as caught:
        plan(*words, multirun=multirun).require_memory()
    message = str(caught.value)
    assert "\n" not in message
    return message


def own_experiment(folder: Path, name: str, text: str) -> None:
    (folder / "experiment").mkdir(exist_ok=True)
    (folder / "experiment" / f"{name}.yaml").write_text(f"# @package _global_\n{text}")
