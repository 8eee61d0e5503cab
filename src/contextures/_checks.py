"""Checks of parameters and inputs that the whole library shares."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures.exceptions import InputError

Init = TypeVar("Init", bound=Callable[..., None])


def check_positive_int(value: Any, name: str, *, least: int = 1) -> int:
    """Give ``value`` as an int of at least ``least``, or say what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise InputError(f"{name}={value!r} is not possible; give an integer of at least {least}")
    return int(value)


def check_positive_real(value: Any, name: str) -> float:
    """Give ``value`` as a finite float above zero, or say what is wrong with it."""
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not 0 < float(value) < np.inf
    ):
        raise InputError(f"{name}={value!r} is not possible; give a number above zero")
    return float(value)


def check_rows(X: Any, n_features: int | None = None, *, least: int = 1) -> FloatArray:
    """Give ``X`` as a finite (n, p) float array; check the number of columns against the fit."""
    from sklearn.utils import check_array

    rows: FloatArray = check_array(X, dtype=np.float64, ensure_min_samples=least)
    if n_features is not None and rows.shape[1] != n_features:
        raise InputError(
            f"X has {rows.shape[1]} features, but this context was fitted with {n_features}; "
            "give the same columns in the same order"
        )
    return rows


def check_indices(X: Any, n: int, what: str) -> IntArray:
    """Give ``X`` as row indices below ``n``; None stands for all of them."""
    if X is None:
        return np.arange(n)
    indices = np.asarray(X)
    if indices.ndim == 2 and indices.shape[1] == 1:
        indices = indices[:, 0]
    if indices.ndim != 1 or len(indices) == 0:
        raise InputError(
            f"X must be a list of {what} indices or None, but its shape is {indices.shape}"
        )
    if indices.dtype.kind == "f" and np.array_equal(indices, np.floor(indices)):
        indices = indices.astype(np.intp)
    if indices.dtype.kind not in "iu":
        raise InputError(f"X must hold {what} indices as integers, not {indices.dtype}")
    outside = indices[(indices < 0) | (indices >= n)]
    if len(outside):
        raise InputError(f"the {what} index {outside[0]} does not exist; indices run to {n - 1}")
    return indices.astype(np.intp)


def check_matrix(values: Any, name: str) -> Matrix:
    """Give ``values`` as a two-dimensional array or csr_array of finite, non-negative numbers."""
    matrix: Matrix
    if sparse.issparse(values):
        matrix = sparse.csr_array(values).astype(np.float64)
        matrix.sum_duplicates()
        entries = matrix.data
    else:
        matrix = np.asarray(values, dtype=np.float64)
        entries = matrix
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(
            f"{name} must be a matrix with rows and columns; its shape is {matrix.shape}"
        )
    if not np.isfinite(entries).all():
        raise InputError(f"{name} holds values that are missing or infinite; replace them")
    if (entries < 0).any():
        raise InputError(f"{name} holds negative values; give weights of at least zero")
    return matrix


def check_share(value: float, name: str) -> float:
    """Give a number strictly between zero and one, or say what is wrong with it."""
    if not 0 < value < 1:
        raise InputError(f"{name}={value!r} is not possible; give a number between 0 and 1")
    return float(value)


def check_not_negative(value: float, name: str) -> float:
    """Give a finite number of at least zero, or say what is wrong with it."""
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not 0 <= float(value) < np.inf
    ):
        raise InputError(f"{name}={value!r} is not possible; give a number of at least zero")
    return float(value)


def random_state_of(random_state: Any) -> Any:
    """Give a RandomState: that of a seed, a given one as it is, and a fixed one for None."""
    from sklearn.utils import check_random_state

    return check_random_state(0 if random_state is None else random_state)


def seed_of(random_state: Any) -> int:
    """Give a seed; zero for None, so that nothing depends on numpy's global state."""
    if random_state is None:
        return 0
    return int(random_state_of(random_state).randint(2**31 - 1))


def also_named(**names: str) -> Callable[[Init], Init]:
    """Let ``__init__`` take parameters by other names, which attributes cannot have.

    scikit-learn's estimators have methods ``score`` and ``transform``: a parameter of that name
    would shadow one, or have an estimator taken for a transformer. Its signature stays as it is.
    """

    def decorate(init: Init) -> Init:
        @wraps(init)
        def made(self: Any, *values: Any, **given: Any) -> None:
            init(self, *values, **{names.get(name, name): v for name, v in given.items()})

        return made  # type: ignore[return-value]

    return decorate
