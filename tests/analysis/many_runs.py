"""A store with many finished runs as `experiments.run` logs them, written straight into SQLite: MLflow takes 0.2 s a run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import product
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd

from dnplab.tracking import Store, declare_sweep, default_uri

MEASURES = ("mean_polarization", "ansatz_deviation", "hilbert_distance", "bloch_distance", "localization_index", "beta_s",
            "mu", "nuclear_polarization", "sz_spread", "entropy", "entropy_ratio", "gap_ratio")  # fmt: skip
CHECKS = ("worst_residual", "worst_error_estimate", "worst_trace_error", "min_eigenvalue", "worst_arbitrary_fraction",
          "at_rounding_floor", "mean_iterations")  # fmt: skip
COMMON = {
    "system.electron_ghz": "93.9", "system.disorder_mhz": "5.0", "system.coupling_mhz": "0.75", "system.ising": "False",
    "bath.process": "none", "drive.frequency_ghz": "93.8988", "drive.amplitude_mhz": "0.628", "drive.sites": "all",
    "solver.method": "auto", "solver.rtol": "1e-10", "observables.names": "polarization+spin_temperature",
    "observables.kept_spins": "3", "ensemble.seed": "0",
}  # fmt: skip
COLUMNS = (
    "run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id, source_type, source_name,"
    " entry_point_name, user_id, source_version"
)


@dataclass
class ManyRuns:
    """A store in an output folder, and by run name what was written: params and tables."""

    outputs: Path
    store: Store = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)
    params: dict[str, dict[str, str]] = field(default_factory=dict)
    tables: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = Store(default_uri(self.outputs), "dnplab", self.outputs / "mlartifacts")

    def add(
        self,
        sweep: str,
        *,
        models: Sequence[str] = ("hilbert", "nonsecular"),
        temperatures: Sequence[float] = (1.2, 4.0, 12.0),
        sizes: Sequence[int] = (4,),
        realizations: int = 4,
        further: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        tables: bool = True,
    ) -> None:
        """Declare a sweep and track a finished run for each of its points; `tables`: with its tables as artifacts."""
        keys = ("model", "bath.temperature_k", "system.n_spins")
        points = [dict(zip(keys, values, strict=True)) for values in product(models, temperatures, sizes)]
        declare_sweep(self.store, sweep, points)
        with closing(sqlite3.connect(self.outputs / "mlflow.db")) as base, base:
            for number, point in enumerate(points):
                temperature = float(point["bath.temperature_k"])
                params = {key: str(value) for key, value in point.items()} | COMMON
                params |= {"bath.t1_us": str(230.4 / temperature**2), "bath.t_star_us": "1.0", "bath.t_zero_us": "1.0"}
                params |= {"ensemble.realizations": str(realizations)} | dict(further or {})
                name = f"{sweep} {point['model']} T={temperature:g}K N={point['system.n_spins']}"
                rise = np.log(temperature / 1.2) / np.log(10.0) if point["model"] == "nonsecular" else 0.0
                made = _tables(number, realizations, int(point["system.n_spins"]), 1.0 + rise)
                own = {"model": str(point["model"]), f"sweep.{sweep}": "1", "numerics": "v1", "code_version": "c0ffee"}
                own |= {"fingerprint": f"{sweep}-{number}-{further}-{tags}"} | dict(tags or {})
                self._insert(base, name, params, own, made if tables else {"realizations": made["realizations"]}, tables)

    def change(self, statement: str, *values: object) -> None:
        """Change the database behind MLflow's back."""
        with closing(sqlite3.connect(self.outputs / "mlflow.db")) as base, base:
            base.execute(statement, values)

    def folder(self, name: str) -> Path:
        """Where the files of a run are."""
        return self.outputs / "mlartifacts" / self.ids[name] / "artifacts"

    def _insert(
        self,
        base: sqlite3.Connection,
        name: str,
        params: Mapping[str, str],
        tags: dict[str, str],
        tables: dict[str, pd.DataFrame],
        stored: bool,
    ) -> None:
        run_id = self.ids[name] = uuid4().hex
        self.params[name], self.tables[name] = dict(params), tables
        samples, folder = tables["realizations"], self.folder(name)
        metrics = {f"obs.{measure}": float(samples[measure].mean()) for measure in MEASURES}
        metrics |= {f"obs.{measure}_sem": float(samples[measure].sem()) for measure in MEASURES}
        metrics |= {f"check.{check}": 1e-12 for check in CHECKS} | {"check.excluded": 0.0, "time.total_s": 1.5}
        metrics |= {f"regime.s{number}": 2.0 for number in range(70, 86)} | {"point.n_spins": 4.0}
        if stored:
            folder.mkdir(parents=True)
            for stem, table in tables.items():
                table.to_parquet(folder / f"{stem}.parquet")
            digests = {path.name: sha256(path.read_bytes()).hexdigest()[:16] for path in folder.iterdir()}
            tags["digests"] = json.dumps(digests)
        times = (1000 * len(self.ids), 1000 * len(self.ids) + 900)
        row = (
            run_id,
            name,
            "FINISHED",
            *times,
            "active",
            folder.as_uri(),
            self.store.experiment_id,
            "UNKNOWN",
            "",
            "",
            "",
            "",
        )
        base.execute(f"INSERT INTO runs ({COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
        for table_name, values in (("params", params), ("tags", tags)):
            base.executemany(
                f"INSERT INTO {table_name} VALUES (?, ?, ?)", [(key, value, run_id) for key, value in values.items()]
            )
        base.executemany(
            "INSERT INTO latest_metrics VALUES (?, ?, 0, 0, 0, ?)", [(key, value, run_id) for key, value in metrics.items()]
        )


def _tables(number: int, realizations: int, n_spins: int, deviation: float) -> dict[str, pd.DataFrame]:
    """Noise around 0.1 of every measure, that of ansatz_deviation around `deviation` times that."""
    rng = np.random.default_rng(number)
    samples = pd.DataFrame(rng.normal(0.1, 0.01, (realizations, len(MEASURES))), columns=list(MEASURES))
    samples["ansatz_deviation"] *= deviation
    spins = pd.DataFrame(list(product(range(realizations), range(n_spins))), columns=["realization", "spin"]).assign(
        offset_mhz=0.5, polarization=rng.normal(-0.2, 0.01, realizations * n_spins), ansatz=-0.2
    )
    edges = np.linspace(-1.0, 1.0, 5)
    spectrum = pd.DataFrame(
        {"left_mhz": edges[:-1], "right_mhz": edges[1:], "epr": rng.normal(-0.1, 0.01, 4), "epr_sem": 0.01}
    )
    return {"realizations": samples.rename_axis(index="realization"), "spins": spins, "spectrum": spectrum}
