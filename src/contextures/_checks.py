"""Checks of parameters and inputs that the whole library shares."""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from contextures._arrays import FloatArray, IntArray, Matrix, device_of, is_tensor, to_numpy
from contextures._frames import is_foreign, to_pandas
from contextures.exceptions import InputError

Init = TypeVar("Init", bound=Callable[..., None])

LARGEST = 1e150
"""The square of a larger value is infinite as a float, and of its inverse zero."""


def brief(value: Any) -> str:
    """Give a value as it is written, on one line and not at length."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


class RowsError(InputError):
    """What was given is not rows of finite numbers; the sentence is scikit-learn's."""


def check_positive_int(value: Any, name: str, *, least: int = 1) -> int:
    """Give ``value`` as an int of at least ``least``, or say what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise InputError(
            f"{name}={brief(value)} is not possible; give an integer of at least {least}"
        )
    return int(value)


def check_jobs(n_jobs: Any) -> None:
    """Refuse what says of no number of jobs, as joblib counts them."""
    whole = isinstance(n_jobs, numbers.Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and (not whole or n_jobs == 0):
        raise InputError(
            f"n_jobs={brief(n_jobs)} is no number of jobs; give 1 or more, -1 for one a core, or "
            "None"
        )


def check_positive_real(value: Any, name: str) -> float:
    """Give ``value`` as a finite float above zero, or say what is wrong with it."""
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not 0 < float(value) < np.inf
    ):
        raise InputError(f"{name}={brief(value)} is not possible; give a number above zero")
    return float(value)


def check_rows(X: Any, n_features: int | None = None, *, least: int = 1) -> FloatArray:
    """Give ``X`` as a finite (n, p) float array; check the number of columns against the fit."""
    from sklearn.utils import check_array

    if _is_plain(X, least) and (n_features is None or X.shape[1] == n_features):
        check_size_of_values(X)
        return np.asarray(X)
    with one_sentence():
        rows: FloatArray = check_array(plain(X), dtype=np.float64, ensure_min_samples=least)
    check_size_of_values(rows)
    if n_features is not None and rows.shape[1] != n_features:
        raise InputError(
            f"X has {rows.shape[1]} features, but this context was fitted with {n_features}; "
            "give the same columns in the same order"
        )
    return rows


def validated(estimator: Any, X: Any, **how: Any) -> Any:
    """Give ``X`` as scikit-learn's ``validate_data`` does; refuse it in one sentence."""
    from sklearn.utils.validation import validate_data

    asked = how.keys() <= {"dtype", "reset", "ensure_min_samples"} and how.get("reset") is False
    named = hasattr(estimator, "feature_names_in_")
    if asked and not named and how.get("dtype") is np.float64 and _is_plain(X, 1):
        n_features = getattr(estimator, "n_features_in_", None)
        if X.shape[1] == n_features and len(X) >= how.get("ensure_min_samples", 1):
            check_size_of_values(X)
            return X
    with one_sentence():
        rows = validate_data(estimator, plain(X), **how)
    if isinstance(rows, np.ndarray):
        check_size_of_values(rows)
    return rows


def _is_plain(X: Any, least: int) -> bool:
    """Tell rows that scikit-learn's checks, half a millisecond of them, would give as they are."""
    if type(X) is not np.ndarray or X.dtype != np.float64 or X.ndim != 2:
        return False
    return X.shape[0] >= max(least, 1) and X.shape[1] > 0 and bool(np.isfinite(X).all())


def plain(X: Any) -> Any:
    """Give a table of polars, pyarrow and the like as pandas', a tensor as an array.

    Anything else is given as it is.
    """
    if is_tensor(X):
        return numbers_of(X)
    if isinstance(X, list | tuple) and X and all(map(is_tensor, X)):
        return np.array([numbers_of(row) for row in X])
    return to_pandas(X) if is_foreign(X) else X


def labels_of(y: Any) -> NDArray[Any]:
    """Give labels as an array, tensors of them too; whether they are any is not looked at."""
    several = isinstance(y, list | tuple) and len(y) > 0 and all(map(is_tensor, y))
    return np.asarray(plain(y) if several else numbers_of(y, "y") if is_tensor(y) else y)


def numbers_of(tensor: Any, name: str = "X") -> NDArray[Any]:
    """Give a tensor as an array, or say why it holds no numbers."""
    try:
        if "float" in str(tensor.dtype) and tensor.itemsize < 4:  # numpy has not all of these
            tensor = tensor.float()
        return to_numpy(tensor)
    except (NotImplementedError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{name} is a tensor on {tensor.device} that cannot be read ({reason}); give one with "
            "numbers"
        ) from None


