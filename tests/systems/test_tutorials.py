"""The tutorials run from end to end, and what they conclude holds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "tutorials"
MOST_BYTES = 300_000
HELD = {  # run after the notebook, in its kernel
    "front_door": """
        assert limits["one spin: |P - P_Bloch|"].xs("nonsecular", level=1).max() < 1e-12
        assert limits["no drive: largest |P_i / P0 - 1|"].max() < 1e-4
        assert [state.converged for state in states.values()] == [True] * 6
        hot = measures.loc["12 K"]["ansatz_deviation"]
        assert hot["nonsecular"] > 2 * hot["hilbert"]
        assert np.mean(differences[12.0]) > 5 * stats.sem(differences[12.0])
        assert sum_rule["±256 MHz"].abs().max() < 1e-9
        assert difference < 1e-12
    """,
    "crossover": """
        assert runs.attrs["complete"] and len(runs) == 14 and not runs["excluded"].any()
        assert abs(again - tracked) < 1e-8
        assert (difference["sem"] < independent).all()
        assert difference.loc[12.0, "lower"] > 0.02
        assert correlation.min() > 0.5
        row = half_rise.set_index("model").loc["nonsecular"]
        assert abs(row["crossover_k"] - by_hand) < 1e-9 and row["lower_k"] < by_hand < row["upper_k"]
        assert np.isnan(half_rise.set_index("model").loc["hilbert", "crossover_k"])
        assert found["lower_k"].max() > found["upper_k"].min()
        import shutil; shutil.rmtree(outputs)
    """,
}


@pytest.fixture
def kernel_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A kernel that finds the clone, and keeps its own files to itself."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "jupyter"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Jupyter's own
        yield


@pytest.mark.parametrize("name", sorted(HELD))
@pytest.mark.usefixtures("kernel_environment")
def test_a_tutorial_runs_and_its_conclusions_hold(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    lines = [line.strip() for line in HELD[name].strip().splitlines()]
    notebook.cells.append(nbformat.v4.new_code_cell("\n".join(lines)))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()


@pytest.mark.parametrize("name", sorted(HELD))
def test_a_tutorial_is_stored_with_its_outputs_and_small(name: str) -> None:
    file = FOLDER / f"{name}.ipynb"
    assert file.stat().st_size < MOST_BYTES
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert "/tmp" not in file.read_text(encoding="utf-8")


def test_every_tutorial_is_tested_and_listed() -> None:
    names = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert names == set(HELD)
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.ipynb)" in listed for name in names)
