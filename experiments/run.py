"""Compute one ensemble or study, or a sweep of them, and track every run: ``python -m experiments.run --help``.

The command line is checked as a whole before anything starts. Then the store is opened (created if it is new), the
runs that it holds already are counted in, Hydra runs the others, and a sweep ends with its summary.

Ctrl-C and SIGTERM, which schedulers send, both close the current run as KILLED and lose no finished realization.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import hydra
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from omegaconf import DictConfig
from tqdm import tqdm

from dnplab.config import (
    ENSEMBLE,
    Config,
    ConfigError,
    Job,
    Plan,
    make_job,
    make_plan,
    register,
    to_config,
    with_full_key,
)
from dnplab.ensemble import EnsembleSpec
from dnplab.errors import DamagedRunError, DnplabError, ParameterError, TrackingError, UndefinedMeasureError
from dnplab.observables.localization import TRUNCATION
from dnplab.report.checks import LARGEST_CUT
from dnplab.tracking import (
    Store,
    TrackedRun,
    close_stale_runs,
    declare_sweep,
    find_runs,
    join_sweep,
    keep_newest,
    store_of,
    ui_command,
)
from experiments.command import BAD_INPUT, CONF, INCOMPLETE, INTERRUPTED, TERMINATED, as_script, in_words, read_words
from experiments.endings import summarise
from experiments.jobs import compute_ensemble, forget, standing_run, study_folder, study_report, track
from experiments.progress import REALIZATION, bar_of, describe, unit_of, watched
from experiments.termination import Terminated, Termination

__all__ = ["main"]

IN_NAMES = ("study", "model", "bath.temperature_k", "system.n_spins")  # what the name of a run says
FULL_ERROR = "HYDRA_FULL_ERROR"


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    register()
    blame, termination = BAD_INPUT, Termination()
    plan: Plan | None = None
    store: Store | None = None
    try:
        words = read_words()
        if words.help or words.hydra_help or words.info or words.shell_completion:
            return _hydra(sys.argv[1:], None, termination)
        if words.cfg and words.multirun:
            raise ConfigError("--cfg prints the config of one run; leave out -m, and give one value of each key.")
        search = Path(words.config_dir) if words.config_dir else None
        plan = make_plan(CONF, words.overrides, multirun=words.multirun, search=search)
        if words.cfg:
            return _hydra(sys.argv[1:], None, termination)
        plan.require_outputs()
        plan.require_memory()
        termination.listen()
        with termination.kept():
            store = _open_store(plan.jobs[0].config)
            blame = INCOMPLETE
            return _carry_out(plan, store, termination)
    except DnplabError as error:
        return _fail(error, blame)
    except KeyboardInterrupt as stop:
        get_reusable_executor(reuse=True, kill_workers=True).shutdown(wait=True, kill_workers=True)
        word, code = ("Terminated", TERMINATED) if isinstance(stop, Terminated) else ("Interrupted", INTERRUPTED)
        with suppress(DnplabError):
            if store is not None:  # those of workers
                close_stale_runs(store)
        same = "The same command without rerun=true" if plan is not None and plan.rerun else "The same command"
        return _fail(f"{word}. {same} computes what is missing.", code)


def _open_store(config: Config) -> Store:
    """The store and experiment that a config names, created if they are missing."""
    outputs = Path(config.outputs).absolute()
    uri = store_of(outputs, config.tracking.uri)
    return Store(uri, config.tracking.experiment, outputs / "mlartifacts", config.tracking.question)


def _carry_out(plan: Plan, store: Store, termination: Termination) -> int:
    if closed := close_stale_runs(store):
        print(f"Closed {closed} unfinished run{'s' * (closed > 1)} of processes that have ended.")
    if plan.multirun:
        words = [word for word in sys.argv[1:] if not word.startswith("rerun=")]  # to finish it is not to begin again
        declare_sweep(store, plan.sweep, plan.points, shlex.join(words), plan.summary)
    for job in plan.distinct:
        if job.config.rerun:
            forget(job, store)
    found = _found(plan, store, thorough=False)
    print(_announcement(plan, len(found)))
    for note in (*plan.notes, *_other_numerics(plan, found)):
        print(note)
    found, code = _completed(plan, store, found, termination)
    try:
        _conclude(plan, store, found)
    except DamagedRunError:  # of a store that is not on this machine: its files are compared only when they are fetched
        found, code = _completed(plan, store, _found(plan, store), termination)
        _conclude(plan, store, found)
    except UndefinedMeasureError as error:  # for want of runs, it may be: the last lines tell which, and why
        code = _fail(error, INCOMPLETE)
    print(f"\nRuns:  {store.link}")
    if store.uri.startswith("sqlite"):
        print(f"Open:  {ui_command(store.uri)}")
    if unfinished := _unfinished(plan, store, found):
        lines = "\n".join(f"  {line}" for line in unfinished)
        count = f"{len(unfinished)} of {len(plan.distinct)} runs did not finish; the same command tries them again"
        return _fail(f"{count}:\n{lines}", INCOMPLETE)
    return code


def _completed(plan: Plan, store: Store, found: list[TrackedRun], termination: Termination) -> tuple[list[TrackedRun], int]:
    """The finished runs of a plan after all that `found` lacks was computed, and Hydra's exit code."""
    finished = {run.tags["fingerprint"] for run in found}
    still = [job for job in plan.distinct if job.fingerprint not in finished]
    if not still:
        return found, 0
    with bar_of(plan, still) as bar, nullcontext() if plan.local else watched(bar, still):
        flags = ["--multirun"] if plan.multirun else []
        words = [word for word in sys.argv[1:] if word not in ("-m", "--multirun")]
        code = _hydra([*words, f"tracking.sweep={plan.sweep}", *flags], bar if plan.local else None, termination)
    termination.check()  # Hydra, or a launcher, may have made another exception of it
    return _found(plan, store, thorough=False), code