def check_one_device(**values: Any) -> None:
    """Refuse tensors on several devices, naming two of them."""
    named = [(name, device) for name, each in values.items() if (device := device_of(each))]
    for name, device in named[1:]:
        if device != named[0][1]:
            raise InputError(
                f"{named[0][0]} is on {named[0][1]} and {name} on {device}; give both on one device"
            )


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn scikit-learn's refusals of several lines into sentences, without echoes of the array."""
    try:
        yield
    except ValueError as error:
        said = re.sub(r":?\s*array=.*?(?=Reshape)", ". ", str(error), flags=re.DOTALL)
        said = said.partition("\n[[")[0].partition("For supervised learning")[0]
        said = " ".join(said.split())
        raise RowsError(said + _mend(said)) from None


def _mend(said: str) -> str:
    """Say what to do, where scikit-learn's sentence only says what is wrong with a table."""
    if "could not convert string" in said:
        return "; give columns of numbers, for example by contextures.data.TablePreparation"
    if said.startswith("Input X contains NaN"):
        return " Fill them before, for example by contextures.data.TablePreparation."
    return ""


def check_size_of_values(rows: NDArray[Any], name: str = "X") -> None:
    """Refuse rows whose squared distances no float can hold."""
    if rows.dtype.kind != "f" or not rows.size or rows.dtype == np.float32:
        return
    # Two passes without a copy; infinities and missing values are refused elsewhere.
    largest = max(-float(rows.min()), float(rows.max()))
    if LARGEST < largest < np.inf:
        raise InputError(
            f"{name} holds values of up to {largest:.3g}, whose squares are beyond what numbers "
            "can hold; scale its columns, for example with StandardScaler"
        )
    if 0 < largest < 1 / LARGEST:
        raise InputError(
            f"{name} holds values of at most {largest:.3g}, whose squares are zero as numbers; "
            "scale its columns, for example with StandardScaler"
        )


def as_numbers(values: Any, name: str) -> FloatArray:
    """Give ``values`` as an array of floats, or say that they are none."""
    try:
        return np.asarray(plain(values), dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} must be an array of numbers, not {type(values).__name__}; give numbers in "
            "rows of one length"
        ) from None


def check_length(values: Any, n: int, name: str) -> None:
    """Refuse values that are not one a row."""
    shape = np.shape(labels_of(values) if isinstance(values, list | tuple) else values)
    if len(shape) < 1 or shape[0] != n:
        has = f"has {shape[0]} values" if shape else f"is a {type(values).__name__}"
        raise InputError(f"{name} {has}, but there are {n} rows; give one value for each")


def numbered_groups(groups: Any) -> tuple[NDArray[Any], IntArray]:
    """Give the names of groups, in order, and the number of each row's.

    Raises
    ------
    InputError
        If a row has none, or their names have no order.
    """
    import pandas as pd

    names = np.asarray(groups)
    missing = np.flatnonzero(pd.isna(names))
    if len(missing):
        raise InputError(
            f"groups has no value at row {missing[0]} ({len(missing)} in all); name a group for "
            "these rows, or leave them out"
        )
    try:
        found, places = np.unique(names, return_inverse=True)
    except TypeError as error:
        raise InputError(
            f"groups holds names that cannot be put in order ({error}); give numbers or words, of "
            "one kind"
        ) from None
    return found, places


def check_type(value: Any, kinds: type | tuple[type, ...], name: str, instead: str) -> None:
    """Refuse a value of another type, naming what to give instead."""
    if not isinstance(value, kinds):
        raise InputError(f"{name} is a {type(value).__name__}; give {instead}")


def check_has(value: Any, attribute: str, name: str, instead: str) -> None:
    """Refuse a value without what is asked of it, naming what to give instead."""
    if not hasattr(value, attribute):
        raise InputError(f"{name} is a {type(value).__name__}; give {instead}")


def is_real(value: Any) -> bool:
    """Tell a number from arrays, words and booleans."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


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


def check_share(value: float, name: str, *, zero: bool = False, one: bool = False) -> float:
    """Give a number between zero and one, which may be either end only where that is said."""
    if is_real(value) and (0 < value < 1 or (zero and value == 0) or (one and value == 1)):
        return float(value)
    within = "between 0 and 1"
    if zero or one:
        within = f"{'at least' if zero else 'above'} 0 and {'at most' if one else 'below'} 1"
    raise InputError(f"{name}={brief(value)} is not possible; give a number {within}")


def check_not_negative(value: float, name: str) -> float:
    """Give a finite number of at least zero, or say what is wrong with it."""
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not 0 <= float(value) < np.inf
    ):
        raise InputError(f"{name}={brief(value)} is not possible; give a number of at least zero")
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
