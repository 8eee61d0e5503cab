"""Is a context useful? The label-free score tau of its singular values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int, check_positive_real
from contextures._repr import short_repr
from contextures.evaluation.arrays import check_singular_values

MARGIN = 0.05
"""How near to beta + 1, in units of beta, tau is too near to say anything."""


@dataclass(frozen=True)
class Usefulness:
    """How useful a context looks from its spectrum.

    Attributes
    ----------
    tau : float
        The score; lower is better. It lies between one and beta + 1, but for a spectrum cut off
        before d0, where it can exceed that.
    n_components : int
        The predicted best number of dimensions: where tau_d is smallest.
    curve : ndarray of shape (D,)
        tau_d for d = 1, ..., D.
    reliable : bool
        False when tau is close to beta + 1: the association is then so weak or so strong that
        the score cannot tell contexts apart.
    """

    __repr__ = short_repr

    tau: float
    n_components: int
    curve: FloatArray
    reliable: bool


def usefulness(singular_values: ArrayLike, d0: int = 512, beta: float = 1.0) -> Usefulness:
    """Score a context by its singular values, without labels.

    tau_d = 1 / (1 - s_{d+1}^2) + beta * sum_{i<=d} s_i^2 / sum_{i<=d0} s_i^2, and tau is its
    smallest value over d. The first term falls as the encoder keeps more functions
    (approximation), the second grows (estimation). A context is useful when its association is
    moderate: neither so weak that one function holds everything nor so strong that none can be
    left out.

    Parameters
    ----------
    singular_values : array-like of shape (D,)
        s_1 >= s_2 >= ..., in [0, 1], the trivial s_0 = 1 left out. Values after the last are
        taken as zero, so give d0 + 1 of them or all there are.
    d0 : int, default=512
        The largest dimension considered.
    beta : float, default=1.0
        The weight of the estimation term.

    Returns
    -------
    Usefulness
        tau, the predicted dimension, the curve and whether to trust it.

    Raises
    ------
    InputError
        If there is no singular value, or one lies outside [0, 1] or out of order.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), equation 4 and section 5.3. The margin of the reliability flag
    is ours: the paper asks to abstain "close to" beta + 1.

    Examples
    --------
    >>> from contextures.evaluation import usefulness
    >>> found = usefulness([0.8, 0.75, 0.7, 0.2, 0.2, 0.2])
    >>> round(found.tau, 3), found.n_components, found.reliable
    (1.975, 3, False)
    >>> usefulness([0.01]).reliable
    False
    """
    check_positive_int(d0, "d0")
    check_positive_real(beta, "beta")
    squares = check_singular_values(singular_values) ** 2
    last = min(d0, len(squares))
    total = squares[:d0].sum()
    following = np.append(squares, 0.0)[1 : last + 1]
    shares = np.cumsum(squares[:last]) / total if total > 0 else np.ones(last)
    with np.errstate(divide="ignore"):
        curve = 1.0 / (1.0 - following) + beta * shares
    best = int(np.argmin(curve))
    tau = float(curve[best])
    return Usefulness(tau, best + 1, curve, tau < beta + 1 - MARGIN * beta)
