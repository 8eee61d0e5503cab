"""Conjugate gradients for many right-hand sides at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from contextures._arrays import FloatArray
from contextures.exceptions import ContextWarning


def conjugate_gradients(
    product: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    diagonal: FloatArray,
    tolerance: float = 1e-10,
    most_steps: int = 5000,
) -> FloatArray:
    """Solve A Z = B for a symmetric positive definite A that is known by its products.

    Columns that have converged are left out of further products. Each column has its own step
    lengths: a Krylov space shared by the columns would need care where they are dependent, as
    those of labelled rows with equal contexts are.

    Parameters
    ----------
    product : callable
        Computes A Z for a block Z of shape (n, k).
    right : ndarray of shape (n, k)
        B.
    diagonal : ndarray of shape (n,)
        The diagonal of A, or numbers near to it: what it is preconditioned by.
    tolerance : float
        How small residuals must be beside the columns of B, in Euclidean norm.
    most_steps : int
        When to give up.

    Returns
    -------
    ndarray of shape (n, k)
        Z.

    Warns
    -----
    ContextWarning
        If it gave up.
    """
    solution = np.zeros_like(right)
    residual = right.copy()
    goal = tolerance * np.linalg.norm(right, axis=0)
    inverse = 1.0 / np.maximum(diagonal, np.finfo(float).tiny)[:, None]
    active = np.flatnonzero(np.linalg.norm(residual, axis=0) > goal)
    residual = residual[:, active]
    scaled = inverse * residual
    direction = scaled.copy()
    size = np.einsum("ij,ij->j", residual, scaled)
    for _ in range(most_steps):
        if not len(active):
            return solution
        image = product(direction)
        step = size / np.einsum("ij,ij->j", direction, image)
        solution[:, active] += step * direction
        residual -= step * image
        left = np.linalg.norm(residual, axis=0) > goal[active]
        if not left.all():
            active, size = active[left], size[left]
            residual, direction = residual[:, left], direction[:, left]
        scaled = inverse * residual
        new = np.einsum("ij,ij->j", residual, scaled)
        direction = scaled + (new / size) * direction
        size = new
    if len(active):
        warnings.warn(
            f"conjugate gradients did not converge in {most_steps:,} steps for {len(active)} of "
            f"{right.shape[1]} right-hand sides; take a smaller eta or power, or "
            "solver='spectral'",
            ContextWarning,
            stacklevel=2,
        )
    return solution
