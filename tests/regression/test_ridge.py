"""Leave-one-out in closed form against leaving one out."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.regression.choice import FEW, trust, weigh
from contextures.regression.ridge import Ridge

RNG = np.random.default_rng(0)


def predict(Z, y, weights, alpha, at, penalty=None):
    """Weighted kernel ridge with a free constant, by its normal equations in feature space."""
    k, r = Z.shape
    if penalty is None:
        penalty = alpha * (weights @ (Z**2).sum(1)) / weights.sum()
    design = np.column_stack([np.ones(k), Z])
    shrink = penalty * np.diag([0.0, *np.ones(r)])
    coefficients = np.linalg.solve(
        design.T @ (weights[:, None] * design) + shrink, design.T @ (weights[:, None] * y)
    )
    return np.column_stack([np.ones(len(at)), at]) @ coefficients


def problem(k=9, r=4, q=2):
    return RNG.standard_normal((k, r)), RNG.standard_normal((k, q)), RNG.uniform(0.5, 3, k)


@pytest.mark.parametrize(("k", "r"), [(9, 4), (5, 12)], ids=["more labels", "fewer labels"])
@pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
def test_it_is_ridge_regression_with_a_free_constant(k, r, alpha):
    Z, y, weights = problem(k, r)
    ridge = Ridge(Z, y, weights)
    dual = ridge.dual(alpha)
    new = RNG.standard_normal((6, r))
    found = new @ (Z.T @ dual) + ridge.constant(alpha, dual)
    np.testing.assert_allclose(found, predict(Z, y, weights, alpha, new), atol=1e-9)


@pytest.mark.parametrize(("k", "r"), [(9, 4), (5, 12)], ids=["more labels", "fewer labels"])
@pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
def test_leave_one_out_is_what_refitting_gives(k, r, alpha):
    Z, y, weights = problem(k, r)
    penalty = alpha * (weights @ (Z**2).sum(1)) / weights.sum()
    for i, found in enumerate(Ridge(Z, y, weights).left_out(alpha)):
        rest = np.arange(k) != i
        refitted = predict(Z[rest], y[rest], weights[rest], alpha, Z[[i]], penalty)
        np.testing.assert_allclose(found, refitted[0], atol=1e-9)


def test_leave_one_out_of_the_kernel_mean_is_the_kernel_mean_of_the_others():
    Z, y, weights = problem()
    ridge = Ridge(Z, y, weights)
    K, found = Z @ Z.T, ridge.left_out(np.inf)
    own = ridge.dual(np.inf)
    factor = (own / (weights[:, None] * (y - ridge.mean)))[0, 0]
    for i in range(len(Z)):
        rest = np.arange(len(Z)) != i
        mean = weights[rest] @ y[rest] / weights[rest].sum()
        others = K[i, rest] @ (weights[rest, None] * (y[rest] - mean))
        np.testing.assert_allclose(found[i], mean + factor * others, atol=1e-10)


def test_the_kernel_mean_is_the_limit_of_infinite_ridge():
    Z, y, weights = problem()
    ridge = Ridge(Z, y, weights)
    far, limit = Z.T @ ridge.dual(1e9), Z.T @ ridge.dual(np.inf)
    np.testing.assert_allclose(far / np.linalg.norm(far), limit / np.linalg.norm(limit), atol=1e-7)


def test_weights_are_repeated_labels():
    Z, y, _ = problem()
    weights = RNG.integers(1, 4, len(Z)).astype(float)
    times = weights.astype(int)
    once = Ridge(Z, y, weights)
    often = Ridge(Z.repeat(times, 0), y.repeat(times, 0), np.ones(times.sum()))
    for alpha in (0.1, 2.0, np.inf):
        one, other = once.dual(alpha), often.dual(alpha)
        np.testing.assert_allclose(Z.T @ one, Z.repeat(times, 0).T @ other, atol=1e-9)
        np.testing.assert_allclose(
            once.constant(alpha, one), often.constant(alpha, other), atol=1e-9
        )


def test_small_ridges_interpolate():
    Z, y, weights = problem(k=5, r=12)
    ridge = Ridge(Z, y, weights)
    dual = ridge.dual(1e-12)
    np.testing.assert_allclose(Z @ (Z.T @ dual) + ridge.constant(1e-12, dual), y, atol=1e-8)


def test_the_default_holds_with_few_labels_and_leave_one_out_with_many():
    assert trust(FEW - 0.1) == 0
    assert trust(FEW) == 0.5
    assert trust(45) == 0.9


def test_equal_settings_share_and_much_worse_ones_get_nothing():
    weights = weigh(np.array([1.0, 1.0, 2.0]), 100)
    np.testing.assert_allclose(weights[:2], 0.5, atol=1e-6)
    assert weights[2] < 1e-10
    np.testing.assert_allclose(weigh(np.array([0.0, 0.0]), 10), 0.5)
