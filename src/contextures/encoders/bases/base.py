"""What a basis promises: any number of functions of rows, chosen without labels."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Array, FloatArray, given_back, on_device, to_numpy
from contextures._checks import validated
from contextures.exceptions import InputError, unwritten


class Basis(TransformerMixin, BaseEstimator):
    """Functions phi of rows of numbers, as a scikit-learn transformer.

    ``values`` gives phi in the precision asked for; ``transform`` gives it in float64.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.encoders.bases import Basis
    >>> class Powers(Basis):
    ...     def fit_rows(self, X):
    ...         return self
    ...     def values(self, X, dtype):
    ...         return np.hstack([X, X**2]).astype(dtype)
    >>> Powers().fit_transform([[1.0], [2.0]]).tolist()
    [[1.0, 1.0], [2.0, 4.0]]
    """

    saved: ClassVar[tuple[str, ...]] = ()
    """Fitted arrays that new rows need: what is written to disk."""

    n_features_in_: int

    def fit(self, X: Any, y: Any = None) -> Self:
        """Choose the functions.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows.
        y : ignored
            Taken for scikit-learn's sake.

        Returns
        -------
        Self
            The fitted basis.
        """
        self.fit_rows(validated(self, X, dtype=np.float64))
        return self

    def transform(self, X: Any) -> FloatArray:
        """Compute the functions.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows, seen at fit time or new.

        Returns
        -------
        ndarray of shape (n, D)
            phi(x).
        """
        check_is_fitted(self, "n_features_in_")
        return self.values(validated(self, X, dtype=np.float64, reset=False), np.float64)

    def fit_rows(self, rows: FloatArray) -> None:
        """Choose the functions from checked rows.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            Checked rows.
        """
        raise unwritten(self, "fit_rows")

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi of checked rows in a precision.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            Checked rows.
        dtype : dtype
            The precision.

        Returns
        -------
        ndarray of shape (n, D)
            phi(x).
        """
        raise unwritten(self, "values")

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi of a float64 tensor on its device; through numpy unless overwritten.

        Parameters
        ----------
        rows : tensor of shape (n, p)
            Checked rows.

        Returns
        -------
        tensor of shape (n, D)
            phi(x), in float64.
        """
        return given_back(self.values(to_numpy(rows), np.float64), rows)


def values_of(basis: Any, rows: Any, dtype: DTypeLike, device: str | None = None) -> Array:
    """Compute the functions of a fitted basis, or of any fitted transformer, as a dense array.

    Parameters
    ----------
    basis : transformer
        A :class:`Basis` or any scikit-learn transformer.
    rows : array-like of shape (n, ...)
        Rows.
    dtype : dtype
        The precision; float64 on a device.
    device : str, optional
        Where to compute it, as a tensor.

    Returns
    -------
    ndarray or tensor of shape (n, D)
        phi.
    """
    if device is not None:
        if isinstance(basis, Basis) and np.asarray(rows).dtype.kind == "f":
            return basis.tensor_values(on_device(rows, device))
        return on_device(values_of(basis, rows, np.float64), device)
    if isinstance(basis, Basis):
        return basis.values(rows, dtype)
    found = basis.transform(rows)
    if sparse.issparse(found):
        found = found.toarray()
    array = np.asarray(found)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InputError(
            f"the basis {type(basis).__name__} gives an array of shape {array.shape} and type "
            f"{array.dtype}; it must give rows of numbers"
        )
    if not np.isfinite(array).all():
        raise InputError(
            f"the basis {type(basis).__name__} gives values that are missing or infinite; choose "
            "another or clean its input"
        )
    return array.astype(dtype, copy=False)
