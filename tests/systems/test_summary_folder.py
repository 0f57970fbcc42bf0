"""Where the files of a question go."""

from __future__ import annotations

from experiments.summaries import _folder


def test_a_folder_is_named_after_its_sweep_unless_file_systems_refuse_that() -> None:
    assert _folder("finite_size-0123456789+sweep-0123456789") == "finite_size-0123456789+sweep-0123456789"
    many = "+".join(f"thermodynamic_limit-{k:010d}" for k in range(12))
    assert _folder(many).startswith("12-sweeps-")
    assert len(_folder(many)) < 30
    assert _folder(many) != _folder(many.replace("11", "13"))
