"""The predictor, as plain data: what it is made of, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, field

from contextures.report.parts import Score


@dataclass(frozen=True)
class PoolMember:
    """One of the models that a predictor averages.

    Attributes
    ----------
    name : str
        What it is called.
    weight : float
        Its share in the average.
    error : float
        Its error on labelled rows, each predicted without its own label.
    score : float or None
        Accuracy or R² of the same predictions; none where each class has one label.
    seconds : float
        How long it took to fit.
    """

    name: str
    weight: float
    error: float
    score: float | None
    seconds: float


@dataclass(frozen=True)
class Predictor:
    """A pool of models that predicts the target.

    Attributes
    ----------
    members : list of PoolMember
        What it averages, the largest weight first.
    n_labelled : int
        Rows whose labels it was fitted to.
    n_predicted : int
        Rows without a label, which it predicts.
    scored_on : str
        ``"held-out"``, or ``"left-out"`` where labels are too few to hold some out.
    n_scored : int
        Rows that it was scored on.
    scores : list of Score
        Its score there, and where rows were left out its rivals'.
    left_out_score : float
        The score of its left-out predictions of labelled rows.
    refitted : bool
        Whether it was fitted again with the labels that were held out.
    calibration_error : float or None
        How far chances of classes are from shares of rows.
    coverage, level : float or None
        The share of rows within their interval, and what it should be.
    """

    members: list[PoolMember]
    n_labelled: int
    n_predicted: int
    scored_on: str
    n_scored: int
    scores: list[Score] = field(default_factory=list)
    left_out_score: float | None = None
    refitted: bool = False
    calibration_error: float | None = None
    coverage: float | None = None
    level: float | None = None
