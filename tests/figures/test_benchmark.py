"""What the figure of a benchmark draws."""

from __future__ import annotations

from math import nan
from pathlib import Path

import pandas as pd
import pytest

from dnplab.figures import save
from dnplab.figures.benchmark import benchmark_figure


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        ("warm", "auto", 4, "converged", 0.01),
        ("warm", "auto", 6, "converged", 0.02),
        ("warm", "qutip_bicgstab", 4, "converged", 0.1),
        ("warm", "qutip_bicgstab", 6, "over limit", nan),
        ("cold", "auto", 4, "converged", 0.03),
        ("cold", "qutip_bicgstab", 4, "not installed", nan),
    ]
    table = pd.DataFrame(rows, columns=["case", "method", "n_spins", "outcome", "seconds"])
    return table.assign(finished=table["outcome"] == "converged", limit_s=5.0)


def test_a_panel_for_each_case_and_a_cross_for_what_did_not_finish(table: pd.DataFrame, tmp_path: Path) -> None:
    figure = benchmark_figure(table)
    panels = {ax.get_title(loc="left"): ax for ax in figure.axes}
    assert list(panels) == ["warm", "cold"]
    lines = {(case, line.get_gid()): line for case, ax in panels.items() for line in ax.lines}
    assert list(lines["warm", "auto"].get_ydata()) == [0.01, 0.02]
    assert list(lines["warm", "auto"].get_xdata()) == [16.0, 64.0]
    assert list(lines["warm", "qutip_bicgstab unfinished"].get_ydata()) == [5.0]
    assert list(lines["cold", "qutip_bicgstab not run"].get_xdata()) == [16.0]
    assert {(ax.get_xscale(), ax.get_yscale()) for ax in panels.values()} == {("log", "log")}
    assert save(figure, tmp_path / "benchmark.png").stat().st_size > 10_000
