"""What all figures share: seaborn's paper style, model colours, bands, reference lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

__all__ = [
    "BOLTZMANN",
    "MODEL_COLOURS",
    "band",
    "colour_of",
    "finish",
    "microwave_line",
    "new_figure",
    "paper_style",
    "save",
]

MODEL_COLOURS = {
    "hilbert": "#d62728",
    "secular": "#1f77b4",
    "nonsecular": "#000000",
    "correlation": "#56b4e9",
    "ule": "#2ca02c",
    "zeno": "#cc79a7",
}
BOLTZMANN = "0.45"
MICROWAVES = "#e69f00"
DPI = 150


@contextmanager
def paper_style() -> Iterator[None]:
    """Seaborn's paper look inside the block, nothing changed outside it."""
    style = {
        **sns.axes_style("ticks"),
        **sns.plotting_context("paper", font_scale=1.25),
        "legend.frameon": True,
        "legend.framealpha": 0.85,
        "legend.edgecolor": "none",
        "legend.fancybox": False,
        "axes.grid": False,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "font.family": ["sans-serif"],
        "mathtext.fontset": "dejavusans",
    }
    with mpl.rc_context(style):
        yield


def new_figure(width_in: float = 8.0, height_in: float = 5.0) -> Figure:
    """An empty figure with its own Agg canvas, unknown to pyplot."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG at 150 dots per inch; its bytes do not carry a date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path


def colour_of(model: str) -> str:
    """The colour of a model in every figure."""
    return MODEL_COLOURS.get(model, "#9467bd")


def band(ax: Axes, x: ArrayLike, lower: ArrayLike, upper: ArrayLike, colour: str, gid: str | None = None) -> None:
    """A shaded error band; absent where its edges are not finite."""
    middle, low, high = (np.asarray(values, dtype=np.float64) for values in (x, lower, upper))
    if np.isfinite(low).any():
        ax.fill_between(middle, low, high, color=colour, alpha=0.18, lw=0, gid=gid)


def microwave_line(ax: Axes, offset_mhz: float) -> None:
    """The vertical line at the microwave frequency."""
    ax.axvline(offset_mhz, color=MICROWAVES, lw=1.6, ls=":", label="microwaves", zorder=0.5)


def finish(*axes: Axes) -> None:
    """Open the upper and the right side, as papers do."""
    for ax in axes:
        sns.despine(ax=ax)
