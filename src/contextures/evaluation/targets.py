"""Targets as numbers: one column for each output or class."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts.labels import missing_labels
from contextures.exceptions import InputError

Kind = Literal["classification", "regression"]


def as_outputs(target: Any, n: int, kind: Kind | None) -> FloatArray:
    """Give a target as numbers.

    Parameters
    ----------
    target : array-like of shape (n,) or (n, q)
        Numbers, or labels of classes.
    n : int
        How many rows there must be.
    kind : {"classification", "regression"} or None
        What they are; when None, numbers are regression and all else are classes.

    Returns
    -------
    ndarray of shape (n, q)
        The numbers, or for classes their indicators.
    """
    if kind not in (None, "classification", "regression"):
        raise InputError(f"kind={kind!r} is not known; give 'classification', 'regression' or None")
    values = np.asarray(target)
    if values.ndim not in (1, 2) or len(values) != n or values.size == 0:
        raise InputError(
            f"target must have one value, or one row of values, for each of the {n} rows; its "
            f"shape is {values.shape}"
        )
    if kind == "classification" or (kind is None and values.dtype.kind not in "iuf"):
        if values.ndim == 2 and values.shape[1] > 1:
            raise InputError("classes must be one label a row; give one column")
        labels = np.ravel(values)
        if missing_labels(labels).any():
            raise InputError("target holds missing labels; leave those rows out")
        classes, codes = np.unique(labels, return_inverse=True)
        return np.asarray(np.eye(len(classes))[codes])
    try:
        outputs = values.astype(np.float64).reshape(n, -1)
    except (TypeError, ValueError):
        raise InputError(
            "target holds values that are not numbers; give kind='classification' for labels"
        ) from None
    if not np.isfinite(outputs).all():
        raise InputError("target holds values that are missing or infinite; leave those rows out")
    return outputs
