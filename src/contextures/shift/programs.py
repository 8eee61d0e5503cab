"""Weights of an ensemble, and of the rows against it: the two sides of one linear program."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog, minimize

from contextures._arrays import FloatArray
from contextures.exceptions import InputError
from contextures.shift.risks import cvar

STEPS = 200
"""Of the solver of the regularised program, which its gap makes up for."""


class EnsembleWeights(NamedTuple):
    """Weights of models, and of the rows that are worst for them.

    Attributes
    ----------
    models : ndarray of shape (T,)
        Weights of the models, at least zero, that sum to one.
    rows : ndarray of shape (n,)
        Weights of the rows, at most p / alpha, that sum to one.
    value : float
        The objective of the models' weights: CVaR, in the regularised program with its entropy.
    gap : float
        At most so far is the value above the least there is.
    """

    models: FloatArray
    rows: FloatArray
    value: float
    gap: float


def ensemble_program(losses: FloatArray, p: FloatArray, alpha: float) -> EnsembleWeights:
    """Weigh models so that CVaR of their mean loss is least.

    min_lambda CVaR_alpha(sum_t lambda_t l^t) = max_w min_t <w, l^t> over w <= p / alpha that sum to
    one. The right side is solved, whose multipliers are the left side's weights, and rows with the
    same losses are taken as one.

    Parameters
    ----------
    losses : ndarray of shape (T, n)
        Of each model on each row.
    p : ndarray of shape (n,)
        Probabilities of the rows.
    alpha : float
        The share.

    Returns
    -------
    EnsembleWeights
        Both weights, and the gap between what each proves.

    Raises
    ------
    InputError
        If the solver fails.

    References
    ----------
    Zhai et al. (2021), "Boosted CVaR classification"; Demiriz et al. (2002), LPBoost.
    """
    patterns, place = np.unique(losses, axis=1, return_inverse=True)
    place = np.asarray(place).ravel()
    shares = np.bincount(place, weights=p, minlength=patterns.shape[1])
    count, n = patterns.shape
    found = linprog(
        np.r_[np.zeros(n), -1.0],
        A_ub=np.hstack([-patterns, np.ones((count, 1))]),
        b_ub=np.zeros(count),
        A_eq=np.r_[np.ones(n), 0.0][None],
        b_eq=[1.0],
        bounds=[*((0.0, each) for each in shares / alpha), (None, None)],
        method="highs",
    )
    if found.status != 0:
        raise InputError(
            f"the weights of the ensemble were not found ({found.message}); give losses of like "
            "size, or a larger alpha"
        )
    models = np.clip(-found.ineqlin.marginals, 0, None)
    models = models / models.sum()
    rows = np.clip(found.x[:n], 0, shares / alpha)[place] * p / shares[place]
    rows = rows / rows.sum()
    value = cvar(models @ losses, alpha, sample_weight=p)
    return EnsembleWeights(models, rows, value, max(value - float((losses @ rows).min()), 0.0))


def regularized_program(
    losses: FloatArray, p: FloatArray, alpha: float, beta: float, start: FloatArray | None = None
) -> EnsembleWeights:
    """Do :func:`ensemble_program` with entropy: max_w min_t <w, l^t> - KL(w || p) / beta.

    The inner maximum over the rows has a closed form, so the models' weights minimise a smooth
    convex function whose gradient is the mean loss of each model.

    Parameters
    ----------
    losses : ndarray of shape (T, n)
        Of each model on each row.
    p : ndarray of shape (n,)
        Probabilities of the rows.
    alpha : float
        The share.
    beta : float
        The larger, the less the entropy counts.
    start : ndarray of shape (T,), optional
        Where to begin; evenly when None.

    Returns
    -------
    EnsembleWeights
        Both weights, and the gap.
    """
    count = len(losses)

    def objective(models: FloatArray) -> tuple[float, FloatArray]:
        mean = models @ losses
        rows = entropic_rows(mean, p, alpha, beta)
        there = rows > 0
        divergence = float((rows[there] * np.log(rows[there] / p[there])).sum())
        return float(rows @ mean) - divergence / beta, losses @ rows

    models = np.full(count, 1 / count) if start is None else start
    if count > 1:
        found = minimize(
            objective,
            models,
            jac=True,
            method="SLSQP",
            bounds=[(0, 1)] * count,
            constraints=[
                {"type": "eq", "fun": lambda x: x.sum() - 1, "jac": lambda x: np.ones(len(x))}
            ],
            options={"maxiter": STEPS, "ftol": 1e-10},
        )
        models = np.clip(found.x, 0, None)
        models = models / models.sum()
    value, slopes = objective(models)
    rows = entropic_rows(models @ losses, p, alpha, beta)
    # A convex function is above its tangent, whose least value over the simplex is at a corner.
    gap = max(float(slopes @ models - slopes.min()), 0.0)
    return EnsembleWeights(models, rows, value, gap)


def entropic_rows(losses: FloatArray, p: FloatArray, alpha: float, beta: float) -> FloatArray:
    """Weights w <= p / alpha that maximise <w, losses> - KL(w || p) / beta.

    They are p min(1 / alpha, exp(beta l) / c): the rows with the largest losses are at the limit,
    as few as let the others stay below it.
    """
    order = np.argsort(-losses, kind="stable")
    shares, tilt = p[order], beta * losses[order]
    with np.errstate(divide="ignore"):
        masses = np.log(shares) + tilt
    rest = np.logaddexp.accumulate(masses[::-1])[::-1]
    before = np.cumsum(shares) - shares
    left = np.clip(1 - before / alpha, 0, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.log(left) - rest
    # The first row, with all before it at the limit, whose own weight is not above it.
    fits = (tilt + scale <= -np.log(alpha)) | (left <= 0)
    first = int(np.argmax(fits)) if fits.any() else len(losses)
    found = shares / alpha
    if first < len(losses):
        found[first:] = np.exp(masses[first:] + scale[first]) if left[first] > 0 else 0.0
    there = np.empty_like(found)
    there[order] = found / found.sum()
    return there
