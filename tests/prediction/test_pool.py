"""Weights on the simplex, limits, and chances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from contextures.exceptions import InputError
from contextures.prediction.calibration import (
    best_sharpness,
    calibration_error,
    sharpness_for,
    tempered,
    with_companions,
)
from contextures.prediction.limits import limit_chances, limit_left_out, limit_numbers
from contextures.prediction.pool import (
    DOUBT,
    SHRINK,
    SOUND,
    Prior,
    fit_pool,
    pool_weights,
    pooled_left_out,
)
from contextures.prediction.say import ALONE, MOST, say_of_rows
from contextures.prediction.scales import column_scales, share_a_unit

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
    prior = Prior(PRIOR, PRIOR, 4)
    one = pooled_left_out(left_out, TRUTH, prior, classes=False)
    changed = TRUTH.copy()
    changed[7] += 5
    other = pooled_left_out(left_out, changed, prior, classes=False)
    assert other[7] == one[7]
    assert np.any(other != one)


CODES = np.repeat(np.eye(3), 20, axis=0)
CHANCES = np.array(
    [
        np.exp(tempered(0.7 * CODES + 0.3 * RNG.dirichlet(np.ones(3), 60), 1e-6, power))
        for power in (0.2, 1.0)
    ]
)
LEAST = Prior(np.array([1.0, 1.0, 0.3]), np.array([1.0, 0.0, 0.0]), 2)


def of_classes(chances, codes):
    others = (codes.sum(axis=0) - codes) / (len(codes) - 1)
    return np.concatenate([chances, others[None]])


def test_members_that_say_the_same_more_or_less_boldly_weigh_the_same():
    pool = fit_pool(of_classes(CHANCES, CODES), CODES, Prior(np.ones(3), np.ones(3), 2), True)
    first, second = (pool.adjusted(place, CHANCES[place]) for place in (0, 1))
    # Boldness of the other is drawn about, so the two agree but for the prior on the power.
    assert np.abs(first - second).mean() < 0.3 * np.abs(CHANCES[0] - CHANCES[1]).mean()
    assert pool.sharpness[0] > 2 * pool.sharpness[1]


@pytest.mark.parametrize("each", [1, 2, 5, 20])
def test_few_labels_a_class_leave_the_weights_to_the_prior(each):
    chosen = np.concatenate([np.arange(each) + 20 * code for code in range(3)])
    pool = fit_pool(of_classes(CHANCES[:, chosen], CODES[chosen]), CODES[chosen], LEAST, True)
    assert pool.weights.sum() == pytest.approx(1)
    left = SOUND / (len(chosen) - 3 + SOUND)
    assert left <= pool.weights[0] + 1e-12
    if each == 1:
        assert pool.weights.tolist() == [1, 0, 0]


def test_a_row_alone_in_its_class_says_nothing_about_members():
    """Left out, it takes its class away, so that every member is wrong about it."""
    codes = np.concatenate([CODES[:40], [[0.0, 0.0, 1.0]]])
    chances = np.concatenate([CHANCES[:, :40], np.full((2, 1, 3), [0.5, 0.5, 0.0])], axis=1)
    assert with_companions(codes).tolist() == [True] * 40 + [False]
    one = fit_pool(of_classes(chances, codes), codes, LEAST, True)
    chances[:, 40] = [0.0, 0.0, 1.0]
    other = fit_pool(of_classes(chances, codes), codes, LEAST, True)
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.sharpness, other.sharpness)


def test_pooled_chances_see_no_label_of_their_own():
    left_out = of_classes(CHANCES, CODES)
    one = pooled_left_out(left_out, CODES, LEAST, classes=True)
    changed = CODES.copy()
    changed[7] = [0, 1, 0]
    other = pooled_left_out(left_out, changed, LEAST, classes=True)
    # Folds hold classes evenly, so a changed class may change them: the row itself must not move
    # by more than its fold's others do.
    assert np.abs(other[7] - one[7]).max() < 0.02


def test_the_power_that_reaches_a_chance():
    chances = np.array([[0.4, 0.3, 0.3], [0.3, 0.4, 0.3]])
    found = sharpness_for(chances, np.eye(3)[:2], 0.01, 2 / 3)
    told = np.exp(tempered(chances, 0.01, found))
    np.testing.assert_allclose(told.max(axis=1), 2 / 3)
    assert sharpness_for(np.full((2, 3), 1 / 3), np.eye(3)[:2], 0.01, 2 / 3) > 100


def test_columns_keep_a_unit_that_they_share():
    rows = RNG.normal(size=(200, 6)) * [1, 2, 3, 1, 2, 3]
    assert share_a_unit(rows)
    assert not share_a_unit(rows * [1, 1, 1, 100, 100, 1])
    centre, spread = column_scales(np.column_stack([rows, np.full(200, 7.0)]))
    assert len(set(spread)) == 1
    scaled = (rows - centre[:6]) / spread[:6]
    assert np.mean(scaled.var(axis=0)) == pytest.approx(1)
    np.testing.assert_allclose(column_scales(rows, True)[1], rows.std(axis=0))
    with pytest.raises(InputError, match="standardize='columns' is not known"):
        column_scales(rows, "columns")


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


def test_an_accident_of_few_labels_does_not_end_in_the_mean():
    """Of twenty labels one outlier makes a sound member look a little worse than the mean."""
    rng = np.random.default_rng(3)
    targets = rng.normal(size=(20, 1))
    sound = targets + 0.5 * rng.normal(size=(20, 1))
    mean, wild = np.zeros((20, 1)), 4 * rng.normal(size=(20, 1))
    slope = np.sqrt(1.1 * np.mean(targets**2) / np.mean((targets - sound) ** 2))
    unlucky = targets - slope * (targets - sound)  # its error is 1.1 times that of the mean
    errors = targets - np.array([mean, unlucky, wild])
    weights = pool_weights(errors, np.ones(3), 0, doubt=DOUBT)
    assert weights[1] > 0.3 and weights[2] == 0
    assert pool_weights(errors, np.ones(3), 0)[1] == 0
    left_out, prior = np.array([mean, unlucky, wild]), Prior(np.ones(3), np.ones(3), 0)
    assert fit_pool(left_out, targets, prior, classes=False).weights[1] == weights[1]


def test_one_row_does_not_weigh_many_members_alone():
    """A slip of the pen is missed by all: whoever misses it least need not tell the others best."""
    targets = 4.0 * RNG.normal(size=(400, 1))
    targets[7] = 1000.0
    errors = np.stack([RNG.normal(size=(400, 1)), 3.0 * RNG.normal(size=(400, 1)), targets])
    errors[:, 7] = np.array([[1000.0], [900.0], [1001.0]])
    prior = Prior(np.ones(3), np.ones(3), 2)
    assert fit_pool(targets - errors, targets, prior, classes=False, many=True).weights[0] > 0.8
    assert pool_weights(errors, prior.shares, 2, many=True)[0] < 0.1


@pytest.mark.parametrize("n_far", [1, 2, 4])
def test_no_row_keeps_more_than_its_share(n_far):
    errors = RNG.normal(size=(3, 200, 1))
    errors[:, :n_far] = np.geomspace(1e8, 1e4, n_far)[:, None]
    least = np.sum(errors**2, axis=2).min(axis=0)
    assert least.max() > ALONE * least.sum()
    counted = say_of_rows(errors) * least
    assert counted.max() <= MOST * counted.sum() * (1 + 1e-9)
    assert (say_of_rows(errors)[n_far:] == 1).all()


def test_long_tails_count_in_full():
    assert (say_of_rows(RNG.standard_t(2, size=(3, 500, 1))) == 1).all()
    assert (say_of_rows(np.zeros((3, 20, 1))) == 1).all()
