"""Whitening by Cholesky factors, with a ridge relative to the scale of the batch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from contextures.exceptions import InputError

RIDGE = 1e-5
"""The default ridge, as a share of the mean variance of the coordinates."""

RAISED = (1e-4, 1e-3, 1e-2, 1e-1)
"""Ridges tried in turn where the one that is asked for does not outweigh rounding.

Rounding in float32 is 1e-7 of the largest eigenvalue and more, which for d coordinates that are all
but one direction is d times the scale of the ridge.
"""


def cholesky(covariance: Tensor, n_rows: int, ridge: float, name: str) -> Tensor:
    """Factor a covariance with its ridge, C + ridge (tr C / d) I = L L^T.

    The ridge decides about directions without variance: they count as carrying no association
    (s = 0) instead of breaking the factorisation. Where rounding makes the matrix indefinite all
    the same, the factorisation is done in float64 with the least ridge of ``RAISED`` that suffices.

    Parameters
    ----------
    covariance : torch.Tensor of shape (d, d)
        C, symmetric; no gradient flows through the factor.
    n_rows : int
        How many rows it was computed from.
    ridge : float
        Relative to the mean diagonal entry.
    name : str
        What a message should call the batch.

    Returns
    -------
    torch.Tensor of shape (d, d)
        L, lower triangular.

    Raises
    ------
    InputError
        If there are too few rows to tell d directions apart, or the batch is not finite or
        constant.
    """
    d = len(covariance)
    if n_rows <= d:
        raise InputError(
            f"a batch of {n_rows} rows cannot whiten the {d} coordinates of {name}: every function "
            f"of it would look perfectly associated; give more than {d} rows (several times as "
            "many, to be of use) or a narrower encoder"
        )
    scale = float(covariance.trace()) / d
    if not math.isfinite(scale):
        raise InputError(f"{name} holds values that are not finite; check the learning rate")
    if scale <= 0:
        raise InputError(f"{name} is constant on the batch, so it has no directions to whiten")
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(_with_ridge(covariance, ridge * scale))
    for raised in RAISED:
        if not failed.item():
            break
        wider = _with_ridge(covariance.double(), max(ridge, raised) * scale)
        factor, failed = torch.linalg.cholesky_ex(wider)
    if failed.item():
        raise InputError(f"the covariance of {name} is not one: it has negative eigenvalues")
    return factor.to(covariance.dtype)


def through_ridge(gradient: Tensor, ridge: float) -> Tensor:
    """Give the gradient by C from that by C + ridge (tr C / d) I, in place."""
    gradient.diagonal().add_(gradient.trace(), alpha=ridge / len(gradient))
    return gradient


def lower_half(matrix: Tensor) -> Tensor:
    """Keep what is below the diagonal and half of the diagonal: dL = L lower_half(L^-1 dC L^-T)."""
    kept = matrix.tril()
    kept.diagonal().mul_(0.5)
    return kept


def factor_gradient(factor: Tensor, whitened: Tensor) -> Tensor:
    """Give the gradient by C, L^-T sym(N) L^-1, from N, that by L^-1 dC L^-T."""
    symmetric = (whitened + whitened.T) / 2
    half = torch.linalg.solve_triangular(factor.T, symmetric, upper=True)
    gradient: Tensor = torch.linalg.solve_triangular(factor, half, upper=False, left=False)
    return gradient


def _with_ridge(matrix: Tensor, ridge: float) -> Tensor:
    made = matrix.clone()
    made.diagonal().add_(ridge)
    return made
