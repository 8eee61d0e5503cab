"""The weights of the worst population, which a risk is the expected loss of."""

from __future__ import annotations

import math
from typing import Any, Literal

from contextures._checks import check_share
from contextures.exceptions import InputError
from contextures.shift.adversaries import chi_square_weights, cvar_weights
from contextures.shift.losses import (
    SortedLosses,
    library_of,
    sort_losses,
    without_largest,
)

RiskName = Literal["mean", "cvar", "chi_square"]
RobustRisk = Literal["mean", "cvar", "chi_square", "group"]
Radius = Literal["dissertation", "all_alpha"]
RISKS = ("mean", "cvar", "chi_square")


def chi_square_norm(alpha: float, radius: Radius = "dissertation") -> float:
    """Give the root of the largest sum q^2 / p, for the radius of :func:`chi_square_dro`."""
    if radius == "all_alpha":
        return 1 / math.sqrt(alpha)
    if radius != "dissertation":
        raise InputError(f"radius={radius!r} is not known; give 'dissertation' or 'all_alpha'")
    return math.sqrt(1 + (1 / alpha - 1) ** 2)


def sorted_weights(
    given: SortedLosses, risk: RiskName, alpha: float, epsilon: float, radius: Radius
) -> Any:
    """Give the worst-case weights of sorted losses, of a risk without or with outliers."""
    if epsilon > 0:
        given = without_largest(given, epsilon)
    if risk == "mean":
        return given.probabilities
    if risk == "cvar":
        return cvar_weights(given, alpha)
    if risk == "chi_square":
        return chi_square_weights(given, chi_square_norm(alpha, radius))
    raise InputError(f"risk={risk!r} is not known; give one of: {', '.join(RISKS)}")


def worst_case_weights(
    losses: Any,
    risk: RiskName = "cvar",
    *,
    alpha: float,
    epsilon: float = 0.0,
    radius: Radius = "dissertation",
    sample_weight: Any = None,
) -> Any:
    """Give the weights of rows under the worst population, whose expected loss is the risk.

    They are also the gradient of the risk in the losses.

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        A loss for each row.
    risk : {"cvar", "chi_square", "mean"}, default="cvar"
        The risk.
    alpha : float
        The least share of the subpopulations to guard, above 0 and at most 1.
    epsilon : float, default=0.0
        The share of outliers that :func:`doro` leaves out.
    radius : {"dissertation", "all_alpha"}, default="dissertation"
        See :func:`chi_square_dro`.
    sample_weight : array-like or torch.Tensor of shape (n,), optional
        How much each row counts; evenly when None.

    Returns
    -------
    ndarray or torch.Tensor of shape (n,)
        Weights that sum to one, in double precision, without a gradient. Where losses are equal and
        only some of them count, the first do.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or a parameter is out of range.

    References
    ----------
    Derived; Danskin's theorem.

    Examples
    --------
    >>> from contextures.shift import worst_case_weights
    >>> worst_case_weights([1.0, 3.0, 2.0, 4.0], "cvar", alpha=0.375)
    array([0.        , 0.33333333, 0.        , 0.66666667])
    """
    alpha, epsilon = (
        check_share(alpha, "alpha", one=True),
        check_share(epsilon, "epsilon", zero=True),
    )
    given = sort_losses(losses, sample_weight, order=True)
    weights = sorted_weights(given, risk, alpha, epsilon, radius)
    there = library_of(weights).empty_like(weights)
    there[given.order] = weights
    return there
