r"""What claims about profiles and spectra measure, each a value with its standard error.

    hole depth = (|P_first| - |P_res|) / |P_0|      of the averaged profile

"first" is the spin of lowest frequency, "res" the one whose average frequency is nearest to the microwaves'. The profile of
a spin temperature is monotonic around the microwaves; in a hole the resonant spin is less polarized than the first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.claims.claim import Measured
from dnplab.claims.laboratory import Laboratory, bootstrap_error, mean_of, ratio_of_means
from dnplab.ensemble import EnsembleSpec
from dnplab.errors import UndefinedMeasureError
from dnplab.units import beta_omega

__all__ = [
    "epr_hole",
    "epr_ratio",
    "first_from_ansatz",
    "hole_depth",
    "hyperpolarization",
    "ratio",
    "resonant_spin",
    "scalar",
    "scatter",
    "scatter_with_size",
]

FloatArray = NDArray[np.float64]

PER_WIDE_BIN = 4  # bins of 0.1 MHz: single spectra are combs, whose average is compared at 0.4 MHz
HOLE_MHZ, SHOULDER_MHZ = (-1.6, -0.8), (-2.4, -1.6)  # around the microwaves, and as wide beside them towards the edge


def resonant_spin(spec: EnsembleSpec) -> int:
    """The spin whose average offset, W ((i + 1)/(N + 1) - 1/2) for sorted uniform offsets, is nearest to the microwaves."""
    places = spec.disorder_mhz * ((np.arange(spec.n_spins) + 1) / (spec.n_spins + 1) - 0.5)
    return int(np.argmin(np.abs(places - _microwave_mhz(spec))))


def _microwave_mhz(spec: EnsembleSpec) -> float:
    return 1e3 * (spec.drive.frequency_ghz - spec.electron_ghz)


def scalar(lab: Laboratory, name: str, measure: str) -> Measured:
    """Mean of a measure over samples."""
    return mean_of(lab.scalar(name, measure))


def ratio(lab: Laboratory, name: str, under: str, measure: str) -> Measured:
    """Its mean in one ensemble over that in another one with the same samples."""
    return ratio_of_means(lab.scalar(name, measure), lab.scalar(under, measure), lab.seed)


def hole_depth(lab: Laboratory, name: str) -> Measured:
    """See above, in |P_0|."""
    p = lab.arrays(name, "polarization").to_numpy()  # (R, N)
    mean, spin = p.mean(axis=0), resonant_spin(lab.specs[name])
    if spin == 0:
        raise UndefinedMeasureError(f"The resonant one of {p.shape[1]} spins is the first: there is none beyond a hole.")
    depth = np.sign(mean[0]) * p[:, 0] - np.sign(mean[spin]) * p[:, spin]
    return mean_of(depth / lab.thermal(name), f"spin {spin + 1} of {p.shape[1]} is the resonant one")


def first_from_ansatz(lab: Laboratory, name: str) -> Measured:
    """|P_first - P_first^ansatz| / |P_0| of the averaged profiles."""
    p, ansatz = lab.arrays(name, "polarization").align(lab.arrays(name, "ansatz"), join="inner")
    found = mean_of((p[0] - ansatz[0]) / lab.thermal(name))
    return Measured(abs(found.value), found.error)


def epr_ratio(lab: Laboratory) -> Measured:
    """Relative L1 distance of the averaged spectrum from the averaged ansatz, nonsecular over Hilbert."""
    tables = [lab.arrays(f"warm/{model}", name) for model in ("nonsecular", "hilbert") for name in ("epr", "epr_ansatz")]
    common = tables[0].index
    for table in tables[1:]:
        common = common.intersection(table.index)
    spectra = np.stack([table.loc[common].to_numpy() for table in tables])  # (4, R, bins)
    wide = spectra.reshape(*spectra.shape[:2], -1, PER_WIDE_BIN).mean(axis=-1)

    def distances(i: NDArray[np.intp]) -> FloatArray:
        mean = wide[:, i].mean(axis=1)
        return np.asarray(np.abs(mean[::2] - mean[1::2]).sum(axis=-1) / np.abs(mean[1::2]).sum(axis=-1))

    def quotient(i: NDArray[np.intp]) -> float:
        nonsecular, hilbert = distances(i)
        return float(nonsecular / hilbert)

    every = np.arange(len(common))
    nonsecular, hilbert = distances(every)
    error = bootstrap_error(quotient, [len(every)], lab.seed)
    return Measured(quotient(every), error, f"{nonsecular:.3g} over {hilbert:.3g}")


def epr_hole(lab: Laboratory, name: str) -> Measured:
    """Depth of the hole in the averaged spectrum, in |P_0| / Delta omega_e: what spins without couplings have."""
    spec, f = lab.specs[name], lab.arrays(name, "epr").to_numpy()  # (R, bins)
    edges = np.asarray(spec.epr_edges_mhz)
    centre = 0.5 * (edges[1:] + edges[:-1])

    def window(low: float, high: float) -> FloatArray:
        return np.asarray(f[:, (centre > low) & (centre < high)].mean(axis=1))

    hole, shoulder = window(*HOLE_MHZ), window(*SHOULDER_MHZ)
    depth = np.sign(shoulder.mean()) * shoulder - np.sign(hole.mean()) * hole
    return mean_of(depth * spec.disorder_mhz / lab.thermal(name))


def hyperpolarization(lab: Laboratory, name: str) -> Measured:
    """beta_s / beta."""
    beta_mhz = beta_omega(1e-3, lab.specs[name].bath.temperature_k)  # h 1 MHz / k_B T
    return mean_of(lab.scalar(name, "beta_s") / beta_mhz)


def scatter(lab: Laboratory, name: str) -> Measured:
    """Standard deviation of P_i / |P_0| over samples, averaged over spins."""
    p = lab.arrays(name, "polarization").to_numpy() / lab.thermal(name)  # (R, N)
    error = bootstrap_error(lambda i: float(p[i].std(axis=0, ddof=1).mean()), [len(p)], lab.seed)
    return Measured(float(p.std(axis=0, ddof=1).mean()), error)


def scatter_with_size(lab: Laboratory) -> Measured:
    """Scatter at 12 K of the letter's size over that of the smaller one."""
    names = ("warm/nonsecular", "small-warm/nonsecular")
    large, small = (scatter(lab, name) for name in names)
    quotient = large.value / small.value
    error = quotient * float(np.hypot(large.error / large.value, small.error / small.value))
    return Measured(quotient, error, "N = {} over N = {}".format(*(lab.specs[name].n_spins for name in names)))
