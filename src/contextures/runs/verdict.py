"""The verdict on a run: one of four, and why, from what was measured alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from contextures.evaluation.metrics import MEASURES
from contextures.runs.paired_gain import Gain

MATTERS = 0.02
"""A gain below this share of the rows, or of the variance, is as good as none."""

FEW_HELD = 50
"""Held-out rows below which no difference seen does not mean none."""

NOTHING_LEARNED = 1.0
"""The error on pseudo-tasks of a probe that predicts the mean."""


class Verdict(Enum):
    """What a run comes to; the value is what files hold."""

    USE = "use"
    RAW = "raw"
    NONE = "none"
    UNCLEAR = "unclear"

    @property
    def heading(self) -> str:
        """The verdict in a few words."""
        return HEADINGS[self]


HEADINGS = {
    Verdict.USE: "Use the representation",
    Verdict.RAW: "Raw features are as good",
    Verdict.NONE: "No context stands out",
    Verdict.UNCLEAR: "Cannot tell",
}
"""The fixed set of what a run can come to, in the words of the report."""


@dataclass(frozen=True)
class Choice:
    """How the choice of a context came out, without labels.

    Attributes
    ----------
    n_tried : int
        How many contexts there were to choose from.
    n_judged : int
        How many of them have a score.
    n_alike : int
        How many others cannot be told apart from the chosen one.
    error : float or None
        The chosen one's expected error on pseudo-tasks; None where that was not followed.
    reliable : bool
        Whether tau can judge the chosen one.
    """

    n_tried: int
    n_judged: int
    n_alike: int
    error: float | None
    reliable: bool


@dataclass(frozen=True)
class Evidence:
    """What the labels say, if there are any.

    Attributes
    ----------
    target : str or None
        The column to predict; None where none was named.
    n_labelled : int
        Rows with a label.
    gain : Gain or None
        What the coordinates gain on held-out rows; None where none are held out.
    n_used : int
        How many coordinates were used for that.
    metric : str
        What the gain is of.
    """

    target: str | None = None
    n_labelled: int = 0
    gain: Gain | None = None
    n_used: int = 0
    metric: str = "accuracy"


@dataclass(frozen=True)
class Judged:
    """A verdict and the sentence that says why.

    Attributes
    ----------
    verdict : Verdict
        One of four.
    why : str
        The reason, in a sentence or two.
    stands_out : bool
        Whether a context stands out without labels; where none does, nothing is called reliable.
    gain : Gain or None
        What it rests on.
    """

    verdict: Verdict
    why: str
    stands_out: bool
    gain: Gain | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "verdict": self.verdict.value,
            "why": self.why,
            "context_stands_out": self.stands_out,
            "gain_over_raw": None if self.gain is None else self.gain.to_dict(),
        }


def judge_run(choice: Choice, evidence: Evidence) -> Judged:
    """Give the verdict.

    A gain on held-out rows outweighs whatever was judged without labels. Without such a gain it is
    said if no context stands out, and only then whether the raw features are shown to be as good
    or whether the held-out rows leave both open.

    Parameters
    ----------
    choice : Choice
        How the choice of a context came out.
    evidence : Evidence
        What the labels say.

    Returns
    -------
    Judged
        The verdict, and why.
    """
    flat = why_flat(choice)
    gain = evidence.gain
    if gain is not None and gain.low > 0:
        return Judged(Verdict.USE, _use(evidence, gain), flat is None, gain)
    if flat is not None:
        also = "" if gain is None else f" {_first_upper(_measured(evidence, gain))}."
        return Judged(Verdict.NONE, flat + also, False, gain)
    if gain is None:
        return Judged(Verdict.UNCLEAR, _no_gain(evidence), True)
    if gain.high < MATTERS and gain.n >= FEW_HELD:
        return Judged(Verdict.RAW, _raw(evidence, gain), True, gain)
    return Judged(Verdict.UNCLEAR, _unclear(evidence, gain), True, gain)


def why_flat(choice: Choice) -> str | None:
    """Say why no context stands out without labels; None where one does.

    Parameters
    ----------
    choice : Choice
        How the choice came out.

    Returns
    -------
    str or None
        A sentence.
    """
    if choice.error is not None and choice.error >= NOTHING_LEARNED:
        which = "the context given" if choice.n_tried == 1 else "even the best context"
        return (
            f"Judged without labels, {which} has an expected error of {choice.error:.2f}, where 1 "
            "means that nothing was learned."
        )
    if choice.error is None and not choice.reliable:
        return (
            "The score that the choice followed reads the spectrum alone, and for this spectrum it "
            "cannot tell one context from another."
        )
    if choice.n_judged > 1 and choice.n_alike >= choice.n_judged - 1:
        return (
            f"All {choice.n_judged} contexts that could be judged are tied: without labels, any of "
            "them may be as good as the one that was taken."
        )
    return None


def _use(evidence: Evidence, gain: Gain) -> str:
    first = (
        "the first coordinate"
        if evidence.n_used == 1
        else f"the first {evidence.n_used} coordinates"
    )
    return (
        f"Take {first}: for {evidence.target}, a linear model on them gains {_amount(gain.value)} "
        f"of {MEASURES[evidence.metric].words} over the same model on the raw features (95 % "
        f"interval {_amount(gain.low)} to {_amount(gain.high)}, {gain.n:,} held-out rows)."
    )


def _raw(evidence: Evidence, gain: Gain) -> str:
    better = ", and the raw features are better" if gain.high < 0 else ""
    return (
        f"{_first_upper(_measured(evidence, gain))}: a gain of {MATTERS:g} or more is ruled "
        f"out{better}."
    )


def _unclear(evidence: Evidence, gain: Gain) -> str:
    measured = _first_upper(_measured(evidence, gain))
    if gain.n < FEW_HELD:
        rows = "row is" if gain.n == 1 else "rows are"
        return f"{gain.n:,} held-out {rows} too few. {measured}."
    return f"{measured}, which leaves both open: no gain, and one that matters."


def _no_gain(evidence: Evidence) -> str:
    if evidence.target is None:
        return (
            "No target was named, and without labels nothing says what the representation is worth "
            "to a task."
        )
    return (
        f"Only {evidence.n_labelled:,} rows have a value of {evidence.target}, too few labels to "
        "hold some out and see what the representation is worth."
    )


def _measured(evidence: Evidence, gain: Gain) -> str:
    what = MEASURES[evidence.metric].words
    rival = "the same model on the raw features"
    if gain.value:
        where = "above" if gain.value > 0 else "below"
        stands = f"is {abs(gain.value):.3f} {where} that of {rival}"
    else:
        stands = f"is that of {rival}"
    return (
        f"for {evidence.target}, the {what} of a linear model on the coordinates {stands} (95 % "
        f"interval of the difference {_amount(gain.low)} to {_amount(gain.high)}, {gain.n:,} "
        "held-out rows)"
    )


def _amount(value: float) -> str:
    """Write a difference with its sign."""
    return f"{value:+.3f}".replace("-", "−") if value else "0"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
