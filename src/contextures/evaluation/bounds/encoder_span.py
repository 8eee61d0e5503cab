"""What a linear probe sees of an encoder on a finite context: the span of its coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, svd
from contextures.contexts import Context
from contextures.evaluation.arrays import check_values
from contextures.exceptions import InputError
from contextures.spectrum.operator import NormalizedOperator

_RANK_TOLERANCE = 1e-10
"""Directions with less than this share of the largest standard deviation are rounding."""

_NEGLIGIBLE = 1e-10
"""Singular values below this are rounding: functions along them have no finite H-norm."""

OUTSIDE = 1e-7
"""Unit functions with more than this outside of the range of T are not in H."""


def finite_operator(context: Context) -> NormalizedOperator:
    """Give the normalised operator of a fitted context, or say that it has draws only."""
    check_is_fitted(context)
    if not context.has_rows:
        raise InputError(
            f"{context!r} is given by draws here, so what an encoder misses cannot be computed; "
            "wrap a sampler of few values in MonteCarloContext, or group A into bins"
        )
    return NormalizedOperator(context)


def encoder_basis(values: ArrayLike, input_weights: FloatArray) -> FloatArray:
    """Give an orthonormal basis of an encoder's centred coordinates.

    Parameters
    ----------
    values : array-like of shape (n, d)
        The encoder's outputs.
    input_weights : ndarray of shape (n,)
        P_X.

    Returns
    -------
    ndarray of shape (n, r)
        sqrt(p_x) f(x) of r functions that are orthonormal under P_X; r is below d where
        coordinates depend on each other or are constant.
    """
    array = check_values(values, len(input_weights))
    root = np.sqrt(input_weights)
    centred = (array - input_weights @ array) * root[:, None]
    # A column's scale must not decide whether it counts.
    spread = np.linalg.norm(centred, axis=0)
    alive = spread > 1e-12 * np.abs(array).max(axis=0)
    if not alive.any():
        return np.zeros((len(array), 0))
    left, sizes, _ = svd(centred[:, alive] / spread[alive])
    kept = np.asarray(left[:, sizes > _RANK_TOLERANCE * sizes[0]])
    # Rounding left a little of the constant function, whose association is one.
    return np.asarray(np.linalg.qr(kept - np.outer(root, root @ kept))[0])


def all_singular_functions(operator: NormalizedOperator) -> tuple[FloatArray, FloatArray]:
    """Give every sqrt(p_x) mu_i and s_i that is not zero, by the dense SVD."""
    left, s, _ = svd(operator.dense())
    return left[:, s > _NEGLIGIBLE], s[s > _NEGLIGIBLE]
