"""The largest singular value alone, for whoever needs no function of it."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from contextures._arrays import FloatArray
from contextures.spectrum.cells import Cells, cells_of
from contextures.spectrum.operator import NormalizedOperator

SHORT = 3
"""Restarts of a Lanczos run that is worth trying first: some forty products."""

_BLOCK = 4
"""Functions that are improved at once: the first ones are often alike, as sine and cosine are."""

_APART = 5
_MOST_STEPS = 300


def largest_value(
    operator: NormalizedOperator, tolerance: float = 1e-12, cells: Cells | None = None
) -> FloatArray:
    """Compute the largest singular value, by Lanczos where it stands apart.

    A value needs no copies of its vector, and its error is the square of the residual asked for.
    Where a large sparse transition mixes slowly, so that hundreds of values are nearly one, a
    coarse picture of it comes first and is improved.

    Parameters
    ----------
    operator : NormalizedOperator
        The operator, the constant part taken away.
    tolerance : float
        How far the square of the value may be off.
    cells : Cells, optional
        Those of the operator, where they are known.

    Returns
    -------
    ndarray of shape (1,)
        s_1.
    """
    products = LinearOperator(
        (operator.shape[1], operator.shape[1]),
        matvec=lambda vector: operator.apply_adjoint(operator.apply(vector[:, None]))[:, 0],
        dtype=np.float64,
    )
    start = np.random.default_rng(0).standard_normal(operator.shape[1])

    def lanczos(restarts: int | None) -> FloatArray:
        squares = eigsh(
            products, k=1, v0=start, tol=1e-8, maxiter=restarts, return_eigenvectors=False
        )
        return np.asarray(np.sqrt(np.clip(squares, 0.0, None)))

    cells = cells_of(operator) if cells is None else cells
    if cells is None:
        return lanczos(None)
    try:
        return lanczos(SHORT)
    except ArpackNoConvergence:
        pass
    found = _improved(cells, tolerance)
    return lanczos(None) if found is None else np.sqrt([found])


def rough_value(operator: NormalizedOperator) -> float:
    """Give a lower bound of the largest squared singular value, by ten steps of the power method.

    Where only the scale matters.
    """
    vector = np.random.default_rng(0).standard_normal((operator.shape[1], 1))
    length = 0.0
    for _ in range(10):
        vector = operator.apply_adjoint(operator.apply(vector))
        length = float(np.linalg.norm(vector))
        if not length > 0:
            break
        vector /= length
    return length


def _in_one_part(cells: Cells) -> bool:
    """Tell whether all points are joined; else 1 is a singular value."""
    n, m = cells.forward.shape
    pattern = cells.forward
    joint = np.concatenate([pattern.indptr, np.full(m, pattern.indptr[-1])])
    graph = sparse.csr_array(
        (np.ones(pattern.nnz, dtype=np.int8), pattern.indices + n, joint), shape=(n + m, n + m)
    )
    return bool(connected_components(graph, directed=False, return_labels=False) == 1)


def _improved(cells: Cells, tolerance: float) -> float | None:
    """Compute lambda_1 by LOBPCG from the best sums of cells' functions on.

    What is left over of a function is corrected by sums of cells' functions, in which smooth errors
    live, and as it stands, for the others. The estimates only grow, by shares that hardly change,
    from which it is told how much is still to come.

    References
    ----------
    A. V. Knyazev, "Toward the optimal preconditioned eigensolver: locally optimal block
    preconditioned conjugate gradient method", SIAM J. Sci. Comput. 23 (2001).
    """
    if not _in_one_part(cells):
        return 1.0
    basis = cells.basis
    images, constant = cells.forward @ basis, basis.T @ cells.root_a
    coarse = (images.T @ images).toarray() - np.outer(constant, constant)
    n_cells = len(coarse)
    wanted = min(_BLOCK, n_cells)
    tops = eigh(coarse, subset_by_index=[n_cells - wanted, n_cells - 1])[1]
    rest = cho_factor((1 + 1e-12) * np.eye(n_cells) - coarse)
    block = basis @ tops[:, ::-1]
    image, along, along_image = cells.product(block), block[:, :0], block[:, :0]
    values: list[float] = []
    for _ in range(_MOST_STEPS):
        ritz = np.einsum("ij,ij->j", block, image)
        values.append(float(ritz[0]))
        if 1 - values[-1] <= tolerance or _still_to_come(values) <= tolerance:
            return min(values[-1], 1.0)
        missing = image - ritz * block
        change = missing + basis @ cho_solve(rest, basis.T @ missing)
        change -= block @ (block.T @ change)
        change /= np.maximum(np.linalg.norm(change, axis=0), np.finfo(float).tiny)
        space = np.hstack([block, change, along])
        images = np.hstack([image, cells.product(change), along_image])
        turn = _best(space.T @ space, space.T @ images, wanted)
        block, image = space @ turn, images @ turn
        turn[:wanted] = 0
        along, along_image = space @ turn, images @ turn
        lengths = np.maximum(np.linalg.norm(along, axis=0), np.finfo(float).tiny)
        along, along_image = along / lengths, along_image / lengths
    return None


def _best(gram: FloatArray, products: FloatArray, wanted: int) -> FloatArray:
    """Give the combinations of largest Rayleigh quotient, orthonormal; dependent ones left out."""
    sizes, turn = np.linalg.eigh(gram)
    kept = sizes > 1e-12 * sizes[-1]
    white = turn[:, kept] / np.sqrt(sizes[kept])
    inner = white.T @ ((products + products.T) / 2) @ white
    return np.asarray(white @ np.linalg.eigh(inner)[1][:, ::-1][:, :wanted])


def _still_to_come(values: list[float]) -> float:
    if len(values) <= 2 * _APART:
        return np.inf
    before = values[-1 - _APART] - values[-1 - 2 * _APART]
    last = values[-1] - values[-1 - _APART]
    share = min(max(last / before if before > 0 else 0.0, 0.1), 0.9)
    return 3 * last * share / (1 - share)  # with room for shares that change after all
