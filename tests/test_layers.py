"""The contracts of the layers name every module."""

from __future__ import annotations

import tomllib
from pathlib import Path
from pkgutil import iter_modules

import dnplab

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
MODULES = {f"dnplab.{module.name}" for module in iter_modules(dnplab.__path__)}


def test_every_module_but_tracking_keeps_off_mlflow() -> None:
    (contract,) = [contract for contract in CONTRACTS if contract.get("forbidden_modules") == ["mlflow"]]
    assert set(contract["source_modules"]) == (MODULES - {"dnplab.tracking"}) | {"experiments"}


def test_every_module_has_its_layer() -> None:
    layers = {name.strip() for layer in CONTRACTS[0]["layers"] for name in layer.split("|")}
    assert layers - {"experiments"} == MODULES
