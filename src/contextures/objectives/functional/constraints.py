"""How the constraint Cov[Phi] = I of the constrained objectives is enforced."""

from __future__ import annotations

from dataclasses import dataclass

from contextures.exceptions import InputError
from contextures.objectives.functional.whitening import RIDGE


@dataclass(frozen=True)
class Whitening:
    """The exact constraint: embeddings are whitened inside the loss, by the Cholesky factor.

    Parameters
    ----------
    ridge : float, default=1e-5
        Added to the covariance, relative to the mean variance of the coordinates.

    Examples
    --------
    >>> from contextures.objectives import SVME, Whitening
    >>> SVME(Whitening(ridge=1e-3)).constraint
    Whitening(ridge=0.001)
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

    Examples
    --------
    >>> from contextures.objectives import SVME, VarianceCovariance
    >>> SVME(VarianceCovariance(covariance=5.0)).constraint
    VarianceCovariance(variance=1.0, covariance=5.0)
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

    Examples
    --------
    >>> from contextures.objectives import SVME, OrthonormalPenalty
    >>> SVME(OrthonormalPenalty(off_diagonal=10.0)).constraint
    OrthonormalPenalty(diagonal=10.0, off_diagonal=10.0)
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
