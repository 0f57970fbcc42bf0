"""How far the crossover temperature depends on what is called so: the difference from Hilbert, and every definition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.comparison import LEADING, REFERENCE, in_order
from dnplab.figures.crossover import temperature_axis
from dnplab.figures.style import band, colour_of, finish, new_figure, paper_style

__all__ = ["definitions_figure"]

DIFFERENCE = f"{LEADING}_minus_{REFERENCE}"
SPREAD = 0.26  # between the models of a row
NAMES = {
    LEADING: "ansatz deviation",
    DIFFERENCE: "… minus Hilbert's",
    f"{LEADING}_over_{REFERENCE}": "… over Hilbert's",
    "localization_index": "localization index",
}


def definitions_figure(table: pd.DataFrame, definitions: pd.DataFrame) -> Figure | None:
    """The paired difference from Hilbert against temperature, and below it the crossover temperature by definition.

    Points are crossover temperatures with their 95 % intervals. A pale line is where a crossover that does not exist
    would be: the bounds of the table, open where they leave the sweep.

    Args:
        table: of one crossover, as `dnplab.analysis.find_crossover` makes it.
        definitions: of the same, as `dnplab.analysis.find_definitions` makes it.

    Returns:
        None where nothing is compared with the Hilbert model.

    """
    rows = definitions[definitions["model"] != REFERENCE]
    if rows.empty or DIFFERENCE not in table:
        return None
    places = list(dict.fromkeys(zip(rows["measure"], rows["definition"], strict=True)))
    models = in_order(rows["model"])
    with paper_style():
        figure = new_figure(7.5, 3.4 + 0.3 * len(places))
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[9, 1 + 0.9 * len(places)])
        for model in models:
            _difference(above, table[table["model"] == model], model)
        above.axhline(0.0, color=colour_of(REFERENCE), lw=1.5, label=REFERENCE)
        above.set_ylabel("ansatz deviation\nminus Hilbert's")
        above.legend(loc="upper left")
        temperatures = np.sort(table["temperature_k"].unique())
        for row in rows.to_dict("records"):
            offset = SPREAD * (models.index(str(row["model"])) - 0.5 * (len(models) - 1))
            _mark(below, places.index((row["measure"], row["definition"])) - offset, row, temperatures)
        _names(below, places)
        temperature_axis(below, temperatures)
        below.set_title(
            "crossover temperature by definition (pale: none, within these bounds)", loc="left", fontsize="small"
        )
        finish(above, below)
    return figure


def _difference(ax: Axes, rows: pd.DataFrame, model: str) -> None:
    rows = rows.dropna(subset=[DIFFERENCE]).sort_values("temperature_k")
    ax.plot(rows["temperature_k"], rows[DIFFERENCE], "o-", color=colour_of(model), lw=1.8, ms=4.5, label=model)
    lower, upper = (rows[f"{DIFFERENCE}_{end}"].to_numpy() for end in ("lower", "upper"))
    band(ax, rows["temperature_k"].to_numpy(), lower, upper, colour_of(model), gid=f"{model} band")


def _mark(ax: Axes, y: float, row: Mapping[object, object], temperatures: np.ndarray) -> None:
    at, lower, upper = (float(str(row[key])) for key in ("crossover_k", "lower_k", "upper_k"))
    colour = colour_of(str(row["model"]))
    if np.isnan(at):
        edge = (temperatures[-1] / temperatures[0]) ** 0.06
        ends = max(lower, temperatures[0] / edge), min(upper, temperatures[-1] * edge)
        ax.plot(ends, [y, y], "-", color=colour, lw=1.2, alpha=0.3, gid="none")
        for end, marker, outside in ((ends[0], "<", lower == 0.0), (ends[1], ">", np.isinf(upper))):
            if outside:
                ax.plot([end], [y], marker, color=colour, ms=4.5, alpha=0.5)
        return
    ax.errorbar(
        [at], [y], xerr=[[max(at - lower, 0.0)], [max(upper - at, 0.0)]], fmt="D", ms=5, mfc="white", mec=colour,
        mew=1.5, ecolor=colour, elinewidth=1.4, capsize=3, gid=f"{row['model']} crossover",
    )  # fmt: skip


def _names(ax: Axes, places: list[tuple[str, str]]) -> None:
    """Definitions at the ticks, measures as headings above the first of theirs."""
    ax.set_yticks(range(len(places)), [f"{NAMES.get(measure, measure)}: {name}" for measure, name in places])
    ax.set_ylim(len(places) - 0.4, -0.6)
    for place in range(1, len(places)):
        if places[place][0] != places[place - 1][0]:
            ax.axhline(place - 0.5, color="0.85", lw=0.8, zorder=0)
