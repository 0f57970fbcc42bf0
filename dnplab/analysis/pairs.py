"""Differences between models on the same disorder samples.

d_r = y_r(model) - y_r(reference) for each realization r that both have. Its mean has the standard error of d, not that of
two independent means: what a sample does to both models cancels.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy import stats

from dnplab.analysis.bootstrap import CONFIDENCE
from dnplab.comparison import REFERENCE, in_order
from dnplab.errors import ParameterError

__all__ = ["curve_columns", "leading_columns", "paired_difference", "require_told_apart"]

# Columns of a long table that say how a run was made, not what it is of: two models may differ in them at one point.
BOOKKEEPING = (
    "run_id", "realizations", "shard", "numerics", "solver_method", "solver_rtol", "observables", "epr_half_width_mhz",
    "epr_bin_mhz",
)  # fmt: skip
SAMPLES = ("n_spins", "disorder_mhz", "coupling_mhz", "ising", "electron_ghz", "seed")


def paired_difference(
    samples: pd.DataFrame, measure: str, *, reference: str = REFERENCE, by: Sequence[str] | None = None
) -> pd.DataFrame:
    """Mean over shared realizations of each model minus the reference, at every point.

    Args:
        samples: a long table with columns model, realization, `measure` and `by` (`load_samples`); NaN is absent.
        measure: the column that is compared.
        reference: the model that is subtracted.
        by: the columns that tell points apart, whose realizations are never paired with each other; None is all columns in
            front of `realization` that are of the physics (temperature_k, n_spins, seed, ...).

    Returns:
        The `by` columns, model, difference, sem (of the paired difference), n (shared realizations), lower and upper: the
        95 % interval of Student's t with n - 1 degrees of freedom. What n = 0 or 1 leaves undefined is NaN.

    Raises:
        ParameterError: a column or the reference is not there, `by` leaves out one that says which samples these are, or
            realizations repeat at a point.

    """
    keys = leading_columns(samples) if by is None else list(by)
    for key, names in (("measure", [measure]), ("by", keys)):
        if absent := [name for name in names if name not in samples]:
            raise ParameterError(key, absent[0], f"a column of the samples: {', '.join(map(str, samples.columns))}")
    models = in_order(samples["model"])
    if reference not in models:
        raise ParameterError("reference", reference, f"one of the models of the samples: {', '.join(models)}")
    if not keys:
        raise ParameterError("by", by, "at least one column, such as temperature_k")
    require_told_apart(samples, keys)
    values = samples[[*keys, "realization", "model", measure]].sort_values(
        "realization"
    )  # sums in one order, to the last bit
    compared = values[values["model"] == reference].drop(columns="model")
    pairs = values[values["model"] != reference].merge(compared, how="left", on=[*keys, "realization"], suffixes=("", "_of"))
    pairs["difference"] = pairs[measure] - pairs[f"{measure}_of"]
    pairs["model"] = pd.Categorical(pairs["model"], models)
    by_point = pairs.groupby([*keys, "model"], dropna=False, observed=True)["difference"]
    table = by_point.agg(difference="mean", sem="sem", n="count").reset_index()
    table["model"] = table["model"].astype(str)
    several = table["n"].where(table["n"] > 1)
    reach = stats.t.ppf(0.5 * (1 + CONFIDENCE), several - 1) * table["sem"]
    table["lower"], table["upper"] = table["difference"] - reach, table["difference"] + reach
    return table


def leading_columns(samples: pd.DataFrame) -> list[str]:
    """The columns in front of `realization` that say what a row is of, without the model."""
    columns = [str(column) for column in samples.columns]
    if "realization" not in columns or "model" not in columns:
        raise ParameterError("samples", ", ".join(columns), "a table with the columns model and realization (load_samples)")
    front = columns[: columns.index("realization")]
    return [name for name in front if name != "model" and name not in BOOKKEEPING]


def curve_columns(samples: pd.DataFrame) -> list[str]:
    """The columns in front of `realization` that tell curves over temperature apart.

    They are those that say which disorder samples these are, and those that differ at one temperature of one model; what
    follows the temperature, as the bath's times do, is none of them.
    """
    names = [name for name in leading_columns(samples) if name != "temperature_k" and _takes_several(samples[name])]
    names.sort(key=lambda name: (not _names_samples(name), samples[name].isna().any(), is_numeric_dtype(samples[name])))
    chosen: list[str] = []  # columns that follow from these, as the bath's times do from its process, are not needed
    for name in names:
        cells = samples.groupby(["model", "temperature_k", *chosen], dropna=False)[name]
        if _names_samples(name) or cells.agg(_takes_several).any():
            chosen.append(name)
    return chosen


def _takes_several(values: pd.Series) -> bool:
    return len(values.drop_duplicates()) > 1


def _names_samples(column: str) -> bool:
    """Whether a column says which disorder samples, and driven how, a row is of (under its config's name, too)."""
    return column.rpartition(".")[2] in SAMPLES or column.startswith("drive")


def require_told_apart(samples: pd.DataFrame, by: Sequence[str]) -> None:
    """Ask that equal `by` and realization are the same sample, once a model.

    Raises:
        ParameterError: naming what is missing in `by`.

    """
    for column in map(str, samples.columns):
        if _names_samples(column) and column not in by and _takes_several(samples[column]):
            raise ParameterError("by", list(by), f"a list with {column}, which says that samples differ")
    if samples.duplicated([*by, "model", "realization"]).any():
        raise ParameterError("by", list(by), "enough columns to tell all points apart: realizations repeat at one of them")
