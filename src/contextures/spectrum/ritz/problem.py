"""The Rayleigh-Ritz step: from covariances to ordered functions, one-sided and two-sided."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import scipy.linalg

from contextures._arrays import FloatArray, svd
from contextures.exceptions import RankError

CUTOFF = 1e-10
"""Eigenvalues of the correlation matrix below this share of the largest count as zero."""

SINGLE_CUTOFF = 1e-5
"""The same where products were formed in float32."""

NEGLIGIBLE = 1e-10
"""Squared singular values below this are rounding."""

_ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""Share of B that rounding can be, as measured: of functions whose squared singular values are
below what it makes up, hardly one has that singular value, and above nearly all do."""

_SMALL_SIDE = 500

_FEW = 0.25
"""Above this share of all eigenvectors, computing all of them takes less time (measured for 500 to
3,000 rows)."""


class Solution(NamedTuple):
    """Functions of largest singular value: s^2 (d,), and what phi and psi are multiplied by.

    ``rounding`` (d,) is what rounding can make up of each s^2, where that is not negligible.
    """

    squares: FloatArray
    left: FloatArray
    right: FloatArray | None
    rounding: FloatArray | float = 0.0


class RitzProblem(Protocol):
    """A problem whose costly part is done once, and which is then solved for any ridge."""

    @property
    def rank(self) -> int:
        """The number of independent functions of X."""

    def solve(self, n_components: int, ridge: float = 0.0) -> Solution:
        """Find up to ``n_components`` functions, ordered and scaled under C itself."""


class Whitening:
    """The eigenvectors of a covariance, scaled so that functions become uncorrelated.

    The covariance is first scaled to a correlation matrix, so that neither the cut-off nor a ridge
    depends on the units of a function; constant functions are left out.

    Parameters
    ----------
    covariance : ndarray of shape (D, D)
        C.
    cutoff : float
        Eigenvalues of the correlation matrix below this share of the largest are left out.
    mean : ndarray of shape (D,), optional
        The means of the functions: those that vary by no more than rounding beside them are
        constant.

    Attributes
    ----------
    eigenvalues : ndarray of shape (r,)
        Those of the correlation matrix that are kept, largest first.
    directions : ndarray of shape (D, r)
        V with V^T C V = diag(eigenvalues).
    spread : ndarray of shape (D,)
        The standard deviations of the functions; zero for constant ones.
    """

    def __init__(
        self, covariance: FloatArray, cutoff: float = CUTOFF, mean: FloatArray | None = None
    ) -> None:
        spread = np.sqrt(np.clip(np.diag(covariance), 0.0, None))
        rounding = 1e-12 if cutoff <= CUTOFF else 1e-6
        varies = spread > (0.0 if mean is None else rounding * np.abs(mean))
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
        correlation = covariance * inverse[:, None] * inverse
        values, vectors = np.linalg.eigh(correlation)
        kept = values > max(cutoff * values.max(initial=0.0), 0.0)
        self.spread: FloatArray = np.where(varies, spread, 0.0)
        self.eigenvalues: FloatArray = values[kept][::-1]
        self.directions: FloatArray = inverse[:, None] * vectors[:, kept][:, ::-1]

    @property
    def rank(self) -> int:
        """The number of independent functions."""
        return len(self.eigenvalues)

    def scales(self, ridge: float = 0.0) -> FloatArray:
        """Give 1 / sqrt(eigenvalue + ridge)."""
        return np.asarray(1.0 / np.sqrt(self.eigenvalues + ridge))

    def white(self) -> FloatArray:
        """Give W with W^T C W = I, of shape (D, r)."""
        return np.asarray(self.directions * self.scales())

    def shrunk(self, vectors: FloatArray, ridge: float) -> FloatArray:
        """Give the covariance of functions that are uncorrelated with the ridge added to C."""
        shares = self.eigenvalues / (self.eigenvalues + ridge)
        return np.asarray(vectors.T @ (vectors * shares[:, None]))


class OneSided:
    """B v = s^2 C v, for C and B of functions of X."""

    def __init__(self, side: Whitening, operator: FloatArray) -> None:
        self._side = side
        self._operator = self._side.directions.T @ operator @ self._side.directions
        spread = self._side.spread
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        self._size = float(np.linalg.norm(operator * inverse[:, None] * inverse))

    @property
    def rank(self) -> int:
        """The number of independent functions."""
        return self._side.rank

    def solve(self, n_components: int, ridge: float = 0.0) -> Solution:
        """Solve B v = s^2 (C + ridge) v, then order the span found under C itself."""
        scales = self._side.scales(ridge)
        scaled = scales[:, None] * self._operator * scales
        squares, vectors = top_eigen(scaled, n_components)
        if ridge and len(squares):
            # Within the span B is diagonal; only C changes.
            inner = Whitening(self._side.shrunk(vectors, ridge)).white()
            squares, rotation = top_eigen(inner.T @ (inner * squares[:, None]), n_components)
            vectors = vectors @ (inner @ rotation)
        left = self._side.directions @ (scales[:, None] * vectors)
        # Functions that nearly cancel have large coefficients, and the rounding of B with them.
        lengths = ((left * self._side.spread[:, None]) ** 2).sum(axis=0)
        rounding = _ROUNDING * self._size * lengths
        return Solution(np.clip(squares, 0.0, 1.0), left, None, rounding)


