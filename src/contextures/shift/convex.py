"""Linear models under a worst-case risk: a convex problem, solved to a gap that is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from contextures._arrays import FloatArray
from contextures.shift.adversaries import HALVINGS
from contextures.shift.weights import RobustRisk, chi_square_norm, worst_case_weights

INTERCEPT = 1e-6
"""Penalty of the intercepts: too little to move them, enough for a lower bound of the problem."""

Losses = Callable[[FloatArray], tuple[FloatArray, Any]]
"""Scores of shape (n, k) to losses and their slopes in the scores."""


class Solution(NamedTuple):
    """A linear model, and how far from the best it can be.

    Attributes
    ----------
    weights : ndarray of shape (d + 1, k)
        Coefficients, and in the last row intercepts.
    objective : float
        Risk and penalty.
    gap : float
        The objective is at most this far above the least there is.
    n_iter : int
        Iterations, over all minimisations.
    rows : ndarray of shape (n,) or None
        The weights of the rows that prove the gap.
    """

    weights: FloatArray
    objective: float
    gap: float
    n_iter: int = 0
    rows: FloatArray | None = None


def smoothed_weights(
    losses: FloatArray, p: FloatArray, risk: RobustRisk, alpha: float, mu: float
) -> FloatArray:
    """Weights of a risk less mu / 2 times their chi-square divergence, smooth in the losses.

    They are p clip(1 + (l - eta) / mu, 0, most), with eta such that they sum to one; most is
    1 / alpha for CVaR. Where they leave the chi-square ball, those on its border are the best,
    which have the same form with a larger mu.
    """
    most = 1 / alpha if risk == "cvar" else np.inf
    low, high = float(losses.min()) - mu, float(losses.max()) + mu
    eta, q = float(p @ losses), p
    # Their sum falls along straight pieces: Newton's method ends on the right one. A step out of
    # the interval that holds eta, and every fourth for the speed of its shrinking, halves it.
    for step in range(4 * HALVINGS):
        tilt = 1 + (losses - eta) / mu
        q = p * np.clip(tilt, 0, most)
        over = float(q.sum()) - 1
        if abs(over) <= 1e-14:
            break
        low, high = (eta, high) if over > 0 else (low, eta)
        slope = float(p[(tilt > 0) & (tilt < most)].sum()) / mu
        eta = eta + over / slope if slope > 0 and step % 4 < 3 else low
        if not low < eta < high:
            eta = (low + high) / 2
        if not low < eta < high:
            break
    found: FloatArray = q / q.sum()
    if risk == "chi_square" and float((found**2 / np.where(p > 0, p, 1)).sum()) > (
        chi_square_norm(alpha) ** 2
    ):
        found = worst_case_weights(losses, risk, alpha=alpha, sample_weight=p)
    return found


def group_adversary(
    losses: FloatArray, p: FloatArray, groups: Any, mu: float
) -> tuple[float, FloatArray]:
    """Give the largest mean loss of the groups, smoothed by mu / 2, and the weights of the rows.

    The mixtures of groups are the populations here, so a group counts as one row does elsewhere.
    """
    shares = np.bincount(groups, p).astype(np.float64)
    means = np.bincount(groups, p * losses).astype(np.float64) / shares
    if mu > 0:
        mixture = smoothed_weights(means, shares, "group", 1.0, mu)
    else:
        mixture = np.zeros_like(shares)
        mixture[np.argmax(means)] = 1.0
    spread = float(((mixture - shares) ** 2 / shares).sum())
    return float(mixture @ means) - mu / 2 * spread, p * (mixture / shares)[groups]


def solve_robust(
    X: FloatArray,
    losses_of: Losses,
    n_scores: int,
    p: FloatArray,
    *,
    risk: RobustRisk,
    alpha: float,
    penalty: float,
    tol: float,
    max_iter: int,
    start: FloatArray | None = None,
    groups: Any = None,
) -> Solution:
    """Minimise the worst-case risk of a linear model plus ``penalty / 2`` times its square norm.

    For any weights q and any model, the penalised q-mean less its squared gradient over twice the
    penalty is a lower bound (strong convexity), so every step knows its gap. The weights jump with
    the losses; they are smoothed less and less until the gap is small.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Rows.
    losses_of : callable
        Gives the losses of scores, and their slopes.
    n_scores : int
        k, the scores of a row.
    p : ndarray of shape (n,)
        Probabilities of the rows.
    risk : {"mean", "cvar", "chi_square", "group"}
        The risk.
    alpha : float
        Its share.
    penalty : float
        On the coefficients; intercepts have a millionth.
    tol : float
        The gap to reach, relative to the objective.
    max_iter : int
        Iterations of each minimisation.
    start : ndarray of shape (d + 1, k), optional
        Where to begin.
    groups : ndarray of int of shape (n,), optional
        The number of each row's group, for ``risk="group"``.

    Returns
    -------
    Solution
        The best model found.
    """
    rows = np.hstack([X, np.ones((len(X), 1))])
    shape = (rows.shape[1], n_scores)
    ridge = np.full((shape[0], 1), penalty)
    ridge[-1] = INTERCEPT
    weights = np.zeros(shape) if start is None else start

    def adversary(losses: FloatArray, mu: float) -> tuple[float, FloatArray]:
        """Give the smoothed risk and the weights, its gradient."""
        if risk == "group":
            return group_adversary(losses, p, groups, mu)
        if risk != "mean" and alpha < 1 and mu > 0:
            q = smoothed_weights(losses, p, risk, alpha, mu)
            spread = float(((q - p) ** 2 / np.where(p > 0, p, 1)).sum())
            return float(q @ losses) - mu / 2 * spread, q
        q = worst_case_weights(losses, risk, alpha=alpha, sample_weight=p)
        return float(q @ losses), q

    def objective(flat: FloatArray, mu: float) -> tuple[float, FloatArray]:
        theta = flat.reshape(shape)
        losses, slopes = losses_of(rows @ theta)
        value, q = adversary(losses, mu)
        gradient = rows.T @ (q[:, None] * slopes) + ridge * theta
        return value + 0.5 * float((ridge * theta**2).sum()), gradient.ravel()

    def judged(theta: FloatArray, mu: float) -> tuple[float, float, FloatArray]:
        losses, slopes = losses_of(rows @ theta)
        square = 0.5 * float((ridge * theta**2).sum())
        above = adversary(losses, 0.0)[0] + square
        q = adversary(losses, mu)[1]
        gradient = rows.T @ (q[:, None] * slopes) + ridge * theta
        below = float(q @ losses) + square - 0.5 * float((gradient**2 / ridge).sum())
        return above, above - below, q

    value, gap, q = judged(weights, 0.0)
    best = Solution(weights, value, gap, rows=q)
    mu, steps = max(float(p @ losses_of(rows @ weights)[0]), 1e-3), 0
    for _ in range(30):
        found = minimize(
            objective,
            weights.ravel(),
            args=(mu,),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": max_iter, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30},
        )
        weights, steps = found.x.reshape(shape), steps + found.nit
        value, gap, q = judged(weights, mu)
        if gap < best.gap or value < best.objective:
            lower, proof = max(
                (best.objective - best.gap, best.rows), (value - gap, q), key=lambda each: each[0]
            )
            kept = weights if value <= best.objective else best.weights
            value = min(value, best.objective)
            best = Solution(kept, value, value - lower, rows=proof)
        if best.gap <= tol * max(abs(best.objective), 1e-12) or risk == "mean":
            break
        mu /= 4
    return best._replace(n_iter=steps)


def logistic_losses(codes: Any) -> Losses:
    """Log-loss of two classes, numbered 0 and 1, by one score."""
    signs = 2.0 * codes - 1

    def losses_of(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        margins = signs * scores[:, 0]
        return np.logaddexp(0, -margins), (-signs * expit(-margins))[:, None]

    return losses_of


def softmax_losses(codes: Any) -> Losses:
    """Log-loss of numbered classes, by a score for each."""
    places = np.arange(len(codes))

    def losses_of(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        totals = logsumexp(scores, axis=1)
        slopes = np.exp(scores - totals[:, None])
        slopes[places, codes] -= 1
        return totals - scores[places, codes], slopes

    return losses_of
