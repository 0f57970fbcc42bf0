"""Configs: the typed schema, the check of a command before it runs, and the ensembles that it asks for."""

from dnplab.config import by_size as by_size  # registers itself for the configs
from dnplab.config.baths import to_bath
from dnplab.config.drives import to_drive
from dnplab.config.plan import LETTER_FIGURES, Job, Plan, make_job, make_plan
from dnplab.config.questions import QUESTIONS
from dnplab.config.schema import Config, register
from dnplab.config.spec import (
    ConfigError,
    logged_params,
    resolved,
    run_name,
    run_tags,
    to_config,
    to_spec,
    with_full_key,
)
from dnplab.config.studies import ENSEMBLE
from dnplab.config.words import read_config

__all__ = [
    "ENSEMBLE",
    "LETTER_FIGURES",
    "QUESTIONS",
    "Config",
    "ConfigError",
    "Job",
    "Plan",
    "logged_params",
    "make_job",
    "make_plan",
    "read_config",
    "register",
    "resolved",
    "run_name",
    "run_tags",
    "to_bath",
    "to_config",
    "to_drive",
    "to_spec",
    "with_full_key",
]
