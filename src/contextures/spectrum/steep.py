"""All functions of an operator that has few, by products with as many vectors."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator

from contextures._arrays import FloatArray
from contextures.spectrum.operator import NormalizedOperator

SOUND = 1e-7
"""Functions of smaller singular values rest on rounding on new rows: mu = T nu / s."""

_BLOCK = 128

_LAST = 8
"""Random vectors whose remainders tell how much is left of the operator."""

_NOTHING = 1e-11
"""What is left when all functions are found; those of singular values near it are not sound."""

_MOST_SHARE = 0.4
"""Above this share of all functions, the eigenvectors of a Gram matrix take less time."""


def few_functions(operator: NormalizedOperator, n_components: int) -> FloatArray | None:
    """Give an orthonormal basis that holds all functions of X, where there are few.

    Products with random vectors span what the operator can give. Where its singular values fall
    steeply a few hundred of them span all of it, to rounding; what they leave of the last ones,
    which the others know nothing of, tells.

    Parameters
    ----------
    operator : NormalizedOperator
        A dense operator, the constant part taken away.
    n_components : int
        How many functions are wanted.

    Returns
    -------
    ndarray of shape (n, r) or None
        None where there are too many for this to be the quicker way. Singular values outside the
        basis are below 1e-10.

    References
    ----------
    Halko, Martinsson and Tropp, "Finding structure with randomness" (2011), section 4.3.
    """
    most = int(_MOST_SHARE * min(operator.shape))
    if operator.is_sparse or min(most, n_components) < _BLOCK:
        return None
    rng = np.random.default_rng(0)
    basis = np.empty((operator.shape[0], 0))
    while basis.shape[1] + _BLOCK <= most:
        drawn = operator.apply(rng.standard_normal((operator.shape[1], _BLOCK)))
        for _ in range(2):  # once leaves what rounding mixes in
            drawn -= basis @ (basis.T @ drawn)
        more, left = np.linalg.qr(drawn)
        basis = np.hstack([basis, more])
        rest = float(np.abs(np.diag(left))[-_LAST:].max())
        if rest < _NOTHING:
            return basis
        # At the rate at which it falls, are there too many?
        if np.log(rest) > np.log(_NOTHING) * basis.shape[1] / most:
            return None
    return None


def all_of_few(matrix: LinearOperator, k: int) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Compute all triplets where there are fewer than ``k``, and None where there are more.

    Beyond the rank Krylov solvers take up to a hundred times longer; but there the products with
    ``k`` random vectors span the whole range.
    """
    rng = np.random.default_rng(0)
    drawn = matrix.matmat(rng.standard_normal((matrix.shape[1], k)))
    spread = np.linalg.eigvalsh(drawn.T @ drawn)
    if spread[0] > 1e-12 * spread[-1]:
        return None
    right, _ = np.linalg.qr(matrix.rmatmat(np.linalg.qr(drawn)[0]))
    left, values, rotation = np.linalg.svd(matrix.matmat(right), full_matrices=False)
    right = right @ rotation.T
    # A random vector has a part along everything: what is left of it shows what was missed.
    v = rng.standard_normal(matrix.shape[1])
    missed = np.linalg.norm(matrix.matvec(v) - left @ (values * (right.T @ v)))
    if values[-1] > SOUND or missed > SOUND:
        return None
    return left, values, right
