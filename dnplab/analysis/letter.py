r"""The tables behind the letter's ensemble figures, out of the tracked runs of a sweep, in the letter's units.

Frequencies are omega in 2 pi GHz, that is nu in GHz, with their offset from omega_e in MHz beside them. A spectrum f, which
integrates to the mean polarization over omega, is therefore per 2 pi GHz, and so is beta_s: f, beta_s in 1/(2 pi MHz) times
1e3. With H_S = +omega_e S^z all polarizations and spectra are negative in thermal equilibrium.

Fig. S6 draws nonsecular spectra in bins ten times as wide as those of Hilbert: `widened` averages neighbours. The standard
error of such a bin is at most the mean of theirs, which is what it is given; only averaged spectra are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import gaussian_kde

from dnplab.analysis.sweep import Sweep
from dnplab.bath import Bath
from dnplab.comparison import in_order, of_group, split_groups
from dnplab.errors import UndefinedMeasureError

__all__ = ["PRINTED", "Printed", "letter_note", "letter_tables", "split_sweep", "widened"]

ONE_TEMPERATURE = ("fig3", "figs8", "figs9", "figs10")
PER_2PI_GHZ = 1e3  # of a density per MHz
SPECTRA = ("epr", "ansatz", "boltzmann")
PROFILES = ("polarization", "ansatz", "boltzmann")
AVERAGES = ("ansatz_deviation", "beta_s", "mu", "mean_polarization", "entropy", "entropy_ratio")
RUN = ["model", "temperature_k"]
WIDER = 10  # nonsecular bins of Fig. S6
MOST_ARBITRARY = 0.5  # of the eigenvectors: a picture of more would show rounding


@dataclass(frozen=True)
class Printed:
    """What a figure of the letter draws.

    tables : those that it is drawn from, of "epr", "profile", "eigenstates", "sz_density"
    n_spins : N of its caption
    samples : by model; those of a sketch are not said
    """

    tables: tuple[str, ...]
    n_spins: int
    samples: Mapping[str, int]


ONE = {"hilbert": 1, "nonsecular": 1}
PRINTED = {
    "fig1": Printed(("epr",), 10, {}),
    "fig2": Printed(("epr",), 10, {"hilbert": 1000, "nonsecular": 1000}),
    "fig3": Printed(("eigenstates", "sz_density"), 10, ONE),
    "figs5": Printed(("profile",), 10, {"hilbert": 3000, "nonsecular": 1000}),
    "figs6": Printed(("epr", "profile"), 10, {"hilbert": 10000, "nonsecular": 1000}),
    "figs7": Printed(("epr", "profile"), 10, {"hilbert": 3000, "nonsecular": 1000}),
    "figs8": Printed(("profile",), 12, ONE),
    "figs9": Printed(("eigenstates",), 10, ONE),
    "figs10": Printed(("eigenstates",), 12, ONE),
}


def letter_tables(figure: str, sweep: Sweep) -> dict[str, pd.DataFrame]:
    """What a figure draws, by name: "runs" (a row a model and temperature) and those of `PRINTED`.

    Raises:
        UndefinedMeasureError: the runs have not measured it, or it means nothing for them.

    """
    runs = _runs(sweep)
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "epr": lambda: _epr(sweep, runs, WIDER if figure == "figs6" else 1),
        "profile": lambda: _profile(sweep, runs),
        "eigenstates": lambda: _eigenstates(sweep),
        "sz_density": lambda: _sz_density(sweep),
    }
    tables = {name: makers[name]() for name in PRINTED[figure].tables}
    if reason := _hindrance(figure, runs, tables):
        raise UndefinedMeasureError(f"{figure} of the letter cannot be drawn: {reason}.")
    return {"runs": runs, **tables}


def _hindrance(figure: str, runs: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> str:
    """Why these tables do not make the figure; empty where they do."""
    for name, table in tables.items():
        if table.empty:
            option = "spectra" if name in ("epr", "profile") else "eigenstates"
            return f"its runs have not measured what its table {name} holds; observables={option} measures it"
    temperatures = sorted(runs["temperature_k"].unique())
    if figure in ONE_TEMPERATURE and len(temperatures) > 1:
        return f"it shows one temperature, and the sweep has {', '.join(f'{t:g} K' for t in temperatures)}"
    if figure in ("fig3", "figs10") and "entropy" not in tables["eigenstates"]:
        return "one spin is entangled with nothing"
    if figure == "fig1" and ("beta_s_per_2pi_mhz" not in runs or not runs["disorder_mhz"].min() > 0.0):
        return "its runs have no spin temperature or no disorder, whose width is that of the line"
    return ""


def split_sweep(sweep: Sweep) -> Iterator[tuple[dict[str, object], Sweep]]:
    """A sweep for each combination of its groups (of sizes, say): each is a figure of its own."""
    names = ("runs", "realizations", "spins", "spectra", "eigenstates", "sz_values")
    for group, runs in split_groups(sweep.runs, sweep.groups):
        parts: dict[str, Any] = {name: of_group(getattr(sweep, name), group) for name in names}
        yield group, replace(sweep, **(parts | {"runs": runs}))


def letter_note(figure: str, runs: pd.DataFrame) -> str:
    """The line below a figure: models, samples, N and T, and what it lacks against the letter."""
    printed, n_spins = PRINTED[figure], int(runs["n_spins"].iloc[0])
    samples = {model: int(runs[runs["model"] == model]["samples"].min()) for model in in_order(runs["model"])}
    temperatures = " and ".join(f"{t:g} K" for t in sorted(runs["temperature_k"].unique()))
    note = f"N = {n_spins}, {_counted(samples)}, {temperatures}"
    if not printed.samples:
        return f"{note} (the letter's is a sketch)."
    if n_spins == printed.n_spins and all(samples.get(model) == count for model, count in printed.samples.items()):
        note = f"{note}, as in the letter."
    else:
        note = f"{note}; the letter: N = {printed.n_spins}, {_counted(printed.samples)}."
    return f"{note} Wide bins: the band is an upper bound." if figure == "figs6" else note


def _counted(samples: Mapping[str, int]) -> str:
    """Numbers of samples in words: "100 samples", "3000 samples hilbert, 1000 nonsecular", "one sample"."""
    if len(set(samples.values())) == 1:
        count = next(iter(samples.values()))
        return "one sample" if count == 1 else f"{count} samples"
    first, *others = (f"{count} samples {model}" for model, count in samples.items())
    return ", ".join([first, *(other.replace(" samples", "") for other in others)])


def _runs(sweep: Sweep) -> pd.DataFrame:
    """A row a run: what was asked for, how many samples it has, and the means that figures need."""
    table = pd.DataFrame({"model": sweep.runs["model"], "temperature_k": sweep.runs["bath.temperature_k"]})
    for name, key in (("n_spins", "system.n_spins"), ("kept_spins", "observables.kept_spins")):
        table[name] = sweep.runs[key].astype(int)
    table["samples"] = [
        int(((sweep.realizations["model"] == model) & (sweep.realizations["temperature_k"] == temperature)).sum())
        for model, temperature in table[RUN].itertuples(index=False)
    ]
    table["electron_ghz"] = sweep.runs["system.electron_ghz"].astype(float)
    table["disorder_mhz"] = sweep.runs["system.disorder_mhz"].astype(float)
    table["microwave_ghz"] = sweep.runs["drive.frequency_ghz"].astype(float)
    table["thermal_polarization"] = [
        Bath.letter(temperature).thermal_polarization(electron)
        for temperature, electron in table[["temperature_k", "electron_ghz"]].itertuples(index=False)
    ]
    for name in AVERAGES:
        for column in (name, f"{name}_sem"):
            if f"obs.{column}" in sweep.runs:
                table[column] = sweep.runs[f"obs.{column}"]
    return table.rename(columns={"beta_s": "beta_s_per_2pi_mhz", "beta_s_sem": "beta_s_per_2pi_mhz_sem"})


def _epr(sweep: Sweep, runs: pd.DataFrame, wider: int) -> pd.DataFrame:
    """EPR spectra by bin: omega_2pi_ghz and offset_mhz of its centre, width_mhz, and f per 2 pi GHz."""
    parts = []
    for (model, _), rows in sweep.spectra.groupby(RUN, sort=False):
        bins = rows.sort_values("left_mhz", ignore_index=True)
        if wider > 1 and model == "nonsecular":
            bins = widened(bins, wider)
        table = bins[RUN].copy()
        table["offset_mhz"] = 0.5 * (bins["left_mhz"] + bins["right_mhz"])
        table["omega_2pi_ghz"] = runs["electron_ghz"].iloc[0] + 1e-3 * table["offset_mhz"]
        table["width_mhz"] = bins["right_mhz"] - bins["left_mhz"]
        for name in SPECTRA:
            for column, label in ((name, f"{name}_per_2pi_ghz"), (f"{name}_sem", f"{name}_per_2pi_ghz_sem")):
                if column in bins:
                    table[label] = PER_2PI_GHZ * bins[column]
        parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def widened(bins: pd.DataFrame, count: int) -> pd.DataFrame:
    """Averages of `count` neighbouring bins of equal width; what is left over at the upper end is dropped."""
    used = bins.iloc[: len(bins) // count * count].reset_index(drop=True)
    groups = used.groupby(used.index // count)
    names = [name for column in SPECTRA for name in (column, f"{column}_sem") if name in used]
    edges = {"left_mhz": "first", "right_mhz": "last"}
    return groups.agg({**dict.fromkeys(RUN, "first"), **edges, **dict.fromkeys(names, "mean")})


def _profile(sweep: Sweep, runs: pd.DataFrame) -> pd.DataFrame:
    """Polarization profiles: mean and standard error over samples of P_i and of its ansatz, by spin."""
    if sweep.spins.empty:
        return pd.DataFrame()
    by_spin = sweep.spins.groupby([*RUN, "spin"], sort=False)
    table = by_spin["offset_mhz"].mean().to_frame()
    table["omega_2pi_ghz"] = runs["electron_ghz"].iloc[0] + 1e-3 * table["offset_mhz"]
    for name in PROFILES:
        if name in sweep.spins:
            table[name], table[f"{name}_sem"] = by_spin[name].mean(), by_spin[name].sem()
    table = table.reset_index()
    sites = str(sweep.runs["drive.sites"].iloc[0])
    table["driven"] = True if sites == "all" else table["spin"].isin([int(float(site)) for site in sites.split(",")])
    return table


def _eigenstates(sweep: Sweep) -> pd.DataFrame:
    """Eigenstates of rho in order of energy; refused where most of them are arbitrary."""
    for (model, temperature), rows in sweep.eigenstates.groupby(RUN, sort=False):
        if (share := float(rows["arbitrary"].mean())) > MOST_ARBITRARY:
            raise UndefinedMeasureError(
                f"The eigenvectors of the {model} steady state at {temperature:g} K are arbitrary, {share:.0%} of them: "
                "eigenvalues coincide within their error, as they do without microwaves; a figure of them means nothing."
            )
    return sweep.eigenstates.drop(columns=["index", "realization"], errors="ignore")


def _sz_density(sweep: Sweep) -> pd.DataFrame:
    """The smoothed histogram of <S_i^z> over all spins and mid-spectrum eigenstates of realization 0, by model."""
    if sweep.sz_values.empty:
        return pd.DataFrame()
    grid = np.linspace(-0.5, 0.5, 201)
    parts = []
    for (model, temperature), rows in sweep.sz_values.groupby(RUN, sort=False):
        values = rows[rows["realization"] == 0]["sz"].to_numpy(dtype=np.float64)
        # a Gaussian kernel of Scott's width; equal values have no width
        density = gaussian_kde(values)(grid) if np.ptp(values) > 0.0 else np.nan
        parts.append(pd.DataFrame({"model": model, "temperature_k": temperature, "sz": grid, "density": density}))
    return pd.concat(parts, ignore_index=True)
