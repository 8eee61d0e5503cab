"""The choice of a context, as plain data: the answer, what was tried, and the curves beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

LABEL_FAMILY = "label"
"""The family of a context built from the target itself."""


@dataclass(frozen=True)
class Answer:
    """The context that was chosen, and how far the choice can be trusted.

    Attributes
    ----------
    context : str
        The expression that builds the context.
    context_label : str
        The context in plain words.
    n_components : int
        How many coordinates are kept.
    tau : float
        The usefulness score of the context.
    reliable : bool
        Whether tau can be trusted for this spectrum.
    predicted_n_components : int or None
        Where the score that the choice followed is lowest.
    beta : float
        The weight of dimensions in tau.
    sentences : list of str
        The finding in full sentences, most important first.
    score : str
        What the choice followed: ``"tau"`` or ``"pseudo"``.
    pseudo, pseudo_se : float or None
        The expected error on pseudo-tasks, and its standard error.
    n_alike : int or None
        How many other candidates cannot be told apart from the chosen one on pseudo-tasks.
    meaning : str
        When two rows are alike by the context, for those who know no formula; may be empty.
    law : str
        The context as a formula; may be empty.
    stands_out : bool or None
        Whether it stands out without labels; where it does not, nothing is called reliable.
    """

    context: str
    context_label: str
    n_components: int
    tau: float
    reliable: bool
    predicted_n_components: int | None = None
    beta: float = 1.0
    sentences: list[str] = field(default_factory=list)
    score: str = "tau"
    pseudo: float | None = None
    pseudo_se: float | None = None
    n_alike: int | None = None
    meaning: str = ""
    law: str = ""
    stands_out: bool | None = None


@dataclass(frozen=True)
class Candidate:
    """One context that was tried.

    Attributes
    ----------
    name : str
        The context in plain words.
    family : str
        What kind of context it is; one of the family ``"label"`` reads the target: it is
        listed to compare with, never chosen.
    params : str
        Its parameters in words.
    level : float or None
        Orders a family by how strong the association is, the larger the stronger, in any
        unit that is the same throughout the family; None where the context has no such
        level.
    tau : float or None
        The usefulness score; None where it was not computed.
    n_components : int or None
        Where the score that the choice followed is lowest; None where it was not computed.
    reliable : bool or None
        Whether tau can be trusted; None where it was not computed.
    decay : float or None
        How fast the singular values fall; None where it was not computed.
    kernel_deviation : float or None
        How strong the association is, as the expected deviation of the dual kernel; None
        where it was not computed.
    seconds : float
        How long it took.
    error : str or None
        Why something could not be computed.
    chosen : bool
        Whether this one was chosen.
    pseudo : float or None
        The expected error on pseudo-tasks.
    told_apart : bool or None
        Whether the chosen one has the lower error on most single pseudo-tasks.
    """

    name: str
    family: str
    params: str
    level: float | None
    tau: float | None
    n_components: int | None
    reliable: bool | None
    decay: float | None
    kernel_deviation: float | None
    seconds: float
    error: str | None = None
    chosen: bool = False
    pseudo: float | None = None
    told_apart: bool | None = None


@dataclass(frozen=True)
class TauPoint:
    """The usefulness score with ``d`` coordinates kept.

    Attributes
    ----------
    d : int
        The number of coordinates.
    tau : float
        The score.
    """

    d: int
    tau: float


@dataclass(frozen=True)
class PseudoPoint:
    """The expected error on pseudo-tasks with ``d`` coordinates kept.

    Attributes
    ----------
    d : int
        The number of coordinates.
    error : float
        The expected error.
    """

    d: int
    error: float


@dataclass(frozen=True)
class ProbePoint:
    """The cross-validated score of a linear probe on the first ``d`` coordinates.

    Attributes
    ----------
    d : int
        The number of coordinates.
    score : float
        The score.
    low, high : float
        The ends of its interval.
    """

    d: int
    score: float
    low: float
    high: float
