"""Predictions as a table: labels with their chances, or numbers with their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.prediction import ContextureClassifier, ContextureRegressor
from contextures.runs.carried import CHANCE as CHANCE

Predictor = ContextureClassifier | ContextureRegressor

LEVELS = (0.9, 0.8, 0.5)
"""What intervals cover: the first of these that the labels are enough for."""


def level_for(n_labelled: int) -> float | None:
    """Give the coverage of intervals for so many labels, one left out; None for none."""
    return next((x for x in LEVELS if np.ceil(x * n_labelled - 1e-9) <= n_labelled - 1), None)


def predicted_frame(predictor: Predictor, features: FloatArray) -> pd.DataFrame:
    """Predict rows that have no label.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    features : ndarray of shape (n, p)
        Prepared rows.

    Returns
    -------
    pandas.DataFrame
        "row_id" (from 0), "prediction", and "p_CLASS" for each class or "low_90" and "high_90",
        the ends of an interval of that coverage in per cent.
    """
    rows = pd.DataFrame({"row_id": np.arange(len(features))})
    if isinstance(predictor, ContextureClassifier):
        told: Any = predictor.predict_proba(features)
        ends = None
    else:
        told = predictor.predict(features)
        level = level_for(predictor.n_labelled_)
        # One pass over the rows is enough: the width is the same for all.
        ends = None if level is None else around(told, predictor.half_width(level))
    return pd.concat([rows, _columns(predictor, told, ends)], axis=1)


def labelled_frame(
    predictor: Predictor, features: FloatArray, fitted: NDArray[np.intp], known: NDArray[np.bool_]
) -> pd.DataFrame:
    """Predict the rows of a predictor's own table, none by a prediction that saw its label.

    Parameters
    ----------
    predictor : ContextureClassifier or ContextureRegressor
        A fitted predictor.
    features : ndarray of shape (n, p)
        All rows, prepared.
    fitted : ndarray of int of shape (k,)
        Rows whose labels it was fitted to, in the order of the fit: they get left-out predictions.
    known : ndarray of bool of shape (n,)
        Rows with a label.

    Returns
    -------
    pandas.DataFrame
        As for :func:`predicted_frame`, with "labelled" before "prediction".
    """
    others = np.setdiff1d(np.arange(len(features)), fitted)
    level = level_for(predictor.n_labelled_)
    own_ends = None
    if isinstance(predictor, ContextureRegressor) and level is not None:
        own_ends = predictor.left_out_interval(level)
    own = _columns(predictor, predictor.left_out_, own_ends)
    own.index = pd.Index(fitted)
    parts = [own]
    if len(others):
        rest = predicted_frame(predictor, features[others]).drop(columns="row_id")
        rest.index = pd.Index(others)
        parts.append(rest)
    frame = pd.concat(parts).sort_index()
    frame.insert(0, "row_id", np.arange(len(features)))
    frame.insert(1, "labelled", known)
    return frame.reset_index(drop=True)


def _columns(predictor: Predictor, told: FloatArray, ends: FloatArray | None) -> pd.DataFrame:
    if isinstance(predictor, ContextureClassifier):
        columns: dict[str, Any] = {"prediction": predictor.classes_[told.argmax(axis=1)]}
        for name, chances in zip(predictor.classes_.tolist(), told.T, strict=True):
            columns[f"{CHANCE}{name}"] = chances
        return pd.DataFrame(columns)
    columns = {"prediction": told}
    if ends is not None:
        level = level_for(predictor.n_labelled_)
        assert level is not None
        columns |= {f"low_{level:.0%}"[:-1]: ends[:, 0], f"high_{level:.0%}"[:-1]: ends[:, 1]}
    return pd.DataFrame(columns)


def around(middle: FloatArray, half: float) -> FloatArray:
    """Give the ends of intervals of one width."""
    return np.column_stack([middle - half, middle + half])
