from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnplab.figures.thumbnail import write_thumbnail


@pytest.mark.parametrize("size", [(1200, 750), (800, 2000), (30, 20)])
def test_a_picture_is_whole_in_the_upper_half_of_a_square(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGBA", size, "black").save(tmp_path / "epr.png")
    target = write_thumbnail(tmp_path / "epr.png")
    assert target == tmp_path / "epr_small.webp"
    with Image.open(target) as image:
        assert image.size == (700, 700)
        dark = np.asarray(image.convert("L")) < 128
    rows, columns = (np.flatnonzero(dark.any(axis=axis)) for axis in (1, 0))
    assert rows[-1] < 350
    drawn = (columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)
    assert drawn == pytest.approx(size[0] / size[1], rel=0.05)
    assert dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
