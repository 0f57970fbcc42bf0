"""What a sweep says of each group of its runs: conclusions, pictures and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure

from dnplab.analysis import Sweep, find_crossover, find_definitions
from dnplab.comparison import group_words, in_order, microwave_offsets, of_group, split_groups
from dnplab.figures import crossover_figure, definitions_figure, profiles_figure, spectra_figure
from dnplab.report.album import Album, Picture
from dnplab.report.conclusions import conclusions_of
from dnplab.report.tables import Table, crossing_table, definition_table, measure_tables

__all__ = ["Part", "parts_of"]

FEWEST_TEMPERATURES = 3  # of fewer there is nothing to cross over
MOST_GROUPS = 12


@dataclass(frozen=True)
class Part:
    """One crossover: the runs that share everything but model and temperature.

    name : what tells it from the others, empty where it is the only one
    remarks : what could not be shown, and why
    """

    name: str
    conclusions: tuple[str, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    remarks: tuple[str, ...]


def parts_of(sweep: Sweep, album: Album, *, drawn: bool = True) -> Iterator[Part]:
    """The parts of a sweep; without `drawn`, pictures and crossovers are left out: its summary asks something else."""
    table, temperatures = find_crossover(sweep)
    groups = list(split_groups(table, sweep.groups))
    if len(groups) > MOST_GROUPS and not drawn:
        yield Part("", (), (), (), (f"The summary puts {len(groups)} groups of runs together; each alone is in the store.",))
        return
    for group, rows in groups[:MOST_GROUPS]:
        crossings = of_group(temperatures, group) if drawn else temperatures.iloc[:0]
        yield _part(sweep, group, rows, crossings, album if drawn else None)
    if (more := len(groups) - MOST_GROUPS) > 0:
        yield Part("", (), (), (), (f"{more} more groups of runs would make this page too long and are left out.",))


def _part(
    sweep: Sweep, group: Mapping[str, object], rows: pd.DataFrame, crossings: pd.DataFrame, album: Album | None
) -> Part:
    name = ", ".join(group_words(group))
    measured = rows[rows["realizations"] > 0]
    points = measured["temperature_k"].nunique()
    definitions = pd.DataFrame(columns=["model"])
    remarks: list[str] = []
    pictures: list[Picture] = []
    if points >= FEWEST_TEMPERATURES and album is not None:
        definitions = find_definitions(replace(sweep, realizations=of_group(sweep.realizations, group), groups=()))
    elif album is not None:
        have = "one temperature has" if points == 1 else f"{points or 'no'} temperatures have"
        remarks.append(f"Only {have} finished runs: of fewer than three, nothing is said of a crossover temperature.")
        crossings = crossings.iloc[:0]
    if album is not None and points:
        for alt, caption, draw in _drawings(sweep, group, measured, crossings, definitions, remarks):
            pictures += album.add(draw, f"{alt} {name}".strip(), caption)
    tables = list(measure_tables(measured, sweep.groups))
    tables += [crossing_table(crossings)] if len(crossings) else []
    tables += [definition_table(definitions)] if len(definitions) else []
    return Part(name, tuple(conclusions_of(rows, crossings, definitions)), tuple(pictures), tuple(tables), tuple(remarks))


def _drawings(
    sweep: Sweep,
    group: Mapping[str, object],
    measured: pd.DataFrame,
    crossings: pd.DataFrame,
    definitions: pd.DataFrame,
    remarks: list[str],
) -> Iterator[tuple[str, str, Callable[[], Figure | None]]]:
    """(alternative text, caption, how to draw it) of the pictures of one group."""
    models = ", ".join(in_order(measured["model"]))
    low, high = measured["temperature_k"].min(), measured["temperature_k"].max()
    if low < high:
        yield (
            f"Three panels against the bath temperature from {low:g} K to {high:g} K for the models {models}: ansatz "
            "deviation, localization index, and ansatz deviation relative to the Hilbert model. The table has the numbers.",
            "Distance of the polarization profile from one spin temperature. Bands: standard errors, right below the 95 % "
            "bootstrap interval; a diamond marks half of the change, with its interval.",
            lambda: crossover_figure(measured, crossings),
        )
    if len(definitions):
        yield (
            "Above, the ansatz deviation minus that of the Hilbert model against temperature; below, the crossover "
            f"temperatures of the models {models} by each definition, with their intervals, as in the table.",
            "Above: the difference from the Hilbert model on the same samples. Below: how far the crossover temperature "
            "depends on its definition; bars are 95 % bootstrap intervals, a pale line bounds one that is not found.",
            lambda: definitions_figure(measured, definitions),
        )
    offsets = microwave_offsets(of_group(sweep.runs, group))
    ends = f"at {low:g} K" if low == high else f"at {low:g} K and {high:g} K"
    bands = "Bands: standard errors over the samples."
    if len(offsets) != 1:
        remarks.append("Profiles and spectra are not drawn: the runs do not have one microwave frequency.")
        return
    spins, spectra = of_group(sweep.spins, group), of_group(sweep.spectra, group)
    if spins.empty:
        remarks.append("The runs have stored no polarization profiles.")
    else:
        yield (
            f"Polarization of each spin against its offset {ends} for the models {models}, with the microwave frequency and "
            "the thermal polarization.",
            f"Polarization profiles {ends}. {bands}",
            lambda: profiles_figure(spins, offsets[0]),
        )
    if spectra.empty:
        remarks.append("The runs have stored no EPR spectra.")
    else:
        yield (
            f"EPR spectra {ends} for the models {models}, with their spin-temperature ansatz, and equilibrium.",
            f"EPR spectra {ends}. {bands}",
            lambda: spectra_figure(spectra, offsets[0]),
        )
