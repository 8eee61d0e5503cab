"""What every number in a report means, in a sentence or two."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

__all__ = ["GLOSSARY", "Term"]


class Term(NamedTuple):
    """One entry: the word as the glossary lists it, and what it means."""

    heading: str
    meaning: Markup


def _term(heading: str, meaning: str) -> Term:
    # Safe as markup: the constants below, never a caller's text.
    return Term(heading, Markup(meaning))


GLOSSARY: dict[str, Term] = {
    "context": _term(
        "Context",
        "A pretraining idea that links every row to others it should resemble, such as its nearest "
        "neighbours. It fixes a joint distribution of rows, and with it the best representation.",
    ),
    "tau": _term(
        "Usefulness score τ",
        "Lower is better. τ<sub>d</sub> = 1 ∕ (1 − s<sub>d+1</sub>²) + β · "
        "Σ<sub>i≤d</sub> s<sub>i</sub>² ∕ Σ<sub>i≤d₀</sub> s<sub>i</sub>², and τ is its minimum "
        "over d. The first part falls as coordinates are added, the second rises. It reads only "
        "the singular values, never a label.",
    ),
    "reliable": _term(
        "Reliable or not",
        "Near 1 + β (2 when β = 1) the score cannot tell one context from another: the "
        "association is so weak, or so strong, that every choice looks alike.",
    ),
    "dimension": _term(
        "Predicted dimension d",
        "How many coordinates to keep: the d at which τ<sub>d</sub> is smallest.",
    ),
    "singular-value": _term(
        "Singular value sᵢ",
        "How much of the i-th coordinate survives the context, between 0 and 1: the correlation "
        "between a coordinate and its expectation over what the context links it to. "
        "The trivial s₀ = 1 is left out.",
    ),
    "level": _term(
        "Association level",
        "How strongly the context ties a row to what it is linked with; it orders the candidates "
        "of one family. Too weak leaves nothing to learn, too strong everything, so τ is expected "
        "to trace a U with the best context in between.",
    ),
    "decay": _term(
        "Decay rate λ",
        "From the fit s<sub>i</sub>² = exp(−λ i): a larger λ means the singular values fall "
        "faster and fewer coordinates matter.",
    ),
    "kernel-deviation": _term(
        "Expected kernel deviation E|k − 1|",
        "How far the context's kernel is from treating all pairs of rows alike, on average. "
        "0 means the context says nothing.",
    ),
    "interval": _term(
        "95\u00a0% interval",
        "From resampling the test rows with replacement (bootstrap). Where two intervals overlap "
        "a lot, the test rows do not separate the two models.",
    ),
    "probe": _term(
        "Probe score",
        "A linear model on the first d coordinates, cross-validated on the training rows only. "
        "The band is its 95 % interval.",
    ),
    "coordinate": _term(
        "Coordinate",
        "One dimension of the learnt representation: a singular function of the context, in order "
        "of its singular value.",
    ),
    "accuracy": _term("Accuracy", "The share of test rows predicted correctly; 1 is perfect."),
    "r2": _term(
        "R²",
        "The share of the target's variance on the test rows that is predicted; 1 is perfect, 0 is "
        "no better than the mean.",
    ),
    "held-out": _term(
        "Held-out rows",
        "Rows set aside before anything was learnt, and used only to score at the end.",
    ),
    "unlabelled": _term(
        "Rows without a label",
        "Rows whose target is empty. The context learns from them all the same.",
    ),
    "tried": _term(
        "Contexts tried",
        "How many contexts were scored; the one with the lowest τ is chosen. One that failed could "
        "not be scored, and the table gives the reason.",
    ),
    "size": _term("Rows and columns", "The size of the table as it was read."),
    "missing": _term("Missing", "How many cells of the column are empty."),
    "seconds": _term("Seconds", "The time it took, by the clock."),
}
"""Every term a page can explain, by the key its template uses."""
