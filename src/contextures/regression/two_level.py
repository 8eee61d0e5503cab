"""Conjugate gradients for inverse Laplacians of large sparse contexts, with a coarse solution."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from contextures._arrays import FloatArray
from contextures.exceptions import ContextWarning
from contextures.regression.conjugate_gradients import descend
from contextures.spectrum.cells import Cells

MOST_LABELLED = 1000
"""Up to this many labelled rows each is solved for exactly with the cells."""

MOST_NUMBERS = 30_000_000
"""Numbers of a block of right-hand sides that is solved for at a time; six such are held."""


Images = tuple[FloatArray, FloatArray, FloatArray]
"""What a block becomes before it is turned back: its part on rows, constant and labels."""


class TwoLevelSystem:
    """A = I - eta C + L^T (1 - u u^T) L, with L the weighted features of labelled rows.

    Functions that are smooth in the context, on which C is nearly one, make A badly conditioned,
    and so do labels, whose features are large. Both lie, nearly, in the span of W: the constant
    mode's part in each cell, and the features of labels. There the system is solved at once, of
    some 2,000 unknowns, and each step of conjugate gradients keeps to what is left. The images of a
    direction are carried along, so that correcting it needs no further product.

    Parameters
    ----------
    cells : Cells
        The context's operator and its cells.
    eta : float
        Below 1 / lambda_1.
    labels : csr_array of shape (k, m'), optional
        L, of the operator's points in their order.
    unit : ndarray of shape (k, 1), optional
        u.

    References
    ----------
    J. M. Tang, R. Nabben, C. Vuik and Y. A. Erlangga, "Comparison of two-level preconditioners
    derived from deflation, domain decomposition and multigrid methods", J. Sci. Comput. 39 (2009),
    the method A-DEF2.
    """

    def __init__(
        self,
        cells: Cells,
        eta: float,
        labels: sparse.csr_array | None = None,
        unit: FloatArray | None = None,
    ) -> None:
        m = len(cells.root_a)
        self._cells, self._eta = cells, eta
        if labels is None or unit is None:
            labels, unit = sparse.csr_array((0, m)), np.zeros((0, 1))
        self._unit = unit
        self._labels = sparse.csr_array(labels[:, cells.order])
        self._labels_back = sparse.csr_array(self._labels.T)
        basis = cells.basis
        if labels.shape[0]:
            lengths = np.sqrt(_squares(self._labels_back))
            own = self._labels_back @ sparse.diags_array(1 / np.where(lengths > 0, lengths, 1.0))
            basis = sparse.csr_array(sparse.hstack([basis, own]))
        self._basis, self._to_basis = basis, sparse.csr_array(basis.T)
        self._rows = sparse.csr_array(cells.forward @ basis)
        self._from_rows = sparse.csr_array(self._rows.T)
        self._constant = np.asarray(self._to_basis @ cells.root_a)
        self._known = sparse.csr_array(self._labels @ basis)
        self._from_known = sparse.csr_array(self._known.T)
        self._factor = self._factored()
        # Without the labels: what is left over is nearly orthogonal to their features.
        self._diagonal = 1 - eta * (_squares(cells.forward) - cells.root_a**2)

    def _factored(self) -> tuple[FloatArray, bool]:
        """Factor W^T A W, scaled to a unit diagonal; dependent functions share what they get."""
        inner = (self._to_basis @ self._basis).toarray()
        inner -= self._eta * (self._from_rows @ self._rows).toarray()
        inner += self._eta * np.outer(self._constant, self._constant)
        common = self._from_known @ self._unit
        inner += (self._from_known @ self._known).toarray() - common @ common.T
        self._scale = 1 / np.sqrt(np.maximum(np.diag(inner), np.finfo(float).tiny))[:, None]
        inner *= self._scale * self._scale.T
        np.fill_diagonal(inner, 1 + 1e-12)
        factor: tuple[FloatArray, bool] = cho_factor(inner, overwrite_a=True)
        return factor

    def solve(
        self, right: FloatArray, tolerance: float = 1e-10, most_steps: int = 1000
    ) -> FloatArray:
        """Solve A Z = B.

        Parameters
        ----------
        right : ndarray of shape (m', q)
            B, of the operator's points in their order.
        tolerance : float
            How small residuals must be beside the columns of B, in Euclidean norm.
        most_steps : int
            When to give up.

        Returns
        -------
        ndarray of shape (m', q)
            Z.

        Warns
        -----
        ContextWarning
            If it gave up.
        """
        found = np.empty_like(right)
        step = max(1, MOST_NUMBERS // max(1, len(right)))
        order, given_up = self._cells.order, 0
        for start in range(0, right.shape[1], step):
            part = slice(start, start + step)
            solution, left = self._solved(right[order, part], tolerance, most_steps)
            found[order, part] = solution
            given_up += left
        if given_up:
            warnings.warn(
                f"conjugate gradients did not converge in {most_steps:,} steps for {given_up} of "
                f"{right.shape[1]} right-hand sides; take a smaller eta, or solver='spectral'",
                ContextWarning,
                stacklevel=2,
            )
        return found

    def _solved(
        self, right: FloatArray, tolerance: float, most_steps: int
    ) -> tuple[FloatArray, int]:
        goal = tolerance * np.linalg.norm(right, axis=0)
        solution, residual = np.zeros_like(right), right
        for _ in range(2):  # the second time for what rounding left, where labels outweigh all else
            solution += self._basis @ self._coarse(self._to_basis @ residual)
            residual = right - self._product(solution, self._images(solution))
        given_up = descend(
            solution, residual, goal, self._preconditioned, self._directed, most_steps
        )
        return solution, given_up

    def _directed(self, direction: tuple[FloatArray, ...]) -> FloatArray:
        block, rows, constant, labels = direction
        return self._product(block, (rows, constant, labels))

    def _preconditioned(self, residual: FloatArray) -> tuple[FloatArray, ...]:
        """Scale a residual, and correct it so that its product has nothing in the basis."""
        new = residual / self._diagonal[:, None]
        rows, constant, labels = self._images(new)
        inside = self._to_basis @ new
        inside -= self._eta * (self._from_rows @ rows)
        inside += np.outer(self._constant, self._eta * constant)
        inside += self._from_known @ labels
        # In exact arithmetic the residual itself has nothing there.
        correction = self._coarse(inside - self._to_basis @ residual)
        new -= self._basis @ correction
        rows -= self._rows @ correction
        constant -= self._constant @ correction
        labels -= self._centred(self._known @ correction)
        return new, rows, constant, labels

    def _images(self, block: FloatArray) -> Images:
        cells = self._cells
        return (
            np.asarray(cells.forward @ block),
            np.asarray(cells.root_a @ block),
            self._centred(self._labels @ block),
        )

    def _product(self, block: FloatArray, images: Images) -> FloatArray:
        """Compute A V of a block whose images are known."""
        rows, constant, labels = images
        product = np.asarray(self._cells.backward @ rows)
        product -= np.outer(self._cells.root_a, constant)
        product *= -self._eta
        product += block
        if len(labels):
            product += self._labels_back @ labels
        return product

    def _centred(self, labels: FloatArray) -> FloatArray:
        return np.asarray(labels - self._unit @ (self._unit.T @ labels))

    def _coarse(self, inside: FloatArray) -> FloatArray:
        return np.asarray(self._scale * cho_solve(self._factor, self._scale * inside))


def _squares(matrix: sparse.csr_array) -> FloatArray:
    """Give the squared lengths of columns."""
    squares = np.bincount(matrix.indices, matrix.data**2, matrix.shape[1])
    return np.asarray(squares, dtype=np.float64)