class TwoSided:
    """Canonical functions of two sides, which is Ritz with B = Cxa Caa^-1 Cax."""

    def __init__(self, side: Whitening, context_side: Whitening, cross: FloatArray) -> None:
        self._sides = side, context_side
        self._cross = self._sides[0].directions.T @ cross @ self._sides[1].directions

    @property
    def rank(self) -> int:
        """The number of independent functions of X."""
        return self._sides[0].rank

    def solve(self, n_components: int, ridge: float = 0.0) -> Solution:
        """Solve with the ridge added to both covariances, then order the spans without it."""
        one, other = self._sides
        scaled = one.scales(ridge)[:, None] * self._cross * other.scales(ridge)
        values, u, v = top_singular(scaled, n_components)
        if ridge and len(values):
            inner, outer = (
                Whitening(side.shrunk(vectors, ridge)).white()
                for side, vectors in zip(self._sides, (u, v), strict=True)
            )
            values, a, b = top_singular(inner.T @ (values[:, None] * outer), n_components)
            u, v = u @ (inner @ a), v @ (outer @ b)
        left = one.directions @ (one.scales(ridge)[:, None] * u)
        right = other.directions @ (other.scales(ridge)[:, None] * v)
        return Solution(np.clip(values, 0.0, 1.0) ** 2, left, right)


def top_eigen(matrix: FloatArray, n_components: int) -> tuple[FloatArray, FloatArray]:
    """Compute the largest eigenvalues and vectors of a symmetric matrix, largest first."""
    side = len(matrix)
    if side == 0:
        return np.empty(0), np.empty((0, 0))
    n_components = min(n_components, side)
    # numpy's solvers, unlike scipy's, let other threads run.
    if n_components <= _FEW * side:
        window = [side - n_components, side - 1]
        values, vectors = scipy.linalg.eigh(matrix, subset_by_index=window, check_finite=False)
        # Where the top eigenvalue is that of many vectors, LAPACK may leave some out, or all.
        if len(values) == n_components:
            return values[::-1], vectors[:, ::-1]
    values, vectors = (found[..., -n_components:] for found in np.linalg.eigh(matrix))
    return values[::-1], vectors[:, ::-1]


def top_singular(
    matrix: FloatArray, n_components: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the largest singular values and vectors s, U, V of a matrix, largest first."""
    wide = matrix.shape[0] <= matrix.shape[1]
    if min(matrix.shape) <= _SMALL_SIDE:
        left, values, right = svd(matrix)
        return values[:n_components], left[:, :n_components], right[:n_components].T
    # By the smaller Gram matrix, then exactly within the span that it gives.
    _, vectors = top_eigen(matrix @ matrix.T if wide else matrix.T @ matrix, n_components)
    if wide:
        inner, values, right = svd(vectors.T @ matrix)
        return values, vectors @ inner, right.T
    left, values, inner = svd(matrix @ vectors)
    return values, left, vectors @ inner.T


def effective_rank(covariance: FloatArray) -> float:
    """Compute the exponential of the entropy of the eigenvalues of a covariance.

    Parameters
    ----------
    covariance : ndarray of shape (D, D)
        C.

    Returns
    -------
    float
        From 1 (one direction holds everything) to D (all alike); 0 when nothing varies.

    References
    ----------
    Roy and Vetterli, "The effective rank: a measure of effective dimensionality" (2007).
    """
    values = np.clip(np.linalg.eigvalsh(covariance), 0.0, None)
    shares = values[values > 0] / max(values.sum(), np.finfo(float).tiny)
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0


def check_rank(
    solution: Solution, n_components: int, rank: int, *, allow_fewer: bool = False
) -> int:
    """Count the functions with an association; refuse when fewer were found than asked for.

    Where fewer are allowed, those that rest on rounding do not count, and it is refused when there
    is not one.
    """
    there = solution.squares > NEGLIGIBLE
    if allow_fewer:
        there = np.logical_and.accumulate(there & (solution.squares > solution.rounding))
    found = int(np.count_nonzero(there))
    if found >= n_components or (allow_fewer and found > 0):
        return found
    if allow_fewer and rank > 0:
        raise RankError(
            "the context carries nothing on X: not one singular value among these functions is "
            "above zero; give another context, or a larger basis",
            0,
        )
    mend = f"give n_components={found} or less" if found else "the context carries nothing on X"
    if rank == 0:
        raise RankError("the functions are constant, so they carry no association", 0)
    if rank < n_components:
        raise RankError(
            f"n_components={n_components} is above the number of independent functions in the "
            f"basis, {rank}; {mend}, or a larger basis",
            found,
        )
    raise RankError(
        f"n_components={n_components} is above the rank of the context among these functions: "
        f"only {found} singular values are not zero; {mend}",
        found,
    )
