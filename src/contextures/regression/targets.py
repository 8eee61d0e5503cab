"""Targets of which some are unknown."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets

from contextures._arrays import FloatArray, IntArray
from contextures._checks import as_numbers, labels_of
from contextures.exceptions import InputError


def read_classes(y: Any, unlabelled: Any) -> tuple[NDArray[Any], IntArray]:
    """Read labels of classes.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels; None, NaN and ``unlabelled`` stand for none.
    unlabelled : object
        What else stands for no label; None for nothing else.

    Returns
    -------
    classes : ndarray of shape (k,)
        The classes, sorted; two or more.
    codes : ndarray of int of shape (n,)
        The class of each row by number, -1 for none.

    Raises
    ------
    InputError
        If fewer than two rows or two classes are labelled.
    """
    values = _one_column(_as_array(y))
    known = ~missing(values)
    if unlabelled is not None:
        known &= np.array([each != unlabelled for each in values.tolist()], dtype=bool)
    _check_some(int(known.sum()), len(values), "None, NaN" if unlabelled is None else unlabelled)
    given = values[known]
    if given.dtype == object:  # as it is where None stands among labels
        given = np.array(given.tolist()) if _one_kind(given) else given
    check_classification_targets(given)
    classes, inner = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise InputError(
            f"all {len(given)} labelled rows of y are of one class, {classes.tolist()[0]!r}; give "
            "labels of at least two classes"
            + ("" if unlabelled is None else f" ({unlabelled!r} stands for no label)")
        )
    codes = np.full(len(values), -1, dtype=np.intp)
    codes[known] = inner
    return classes, codes


def read_numbers(y: Any) -> FloatArray:
    """Read numbers; NaN stands for none.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, q)
        The numbers.

    Returns
    -------
    ndarray of the same shape
        In float64.

    Raises
    ------
    InputError
        If an output has fewer than two, or they are no finite numbers.
    """
    values = _as_array(y)
    if values.ndim not in (1, 2) or values.size == 0:
        raise InputError(f"y must have shape (n,) or (n, q); its shape is {values.shape}")
    try:
        if values.dtype == object:
            values = np.where(missing(values.ravel()).reshape(values.shape), np.nan, values)
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "y holds values that are not numbers; use STKRClassifier for classes, and NaN for rows "
            "without a label"
        ) from None
    if np.isinf(numbers).any():
        raise InputError("y holds infinite values; give finite numbers, and NaN for no label")
    counts = (~np.isnan(numbers)).reshape(len(numbers), -1).sum(axis=0)
    _check_some(int(counts.min()), len(numbers), np.nan)
    return numbers


def check_length(n_labels: int, n_rows: int) -> None:
    """Check that there is one entry of y for each row."""
    if n_labels != n_rows:
        raise InputError(
            f"X has {n_rows} rows but y has {n_labels}; give one entry for each row, also for "
            "those without a label"
        )


def check_weights(sample_weight: Any, n: int) -> FloatArray:
    """Give one weight a row, all one for None."""
    if sample_weight is None:
        return np.ones(n)
    weights = as_numbers(sample_weight, "sample_weight")
    if weights.ndim == 0:
        weights = np.full(n, float(weights))
    if weights.shape != (n,):
        raise InputError(
            f"sample_weight.shape == {weights.shape}, expected {(n,)}; give one weight a row"
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise InputError("sample_weight holds negative or missing values; give at least zero")
    return weights


def check_weighted(labelled: IntArray, weights: FloatArray) -> IntArray:
    """Leave out labelled rows of weight zero; they count as unlabelled."""
    kept = labelled[weights[labelled] > 0]
    if len(kept) < 2:
        raise InputError(
            f"{len(kept)} labelled row{'s have' if len(kept) != 1 else ' has'} a sample_weight "
            "above zero; give at least two"
        )
    return kept


def _as_array(y: Any) -> NDArray[Any]:
    if y is None:
        raise InputError(
            "regression on a context requires y to be passed, but the target y is None; give one "
            "entry for each row, with a mark for no label"
        )
    return labels_of(y)


def _one_column(values: NDArray[Any]) -> NDArray[Any]:
    if values.ndim == 2 and values.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; give y.ravel()",
            DataConversionWarning,
            stacklevel=4,
        )
        return values.ravel()
    if values.ndim != 1:
        raise InputError(f"y must have one label a row; its shape is {values.shape}")
    return values


def _one_kind(labels: NDArray[Any]) -> bool:
    """Tell that labels are all text or all numbers, or refuse them."""
    try:
        np.unique(labels)
    except TypeError:
        kinds = ", ".join(sorted({type(each).__name__ for each in labels}))
        raise InputError(
            f"y holds labels of several types ({kinds}); give them all as text or all as whole "
            "numbers"
        ) from None
    return all(isinstance(each, str | int | float | np.generic) for each in labels)


def missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark entries that are None or NaN, or pandas' mark for no value."""
    import pandas as pd

    return np.asarray(pd.isna(values), dtype=bool)


def _check_some(n_known: int, n: int, mark: Any) -> None:
    if n_known >= 2:
        return
    what = f"{mark} stands for no label" if isinstance(mark, str) else f"{mark!r} is no label"
    if n_known == 0:
        raise InputError(f"y has no label: all of its {n} entries are missing ({what}); give some")
    raise InputError(f"y has one label only, among {n} rows ({what}); give at least two")
