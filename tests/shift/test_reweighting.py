"""Reweighting an interpolating model changes nothing; a regularised one, much (Zhai et al. 2022).

A model that can fit every row is led to the same interpolator by any weights that stay above zero,
fixed or chosen anew at each step. Only a penalty that keeps it from fitting tells weights apart.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from contextures.shift import weighted_probe, worst_case_weights

RNG = np.random.default_rng(0)
N, D = 15, 40
X = RNG.standard_normal((N, D)) / np.sqrt(D)
Y = X @ RNG.standard_normal(D) + 0.5 * RNG.standard_normal(N)
GROUPS = np.arange(N) % 3
FRESH = RNG.standard_normal((100, D)) / np.sqrt(D)
START = RNG.standard_normal(D)


def even(losses, q):
    return np.full(N, 1 / N)


def important(losses, q):
    weights = np.where(GROUPS == 0, 8.0, 1.0)
    return weights / weights.sum()


def worst(losses, q):
    """CVaR, kept above zero."""
    return 0.5 * worst_case_weights(losses, "cvar", alpha=0.3) + 0.5 / N


def groups(losses, q):
    """Group DRO: the weights of groups grow with their losses."""
    means = np.array([losses[each == GROUPS].mean() for each in range(3)])
    shares = np.array([q[each == GROUPS].sum() for each in range(3)]) * np.exp(0.01 * means)
    return (shares / shares.sum())[GROUPS] / np.bincount(GROUPS)[GROUPS]


def descend(weigh, penalty=0.0, steps=30_000):
    """Weighted gradient descent on squared errors."""
    theta, q = START.copy(), np.full(N, 1 / N)
    for _ in range(steps):
        error = X @ theta - Y
        q = weigh(error**2, q)
        theta -= 0.5 * (X.T @ (q * error) + penalty * theta)
    return theta


@pytest.mark.parametrize("weigh", [even, important, worst, groups])
def test_every_reweighting_reaches_the_same_interpolator(weigh):
    interpolator = START + np.linalg.pinv(X) @ (Y - X @ START)
    np.testing.assert_allclose(descend(weigh), interpolator, atol=1e-4)


def test_with_enough_ridge_weights_tell():
    """Each then has its own solution, (X^T Q X + penalty)^-1 X^T Q y where Q is fixed."""
    found = {each.__name__: descend(each, 0.1, 5000) for each in (even, important, worst)}
    for weigh in (even, important):
        q = weigh(None, None)
        exact = np.linalg.solve((X.T * q) @ X + 0.1 * np.eye(D), X.T @ (q * Y))
        np.testing.assert_allclose(found[weigh.__name__], exact, atol=1e-6)
    spread = np.std(FRESH @ found["even"])
    for other in ("important", "worst"):
        assert np.std(FRESH @ (found[other] - found["even"])) > 0.1 * spread


def test_weights_of_a_probe_count_as_its_penalty_does():
    """Also where the weights are a density ratio's: by as little as the penalty, by as little."""
    ratio = RNG.exponential(size=N) + 0.05
    apart = []
    for penalty in (1e-9, 1e-4, 1.0):
        ridge = Ridge(penalty, fit_intercept=False)
        plain, weighted = (
            weighted_probe(ridge, X, Y, weights).predict(FRESH) for weights in (np.ones(N), ratio)
        )
        apart.append(np.std(weighted - plain) / np.std(plain))
    assert apart[0] < 1e-5 < apart[1] < 0.01 < 0.1 < apart[2]
