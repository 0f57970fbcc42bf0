"""One job of a command: compute an ensemble or a study, and log all that it found into one tracked run."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from omegaconf import OmegaConf
from tqdm import tqdm

from dnplab.analysis.completeness import canonical
from dnplab.config import Job, resolved, run_tags
from dnplab.ensemble import Checkpoints, EnsembleResult, EnsembleSpec, numerics_version, run_ensemble
from dnplab.errors import ConvergenceError, DamagedRunError
from dnplab.regimes import regime_metrics
from dnplab.studies import Study, StudyResult
from dnplab.tracking import (
    OUTDATED,
    RunWriter,
    Store,
    TrackedRun,
    code_tags,
    fetch_files,
    find_runs,
    metrics_of,
    outdate,
    require_whole,
    tables_of,
    tracked_run,
)
from dnplab.tracking.pages import RUN_COLOUR, picture_table

__all__ = [
    "checkpoint_root",
    "checkpoints_of",
    "compute_ensemble",
    "forget",
    "standing_run",
    "study_folder",
    "study_report",
    "track",
]

ROOT = Path(__file__).resolve().parents[1]
REPORT = "report.txt"
Progress = Callable[[int], object]


def standing_run(store: Store, job: Job, *, thorough: bool = True) -> TrackedRun | None:
    """The newest finished run of a job that still is what was logged, and whose exclusions the job allows.

    A run that has lost or changed something is told and marked: the next `track` of the job takes its place.
    """
    for run in find_runs(store, fingerprint=job.fingerprint):
        if run.status != "FINISHED" or OUTDATED in run.tags:
            continue
        try:
            require_whole(store, run, thorough=thorough)
            _require_params(job, run)
        except DamagedRunError as damage:
            tqdm.write(str(damage), file=sys.stderr)
            outdate(store, run, str(damage))
            continue
        excluded = run.metrics.get("check.excluded", 0.0)
        if not isinstance(job.work, EnsembleSpec) or excluded <= job.config.ensemble.max_excluded * len(job.work.indices):
            return run
    return None


def _require_params(job: Job, run: TrackedRun) -> None:
    """Ask that the parameters which a run of an ensemble shows, and the analysis reads, are those of its fingerprint."""
    if not isinstance(job.work, EnsembleSpec):
        return
    known = {key: value for key, value in job.params.items() if key in run.params}
    if "model" not in known or any(canonical(run.params[key]) != canonical(value) for key, value in known.items()):
        raise DamagedRunError(run.run_id, f"The parameters of the run {run.run_id} are not what was logged")


def forget(job: Job, store: Store) -> None:
    """Have a job computed again: its runs stand until another takes their place, its realizations are removed."""
    for run in find_runs(store, fingerprint=job.fingerprint):
        if run.status == "FINISHED":
            outdate(store, run, "rerun=true was asked for")
    if isinstance(job.work, EnsembleSpec):
        checkpoints_of(job, job.work).remove(job.work.indices)


def track(job: Job, store: Store, progress: Progress, guarded: Callable[[], AbstractContextManager[object]]) -> None:
    """Compute a job and log it.

    progress : called with the number of units done since the last call
    guarded : entered inside the run, so that an interruption closes it
    """
    own = {"device": job.config.solver.device, "numerics": job.numerics, "checkpoints": ""}
    if isinstance(job.work, EnsembleSpec):
        own["checkpoints"] = str(checkpoints_of(job, job.work).folder)
    tags = run_tags(job.work, job.config.tracking.sweep) | code_tags(ROOT, "zeno-dnp") | own
    opened = tracked_run(store, name=job.name, fingerprint=job.fingerprint, params=job.params, tags=tags)
    with opened as run, guarded():
        started = time.perf_counter()
        if isinstance(job.work, EnsembleSpec):
            _ensemble(job, job.work, run, progress, started)
        else:
            _study(job, job.work, run, progress, started)


def _ensemble(job: Job, spec: EnsembleSpec, run: RunWriter, progress: Progress, started: float) -> None:
    from dnplab.figures import MODEL_COLOURS  # seaborn is slow to import

    result = compute_ensemble(job, spec, progress)
    if result.damaged:
        what = "1 stored realization" if result.damaged == 1 else f"{result.damaged} stored realizations"
        told = f"Damaged and computed again: {what} of {job.name}."
        tqdm.write(told, file=sys.stderr)
    _require_converged(job, spec, result)
    regime = regime_metrics(spec.disorder_mhz, spec.coupling_mhz, spec.bath, spec.drive)
    point = {"point.temperature_k": spec.bath.temperature_k, "point.n_spins": float(spec.n_spins)}  # params sort as text
    tags = {f"undefined.{measure}": reason for measure, reason in result.undefined.items()}
    tags[RUN_COLOUR] = MODEL_COLOURS[spec.model]
    run.log(metrics=metrics_of(result, time.perf_counter() - started) | regime | point, tags=tags)
    with tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
        thumbnails = _write_ensemble(result, Path(folder))
        _write_config(job, Path(folder))
        run.log_files(Path(folder))
    if thumbnails:
        run.log_table("pictures.json", picture_table(thumbnails))
    if result.profile is not None:
        run.log_table("profile.json", result.profile)


def compute_ensemble(job: Job, spec: EnsembleSpec, progress: Progress) -> EnsembleResult:
    """The realizations of a job, each stored on disk as soon as it is there; nothing is logged."""
    return run_ensemble(
        spec,
        workers=job.config.ensemble.workers,
        threads=job.config.ensemble.threads,
        device=job.config.solver.device,
        checkpoints=checkpoint_root(job.config.outputs),
        progress=progress,
    )


def _require_converged(job: Job, spec: EnsembleSpec, result: EnsembleResult) -> None:
    """Fail where the average would be over a selection of the samples."""
    most = job.config.ensemble.max_excluded
    lost = len(result.excluded)
    if result.converged and lost <= most * len(spec.indices):
        return
    count = f"{lost} of {len(spec.indices)} realizations" if result.converged else "No realization"
    verb = "did not converge" if result.converged else "converged"
    limit = f", more than ensemble.max_excluded = {most:g} allows" if result.converged else ""
    raise ConvergenceError(f"{count} of {job.name} {verb}{limit}: {result.excluded['reason'].iloc[0]}")


def checkpoint_root(outputs: str | Path) -> Path:
    """Where realizations are stored under an output folder: those of other numerics are not averaged with these."""
    return Path(outputs).absolute() / "checkpoints" / numerics_version()


def checkpoints_of(job: Job, spec: EnsembleSpec) -> Checkpoints:
    """The stored realizations of a job."""
    return Checkpoints.of(checkpoint_root(job.config.outputs), spec)


def _write_ensemble(result: EnsembleResult, folder: Path) -> dict[str, str]:
    """Figures and tables of an ensemble, as files; those figures that runs are compared by, with their thumbnails."""
    from dnplab import figures  # seaborn is slow to import
    from dnplab.figures.thumbnail import write_thumbnail

    drawn = {
        "polarization": figures.polarization_figure(result),
        "epr": figures.epr_figure(result),
        "eigenstates": figures.eigenstates_figure(result),
        "eigenvalues": figures.eigenvalues_figure(result),
    }
    for stem, figure in drawn.items():
        if figure is not None:
            figures.save(figure, folder / f"{stem}.png")
    for stem, table in tables_of(result).items():
        table.to_parquet(folder / f"{stem}.parquet")
    compared = {f"{stem}.png": figure for stem in ("epr", "polarization") if (figure := drawn[stem]) is not None}
    return {name: write_thumbnail(figure, folder / name).name for name, figure in compared.items()}


def _write_config(job: Job, folder: Path) -> None:
    OmegaConf.save(OmegaConf.structured(resolved(job.config)), folder / "config.yaml")


def _study(job: Job, study: Study, run: RunWriter, progress: Progress, started: float) -> None:
    result = study.compute(progress)
    run.log(metrics={**result.metrics, "time.total_s": time.perf_counter() - started})
    folder = study_folder(job)
    folder.mkdir(parents=True, exist_ok=True)
    _write_study(study, result, folder)
    _write_config(job, folder)
    run.log_files(folder)


def _write_study(study: Study, result: StudyResult, folder: Path) -> None:
    """Figures, tables and report of a study, as files."""
    from dnplab import figures  # seaborn is slow to import

    for stem, figure in figures.study_figures(study, result).items():
        figures.save(figure, folder / f"{stem}.png")
    for stem, table in result.tables.items():
        table.to_parquet(folder / f"{stem}.parquet")
        table.to_csv(folder / f"{stem}.csv", index=False)
    (folder / REPORT).write_text(result.text + "\n", encoding="utf-8")


def study_folder(job: Job) -> Path:
    """Where the files of a study stand."""
    return Path(job.config.outputs).absolute() / job.config.study / job.fingerprint[:10]


def study_report(store: Store, run: TrackedRun, folder: Path) -> str:
    """What a finished study has to say and where its files are; they are fetched from the store if they are gone."""
    if not all((folder / name).is_file() for name in store.file_names(run)):
        fetch_files(store, run, folder)
    names = ", ".join(sorted(path.name for path in folder.iterdir() if path.suffix in (".png", ".csv")))
    text = (folder / REPORT).read_text(encoding="utf-8").rstrip()
    return f"{text}\n\nWritten to {folder}: {names}"
