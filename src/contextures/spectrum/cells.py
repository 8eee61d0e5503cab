"""Cells of values of A that lie few steps apart: a coarse picture of a large sparse context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray
from contextures.spectrum.operator import NormalizedOperator

LEAST_SIDE = 2000
"""From this many support points on a coarse picture saves more than it takes to draw."""

POINTS_EACH = 40
MOST_CELLS = 2000
"""Cells have about 40 points, and more where that would make the coarse matrix slow to factor."""


@dataclass(frozen=True)
class Cells:
    """A sparse transition's normalised operator with its points in cells, neighbours in memory.

    Neighbouring points stand next to each other, so that a product finds what it needs in the
    processor's cache.

    Attributes
    ----------
    forward, backward : csr_array of shape (n, m'), (m', n)
        The operator before its constant part is taken away, rows and points in another order, and
        its transpose.
    root_a : ndarray of shape (m',)
        The constant mode.
    order : ndarray of shape (m',)
        Which of the operator's points stand where.
    basis : csr_array of shape (m', N)
        The constant mode's part in each cell, of unit length: functions that are smooth in the
        context are nearly sums of these.
    """

    forward: sparse.csr_array
    backward: sparse.csr_array
    root_a: FloatArray
    order: IntArray
    basis: sparse.csr_array

    def product(self, block: FloatArray) -> FloatArray:
        """Compute C V = M^T M V."""
        image = self.backward @ (self.forward @ block)
        image -= np.outer(self.root_a, self.root_a @ block)
        return np.asarray(image)


def cells_of(operator: NormalizedOperator, least_side: int | None = None) -> Cells | None:
    """Gather the points of a large sparse transition into connected cells.

    Parameters
    ----------
    operator : NormalizedOperator
        The operator of a fitted context.
    least_side : int, optional
        Below this many points there are no cells; 2,000 if it is not given.

    Returns
    -------
    Cells or None
        None where the operator is dense, small or a kernel's.
    """
    m = operator.shape[1]
    if not operator.is_sparse or not operator.holds_constant:
        return None
    if m < (LEAST_SIDE if least_side is None else least_side):
        return None
    forward = operator.scaled
    if not forward.data.all():
        forward = forward.copy()
        forward.eliminate_zeros()
    backward = sparse.csr_array(forward.T)
    if not (np.diff(forward.indptr).all() and np.diff(backward.indptr).all()):
        return None
    count = max(1, min(MOST_CELLS, m // POINTS_EACH))
    cell = _grown(forward, backward, count)
    order = np.argsort(cell, kind="stable")
    place = np.empty(m, dtype=np.int32)
    place[order] = np.arange(m, dtype=np.int32)
    forward = forward[np.argsort(place[forward.indices[forward.indptr[:-1]]], kind="stable")]
    forward = sparse.csr_array(
        (forward.data, place[forward.indices], forward.indptr), operator.shape
    )
    forward.sort_indices()
    root_a, cell = operator.root_a[order], cell[order]
    inside = np.flatnonzero(cell >= 0)
    lengths = np.sqrt(np.bincount(cell[inside], root_a[inside] ** 2, count))
    entries = root_a[inside] / lengths[cell[inside]]
    basis = sparse.csr_array((entries, (inside, cell[inside])), shape=(m, count))
    return Cells(forward, sparse.csr_array(forward.T), root_a, order, basis)


def _grown(forward: sparse.csr_array, backward: sparse.csr_array, count: int) -> IntArray:
    """Let cells grow from random points, a step at a time; -1 for points that none reaches."""
    m = forward.shape[1]
    cell = np.full(m, -1, dtype=np.int32)
    seeds = np.random.default_rng(0).choice(m, size=count, replace=False)
    cell[seeds] = np.arange(count, dtype=np.int32)
    while True:
        rows = np.maximum.reduceat(cell[forward.indices], forward.indptr[:-1])
        reached = np.maximum.reduceat(rows[backward.indices], backward.indptr[:-1])
        new = (cell < 0) & (reached >= 0)
        if not new.any():
            return cell
        cell[new] = reached[new]
