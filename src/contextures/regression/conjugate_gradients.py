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
    inverse = 1.0 / np.maximum(diagonal, np.finfo(float).tiny)[:, None]
    given_up = descend(
        solution,
        right,
        tolerance * np.linalg.norm(right, axis=0),
        lambda residual: (inverse * residual,),
        lambda direction: product(direction[0]),
        most_steps,
    )
    if given_up:
        warnings.warn(
            f"conjugate gradients did not converge in {most_steps:,} steps for {given_up} of "
            f"{right.shape[1]} right-hand sides; take a smaller eta or power, or "
            "solver='spectral'",
            ContextWarning,
            stacklevel=2,
        )
    return solution


def descend(
    solution: FloatArray,
    residual: FloatArray,
    goal: FloatArray,
    precondition: Callable[[FloatArray], tuple[FloatArray, ...]],
    product: Callable[[tuple[FloatArray, ...]], FloatArray],
    most_steps: int,
) -> int:
    """Take the steps of conjugate gradients, each column of its own length.

    Parameters
    ----------
    solution : ndarray of shape (n, k)
        Where to begin; it is improved in place.
    residual : ndarray of shape (n, k)
        Its residual.
    goal : ndarray of shape (k,)
        Columns whose residuals are no longer than this are left out of further steps.
    precondition : callable
        Gives of residuals new arrays, whose last axes are of the columns: first where to go, then
        whatever depends linearly on that and multiplying needs.
    product : callable
        Multiplies a direction, which is like what ``precondition`` gives.
    most_steps : int
        When to give up.

    Returns
    -------
    int
        How many columns were given up.
    """
    active = np.flatnonzero(np.linalg.norm(residual, axis=0) > goal)
    residual = residual[:, active]
    direction = precondition(residual)
    size = np.einsum("ij,ij->j", residual, direction[0])
    for _ in range(most_steps):
        if not len(active):
            break
        image = product(direction)
        step = size / np.einsum("ij,ij->j", direction[0], image)
        solution[:, active] += step * direction[0]
        residual -= step * image
        left = np.linalg.norm(residual, axis=0) > goal[active]
        if not left.all():
            active, size, residual = active[left], size[left], residual[:, left]
            direction = tuple(each[..., left] for each in direction)
        new = precondition(residual)
        new_size = np.einsum("ij,ij->j", residual, new[0])
        for mine, others in zip(direction, new, strict=True):
            mine *= new_size / size
            mine += others
        size = new_size
    return len(active)
