"""Stored realizations: what is damaged counts as absent and is told, whatever the damage; nothing is read wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.ensemble import Checkpoints, EnsembleSpec, Realization, numerics_version, run_ensemble
from dnplab.ensemble import numerics as numerics_module
from dnplab.errors import ParameterError

SPEC = EnsembleSpec(
    3, 5.0, 0.75, Bath.letter(12.0), Drive(93.8988, 0.628), model="hilbert", realizations=5, observables=("polarization",)
)
STORED = Realization(3, {"a": 1.25}, {"polarization": np.linspace(0, 1, 3)}, {"b": "no"})


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints.of(tmp_path, SPEC)


def test_a_stored_realization_comes_back_whole(checkpoints: Checkpoints) -> None:
    checkpoints.save(STORED)
    found = checkpoints.load(3)
    assert found is not None
    assert (found.scalars, found.undefined) == (STORED.scalars, STORED.undefined)
    assert np.array_equal(found.arrays["polarization"], STORED.arrays["polarization"])
    assert checkpoints.stored() == {3}


def test_no_flipped_byte_changes_a_number(checkpoints: Checkpoints) -> None:
    checkpoints.save(STORED)
    file = checkpoints.folder / "3.npz"
    whole = file.read_bytes()
    refused = 0
    for position in range(len(whole)):
        for mask in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= mask
            file.write_bytes(bytes(damaged))
            found = checkpoints.load(3)
            refused += found is None
            if found is not None:  # a date or an attribute of the archive
                assert found.scalars == STORED.scalars
                assert np.array_equal(found.arrays["polarization"], STORED.arrays["polarization"])
    assert refused > 2 * len(whole)


def test_no_truncated_file_is_read(checkpoints: Checkpoints) -> None:
    checkpoints.save(STORED)
    file = checkpoints.folder / "3.npz"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert checkpoints.load(3) is None


@pytest.mark.parametrize(("key", "value"), [("schema", 1), ("index", 2), ("arrays", ["polarization", "epr"])])
def test_a_file_that_says_it_is_another_is_not_read(checkpoints: Checkpoints, key: str, value: object) -> None:
    checkpoints.save(STORED)
    file = checkpoints.folder / "3.npz"
    with np.load(file) as content:
        arrays = {name: content[name] for name in content.files}
    head = json.loads(str(arrays["head"])) | {key: value}
    np.savez(file, **(arrays | {"head": np.array(json.dumps(head))}))  # type: ignore[arg-type]
    assert checkpoints.load(3) is None


def test_damaged_realizations_are_computed_again_and_counted(tmp_path: Path) -> None:
    first = run_ensemble(SPEC, workers=1, checkpoints=tmp_path)
    assert first.damaged == 0
    folder = Checkpoints.of(tmp_path, SPEC).folder
    (folder / "1.npz").write_bytes(b"")
    (folder / "4.npz").write_bytes((folder / "4.npz").read_bytes()[:-1])
    again = run_ensemble(SPEC, workers=1, checkpoints=tmp_path)
    assert again.damaged == 2
    assert again.spins is not None
    assert first.spins is not None
    assert again.spins.equals(first.spins)
    assert run_ensemble(SPEC, workers=1, checkpoints=tmp_path).damaged == 0


def test_what_is_removed_is_computed_again(tmp_path: Path) -> None:
    run_ensemble(SPEC, workers=1, checkpoints=tmp_path)
    file = Checkpoints.of(tmp_path, SPEC).folder / "0.npz"
    before = file.stat().st_mtime_ns
    run_ensemble(SPEC, workers=1, checkpoints=tmp_path)
    assert file.stat().st_mtime_ns == before
    Checkpoints.of(tmp_path, SPEC).remove([0, 17])
    assert not file.exists()
    run_ensemble(SPEC, workers=1, checkpoints=tmp_path)
    assert file.stat().st_mtime_ns > before


# --- shards


def test_shards_are_the_ensemble(tmp_path: Path) -> None:
    parts = [replace(SPEC, shard=(k, 3)) for k in (1, 2, 3)]
    assert [i for part in parts for i in part.indices] == list(SPEC.indices)
    assert {part.sample_key for part in parts} == {SPEC.sample_key}
    assert len({part.fingerprint for part in [*parts, SPEC]}) == 4
    for part in parts:
        run_ensemble(part, workers=1, checkpoints=tmp_path)
    calls: list[int] = []
    gathered = run_ensemble(SPEC, workers=1, checkpoints=tmp_path, progress=calls.append)
    assert calls == [5]  # nothing is left to compute
    whole = run_ensemble(SPEC, workers=1)
    assert gathered.spins is not None
    assert whole.spins is not None
    assert gathered.spins.equals(whole.spins)


@pytest.mark.parametrize("shard", [(0, 3), (4, 3), (1, 6)])
def test_a_shard_that_does_not_exist_is_refused(shard: tuple[int, int]) -> None:
    with pytest.raises(ParameterError, match="shard is '"):
        replace(SPEC, shard=shard)


# --- what they were computed with


def test_the_numerics_have_a_version_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in {"system.py": "a = 1", "figures/run.py": "b = 1", "models/hilbert.py": "c = 1"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(numerics_module, "PACKAGE", tmp_path)

    def version() -> str:
        numerics_version.cache_clear()
        return numerics_version()

    try:
        before = version()
        (tmp_path / "figures" / "run.py").write_text("b = 2")
        assert version() == before
        (tmp_path / "models" / "hilbert.py").write_text("c = 2")
        assert version() != before
    finally:
        monkeypatch.undo()
        numerics_version.cache_clear()
