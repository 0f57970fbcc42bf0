"""Configs: the typed schema, the check of a command before it runs, and the ensembles that it asks for."""

from dnplab.config.plan import Job, Plan, make_plan
from dnplab.config.schema import Config, register
from dnplab.config.spec import (
    ConfigError,
    fingerprint,
    logged_params,
    resolved,
    run_name,
    run_tags,
    to_config,
    to_spec,
    with_full_key,
)

__all__ = [
    "Config",
    "ConfigError",
    "Job",
    "Plan",
    "fingerprint",
    "logged_params",
    "make_plan",
    "register",
    "resolved",
    "run_name",
    "run_tags",
    "to_config",
    "to_spec",
    "with_full_key",
]
