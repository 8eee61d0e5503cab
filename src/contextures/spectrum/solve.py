"""Solvers for the top singular triplets, all numpy's and scipy's, chosen by size as measured.

See ``benchmarks/README.md``. Randomised range finders are not among them: as long as they are cheap
they lose the last functions.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh, svds

from contextures._arrays import FloatArray, svd
from contextures.exceptions import InputError
from contextures.spectrum.filtered import filtered, may_lack_copies
from contextures.spectrum.largest import largest_value
from contextures.spectrum.left_over import is_all, square_of
from contextures.spectrum.one_sided import MANY_SIDE, one_sided
from contextures.spectrum.operator import NormalizedOperator
from contextures.spectrum.reached import Reached
from contextures.spectrum.ritz.problem import top_eigen
from contextures.spectrum.steep import all_of_few, few_functions

Solver = Literal["auto", "dense", "gram", "lanczos", "propack"]
Triplets = tuple[FloatArray, FloatArray, Any]

DENSE_SIDE = 500
"""Up to this many rows or support points the dense SVD is as quick as any."""

DENSE_LENGTH = 4000
"""Up to this many on the other side, which is what it costs where there are more."""

GRAM_SIDE = 3000
"""Up to this size a dense operator is quickest by the eigenvectors of its smaller Gram matrix."""

NEGLIGIBLE = 1e-9
"""Singular values below this are rounding."""

COARSE = 1e-2
"""Below this values are worth refining after a Gram matrix, which squares them."""

EXACT = 1e-10
"""How far M V = U s, M^T U = V s and U^T U = V^T V = 1 may be off."""

_SPARE = 4
"""Triplets that PROPACK finds besides those asked for: the last of its own are the worst."""

_LEAST_STEPS = 160
"""Steps that PROPACK may take however few triplets are wanted."""

_ROUNDS = 20


def choose_solver(
    solver: str, operator: NormalizedOperator, n_components: int
) -> Literal["dense", "gram", "lanczos", "propack"]:
    """Pick the solver for an operator; see :func:`contextures.spectrum.decompose`."""
    if solver not in ("auto", "dense", "gram", "lanczos", "propack"):
        raise InputError(
            f"solver={solver!r} is not known; give 'auto', 'dense', 'gram', 'lanczos' or 'propack'"
        )
    side = min(operator.shape)
    if solver in ("lanczos", "propack") and n_components >= side - 1:
        return "dense"  # iterative solvers cannot find the whole spectrum
    if solver != "auto":
        return solver  # type: ignore[return-value]
    if side <= DENSE_SIDE:
        return "dense" if max(operator.shape) <= DENSE_LENGTH else "gram"
    if (not operator.is_sparse and side <= GRAM_SIDE) or n_components > side // 4:
        return "gram"
    return "propack"


def top_triplets(
    operator: NormalizedOperator, n_components: int, solver: str, rng: np.random.Generator
) -> Triplets:
    """Compute U (n, d), s (d,), V (m', d) of the largest singular values, largest first.

    Parameters
    ----------
    operator : NormalizedOperator
        The operator, the constant part taken away.
    n_components : int
        d, at most the smaller side of the operator.
    solver : {"dense", "gram", "lanczos", "propack"}
        The solver.
    rng : numpy.random.Generator
        Draws the starting vector of the iterative solvers.

    Returns
    -------
    tuple of ndarray
        U, s, V, fewer of them where the others' values are below 1e-10; V as products where it is
        much larger than these.
    """
    if solver == "dense":
        left, values, right = svd(operator.dense())
        return left[:, :n_components], values[:n_components], right[:n_components].T
    if solver == "gram":
        return _from_gram(operator, n_components)
    return _iterate(operator, n_components, solver, rng)


def top_values(operator: NormalizedOperator, n_components: int) -> FloatArray:
    """Compute the largest singular values alone, largest first.

    Parameters
    ----------
    operator : NormalizedOperator
        The operator, the constant part taken away.
    n_components : int
        How many; fewer come back when the operator is smaller.

    Returns
    -------
    ndarray of shape (d,)
        Singular values, known to 1e-12 above 1e-4 and to about 1e-8 below.
    """
    side = min(operator.shape)
    n_components = min(n_components, side)
    if n_components == 1 and side > DENSE_SIDE:
        return largest_value(operator)
    if operator.is_sparse and side > GRAM_SIDE:
        return top_triplets(operator, n_components, "propack", np.random.default_rng(0))[1]
    squares = np.linalg.eigvalsh(operator.smaller_gram())
    return np.asarray(np.sqrt(np.clip(squares[::-1][:n_components], 0.0, None)))


def _from_gram(operator: NormalizedOperator, n_components: int) -> Triplets:
    basis = few_functions(operator, n_components)
    if basis is not None:
        left, values, right = _refined(operator.linear_operator(), basis)
        return left[:, :n_components], values[:n_components], right[:, :n_components]
    squares, vectors = top_eigen(operator.smaller_gram(), n_components)
    triplets = _complete(operator, np.sqrt(np.clip(squares, 0.0, None)), vectors)
    if triplets[1][-1] > COARSE:
        return triplets
    return _refined(operator.linear_operator(), triplets[0])


def _refined(matrix: LinearOperator, left: FloatArray) -> Triplets:
    """Take one step of subspace iteration and the exact triplets in its span.

    A Gram matrix squares the singular values, so that rounding blurs the functions of the small
    ones into each other; the factors themselves resolve them.
    """
    right, _ = np.linalg.qr(matrix.rmatmat(np.linalg.qr(left)[0]))
    left, values, rotation = svd(matrix.matmat(right))
    return left, values, right @ rotation.T


def _complete(operator: NormalizedOperator, values: FloatArray, vectors: FloatArray) -> Triplets:
    """Compute the other side's singular vectors from those of the smaller side."""
    safe = np.where(values > NEGLIGIBLE, values, np.inf)
    if operator.shape[0] <= operator.shape[1]:
        return vectors, values, operator.apply_adjoint(vectors) / safe
    return operator.apply(vectors) / safe, values, vectors


def _iterate(
    operator: NormalizedOperator, n_components: int, solver: str, rng: np.random.Generator
) -> Triplets:
    """Run a Krylov solver until what is left over holds nothing larger.

    A Krylov space grown from one vector meets each eigenspace in one direction: copies of an equal
    singular value (a graph in several parts, a symmetric context) come in by rounding only. So
    the operator is asked again with what was found taken away.
    """
    whole = operator.linear_operator()
    squared = solver == "propack" and whole.keep_square()
    if squared:
        slow = filtered(whole.gram, operator.root_x, n_components, rng)
        if slow is not None:
            left, values = slow
            reached = Reached(operator.scaled, left / values)
            if not may_lack_copies(values) or is_all(whole, (left, values, reached), rng):
                return left, values, reached
        del slow
    if squared or (solver == "propack" and min(whole.shape) > MANY_SIDE):
        many = one_sided(whole, n_components, rng)
        if many is not None:
            many = _exact(whole, *many)
            if is_all(whole, many, rng):
                return many
        del many
    few = all_of_few(whole, n_components)
    if few is not None:
        return few
    (left, values, right), holds = _first(whole, n_components, solver, rng)
    checked = left if holds else None
    for _ in range(_ROUNDS):
        left, values, right = _cleaned(whole, left, values, right)
        if is_all(whole, (left, values, right), rng, n_components):
            if left is checked:
                return left, values, right
            kept = slice(n_components)
            return _exact(whole, left[:, kept], values[kept], right[:, kept])
        rest = _without(whole, left, values, right)
        more_left, more_values, more_right = _lanczos(rest, min(16, n_components), rng)
        order = np.argsort(-np.concatenate([values, more_values]), kind="stable")
        left = np.hstack([left, more_left])[:, order]
        right = np.hstack([right, more_right])[:, order]
        values = np.concatenate([values, more_values])[order]
    return top_triplets(operator, n_components, "gram", rng)


def _exact(
    matrix: LinearOperator, left: FloatArray, values: FloatArray, right: FloatArray
) -> Triplets:
    """Give triplets as they are where they hold, and refined where they do not.

    The other side of a Krylov solver's vectors is divided by the singular values, and so is what
    is wrong with it.
    """
    if _is_solution(matrix, left, values, right):
        return left, values, right
    return _refined(matrix, left)


def _first(
    matrix: LinearOperator, k: int, solver: str, rng: np.random.Generator
) -> tuple[Triplets, bool]:
    """Run a Krylov solver once, and tell whether its triplets were seen to hold."""
    if solver == "lanczos":
        return _lanczos(matrix, k, rng), False
    start = rng.standard_normal(matrix.shape[0])
    try:
        # The squared tolerance that scipy hands to PROPACK bounds singular values; vectors know
        # its root. Neither this nor the spare triplets cost more than a few steps of hundreds.
        left, values, right = svds(
            matrix,
            k=max(k, min(k + _SPARE, min(matrix.shape) - 1)),
            solver="propack",
            tol=1e-6,
            maxiter=max(10 * k, _LEAST_STEPS),
            v0=start,
            rng=rng,
        )
    except np.linalg.LinAlgError:
        # PROPACK stops after that many steps, which a slow spectrum can exceed when k is small.
        return _lanczos(matrix, k, rng), False
    order = np.argsort(-values, kind="stable")[:k]
    found = left[:, order], values[order], right[order].T
    if _is_solution(matrix, *found):
        return found, True
    if np.isfinite(found[0]).all():
        # Of many triplets each is a little off; PROPACK orthogonalises no more than it must.
        found = _refined(matrix, found[0])
    if not _is_solution(matrix, *found):
        # Where few values are different, PROPACK can return wrong triplets without saying so.
        return _lanczos(matrix, k, rng), False
    return found, True


def _is_solution(
    matrix: LinearOperator, left: FloatArray, values: FloatArray, right: FloatArray
) -> bool:
    """Tell whether M V = U s, M^T U = V s and U^T U = V^T V = 1 hold."""
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return False
    # A few random mixtures of the triplets show a wrong one as well as each by itself would.
    mixtures = np.random.default_rng(0).standard_normal((len(values), 4))
    mixtures /= np.linalg.norm(mixtures, axis=0)
    weighted = values[:, None] * mixtures
    mixed_left, mixed_right = left @ mixtures, right @ mixtures
    errors = (
        matrix.matmat(mixed_right) - left @ weighted,
        matrix.rmatmat(mixed_left) - right @ weighted,
        left.T @ mixed_left - mixtures,
        right.T @ mixed_right - mixtures,
    )
    return all(float(np.linalg.norm(error, axis=0).max()) < EXACT for error in errors)


def _lanczos(matrix: LinearOperator, k: int, rng: np.random.Generator) -> Triplets:
    square = square_of(matrix)
    start = rng.standard_normal(square.shape[0])
    squares, vectors = eigsh(square, k=k, which="LA", tol=1e-12, v0=start)
    order = np.argsort(-squares, kind="stable")
    values = np.sqrt(np.clip(squares[order], 0.0, None))
    vectors = vectors[:, order]
    safe = np.where(values > NEGLIGIBLE, values, np.inf)
    if matrix.shape[0] <= matrix.shape[1]:
        return vectors, values, matrix.rmatmat(vectors) / safe
    return matrix.matmat(vectors) / safe, values, vectors


def _cleaned(
    matrix: LinearOperator, left: FloatArray, values: FloatArray, right: FloatArray
) -> Triplets:
    """Take the best triplets in the span of ``left`` when its columns overlap.

    Among equal singular values PROPACK can return the same direction twice.
    """
    if np.abs(left.T @ left - np.eye(left.shape[1])).max() < 1e-9:
        return left, values, right
    basis, _ = np.linalg.qr(left)
    other, values, rotation = svd(matrix.rmatmat(basis))
    return basis @ rotation.T, values, other


def _without(
    matrix: LinearOperator, left: FloatArray, values: FloatArray, right: FloatArray
) -> LinearOperator:
    scaled = left * values

    def forward(v: FloatArray) -> FloatArray:
        flat = v.ravel()
        return np.asarray(matrix.matvec(flat) - scaled @ (right.T @ flat))

    def backward(u: FloatArray) -> FloatArray:
        flat = u.ravel()
        return np.asarray(matrix.rmatvec(flat) - right @ (scaled.T @ flat))

    return LinearOperator(matrix.shape, matvec=forward, rmatvec=backward, dtype=np.float64)
