"""What the columns and definitions of the tables mean, in a line each; docs/measures.md says more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["MINUS_HILBERT", "OVER_HILBERT", "glossary_of"]

OVER_HILBERT = "over Hilbert"
MINUS_HILBERT = "minus Hilbert"
MEANINGS = {
    "n": "disorder samples in the means",
    "excluded": "samples that did not converge and are in no mean",
    "ansatz_deviation": "rms over spins of P_i minus that of the best spin-temperature state, over |P₀|",
    OVER_HILBERT: "mean ansatz_deviation over the Hilbert model's on the same samples, 95 % bootstrap interval",
    MINUS_HILBERT: "mean of the difference of ansatz_deviation from the Hilbert model's, sample by sample, 95 % interval",
    "hilbert_distance": "rms of P_i minus that of the Hilbert model on the same sample, over |P₀|",
    "bloch_distance": "rms of P_i minus that of independent spins, over |P₀|",
    "localization_index": "ansatz / (ansatz + Bloch distance): 0 is one spin temperature, 1 is independent spins",
    "entropy_ratio": "entanglement entropy of the eigenstates of ρ over that of H_S's; alone it measures no localization",
    "sz_spread": "standard deviation of ⟨S_i^z⟩ over mid-spectrum eigenstates of ρ; ½ is product states",
    "beta_s": "inverse spin temperature, 1/(2π MHz)",
    "nuclear_polarization": "tanh(β_s ω_n / 2) for nuclei of frequency ω_n = disorder / N",
    "half rise": "where half of the change from the coldest to the hottest point is done, linear in log T",
    "sigmoid": "the middle of a sigmoid fitted to the curve",
    "steepest": "where the curve is steepest against log T",
    "departure": "from where on these samples show a difference from the Hilbert model of more than 2 standard errors",
    "doubling": "from where on the mean is at least twice the Hilbert model's",
    "hole": "mean of P_i minus that of the best spin-temperature state over spins near the microwaves, over |P₀|",
    "crossover_k": "crossover temperature in K by the definition of the line, 95 % bootstrap interval",
    "width_decades": "width of the crossover, log₁₀ of its hot over its cold end",
    "hottest_k": "where the sweep is taken to end; a crossover temperature may refer to it",
    "without_crossing": "the part of the resamples that has no such place",
    "law": "of the number of spins N: what is fitted, and taken to N → ∞",
    "from_n": "the smallest N of the fit",
    "limit": "what a law gives for N → ∞",
    "coldest": "the measure at the coldest temperature for N → ∞",
    "p_value": "of the law: the part of such samples that would be farther from it; below 0.05 it is refuted",
    "follows": "the times of the bath that follow the temperature; the others stay as at 1.2 K",
    "rise": "of the measure from the coldest to the hottest point",
    "share": "the rise over that in the bath where all times follow",
    "abscissa": "the ratio of rates on which curves are tried",
    "scatter": "the share of the variance between points that one common curve leaves: 0 is a collapse",
    "ansatz_deviation_over_uncoupled": "mean ansatz_deviation over that at the weakest coupling of the map",
    "coupling_mhz": "coupling U/2π; of a boundary, the one below which thermal mixing is lost",
    "coupling_over_hilbert": "the coupling of the boundary over that of the Hilbert model",
    "lobe": "side of the line; folded: both sides, by the symmetry P_n(−δ) = −P_n(δ)",
    "offset_mhz": "microwave frequency from that of the electrons; of a lobe, where |P_n| is largest",
    "neighbour_polarization": "P_n by neighbours in frequency, (S81), without the ansatz",
    "nuclear_polarization_over_hilbert": "P_n at the optimum over that of the Hilbert model at its own",
    "even": "P_n(δ) + P_n(−δ), which is 0 on average over the disorder",
    "standard_errors": "even over its standard error",
}


def glossary_of(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(word, meaning) of those words that have one, once each."""
    for word in dict.fromkeys(words):
        if word in MEANINGS:
            yield word, MEANINGS[word]
