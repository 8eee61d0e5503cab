"""How the constraint Cov[Phi] = I of the constrained objectives is enforced."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from contextures.exceptions import InputError
from contextures.objectives.functional.moments import centre, gram
from contextures.objectives.functional.whitening import RIDGE
from contextures.objectives.parallel import sum_over_processes

EPSILON = 1e-4
"""Added to variances before the square root, as everywhere in the field."""


@dataclass(frozen=True)
class Whitening:
    """The exact constraint: embeddings are whitened inside the loss, by the Cholesky factor.

    Parameters
    ----------
    ridge : float, default=1e-6
        Added to the covariance, relative to the mean variance of the coordinates.
    """

    ridge: float = RIDGE


@dataclass(frozen=True)
class VarianceCovariance:
    """VICReg's terms: variance mean_j max(0, 1 - sd_j) + covariance mean_{j != k} C_jk^2.

    Under E|Phi~ - T*Phi~|^2 / d a direction of singular value s gets the standard deviation
    min(1, variance / (2 (1 - s^2))) (derived): it shrinks but never collapses.

    Parameters
    ----------
    variance, covariance : float, default=1
        The weights of the two terms.
    """

    variance: float = 1.0
    covariance: float = 1.0


@dataclass(frozen=True)
class OrthonormalPenalty:
    """The penalty diagonal mean_j (C_jj - 1)^2 + off_diagonal mean_{j != k} C_jk^2.

    Both squares are estimated without bias, by U-statistics of four different rows. With equal
    weights on all entries, ``off_diagonal = (d - 1) diagonal``, the minimiser spans the top
    singular functions and gives that of singular value s the variance
    max(0, 1 - (1 - s^2) / (2 diagonal)) (derived): directions with 1 - s^2 above
    2 ``diagonal`` collapse.

    Parameters
    ----------
    diagonal, off_diagonal : float, default=10, 30
        The weights, by default those of the public code of arXiv 2510.24672.
    """

    diagonal: float = 10.0
    off_diagonal: float = 30.0


Constraint = Whitening | VarianceCovariance | OrthonormalPenalty

_NAMED = {
    "whitening": Whitening,
    "vicreg": VarianceCovariance,
    "penalty": OrthonormalPenalty,
}


def as_constraint(constraint: str | Constraint) -> Constraint:
    """Find a constraint by its name.

    Parameters
    ----------
    constraint : {"whitening", "vicreg", "penalty"} or Constraint
        A name stands for the class with its defaults.

    Returns
    -------
    Constraint
        The constraint.
    """
    if isinstance(constraint, str):
        if constraint not in _NAMED:
            raise InputError(
                f"constraint={constraint!r} is unknown; give one of {', '.join(_NAMED)}"
            )
        made: Constraint = _NAMED[constraint]()
        return made
    return constraint


def penalty(phi: Tensor, constraint: VarianceCovariance | OrthonormalPenalty, sync: bool) -> Tensor:
    """Compute the terms that keep the covariance of a batch near the identity.

    Parameters
    ----------
    phi : torch.Tensor of shape (n, d)
        The embeddings.
    constraint : VarianceCovariance or OrthonormalPenalty
        Which terms, with their weights.
    sync : bool
        Whether to join the batches of all processes.

    Returns
    -------
    torch.Tensor
        The penalty.

    Notes
    -----
    One product of n d^2 forward and one backward.
    """
    d = phi.shape[1]
    n, centred = centre(phi, sync)
    if isinstance(constraint, VarianceCovariance):
        (total,) = sum_over_processes([gram(centred)], sync)
        c = total / (n - 1)
        loss = constraint.variance * variance_hinge(c)
        return loss + constraint.covariance * off_diagonal(c) / max(d * (d - 1), 1)
    squares = centred.square()
    total, fourth, norms = sum_over_processes(
        [gram(centred), squares.square().sum(dim=0), squares.sum(dim=1).square().sum()], sync
    )
    variances = total.diagonal()
    diagonal = _square_of_covariance(variances.square(), fourth, variances, n).sum()
    everything = _square_of_covariance(total.square().sum(), norms, variances.sum(), n)
    away = diagonal - 2 * variances.sum() / (n - 1) + d
    between = (everything - diagonal) / max(d - 1, 1)
    return (constraint.diagonal * away + constraint.off_diagonal * between) / d


def _square_of_covariance(squared: Tensor, fourth: Tensor, trace: Tensor, n: int) -> Tensor:
    """Estimate |C|^2 without bias from S = Phi~^T Phi~ of n centred rows.

    It is the mean over four different rows i, j, k, l of the squared inner product of
    (phi_i - phi_k) / sqrt 2 and (phi_j - phi_l) / sqrt 2, by inclusion and exclusion over
    |S|^2, the sum of |phi~_i|^4 and tr S.
    """
    if n < 4:
        raise InputError(f"a batch of {n} rows has no unbiased penalty; give at least four rows")
    pairs = squared - fourth
    triples = fourth - pairs
    quadruples = trace.square() + 2 * pairs - 4 * fourth
    two = n * (n - 1)
    three = two * (n - 2)
    return pairs / two - 2 * triples / three + quadruples / (three * (n - 3))


def variance_hinge(covariance: Tensor) -> Tensor:
    """Compute the mean shortfall of the coordinates' standard deviations below one."""
    return torch.relu(1 - (covariance.diagonal() + EPSILON).sqrt()).mean()


def off_diagonal(covariance: Tensor) -> Tensor:
    """Compute the sum of squared covariances between different coordinates."""
    return covariance.square().sum() - covariance.diagonal().square().sum()
