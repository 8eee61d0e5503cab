"""What to do about new rows: one of a fixed set of verdicts, and why."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from contextures.runs.shift_losses import SURE, Losses

Moved = Literal["moved", "slightly", "not shown"]
Advice = Literal["too few", "nothing", "reweight", "refit", "collect"]

SMALL = 0.1
"""An effect below, in standard deviations of what tasks feel, is small whatever its p-value."""

LEVEL = 0.05

MATTERS = 1.1
"""Times the held-out loss from which on a surely larger one is worth doing something about."""

UNSURE = 2.0
"""Times the held-out loss that the interval of an expected one may not reach after a move."""

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
        Whether the predictor is surely worse there, and by enough to matter, by labels or by what
        is expected; None where neither says.
    unsure : bool
        Whether the expected loss may be twice the held-out one.
    n_labels : int
        New rows with a label.
    stands : bool
        Whether held-out rows, weighted to be like the new ones, stand for them.
    lost : float
        Share of the ratio trace that the encoder's functions lost.
    predicts : bool
        Whether the run has a predictor.
    outside : float or None
        Share of new rows beyond all that was learned from; None where that is not known.
    """

    moved: Moved
    worse: bool | None
    unsure: bool
    n_labels: int
    stands: bool
    lost: float
    predicts: bool
    outside: float | None = None


def moved_by(effect: float, p_value: float) -> Moved:
    """Say whether rows moved, by the effect first and the p-value second."""
    if p_value > LEVEL:
        return "not shown"
    return "moved" if effect >= SMALL else "slightly"


def worse_by(losses: Losses) -> bool | None:
    """Say whether a predictor is surely worse on new rows by enough to matter; None if untold.

    The noise of the held-out mean is in the expected loss as well, so that the whole interval of
    that is beside the mean; labels of new rows are noise of their own.
    """
    held = losses.held_out
    if held is None:
        return None
    if losses.new is not None:
        gained = losses.new.value - held.value
        sure = gained > SURE * np.hypot(losses.new.error, held.error)
        return bool(sure and losses.new.value >= MATTERS * held.value)
    if losses.expected is None:
        return None
    sure = losses.expected.interval[0] > held.value
    return bool(sure and losses.expected.value >= MATTERS * held.value)


def unsure_of(losses: Losses) -> bool:
    """Say whether the expected loss may be twice the held-out one, for all that is known."""
    if losses.held_out is None or losses.expected is None:
        return False
    return losses.expected.interval[1] >= UNSURE * losses.held_out.value > 0


def stands(effective_size: float, n_rows: int) -> bool:
    """Say whether weighted rows are worth enough to stand for new ones."""
    return effective_size >= LEAST_SIZE and effective_size >= LEAST_SHARE * n_rows


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
            return "nothing", "on the new labels the predictor is not shown to be much worse"
        if found.n_labels >= ENOUGH_LABELS:
            return "refit", "the predictor is worse there, and there are labels enough to learn it"
        return "collect", "the predictor is worse there, and its labels are too few for a fit"
    if found.outside is not None and found.outside >= OUTSIDE:
        # The functions are constant or arbitrary there, so that neither drift nor weights show it.
        why = f"{found.outside:.0%} of the rows are beyond all that was learned from"
        return ("collect", why) if found.predicts else ("refit", why)
    if found.worse:
        if found.moved == "not shown":
            return "collect", "a larger loss is expected there by a move that tasks do not feel"
        if found.stands:
            return (
                "reweight",
                "a larger loss is expected there, and held-out rows enough are like the new",
            )
        return (
            "collect",
            "a larger loss is expected there, and too few held-out rows are like the new",
        )
    if found.moved != "moved":
        return "nothing", "no difference that matters was found"
    if not found.predicts:
        if found.lost >= LOST:
            return "refit", "other functions than the encoder's are the best there"
        return "nothing", "the encoder's functions are still nearly the best there"
    if not found.stands:
        return "collect", "too few held-out rows are like the new ones to stand for them"
    if found.worse is None:
        return "collect", "without labels or held-out losses nothing says what the move costs"
    if found.unsure:
        return "collect", "the loss there may be twice that on held-out rows"
    return "nothing", "the rows have moved, and no larger loss is expected there"
