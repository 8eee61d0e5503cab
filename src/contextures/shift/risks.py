"""Risks under subpopulation shift: the worst expected loss over a set of populations."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from contextures._checks import (
    check_not_negative,
    check_share,
)
from contextures.exceptions import InputError
from contextures.shift.adversaries import (
    chi_square_weights,
    cvar_weights,
    entropy_weights,
    power_weights,
)
from contextures.shift.losses import SortedLosses, library_of, sort_losses
from contextures.shift.weights import Radius, RiskName, chi_square_norm, sorted_weights


def cvar(losses: Any, alpha: float, *, sample_weight: Any = None) -> Any:
    r"""Conditional value at risk: the mean of the worst ``alpha`` of the losses.

    The population statement: :math:`\inf_\eta \{\eta + E(\ell - \eta)_+ / \alpha\}`, which is the
    largest expected loss over all subpopulations of mass at least alpha. It bounds the risk of the
    worst of any groups whose shares are at least alpha.

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        A loss for each row.
    alpha : float
        The share of rows, above 0 and at most 1 (the mean). A row at the border counts in part, so
        that the risk is exact in batches of any size.
    sample_weight : array-like or torch.Tensor of shape (n,), optional
        How much each row counts; evenly when None.

    Returns
    -------
    float, or torch.Tensor of shape ()
        The risk, in the units of the losses; of a tensor's kind and with gradients where the losses
        are a tensor.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or alpha is not such a share.

    References
    ----------
    Dissertation, chapter 6; Zhai et al. (2021), "DORO", equation 4.

    Examples
    --------
    >>> from contextures.shift import cvar
    >>> cvar([1.0, 2.0, 3.0, 4.0], alpha=0.5)
    3.5
    >>> round(cvar([1.0, 2.0, 3.0, 4.0], alpha=0.375), 6)  # the fourth, and half of the third
    3.666667
    """
    given = sort_losses(losses, sample_weight)
    return _expected(given, cvar_weights(given, check_share(alpha, "alpha", one=True)))


def chi_square_dro(
    losses: Any, alpha: float, *, radius: Radius = "dissertation", sample_weight: Any = None
) -> Any:
    r"""Worst expected loss over a chi-square ball of populations.

    The population statement: :math:`\inf_\eta \{C \sqrt{E(\ell - \eta)_+^2} + \eta\}` with
    :math:`C = \sqrt{1 + (1/\alpha - 1)^2}`, the supremum over all Q with
    :math:`\chi^2(Q \| P) \le C^2 - 1`.

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        A loss for each row.
    alpha : float
        The least share of the subpopulations to guard, above 0 and at most 1 (the mean).
    radius : {"dissertation", "all_alpha"}, default="dissertation"
        With the papers' C, CVaR at ``alpha`` is bounded for alpha up to 1/2 only (losses of 1 with
        probability .8 and else 0 have CVaR 1 and this risk .9 at alpha = .8); a larger alpha is
        warned of. ``"all_alpha"`` takes C = 1 / sqrt(alpha), the chi-square divergence of a
        subpopulation of mass alpha, which bounds CVaR for every alpha and is smaller below 1/2.
    sample_weight : array-like or torch.Tensor of shape (n,), optional
        How much each row counts; evenly when None.

    Returns
    -------
    float, or torch.Tensor of shape ()
        The risk, in the units of the losses; with gradients where the losses are a tensor.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or alpha is not such a share.

    References
    ----------
    Dissertation, chapter 6; Zhai et al. (2021), "DORO", Corollary 2, whose condition on alpha is
    missing there (derived).

    Examples
    --------
    >>> from contextures.shift import chi_square_dro
    >>> round(chi_square_dro([0.0, 0.0, 0.0, 1.0], alpha=0.5), 4)
    0.683
    """
    alpha = check_share(alpha, "alpha", one=True)
    if radius == "dissertation" and 0.5 < alpha < 1:
        warnings.warn(
            f"alpha={alpha:g} is above 1/2, where this radius does not bound the risk of every "
            "subpopulation of that share; give radius='all_alpha'",
            stacklevel=2,
        )
    given = sort_losses(losses, sample_weight)
    return _expected(given, chi_square_weights(given, chi_square_norm(alpha, radius)))


def divergence_dro(losses: Any, rho: float, beta: float = 2.0, *, sample_weight: Any = None) -> Any:
    r"""Worst expected loss over a ball of the Cressie-Read family of divergences.

    The population statement: :math:`\sup \{E_Q \ell : D_\beta(Q \| P) \le \rho\}` with
    :math:`f_\beta(t) = (t^\beta - \beta t + \beta - 1) / (\beta (\beta - 1))`, whose dual is
    :math:`\inf_\eta \{c\, (E (\ell - \eta)_+^b)^{1/b} + \eta\}` with
    :math:`b = \beta/(\beta-1)` and :math:`c = (1 + \beta(\beta-1)\rho)^{1/\beta}`. Order 2 is half
    the chi-square divergence, order 1 the Kullback-Leibler divergence (the limit).

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        A loss for each row.
    rho : float
        The radius, at least 0 (the mean).
    beta : float, default=2.0
        The order, at least 1.
    sample_weight : array-like or torch.Tensor of shape (n,), optional
        How much each row counts; evenly when None.

    Returns
    -------
    float, or torch.Tensor of shape ()
        The risk, in the units of the losses; with gradients where the losses are a tensor.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or rho or beta is out of range.

    References
    ----------
    Zhai et al. (2021), "DORO", equation 3; Duchi and Namkoong (2021).

    Examples
    --------
    >>> from contextures.shift import divergence_dro
    >>> round(divergence_dro([0.0, 0.0, 0.0, 1.0], rho=0.5), 4)  # chi-square at alpha = 1/2
    0.683
    """
    rho, beta = check_not_negative(rho, "rho"), check_not_negative(beta, "beta")
    if beta < 1:
        raise InputError(f"beta={beta:g} is not possible; give a number of at least 1")
    given = sort_losses(losses, sample_weight)
    if rho == 0:
        weights = given.probabilities
    elif beta == 2:
        weights = chi_square_weights(given, math.sqrt(1 + 2 * rho))
    elif beta == 1:
        weights = entropy_weights(given, rho)
    else:
        weights = power_weights(given, rho, beta)
    return _expected(given, weights)


def doro(
    losses: Any,
    alpha: float,
    epsilon: float,
    risk: RiskName = "cvar",
    *,
    radius: Radius = "dissertation",
    sample_weight: Any = None,
) -> Any:
    r"""Distributionally and outlier robust risk: that without the worst ``epsilon`` of losses.

    The population statement: :math:`\inf \{R(P') : P = (1 - \epsilon) P' + \epsilon \tilde P\}`,
    the smallest risk over what P may be when a share epsilon of it are outliers. For continuous
    losses that leaves out the largest epsilon of them (Proposition 3); here exactly that much
    probability is left out, so a loss at the border counts in part, in batches of any size.

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        A loss for each row.
    alpha : float
        The least share of the subpopulations to guard, of what is no outlier: above 0, at most 1.
    epsilon : float
        The share of outliers, at least 0 and below 1.
    risk : {"cvar", "chi_square", "mean"}, default="cvar"
        The risk of the others; of ``"mean"`` comes the trimmed mean.
    radius : {"dissertation", "all_alpha"}, default="dissertation"
        See :func:`chi_square_dro`.
    sample_weight : array-like or torch.Tensor of shape (n,), optional
        How much each row counts; evenly when None.

    Returns
    -------
    float, or torch.Tensor of shape ()
        The risk, in the units of the losses; with gradients where the losses are a tensor.

    Raises
    ------
    InputError
        If there are no losses, one is not finite, or a parameter is out of range.

    References
    ----------
    Zhai et al. (2021), "DORO", Definition 2 and Proposition 3; dissertation, chapter 6.

    Examples
    --------
    >>> from contextures.shift import doro
    >>> doro([1.0, 2.0, 3.0, 4.0, 1000.0], alpha=0.5, epsilon=0.2)
    3.5
    """
    alpha, epsilon = (
        check_share(alpha, "alpha", one=True),
        check_share(epsilon, "epsilon", zero=True),
    )
    given = sort_losses(losses, sample_weight)
    return _expected(given, sorted_weights(given, risk, alpha, epsilon, radius))


def _expected(given: SortedLosses, weights: Any) -> Any:
    if library_of(weights) is np:
        return float(weights @ given.numbers)
    # A weight of zero must not multiply an infinite loss.
    values = library_of(weights).where(weights > 0, given.values, 0.0)
    return (weights.to(values.dtype) * values).sum()