def _unfinished(plan: Plan, store: Store, found: Sequence[TrackedRun]) -> list[str]:
    """A line on every job without a finished run: its name, and why where the store knows."""
    finished = {run.tags["fingerprint"] for run in found}
    swept = [key for key in plan.points[0] if key not in IN_NAMES]
    lines = []
    for job in plan.distinct:
        if job.fingerprint not in finished:
            tried = [run for run in find_runs(store, fingerprint=job.fingerprint) if run.status != "FINISHED"]
            reason = tried[0].tags.get("error", "") if tried else "It has no run."
            name = ", ".join([job.name, *(f"{key} = {job.params.get(key)}" for key in swept)])
            lines.append(f"{name}: {reason}" if reason else name)
    return lines


def _conclude(plan: Plan, store: Store, found: Sequence[TrackedRun]) -> None:
    """Print what was found; a sweep of ensembles ends with its summary."""
    config = plan.jobs[0].config
    outputs = Path(config.outputs).absolute()
    if not found:
        return
    if config.study != ENSEMBLE:
        for job, run in _paired(plan, found):
            print(f"\n{study_report(store, run, study_folder(job))}")
    elif not plan.multirun:
        _print_averages(found[0])
    elif any(job.spec.shard for job in plan.distinct):
        print("\nThe shards are stored; the same command without ensemble.shard gathers them.")
    else:
        summarise(store, plan.sweep, plan.summary, outputs)


def _paired(plan: Plan, found: Sequence[TrackedRun]) -> list[tuple[Job, TrackedRun]]:
    """The jobs that have a run, with it."""
    runs = {run.tags["fingerprint"]: run for run in found}
    return [(job, runs[job.fingerprint]) for job in plan.distinct if job.fingerprint in runs]


def _found(plan: Plan, store: Store, *, thorough: bool = True) -> list[TrackedRun]:
    """The finished runs of a plan; each is counted into its sweep, and is alone with its fingerprint."""
    runs: list[TrackedRun] = []
    for job in plan.distinct:
        run = standing_run(store, job, thorough=thorough)
        if run is not None:
            runs.append(run)
            keep_newest(store, job.fingerprint)
            if plan.sweep and f"sweep.{plan.sweep}" not in run.tags:
                join_sweep(store, run.run_id, plan.sweep)
    return runs


def _announcement(plan: Plan, finished: int) -> str:
    samples = f", {sum(job.steps for job in plan.distinct)} realizations" if unit_of(plan) == REALIZATION else ""
    if not plan.multirun:
        known = " It is in the store already." if finished else ""
        return f"{plan.jobs[0].name}{samples}.{known}"
    known = f" {finished} run{'s are' if finished > 1 else ' is'} in the store already." if finished else ""
    repeated = len(plan.jobs) - len(plan.distinct)
    others = "repeats another" if repeated == 1 else "repeat others"
    same = f" {repeated} of the {len(plan.jobs)} points asked for {others}." if repeated else ""
    return f"Sweep {plan.sweep}: {len(plan.distinct)} runs{samples}.{same}{known}"


def _other_numerics(plan: Plan, found: Sequence[TrackedRun]) -> list[str]:
    """A sentence on runs in the store whose numbers other solvers, models or studies than the present ones have computed."""
    others = sum(run.tags.get("numerics") != job.numerics for job, run in _paired(plan, found))
    if not others:
        return []
    return [f"{others} of them were computed by another version of the code; rerun=true computes them again."]


