"""How much of given functions an embedding holds, function by function."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures.evaluation.arrays import representation
from contextures.exceptions import InputError
from contextures.spectrum.ritz.problem import Whitening
from contextures.spectrum.ritz.scatter import Scatter


class Projection:
    """The least-squares projection of functions on the span of an embedding and the constant.

    Parameters
    ----------
    embedding : ndarray of shape (n, D)
        Values of the embedding on the rows that the projection is fitted to.
    functions : ndarray of shape (n, k)
        Values of the functions there.
    weights : ndarray of shape (n,), optional
        P_X; uniform when None.

    Attributes
    ----------
    rank : int
        The number of independent functions in the embedding.
    """

    def __init__(
        self, embedding: FloatArray, functions: FloatArray, weights: FloatArray | None = None
    ) -> None:
        own = Scatter.of(embedding, None, weights)
        cross = Scatter.of(embedding, functions, weights)
        side = Whitening(own.covariance, mean=own.left_mean)
        white = side.white()
        self.rank = side.rank
        self._coefficients = white @ (white.T @ cross.covariance)
        self._mean, self._target_mean = own.left_mean, cross.right_mean

    def predict(self, embedding: FloatArray) -> FloatArray:
        """Give the projections on any rows, of shape (n, k)."""
        return np.asarray((embedding - self._mean) @ self._coefficients + self._target_mean)

    def shares(
        self, embedding: FloatArray, functions: FloatArray, weights: FloatArray | None = None
    ) -> FloatArray:
        """Give the share of each function's variance that its projection explains on rows."""
        share = None if weights is None else weights / weights.sum()
        error = _mean((functions - self.predict(embedding)) ** 2, share)
        spread = _mean((functions - _mean(functions, share)) ** 2, share)
        ratio = np.divide(error, spread, out=np.ones_like(error), where=spread > 0)
        return np.asarray(1.0 - ratio)


def learned_shares(
    embedding: ArrayLike,
    functions: ArrayLike,
    *,
    fresh: tuple[ArrayLike, ArrayLike] | None = None,
    weights: FloatArray | None = None,
) -> FloatArray:
    """Compute how much of each function lies in the span of an embedding.

    Parameters
    ----------
    embedding : array-like of shape (n, D)
        Values of the embedding on rows.
    functions : array-like of shape (n, k)
        Values of the functions on the same rows, such as the singular functions of a context.
    fresh : tuple of array-like of shapes (m, D) and (m, k), optional
        The same on other rows. The projection is fitted on the first rows and judged on these.
    weights : ndarray of shape (n,), optional
        P_X on the first rows; uniform when None.

    Returns
    -------
    ndarray of shape (k,)
        R_i^2, the squared norm of the projection of function i over its own. On the rows of the
        fit it is between zero and one, and D functions that have nothing to do with it reach
        about D / n; on fresh rows these come out at zero or below.

    Raises
    ------
    InputError
        If the rows do not match, or values are missing or infinite.

    References
    ----------
    Derived. With the singular functions mu_i of a context, sum_i s_i^2 R_i^2 over all i is the
    ratio trace of the embedding on the rows of the fit.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import learned_shares
    >>> f = np.random.default_rng(0).standard_normal((500, 3))
    >>> learned_shares(f[:, :2] @ [[2.0, 1.0], [0.0, 3.0]] + 5, f[:, :2]).round(6)
    array([1., 1.])
    """
    left, right = as_functions(embedding, "embedding"), as_functions(functions, "functions")
    check_same_rows(left, right)
    projection = Projection(left, right, weights)
    if fresh is None:
        return projection.shares(left, right, weights)
    new_left = as_functions(fresh[0], "the embedding of fresh rows", left.shape[1])
    new_right = as_functions(fresh[1], "the functions on fresh rows", right.shape[1])
    check_same_rows(new_left, new_right)
    return projection.shares(new_left, new_right)


def as_functions(values: ArrayLike, name: str, width: int | None = None) -> FloatArray:
    """Give values of functions as a finite (n, d) float array, or say what is wrong with them."""
    array = representation(values, None, name, least=1).astype(np.float64, copy=False)
    if width is not None and array.shape[1] != width:
        raise InputError(
            f"{name} has {array.shape[1]} columns, but {width} on the other rows; give the same "
            "functions"
        )
    return array


def check_same_rows(left: FloatArray, right: FloatArray) -> None:
    """Refuse functions of different rows."""
    if len(left) != len(right):
        raise InputError(
            f"the embedding has {len(left)} rows but there are {len(right)}; give one for each, "
            "in the same order"
        )


def _mean(values: FloatArray, shares: FloatArray | None) -> FloatArray:
    return np.asarray(values.mean(axis=0) if shares is None else shares @ values)
