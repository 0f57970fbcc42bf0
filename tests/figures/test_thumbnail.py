from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from dnplab.figures.style import new_figure, save
from dnplab.figures.thumbnail import write_thumbnail


def test_a_figure_is_whole_in_the_upper_half_of_a_square(tmp_path: Path) -> None:
    figure = new_figure()
    ax = figure.subplots()
    ax.plot([0, 1], label="curve")
    ax.set(xlabel="x", ylabel="y")
    figure.legend(loc="outside lower center")
    large = save(figure, tmp_path / "epr.png")
    target = write_thumbnail(figure, large)
    assert target == tmp_path / "epr_small.webp"
    with Image.open(target) as image:
        assert image.size == (700, 700)
        dark = np.asarray(image.convert("L")) < 128
    rows, columns = (np.flatnonzero(dark.any(axis=axis)) for axis in (1, 0))
    assert rows[-1] < 350  # what a cell shows
    assert columns[-1] - columns[0] > 600
