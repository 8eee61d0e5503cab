"""What a run's predictor is worth: on held-out rows, or on left-out ones where labels are few."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import LeaveOneOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from contextures._arrays import FloatArray
from contextures.evaluation import HeldOutScore, bootstrap_interval
from contextures.evaluation.intervals import Metric, metric_value
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
        columns, fitted without each of the rows in turn.
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
        plain["scores"] = {
            key: {"score": found.score, "interval": list(found.interval)}
            for key, found in self.scores.items()
        }
        return plain


def held_out_score(
    predictor: Predictor, features: FloatArray, target: NDArray[Any], seed: int
) -> PredictorScore:
    """Score a predictor on rows that it was not fitted to.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    features : ndarray of shape (m, p)
        The rows.
    target : ndarray of shape (m,)
        Their labels or numbers.
    seed : int
        Draws the bootstrap's rows.

    Returns
    -------
    PredictorScore
        Its score there.
    """
    if isinstance(predictor, ContextureClassifier):
        told: Any = predictor.predict_proba(features)
        return _scored(predictor, told, None, target, seed, "held-out")
    level = level_for(predictor.n_labelled_)
    told = predictor.predict(features)
    ends = None if level is None else around(told, predictor.half_width(level))
    return _scored(predictor, told, ends, target, seed, "held-out")


def left_out_score(
    predictor: Predictor, features: FloatArray, target: NDArray[Any], seed: int
) -> PredictorScore:
    """Score a predictor, and a linear model, on the labelled rows, each as if it had no label.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    features : ndarray of shape (k, p)
        Its labelled rows.
    target : ndarray of shape (k,)
        Their labels or numbers.
    seed : int
        Draws the bootstrap's rows.

    Returns
    -------
    PredictorScore
        Its score there.
    """
    if isinstance(predictor, ContextureClassifier):
        found = _scored(predictor, predictor.left_out_, None, target, seed, "left-out")
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, tol=1e-3))
        # As numbers, since labels of any type may come as objects.
        target = np.array([np.flatnonzero(predictor.classes_ == each)[0] for each in target])
        metric: Metric = "accuracy"
    else:
        level = level_for(predictor.n_labelled_)
        ends = None if level is None else predictor.left_out_interval(level)
        found = _scored(predictor, predictor.left_out_, ends, target, seed, "left-out")
        model = make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-3, 5, 17)))
        metric = "r2"
    rival = _left_out_rival(model, features, target)
    found.scores["raw_linear"] = _score(metric, target, rival, seed)
    return found


def _scored(
    predictor: Predictor,
    told: FloatArray,
    ends: FloatArray | None,
    target: NDArray[Any],
    seed: int,
    scored_on: str,
) -> PredictorScore:
    if isinstance(predictor, ContextureClassifier):
        classes = predictor.classes_
        score = _score("accuracy", target, classes[told.argmax(axis=1)], seed)
        indicators = np.array([classes == each for each in target], dtype=np.float64)
        error = calibration_error(told, indicators)
        return PredictorScore(scored_on, len(target), {"predictor": score}, error)
    score = _score("r2", target, told, seed)
    within = None
    if ends is not None:
        within = float(np.mean((target >= ends[:, 0]) & (target <= ends[:, 1])))
    level = None if ends is None else level_for(predictor.n_labelled_)
    return PredictorScore(scored_on, len(target), {"predictor": score}, None, within, level)


def _score(metric: Metric, target: NDArray[Any], told: NDArray[Any], seed: int) -> HeldOutScore:
    return HeldOutScore(
        metric_value(metric, target, told), bootstrap_interval(metric, target, told, seed=seed)
    )


def _left_out_rival(model: Any, features: FloatArray, target: NDArray[Any]) -> NDArray[Any]:
    told = np.empty(len(target), dtype=target.dtype)
    for train, test in LeaveOneOut().split(features):
        if len(set(target[train].tolist())) < 2:
            told[test] = target[train][0]
        else:
            told[test] = clone(model).fit(features[train], target[train]).predict(features[test])
    return told