def _print_averages(run: TrackedRun) -> None:
    """The means of a single run, with their standard errors."""
    undefined: dict[tuple[str, float], list[str]] = {}
    for key, mean in sorted(run.metrics.items()):
        if key.startswith("obs.") and not key.endswith(("_sem", TRUNCATION)):
            error, cut = run.metrics.get(f"{key}_sem"), run.metrics.get(f"{key}{TRUNCATION}")
            ends = ("" if error is None else f" ± {error:.4f}") + ("" if cut is None else f", cut {cut:.4f}")
            print(f"  {key.removeprefix('obs.'):<24}{mean:>10.4f}{ends}")
        elif key.startswith("check.undefined."):
            name = key.removeprefix("check.undefined.")
            undefined.setdefault((run.tags.get(f"undefined.{name}", ""), mean), []).append(name)
    for (reason, count), names in undefined.items():
        are = "is" if len(names) == 1 else "are"
        print(f"  {', '.join(names)} {are} not defined for {count:.0f} realizations" + (f": {reason}" if reason else "."))
    if cut := run.metrics.get("check.worst_truncation_error"):
        advice = "; take a higher order, or believe the trend alone" if cut > LARGEST_CUT else ""
        print(f"  The cut of the correlations moves the worst P_i by an estimated {cut:.2g} of |P_0|{advice}.")
    if excluded := run.metrics.get("check.excluded"):
        print(f"  {excluded:.0f} realizations did not converge and are in no average.")


def _hydra(words: Sequence[str], bar: tqdm[Any] | None, termination: Termination) -> int:
    """Hand a command line to Hydra, which calls `job` once or once per point of a sweep; the exit code."""

    def job(composed: DictConfig) -> None:
        # SLURM sends it to every process ahead of SIGKILL; a job computes until then, is queued again and goes on
        if "SUBMITIT_EXECUTOR" in os.environ:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        made = make_job(to_config(composed))
        try:
            _track(made, bar, termination)
        except Exception as error:  # noqa: BLE001  that run is marked as failed; the sweep goes on, and its end names it
            tqdm.write(f"{made.name}: {_told(error, composed.study)}", file=sys.stderr)

    with _arguments(words):
        try:
            hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(job)()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else INCOMPLETE
        except BrokenPipeError:
            raise
        except OSError as error:  # Hydra's own files; the end of the command names what is missing
            return _fail(in_words(error), INCOMPLETE)
        except Exception as error:  # noqa: BLE001  a launcher's: what happens in a job ends there
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            return _fail(f"The launcher failed: {said.rstrip('.')}.", INCOMPLETE)
    return 0


def _told(error: Exception, study: str) -> str:
    """What to tell of an error: a sentence, or the traceback of what should not have happened."""
    if isinstance(error, ParameterError):
        return str(with_full_key(error, study))
    if isinstance(error, OSError):
        return in_words(error)
    if isinstance(error, TerminatedWorkerError):
        return "A worker was killed, for want of memory or by a scheduler; ensemble.workers=1 needs the least memory."
    return str(error) if isinstance(error, DnplabError) else "".join(traceback.format_exception(error))


@contextmanager
def _arguments(words: Sequence[str]) -> Iterator[None]:
    """sys.argv as Hydra is to see it, and Hydra told to raise what goes wrong instead of printing it."""
    before = sys.argv, os.environ.get(FULL_ERROR)
    sys.argv, os.environ[FULL_ERROR] = [before[0][0], *words], "1"
    try:
        yield
    finally:
        sys.argv = before[0]
        if before[1] is None:
            del os.environ[FULL_ERROR]


def _track(job: Job, bar: tqdm[Any] | None, termination: Termination) -> None:
    """Compute and track one job; one that the store holds already is skipped."""

    def progress(count: int) -> None:
        termination.check()
        if bar is not None:
            bar.update(count)

    termination.check()  # the job before this one may have swallowed it
    try:
        store = _open_store(job.config)
        if standing_run(store, job) is not None:
            return
    except TrackingError as error:
        if not isinstance(job.work, EnsembleSpec):
            raise
        compute_ensemble(job, job.work, progress)
        raise TrackingError(f"{error} The realizations are stored, and the same command logs them.") from error
    if bar is not None:
        describe(bar, job.name)
    track(job, store, progress, termination.kept)
    keep_newest(store, job.fingerprint)


def _fail(message: object, code: int) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    as_script(main)
