"""The page on reading a sweep with pandas: its code runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.many_runs import ManyRuns

PAGE = Path(__file__).parents[2] / "docs" / "analysis.md"


def test_the_code_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    many = ManyRuns(tmp_path / "outputs")
    models, temperatures = ("hilbert", "secular", "nonsecular"), (1.2, 2.0, 4.0, 8.0, 12.0)
    many.add("crossover-1f3a", models=models, temperatures=temperatures, realizations=6)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(names["table"]) == 15
    assert len(names["samples"]) == 15 * 6
    assert len(names["profiles"]) == 15 * 6 * 4
    difference = names["difference"].set_index(["model", "temperature_k"])["difference"]
    assert len(difference) == 2 * 5
    assert difference["nonsecular", 12.0] == pytest.approx(0.1, abs=0.03)
    found = names["found"].set_index("model")
    assert found.loc["nonsecular", "crossover_k"] == pytest.approx(np.sqrt(1.2 * 12.0), rel=0.3)  # half of a rise in ln T
    assert found.loc["hilbert", "reason"]
    assert "crossover-1f3a True []" in capsys.readouterr().out
