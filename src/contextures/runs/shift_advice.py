"""What to do about new rows: one of a fixed set of verdicts, and why."""

from __future__ import annotations

from typing import Literal, NamedTuple

Moved = Literal["moved", "slightly", "not shown"]
Advice = Literal["too few", "nothing", "reweight", "refit", "collect"]

SMALL = 0.1
"""An effect below, in standard deviations of what tasks feel, is small whatever its p-value."""

LEVEL = 0.05
ENOUGH_LABELS = 100
"""New labels from which a model of them is worth a fit."""

LEAST_SIZE, LEAST_SHARE = 30.0, 0.1
"""Held-out rows that weighted ones must be worth, and their share, to stand for new rows."""

LOST = 0.25
"""Share of the ratio trace from which the encoder's own functions are no more the best."""

OUTSIDE = 0.2
"""Share of new rows beyond all that was learned from, where one in a hundred is ordinary."""

WORDS: dict[Advice, str] = {
    "too few": "cannot tell: too few rows",
    "nothing": "do nothing",
    "reweight": "reweight",
    "refit": "refit",
    "collect": "collect labels here",
}


class Evidence(NamedTuple):
    """What the advice follows from.

    Attributes
    ----------
    moved : {"moved", "slightly", "not shown"}
        Whether the rows come from elsewhere.
    worse : bool or None
        Whether the predictor is surely worse there, by labels or by weighted held-out losses; None
        where neither says.
    n_labels : int
        New rows with a label.
    effective_size, effective_share : float
        What weighted held-out rows are worth.
    lost : float
        Share of the ratio trace that the encoder's functions lost.
    predicts : bool
        Whether the run has a predictor.
    outside : float or None
        Share of new rows beyond all that was learned from; None where that is not known.
    """

    moved: Moved
    worse: bool | None
    n_labels: int
    effective_size: float
    effective_share: float
    lost: float
    predicts: bool
    outside: float | None = None


def moved_by(effect: float, p_value: float) -> Moved:
    """Say whether rows moved, by the effect first and the p-value second."""
    if p_value > LEVEL:
        return "not shown"
    return "moved" if effect >= SMALL else "slightly"


def advise(found: Evidence) -> tuple[Advice, str]:
    """Say what to do, and why, in a clause.

    Parameters
    ----------
    found : Evidence
        What was found.

    Returns
    -------
    tuple
        The advice, and its reason.
    """
    if found.n_labels:
        if not found.worse:
            return "nothing", "on the new labels the predictor is not shown to be worse"
        if found.n_labels >= ENOUGH_LABELS:
            return "refit", "the predictor is worse there, and there are labels enough to learn it"
        return "collect", "the predictor is worse there, and its labels are too few for a fit"
    if found.outside is not None and found.outside >= OUTSIDE:
        # The functions are constant or arbitrary there, so that neither drift nor weights show it.
        why = f"{found.outside:.0%} of the rows are beyond all that was learned from"
        return ("collect", why) if found.predicts else ("refit", why)
    if found.moved != "moved":
        return "nothing", "no difference that matters was found"
    if not found.predicts:
        if found.lost >= LOST:
            return "refit", "other functions than the encoder's are the best there"
        return "nothing", "the encoder's functions are still nearly the best there"
    if found.effective_size < LEAST_SIZE or found.effective_share < LEAST_SHARE:
        return "collect", "too few held-out rows are like the new ones to stand for them"
    if found.worse is None:
        return "collect", "without labels or held-out losses nothing says what the move costs"
    if found.worse:
        return "reweight", "held-out rows like the new ones are predicted worse"
    return "nothing", "held-out rows like the new ones are not shown to be predicted worse"
