"""Functions of a square that was formed and whose spectrum falls slowly: filtered block Lanczos."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.csgraph import reverse_cuthill_mckee

from contextures._arrays import FloatArray
from contextures.spectrum.basis import BLOCK, Basis

_WIDTH = 8
"""Vectors that are multiplied at once: it takes a sparse matrix as long as three, one by one."""

_GUESSING_STEPS = 15
"""Plain steps before, by which values are counted."""

_MORE = 1.8
"""So many times as many values as wanted, and a few more, are guessed to be left by the filter."""

_SLOW = 0.25
"""Where the last wanted value is below this share of the largest, plain Lanczos needs few steps."""

_GROWTH = 2.0
"""By so many powers of e a filter raises the last wanted value."""

_HIGHEST = 6
"""The degree of a filter at most: any from 4 to 10 take as long."""

_SPACE = 12
"""Vectors for each function at most; as a rule some four are enough."""

_CONVERGED = 3e-11
"""How far S u = s^2 u may be expected to be off, as a share of s, for the exact step to follow."""

_EXACT = 1e-10

_OVERLAP, _PROBES = 1e-10, 4
"""How far a block may overlap with those before, and how many sums of these tell so."""

_EQUAL = 1e-8
"""Values that differ by less may be copies of each other."""


def filtered(
    square: Any, constant: FloatArray, k: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray] | None:
    """Compute the top eigenvectors of a sparse square by Lanczos on a polynomial of it, in blocks.

    The more slowly the values fall, the more vectors Lanczos needs, which have to be kept
    orthogonal, and one product after the other waits for memory. The Chebyshev polynomial that is
    small on the values that are not wanted leaves fewer steps to Lanczos, of several vectors each:
    more products in sum, each of them at a fraction of the cost. A block also meets each eigenspace
    in as many directions as it has columns.

    Parameters
    ----------
    square : csr_array of shape (n, n)
        M M^T with the constant mode still in it; symmetric, its eigenvalues in [0, 1].
    constant : ndarray of shape (n,)
        The eigenvector that is left out, of unit length.
    k : int
        How many functions.
    rng : numpy.random.Generator
        Draws the starting block.

    Returns
    -------
    tuple of ndarray or None
        U of shape (n, k) and s of shape (k,), largest first, to 1e-10; None where the spectrum
        falls steeply, or has too few values, so that there is nothing to filter.

    References
    ----------
    Fang and Saad, "A filtered Lanczos procedure for extreme and interior eigenvalue problems"
    (2012). Where to filter is told as in Ubaru, Chen and Saad, "Fast estimation of tr(f(A)) via
    stochastic Lanczos quadrature" (2017), from the block that Lanczos begins with.
    """
    n = square.shape[0]
    if (_GUESSING_STEPS + 1) * _WIDTH + k >= n:
        return None
    # Rows that share neighbours stand near to each other, in the processor's cache.
    order = reverse_cuthill_mckee(square, symmetric_mode=True)
    operator = _Square(square[order][:, order], constant[order])
    start = operator.centred(rng.standard_normal((n, _WIDTH)))
    guess = _guess(operator, np.linalg.qr(start)[0], k)
    if guess is None:
        return None
    cut, degree, start = guess
    found = _lanczos(operator, _Filter(operator, cut, degree), start, k)
    if found is None:
        return None
    vectors, values = found
    left = np.empty_like(vectors)
    left[order] = vectors
    return left, values


def may_lack_copies(values: FloatArray) -> bool:
    """Tell whether a value may have more copies than :func:`filtered` found.

    A block meets an eigenspace in as many directions as it has columns. Of values that are only
    nearly equal it would have met mixtures, which are no eigenvectors.

    Parameters
    ----------
    values : ndarray of shape (k,)
        The singular values found, largest first.

    Returns
    -------
    bool
        Whether as many are equal as a block has columns.
    """
    return bool((values[: 1 - _WIDTH] - values[_WIDTH - 1 :] < _EQUAL).any())


class _Square:
    """The square less its constant mode, for blocks of vectors that are orthogonal to this."""

    def __init__(self, matrix: Any, constant: FloatArray) -> None:
        matrix.sort_indices()
        # By columns, of which it has the same: each entry then adds to another row of the result,
        # and need not wait until what the one before it added is in memory.
        self.matrix = sparse.csc_array((matrix.data, matrix.indices, matrix.indptr), matrix.shape)
        self.constant = constant

    def centred(self, block: FloatArray) -> FloatArray:
        """Take the constant away in place."""
        block -= np.outer(self.constant, self.constant @ block)
        return block

    def times(self, block: FloatArray) -> FloatArray:
        return self.centred(self.whole(block))

    def whole(self, block: FloatArray) -> FloatArray:
        """Multiply without taking away what rounding has put back of the constant."""
        return np.asarray(self.matrix @ block)


class _Filter:
    """A Chebyshev polynomial that is at most ``floor`` on [0, cut], and one at one."""

    def __init__(self, operator: _Square, cut: float, degree: int) -> None:
        self.operator, self.cut, self.degree = operator, cut, degree
        self.floor = 1.0 / np.cosh(degree * np.arccosh(2.0 / cut - 1.0))

    def times(self, block: FloatArray) -> FloatArray:
        # The usual three-term recurrence, scaled so that nothing grows.
        last = 1.0 / (2.0 / self.cut - 1.0)
        first, ratio = last, last
        before = block
        block = (self.operator.whole(before) * (2.0 / self.cut) - before) * first
        for _ in range(1, self.degree):
            following = 1.0 / (2.0 / first - ratio)
            image = self.operator.whole(block)
            image *= 2.0 / self.cut
            image -= block
            image *= 2.0 * following
            image -= ratio * following * before
            before, block, ratio = block, image, following
        return self.operator.centred(block)

    def value(self, filtered: FloatArray) -> FloatArray:
        """Give the value that was raised to what is above the floor."""
        raised = np.arccosh(np.maximum(filtered / self.floor, 1.0)) / self.degree
        return np.asarray(self.cut / 2.0 * (np.cosh(raised) + 1.0))


def _guess(operator: _Square, start: FloatArray, k: int) -> tuple[float, int, FloatArray] | None:
    """Tell what to filter out and how, and give a better block to begin with."""
    run = _Run(start)
    for _ in range(_GUESSING_STEPS):
        run.step(operator.times)
    values, mixtures = np.linalg.eigh(run.small())
    values, mixtures = values[::-1], mixtures[:, ::-1]
    # A random direction has the same share of each eigenvector: the shares count them.
    counts = (mixtures[:_WIDTH] ** 2).sum(axis=0) * len(start) / _WIDTH
    above = np.cumsum(counts) - counts / 2
    beyond = _MORE * k + _WIDTH
    last, cut = np.interp([k, beyond], above, values)
    if above[-1] < beyond or not last > cut > _SLOW * values[0]:
        return None
    growth = np.arccosh(2.0 * last / cut - 1.0)
    degree = int(np.clip(round(_GROWTH / growth), 1, _HIGHEST))
    top = mixtures[:, values > cut]
    better = run.basis.mixed(top @ top[:_WIDTH].T)
    return float(cut), degree, np.linalg.qr(operator.centred(better))[0]


class _Run:
    """Block Lanczos, made orthogonal to all before where sums of these with random signs tell so.

    What little is left of overlaps is harmless, since the vectors are made exact in the end.
    """

    def __init__(self, start: FloatArray) -> None:
        self.basis = Basis(len(start))
        self.block = start
        self._signs = np.random.default_rng(0)
        self._probes = np.zeros((len(start), _PROBES))
        self._again = False
        self._before: FloatArray | None = None
        self._diagonal: list[FloatArray] = []
        self._beside: list[FloatArray] = []

    def step(self, times: Any) -> bool:
        """Go one step on; tell whether there was anything left to go on with."""
        self.basis.append(self.block)
        following = times(self.block)
        if self._before is not None:
            following -= self._before @ self._beside[-1].T
        inner = self.block.T @ following
        self._diagonal.append((inner + inner.T) / 2.0)
        following -= self.block @ self._diagonal[-1]
        signs = self._signs.choice([-1.0, 1.0], size=(self.block.shape[1], _PROBES))
        self._probes += self.block @ signs
        self._before = self.block
        self.block, rest = np.linalg.qr(following)
        if self._again or np.abs(self._probes.T @ self.block).max() > _OVERLAP:
            # And the block after it, which would have it back from the one before.
            self._again = not self._again
            self.basis.take_away(following)
            self.block, rest = np.linalg.qr(following)
        self._beside.append(rest)
        sizes = np.abs(np.diag(rest))
        return bool(sizes.min() > 1e-10 * np.abs(self._diagonal[0]).max())

    def small(self) -> FloatArray:
        """Give the operator within the basis: block tridiagonal."""
        width = self.block.shape[1]
        size = len(self.basis)
        found = np.zeros((size, size))
        for at, (inner, rest) in enumerate(zip(self._diagonal, self._beside, strict=True)):
            here = slice(at * width, (at + 1) * width)
            after = slice((at + 1) * width, (at + 2) * width)
            found[here, here] = inner
            if after.stop <= size:
                found[after, here], found[here, after] = rest, rest.T
        return found

    def off(self, mixtures: FloatArray) -> FloatArray:
        """Tell how far mixtures of the basis are from eigenvectors."""
        width = self.block.shape[1]
        return np.asarray(np.linalg.norm(self._beside[-1] @ mixtures[-width:], axis=0))


def _lanczos(
    operator: _Square, filter_: _Filter, start: FloatArray, k: int
) -> tuple[FloatArray, FloatArray] | None:
    run = _Run(start)
    most = min(_SPACE * k + 2 * BLOCK, len(start) - start.shape[1] - 1)
    check, before = 2 * k, (0, 0.0)
    while len(run.basis) < most:
        if not run.step(filter_.times):
            return None  # the space that the block reaches is at an end
        size = len(run.basis)
        if size < check:
            continue
        raised, mixtures = eigh(run.small(), subset_by_index=[size - k, size - 1])
        far = np.inf
        if raised[0] > (1 + 1e-6) * filter_.floor:
            # What is missing of a vector is mostly of values that the filter made small.
            off = run.off(mixtures) * np.sqrt(filter_.value(raised)) / (raised - filter_.floor)
            far = float(np.log(max(off.max(), 1e-300) / _CONVERGED))
        elif size > 4 * k + 2 * BLOCK:
            return None  # the guess was too high: what is wanted is filtered out
        if far < 0:
            return _exact(operator, run.basis.mixed(mixtures))
        # At the rate at which it falls, how many steps more?
        fall = (before[1] - far) / (size - before[0])
        more = far / fall if fall > 0 else np.inf
        check, before = int(size + min(more, 0.1 * size)), (size, far)
    return None


def _exact(operator: _Square, space: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Give the exact eigenvectors in a space, if the space is that of eigenvectors."""
    image = operator.times(space)
    inner = space.T @ image
    squares, turn = eigh((inner + inner.T) / 2.0, space.T @ space)
    squares, turn = squares[::-1], turn[:, ::-1]
    if squares[-1] <= 0:
        return None
    vectors, values = space @ turn, np.sqrt(squares)
    off = np.linalg.norm(image @ turn - vectors * squares, axis=0) / values
    return (vectors, values) if off.max() < _EXACT else None
