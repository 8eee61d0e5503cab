"""Kernel ridge regression averaged over penalties, whose left-out predictions are exact.

Were one penalty chosen by the leave-one-out errors of all rows, each row's label would have had a
say in its own prediction. So the penalties' weights for row i come from the errors of the other
rows, each predicted without itself and without i: leave-two-out, which has a closed form too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from contextures._arrays import FloatArray
from contextures.regression.choice import weigh
from contextures.regression.ridge import GramRidge, Ridge

ALPHAS = tuple(float(each) for each in np.geomspace(1e-4, 100.0, 13))
"""Penalties, in units of the kernel's mean diagonal."""

MOST_PAIRED = 600
"""Beyond so many labels, what one has to say about the penalty is too little to take away."""

SMALLEST = 1e-12


@dataclass(frozen=True)
class Penalized:
    """A fit: f(x) = constant + sum_l K(x, x_l) dual_l.

    Attributes
    ----------
    dual : ndarray of shape (k, q)
        The coefficients.
    constant : ndarray of shape (q,)
        What is added.
    left_out : ndarray of shape (k, q)
        Each row's prediction by the others.
    """

    dual: FloatArray
    constant: FloatArray
    left_out: FloatArray


def fit_penalized(gram: FloatArray, targets: FloatArray) -> Penalized:
    """Fit kernel ridge regression for all of ``ALPHAS``, and average the fits.

    Weights are those of :func:`contextures.regression.choice.weigh`: in proportion to e^(-k / 2)
    for mean squared left-out errors e.

    Parameters
    ----------
    gram : ndarray of shape (k, k)
        The kernel between the labelled rows.
    targets : ndarray of shape (k, q)
        Their targets.

    Returns
    -------
    Penalized
        The averaged fit.
    """
    return averaged(GramRidge(gram, targets), targets)


def averaged(ridge: Ridge, targets: FloatArray) -> Penalized:
    """Average the fits of all of ``ALPHAS`` to targets; see :func:`fit_penalized`."""
    k = len(targets)
    left_out = np.array([ridge.left_out(alpha) for alpha in ALPHAS])
    squares = np.sum((targets - left_out) ** 2, axis=2)
    shares = weigh(squares.mean(axis=1), k)
    each = np.tile(shares, (k, 1))
    if 2 < k <= MOST_PAIRED:
        pairs = np.array([errors_without_pairs(ridge.smoother(a), targets) for a in ALPHAS])
        each = np.array([weigh(errors, k - 1) for errors in pairs.T])
    dual = np.array([ridge.dual(alpha) for alpha in ALPHAS])
    constants = [ridge.constant(a, d) for a, d in zip(ALPHAS, dual, strict=True)]
    return Penalized(
        dual=np.einsum("a,akq->kq", shares, dual),
        constant=np.asarray(shares @ np.array(constants)),
        left_out=np.einsum("ka,akq->kq", each, left_out),
    )


def fit_fixed(gram: FloatArray, targets: FloatArray, alpha: float) -> Penalized:
    """Fit kernel ridge regression with one penalty, given beforehand; see :func:`fit_penalized`."""
    ridge = GramRidge(gram, targets)
    dual = ridge.dual(alpha)
    return Penalized(dual, np.asarray(ridge.constant(alpha, dual)), ridge.left_out(alpha))


def between(first: Penalized, second: Penalized, share: float) -> Penalized:
    """Average two fits, the second by a share of the weight."""
    return Penalized(
        *(
            (1 - share) * getattr(first, each.name) + share * getattr(second, each.name)
            for each in fields(Penalized)
        )
    )


def errors_without_pairs(smoother: FloatArray, targets: FloatArray) -> FloatArray:
    """Give, for each row i, the mean squared error of the others, left out together with i.

    For residuals r = y - H y and d = 1 - diag H, row j without itself and i is missed by
    (d_i r_j + H_ij r_i) / (d_i d_j - H_ij^2).

    Parameters
    ----------
    smoother : ndarray of shape (k, k)
        H, the same whatever the targets.
    targets : ndarray of shape (k, q)
        y.

    Returns
    -------
    ndarray of shape (k,)
        Entry i does not depend on the target of row i.
    """
    residuals = targets - smoother @ targets
    free = np.maximum(1.0 - np.diag(smoother), SMALLEST)
    determinants = np.maximum(np.outer(free, free) - smoother**2, SMALLEST**2)
    total = np.zeros(len(targets))
    for residual in residuals.T:
        missed = free[:, None] * residual + smoother * residual[:, None]
        squares = (missed / determinants) ** 2
        np.fill_diagonal(squares, 0.0)
        total += squares.sum(axis=1)
    return total / max(1, len(targets) - 1)
