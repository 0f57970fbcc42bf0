"""Made-up sweeps for questions that compare runs: a long table and what a store would say of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from dnplab.analysis import Sweep
from dnplab.bath import Bath

TIMES = ("t1_us", "t_star_us", "t_zero_us")
COLD = Bath.letter(1.2)


def points(
    temperatures: Sequence[float], follows: Sequence[str] = ("t1_us t_star_us t_zero_us",), **others: Sequence[float]
) -> pd.DataFrame:
    """Every combination of temperatures, times that follow the letter's laws (the others stay at 1.2 K), and parameters."""
    table = pd.DataFrame({"temperature_k": temperatures}).merge(pd.DataFrame({"follows": follows}), how="cross")
    for name, values in others.items():
        table = table.merge(pd.DataFrame({name: values}), how="cross")
    for name in TIMES:
        laws = [getattr(Bath.letter(t), name) for t in table["temperature_k"]]
        table[name] = np.where([name in words.split() for words in table["follows"]], laws, getattr(COLD, name))
    names = [name for name in table if name != "follows"]
    return table.drop_duplicates(names, ignore_index=True)


def made_up(
    table: pd.DataFrame,
    groups: Sequence[str],
    value: Callable[[str, pd.Series, np.ndarray], np.ndarray],
    count: int = 40,
    noise: float = 0.03,
) -> Sweep:
    """A sweep of Hilbert and nonsecular over the points of a table, with ansatz_deviation = value(model, point, factors).

    groups : the columns besides model and temperature that the sweep varies
    factors : (count,) of the samples, common to all points of a size, with a scatter of `noise`
    """
    rows, runs = [], []
    for model in ("hilbert", "nonsecular"):
        for _, point in table.iterrows():
            rng = np.random.default_rng(int(point.get("n_spins", 6)))
            deviation = value(model, point, 1.0 + noise * rng.normal(size=count))
            run = {"model": model, "temperature_k": point["temperature_k"], **{key(name): point[name] for name in groups}}
            values = {"ansatz_deviation": deviation, "localization_index": deviation / (deviation + 0.1)}
            rows.append(pd.DataFrame({**run, "realization": np.arange(count), **values}))
            params = {"system.n_spins": 6.0, "system.coupling_mhz": 0.75, "system.disorder_mhz": 5.0}
            params |= {"drive.frequency_ghz": 93.8988, "system.electron_ghz": 93.9}
            runs.append(
                {**params, **{key(name): point[name] for name in point.index if name not in ("follows", "temperature_k")}}
            )
            runs[-1] |= {"model": model, "bath.temperature_k": point["temperature_k"], "run_id": f"run{len(runs)}"}
    named = tuple(key(name) for name in groups)
    return Sweep("made-up", pd.DataFrame(runs), pd.concat(rows, ignore_index=True), pd.DataFrame(), named, len(runs), (), ())


def key(name: str) -> str:
    """The config key of a column."""
    return f"bath.{name}" if name in TIMES else f"system.{name}"
