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
}


def glossary_of(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(word, meaning) of those words that have one, once each."""
    for word in dict.fromkeys(words):
        if word in MEANINGS:
            yield word, MEANINGS[word]
