"""Weights on the simplex, limits, and chances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from contextures.prediction.calibration import best_sharpness, calibration_error, tempered
from contextures.prediction.limits import limit_chances, limit_left_out, limit_numbers
from contextures.prediction.pool import SHRINK, pool_weights, pooled_left_out

RNG = np.random.default_rng(0)
K = 60
TRUTH = RNG.normal(size=(K, 1))
SIZES = np.array([0.3, 0.4, 0.6, 0.35])
ERRORS = np.concatenate(
    [RNG.normal(size=(4, K, 1)) * SIZES[:, None, None], TRUTH[None] - TRUTH.mean()]
)
PRIOR = np.array([1.0, 1.0, 0.5, 0.2, 0.3])


def test_weights_minimise_what_they_say():
    """Against a general solver, on the objective written out."""
    found = pool_weights(ERRORS, PRIOR, 4)
    flat, prior = ERRORS[..., 0], PRIOR / PRIOR.sum()
    size = np.median(np.mean(flat**2, axis=1))

    def objective(weights):
        distance = np.sum((weights - prior) ** 2 / prior)
        return np.mean((weights @ flat) ** 2) + SHRINK * K**-0.5 * size * distance

    rival = minimize(
        objective,
        prior,
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        tol=1e-12,
    )
    np.testing.assert_allclose(found, rival.x, atol=1e-4)
    assert objective(found) <= rival.fun + 1e-9
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)


def test_equal_members_are_weighed_by_the_prior():
    errors = np.concatenate([np.repeat(ERRORS[:1], 3, axis=0), ERRORS[4:]])
    prior = np.array([1.0, 0.5, 0.25, 1e-9])
    found = pool_weights(errors, prior, 3)
    np.testing.assert_allclose(found[:3], prior[:3] / prior[:3].sum(), atol=1e-6)


def test_more_labels_move_weights_further_from_the_prior():
    few, many = (
        pool_weights(np.tile(ERRORS[[0, 2, 4]], (1, times, 1)), np.ones(3), 2) for times in (1, 50)
    )
    assert many[0] > few[0] > 1 / 3


@pytest.mark.parametrize("wild", [1e3, np.inf])
def test_a_wild_member_has_no_say(wild):
    errors = np.concatenate([ERRORS, np.full((1, K, 1), wild)])
    found = pool_weights(errors, np.append(PRIOR, 100.0), 4)
    assert found[5] == 0
    np.testing.assert_allclose(found[:5], pool_weights(ERRORS, PRIOR, 4), atol=1e-9)


def test_where_nothing_helps_the_mean_is_taken():
    errors = np.concatenate([3 * ERRORS[4:], ERRORS[4:]])
    assert pool_weights(errors, np.ones(2), 1).tolist() == [0, 1]
    assert pool_weights(np.zeros((2, 5, 1)), np.ones(2), 1).tolist() == [0, 1]


def test_pooled_predictions_see_no_label_of_their_own():
    left_out = TRUTH - ERRORS
    one = pooled_left_out(left_out, TRUTH, PRIOR, 4, classes=False)
    changed = TRUTH.copy()
    changed[7] += 5
    other = pooled_left_out(left_out, changed, PRIOR, 4, classes=False)
    assert other[7] == one[7]
    assert np.any(other != one)


def test_limits_of_numbers():
    labels = np.array([0.0, 1.0, 2.0])
    values = np.array([[-5.0], [0.5], [np.inf], [np.nan]])
    assert limit_numbers(values, labels).ravel().tolist() == [-1, 0.5, 3, 1]
    # Without the row itself the labels run from 1 to 2, from 0 to 2 and from 0 to 1.
    far = limit_left_out(np.full((3, 1), 99.0), labels)
    assert far.ravel().tolist() == [2.5, 3, 1.5]
    moved = limit_left_out(np.full((3, 1), 99.0), np.array([0.0, 1.0, 50.0]))
    assert moved[2, 0] == far[2, 0]


def test_limits_of_chances():
    values = np.array([[1.5, -0.5], [0.2, 0.6], [-1.0, -2.0], [np.nan, np.nan]])
    found = limit_chances(values, np.array([0.3, 0.7]))
    np.testing.assert_allclose(found, [[1, 0], [0.25, 0.75], [0.3, 0.7], [0.3, 0.7]])


def test_the_sharpness_undoes_a_flattening():
    """Chances that were drawn from, and then flattened by a root, get their power back."""
    chances = RNG.dirichlet(np.ones(3), size=20_000)
    drawn = np.array([RNG.multinomial(1, each) for each in chances], dtype=float)
    flat = np.exp(tempered(chances, 1e-9, 0.5))
    assert best_sharpness(flat, drawn, 1e-9) == pytest.approx(2, rel=0.05)
    assert calibration_error(chances, drawn) < 0.02
    assert calibration_error(flat, drawn) > 0.1


def test_the_sharpness_is_finite_where_all_is_right():
    assert 1 < best_sharpness(np.tile([0.9, 0.1], (30, 1)), np.tile([1.0, 0.0], (30, 1)), 0.01) < 20


def test_a_calibration_error_by_hand():
    chances = np.array([[0.92, 0.08], [0.98, 0.02], [0.45, 0.55], [0.41, 0.59]])
    right = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], dtype=float)
    expected = (abs(1 - 1.90) + abs(2 - 1.14)) / 4
    assert calibration_error(chances, right) == pytest.approx(expected)
