"""Singular triplets of many rows: Lanczos bidiagonalisation that keeps the vectors of one side."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.linalg import LinearOperator

from contextures._arrays import FloatArray
from contextures.spectrum.basis import BLOCK, Basis
from contextures.spectrum.operator import Products

MANY_SIDE = 60_000
"""Above this size memory is what the vectors of PROPACK, of both sides, take most of."""

_CONVERGED = 3e-11
"""How far M^T M v = s^2 v may be off, as a share of s."""

_OVERLAP = 1e-11
"""Where the next vector overlaps more with those before, it is made orthogonal to them again."""

_STEPS_A_FUNCTION = 9
"""So many steps at most; as a rule some four to five are enough."""

_CHEAP_STEPS = 24

_PROBES = 4


def one_sided(
    matrix: LinearOperator, k: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Compute the top triplets by Lanczos on the smaller square, kept orthogonal where need be.

    The vectors of one side fix those of the other, and three neighbours fix the next: all of one
    side are held, and used for little else than the functions in the end. How far the next one
    overlaps with all before is told by sums of these with random signs; only where it does is it,
    and the one after it, made orthogonal to them all.

    Parameters
    ----------
    matrix : LinearOperator of shape (n, m)
        The operator.
    k : int
        How many triplets.
    rng : numpy.random.Generator
        Draws the starting vector and the signs.

    Returns
    -------
    tuple of ndarray or None
        U, s, V, largest first, to 1e-10; None where the operator has too few functions, or the
        last ones take too many steps.

    References
    ----------
    Simon, "The Lanczos algorithm with partial reorthogonalization" (1984); Simon and Zha,
    "Low-rank matrix approximation using the Lanczos bidiagonalization process" (2000), for
    orthogonality of one side alone. That signs tell the overlap is derived: w^T Q e of random
    signs e has the mean square |Q^T w|^2.
    """
    wide = matrix.shape[0] < matrix.shape[1]
    forward, backward = matrix.matvec, matrix.rmatvec
    if wide:
        forward, backward = backward, forward
    gram = matrix.squared if isinstance(matrix, Products) and matrix.gram is not None else None
    basis = Basis(min(matrix.shape))
    diagonal: list[float] = []
    beside: list[float] = []
    vector = rng.standard_normal(min(matrix.shape))
    vector /= np.linalg.norm(vector)
    before, probes = np.zeros_like(vector), np.zeros((_PROBES, len(vector)))
    # Steps of a square that was formed cost little.
    steps = _STEPS_A_FUNCTION if gram is None else _CHEAP_STEPS
    again, most = False, min(steps * k + BLOCK, len(vector) - 1)
    while len(basis) < most:
        basis.append(vector)
        probes += np.outer(rng.choice([-1.0, 1.0], size=_PROBES), vector)
        following = backward(forward(vector)) if gram is None else gram(vector)
        if beside:
            following -= beside[-1] * before
        diagonal.append(float(vector @ following))
        following -= diagonal[-1] * vector
        following -= (vector @ following) * vector
        length = float(np.linalg.norm(following))
        if again or np.abs(probes @ following).max() > _OVERLAP * length:
            basis.take_away(following)
            again = not again
            length = float(np.linalg.norm(following))
        if length < 1e-10 * max(diagonal):
            return None  # the space that one vector reaches is at an end
        beside.append(length)
        before, vector = vector, following / length
        if len(basis) >= 2 * k and len(basis) % (20 if gram is None else BLOCK) == 0:
            found = _converged(diagonal, beside, k)
            if found is not None:
                values, mixtures = found
                own = basis.mixed(mixtures)
                # Vectors of one side are orthogonal as far as these values are exact.
                other = matrix.rmatmat(own) if wide else matrix.matmat(own)
                other /= values
                return (own, values, other) if wide else (other, values, own)
    return None


def _converged(
    diagonal: list[float], beside: list[float], k: int
) -> tuple[FloatArray, FloatArray] | None:
    """Give the top singular values and their vectors in the basis, if all of them have settled."""
    steps = len(diagonal)
    squares, mixtures = eigh_tridiagonal(
        diagonal, beside[:-1], select="i", select_range=(steps - k, steps - 1)
    )
    squares, mixtures = squares[::-1], mixtures[:, ::-1]
    if squares[-1] <= 0:
        return None
    values = np.sqrt(squares)
    off = beside[-1] * np.abs(mixtures[-1]) / values
    return (values, mixtures) if off.max() < _CONVERGED else None
