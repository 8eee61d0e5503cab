"""Representations as arrays, and their centred values block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from contextures._arrays import FloatArray
from contextures._checks import as_numbers, check_size_of_values, is_real
from contextures.exceptions import InputError
from contextures.spectrum.ritz.scatter import blocks


class Transformer(Protocol):
    """What embeds rows: an encoder of this library, or a transformer of scikit-learn's kind."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn from rows."""

    def transform(self, X: Any) -> Any:
        """Embed rows."""


def representation(
    F: Any, X: Any, name: str, *, least: int = 2, any_size: bool = False
) -> NDArray[Any]:
    """Give a representation as a finite array, computing it if an encoder was given.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        The representation, or what computes it.
    X : array-like of shape (n, p) or None
        The rows, for a transformer.
    name : str
        What to call it in messages.
    least : int, default=2
        The fewest rows that are enough.
    any_size : bool, default=False
        Whether values whose squares no float can hold may stand, because the caller scales them.

    Returns
    -------
    ndarray of shape (n, d)
        In single precision where it was given so, else in double precision.
    """
    if hasattr(F, "transform"):
        if X is None:
            raise InputError(
                f"{name} is an encoder, so the rows to embed are needed too; give them as X"
            )
        F = F.transform(X)
    try:
        array = np.asarray(F)
        if array.dtype != np.float32:
            array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} must be an array of numbers of shape (n, d), or a fitted encoder"
        ) from None
    if array.ndim != 2 or 0 in array.shape or len(array) < least:
        fewest = {1: "a row", 2: "two rows"}.get(least, f"{least} rows")
        raise InputError(
            f"{name} must have shape (n, d) with at least {fewest} and a column; its shape is "
            f"{array.shape}"
        )
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds values that are missing or infinite; leave them out")
    if not any_size:
        check_size_of_values(array, name)
    return array


def unit_variance(encoder: Any) -> Any:
    """Give an encoder whose coordinates are mu itself, whatever its ``spectral_power``."""
    return encoder.with_power(0.0) if getattr(encoder, "spectral_power", 0.0) else encoder


def paired(F: Any, G: Any, X: Any, *, least: int = 2) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give two representations of the same rows as arrays; see :func:`representation`."""
    first, second = representation(F, X, "F", least=least), representation(G, X, "G", least=least)
    if len(first) != len(second):
        raise InputError(
            f"F has {len(first)} rows but G has {len(second)}; give representations of the same "
            "rows in the same order"
        )
    return first, second


class Columns:
    """The columns of a representation that vary, centred block by block in double precision.

    Parameters
    ----------
    values : ndarray of shape (n, D)
        The representation.

    Attributes
    ----------
    width : int
        d, the number of columns that vary by more than rounding.
    tolerance : float
        The size of a direction beside the largest, below which it is rounding of the values.
    """

    def __init__(self, values: NDArray[Any]) -> None:
        single = values.dtype == np.float32
        self.tolerance = 1e-6 if single else 1e-10
        self._values = values
        self._mean = values.mean(axis=0, dtype=np.float64)
        squares = np.zeros(values.shape[1])
        for part in blocks(*values.shape):
            centred = values[part] - self._mean
            squares += np.einsum("ij,ij->j", centred, centred)
        largest = np.maximum(values.max(axis=0), -values.min(axis=0)).astype(np.float64)
        size = largest * np.sqrt(len(values))
        self._varies = np.sqrt(squares) > (1e-6 if single else 1e-12) * size
        self.width = int(np.count_nonzero(self._varies))

    def __len__(self) -> int:
        return len(self._values)

    def block(self, part: slice) -> FloatArray:
        """Give the centred values of some rows, of shape (rows, d)."""
        values = self._values[part]
        if self.width == values.shape[1]:
            return np.asarray(values - self._mean)
        return np.asarray(values[:, self._varies] - self._mean[self._varies])


def parts(*columns: Columns) -> Iterator[slice]:
    """Give the parts of the rows of which centred copies are held at a time."""
    return blocks(len(columns[0]), sum(own.width for own in columns))


def triangle(*columns: Columns) -> FloatArray:
    """Compute the triangular factor R of the centred columns side by side, block by block.

    Its columns have the inner products of the columns themselves, to the digits that a singular
    value decomposition of all rows would have, which their covariance would not keep.

    References
    ----------
    Demmel, Grigori, Hoemmen and Langou, "Communication-optimal parallel and sequential QR and LU
    factorizations" (2012), for the QR of a tall matrix by blocks of rows.
    """
    return triangle_of(np.hstack([own.block(part) for own in columns]) for part in parts(*columns))


def triangle_of(given: Iterable[NDArray[Any]]) -> FloatArray:
    """Compute the triangular factor R of blocks of rows; see :func:`triangle`."""
    factor: FloatArray | None = None
    for block in given:
        stacked = block if factor is None else np.vstack([factor, block])
        factor = np.asarray(np.linalg.qr(stacked, mode="r"), dtype=np.float64)
    assert factor is not None
    return factor


def check_singular_values(singular_values: ArrayLike) -> FloatArray:
    """Give singular values in [0, 1], largest first, or say what is wrong with them."""
    values = as_numbers(singular_values, "singular_values")
    if values.ndim != 1 or len(values) == 0:
        raise InputError(
            f"singular_values must be a list of at least one number; its shape is {values.shape}"
        )
    if not ((values >= 0) & (values <= 1 + 1e-9)).all():
        raise InputError(
            "singular_values must lie between 0 and 1; give s, not s**2 or eigenvalues"
        )
    if (np.diff(values) > 1e-9).any():
        raise InputError("singular_values must be sorted, the largest first")
    return np.asarray(np.minimum(values, 1.0))


def check_values(values: ArrayLike, n_rows: int) -> FloatArray:
    """Give an encoder's values as a finite (n, d) array with a row for each fitted row."""
    array = as_numbers(values, "values")
    if array.ndim != 2 or len(array) != n_rows or array.shape[1] == 0:
        raise InputError(
            f"values must hold the encoder's outputs for the {n_rows} rows of the context, as an "
            f"array of shape ({n_rows}, d); its shape is {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InputError("values holds numbers that are missing or infinite; leave them out")
    return array


def check_eps(eps: float, largest: float) -> float:
    """Check that some task has compatibility 1 - eps, where the best has ``largest`` = s_1."""
    if not is_real(eps) or not 0 <= eps <= 1:
        raise InputError(f"eps={eps!r} is not possible; give a number between 0 and 1")
    if 1.0 - eps > largest + 1e-9:
        raise InputError(
            f"no task is within eps={eps:g} of perfectly compatible: the best has compatibility "
            f"s_1 = {largest:.6g}; give eps of at least {1.0 - largest:.6g}"
        )
    return float(eps)
