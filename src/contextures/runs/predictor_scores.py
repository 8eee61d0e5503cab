"""What a run's predictor is worth: on held-out rows, or on left-out ones where labels are few."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray
from contextures.evaluation import HeldOutScore, Task
from contextures.evaluation.representations.probe import ridge
from contextures.evaluation.representations.rivals import baseline
from contextures.evaluation.representations.task import aligned, score_of, told_by
from contextures.prediction import ContextureClassifier
from contextures.prediction.calibration import calibration_error
from contextures.runs.predictions import Predictor, around, level_for


@dataclass(frozen=True)
class PredictorScore:
    """How well a predictor did.

    Attributes
    ----------
    scored_on : {"held-out", "left-out"}
        Rows that it had not seen, or labelled rows by predictions that did not see their label.
    n_scored : int
        How many rows.
    scores : dict of str to HeldOutScore
        ``"predictor"``, and on left-out rows also ``"raw_linear"``, a linear model on the prepared
        columns, fitted without each of the rows in turn, and ``"baseline"``, the commonest class
        or the mean of all of them (without each in turn, it would say the others').
    calibration_error : float or None
        For classes, how far chances are from shares, on these rows.
    coverage : float or None
        For numbers, the share of these rows within their interval.
    level : float or None
        The share that should be.
    """

    scored_on: str
    n_scored: int
    scores: dict[str, HeldOutScore]
    calibration_error: float | None = None
    coverage: float | None = None
    level: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        plain = asdict(self)
        plain["scores"] = {key: found.to_dict() for key, found in self.scores.items()}
        return plain


@dataclass(frozen=True)
class Scored:
    """Labelled rows that a predictor is scored on.

    Attributes
    ----------
    task : Task
        What is predicted, and by what it is judged.
    features : ndarray of shape (m, p)
        The rows, prepared.
    target : ndarray of shape (m,)
        Their numbers, or the places of their classes.
    places : ndarray of int of shape (q,)
        For classes, the place of each of the predictor's.
    n_classes : int
        How many classes there are in all.
    groups : ndarray of shape (m,) or None
        The group of each row, by which intervals resample.
    """

    task: Task
    features: FloatArray
    target: NDArray[Any]
    places: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    n_classes: int = 0
    groups: NDArray[Any] | None = None

    @property
    def classes(self) -> NDArray[np.intp] | None:
        """The places of all classes; None for numbers."""
        return np.arange(self.n_classes) if self.n_classes else None

    def told(self, given: FloatArray) -> FloatArray:
        """Give the predictor's chances a column for each class; numbers as they are."""
        classes = self.classes
        return given if classes is None else aligned(given, self.places, classes)

    def score(self, told: FloatArray, **more: Any) -> HeldOutScore:
        """Score predictions of the rows."""
        return score_of(self.task, self.target, told, self.classes, groups=self.groups, **more)


def held_out_score(predictor: Predictor, rows: Scored, seconds: float) -> PredictorScore:
    """Score a predictor on rows that it was not fitted to.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    rows : Scored
        The rows.
    seconds : float
        How long it took to fit.

    Returns
    -------
    PredictorScore
        Its score there.
    """
    if isinstance(predictor, ContextureClassifier):
        told: Any = predictor.predict_proba(rows.features)
        return _scored(predictor, rows, told, None, "held-out", seconds)
    level = level_for(predictor.n_labelled_)
    told = predictor.predict(rows.features)
    ends = None if level is None else around(told, predictor.half_width(level))
    return _scored(predictor, rows, told, ends, "held-out", seconds)


def left_out_score(predictor: Predictor, rows: Scored, seconds: float) -> PredictorScore:
    """Score a predictor, and its rivals, on the labelled rows, each as if it had no label.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    rows : Scored
        Its labelled rows.
    seconds : float
        How long it took to fit.

    Returns
    -------
    PredictorScore
        Its score there.
    """
    if isinstance(predictor, ContextureClassifier):
        found = _scored(predictor, rows, predictor.left_out_, None, "left-out", seconds)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, tol=1e-3))
    else:
        level = level_for(predictor.n_labelled_)
        ends = None if level is None else predictor.left_out_interval(level)
        found = _scored(predictor, rows, predictor.left_out_, ends, "left-out", seconds)
        model = make_pipeline(StandardScaler(), ridge(rows.task))
    started = time.perf_counter()
    told = _left_out_rival(model, rows)
    took = time.perf_counter() - started
    found.scores["raw_linear"] = rows.score(told, seconds=took, model=_WORDS[rows.task.kind])
    plain = baseline(rows.task, rows.features, rows.target)
    told = _told(rows, plain.model, rows.features)
    found.scores["baseline"] = rows.score(told, seconds=0.0, model=plain.words)
    return found


_WORDS = {"classification": "logistic regression", "regression": "ridge regression"}


def _scored(
    predictor: Predictor,
    rows: Scored,
    given: FloatArray,
    ends: FloatArray | None,
    scored_on: str,
    seconds: float,
) -> PredictorScore:
    told, target = rows.told(given), rows.target
    score = rows.score(told, seconds=seconds, model=f"{_members(predictor)} models")
    if rows.classes is not None:
        error = calibration_error(told, np.eye(rows.n_classes)[target])
        return PredictorScore(scored_on, len(target), {"predictor": score}, error)
    within = level = None
    if ends is not None:
        within = float(np.mean((target >= ends[:, 0]) & (target <= ends[:, 1])))
        level = level_for(predictor.n_labelled_)
    return PredictorScore(scored_on, len(target), {"predictor": score}, None, within, level)


def _members(predictor: Predictor) -> int:
    return int((predictor.leaderboard_["weight"] > 0).sum())


def _told(rows: Scored, model: Any, features: FloatArray) -> NDArray[Any]:
    return told_by(rows.task, model, features, np.arange(rows.n_classes))


def _left_out_rival(model: Any, rows: Scored) -> NDArray[Any]:
    features, target = rows.features, rows.target
    told = np.empty((len(target), rows.n_classes) if rows.n_classes else len(target))
    for train, test in LeaveOneOut().split(features):
        if len(set(target[train].tolist())) < 2:
            only = target[train][0]
            told[test] = np.arange(rows.n_classes) == only if rows.n_classes else only
        else:
            fitted = clone(model).fit(features[train], target[train])
            told[test] = _told(rows, fitted, features[test])
    return told
