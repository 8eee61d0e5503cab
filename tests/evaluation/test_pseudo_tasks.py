"""The expected error of a probe on tasks drawn from a prior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from contextures.evaluation import cannot_tell, pseudo_task_error, smooth_tasks
from contextures.evaluation.context_scores.pseudo_tasks import nested_dimensions
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((90, 3))
PRIOR = smooth_tasks(ROWS[:40], ROWS[40:], n_tasks=4000)
PHI = np.column_stack([ROWS, ROWS**2, RNG.standard_normal((90, 4))])


def smoother(penalty, d):
    """Give S of scikit-learn's ridge: its predictions are linear in the labels."""
    unit = np.eye(40)
    return Ridge(alpha=penalty * 40).fit(PHI[:40, :d], unit).predict(PHI[40:, :d])


def expected(prior, penalty, d):
    S = smoother(penalty, d)
    residual = np.hstack([-S, np.eye(50)])
    signal = np.einsum("ij,jk,ik->i", residual, prior.covariance, residual)
    return signal + prior.noise * (1 + (S**2).sum(axis=1))


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("d", [1, 5, 10])
def test_the_closed_form_is_the_trace_over_scikit_learns_ridge(noise, d):
    prior = smooth_tasks(ROWS[:40], ROWS[40:], noise=noise)
    for penalty in (1e-3, 1.0):
        found = pseudo_task_error(PHI[:40], PHI[40:], prior, dimensions=[d], penalties=[penalty])
        rows = expected(prior, penalty, d)
        assert found.error == pytest.approx(rows.mean(), rel=1e-9)
        assert found.se == pytest.approx(rows.std(ddof=1) / np.sqrt(50), rel=1e-9)


def test_a_small_scale_stands_for_linear_tasks():
    """1 - exp(-g |x - x'|^2) tends to g |x - x'|^2, which centred is twice the linear kernel."""
    found = smooth_tasks(ROWS[:40], ROWS[40:], scales=(1e-4,)).covariance
    centred = ROWS - ROWS.mean(axis=0)
    linear = centred @ centred.T
    np.testing.assert_allclose(found, 0.5 * linear / np.diag(linear).mean(), atol=1e-3)


def test_the_best_dimension_and_penalty_are_found():
    penalties = (1e-3, 0.1, 10.0)
    found = pseudo_task_error(PHI[:40], PHI[40:], PRIOR, penalties=penalties)
    grid = {
        (expected(PRIOR, penalty, d).mean(), d, penalty)
        for d in found.dimensions
        for penalty in penalties
    }
    assert found.dimensions == [1, 2, 3, 4, 6, 8, 10]
    assert (found.error, found.n_components, found.penalty) == pytest.approx(min(grid))
    assert found.curve.min() == pytest.approx(found.error)


def test_errors_on_drawn_tasks_average_to_the_expected_one():
    """The draws, the labels' noise and the probe's own predictions all enter here."""
    found = pseudo_task_error(PHI[:40], PHI[40:], PRIOR)
    S = smoother(found.penalty, found.n_components)
    labels = PRIOR.labels
    errors = ((labels[40:] - S @ labels[:40]) ** 2).mean(axis=0)
    np.testing.assert_allclose(found.task_errors, errors, rtol=1e-8)
    spread = errors.std() / np.sqrt(len(errors))
    assert abs(errors.mean() - found.error) < 4 * spread


def test_the_prior_has_unit_variance_and_no_constant_task():
    assert np.diag(PRIOR.covariance).mean() == pytest.approx(0.5)
    np.testing.assert_allclose(PRIOR.covariance.sum(axis=0), 0, atol=1e-9)
    sample = np.cov(PRIOR.labels) - 0.5 * np.eye(90)
    assert np.abs(sample - PRIOR.covariance).max() < 0.12


def test_a_better_representation_scores_lower_between_noise_and_one():
    smooth = pseudo_task_error(PHI[:40, :6], PHI[40:, :6], PRIOR)
    one = pseudo_task_error(PHI[:40, :1], PHI[40:, :1], PRIOR)
    random = pseudo_task_error(PHI[:40, 6:], PHI[40:, 6:], PRIOR)
    assert 0.5 < smooth.error < one.error < random.error < 1.1


def test_shifts_do_not_matter_nor_rotations_of_the_coordinates_used():
    turn, _ = np.linalg.qr(RNG.standard_normal((10, 10)))
    plain = pseudo_task_error(PHI[:40], PHI[40:], PRIOR, dimensions=[10])
    other = pseudo_task_error(PHI[:40] @ turn + 7, PHI[40:] @ turn + 7, PRIOR, dimensions=[10])
    assert other.error == pytest.approx(plain.error, rel=1e-9)


def test_collapsed_coordinates_are_worth_no_more_than_the_mean():
    found = pseudo_task_error(np.ones((40, 3)), np.ones((50, 3)), PRIOR)
    assert found.error == pytest.approx(expected(PRIOR, 1e9, 1).mean(), rel=1e-6)


def test_what_is_alike_cannot_be_told_apart_and_noise_can():
    prior = smooth_tasks(ROWS[:40], ROWS[40:], noise=0.1)
    smooth = pseudo_task_error(PHI[:40, :6], PHI[40:, :6], prior)
    close = PHI + 0.02 * np.random.default_rng(1).standard_normal(PHI.shape)
    nearly = pseudo_task_error(close[:40, :6], close[40:, :6], prior)
    random = pseudo_task_error(PHI[:40, 6:], PHI[40:, 6:], prior)
    assert cannot_tell([random, smooth, smooth], level=0.9).tolist() == [False, True, True]
    assert cannot_tell([smooth, nearly], level=0.999).all()


def test_told_apart_means_better_on_that_share_of_new_tasks():
    """The share on draws of the prior holds on other draws: it is calibrated where it holds."""
    fresh = smooth_tasks(ROWS[:40], ROWS[40:], n_tasks=4000, random_state=1)
    pairs = [(slice(0, 6), slice(0, 1)), (slice(0, 6), slice(0, 5)), (slice(0, 3), slice(6, 10))]
    for first, second in pairs:
        shares = []
        for prior in (PRIOR, fresh):
            one = pseudo_task_error(PHI[:40, first], PHI[40:, first], prior)
            other = pseudo_task_error(PHI[:40, second], PHI[40:, second], prior)
            shares.append((one.task_errors < other.task_errors).mean())
        assert shares[0] == pytest.approx(shares[1], abs=0.04)


def test_dimensions_grow_by_about_half():
    assert nested_dimensions(512)[:6] == [1, 2, 3, 4, 6, 8]
    assert nested_dimensions(512)[-3:] == [256, 384, 512]
    assert nested_dimensions(1) == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: smooth_tasks(ROWS[:40], ROWS[40:], noise=1.0), "noise=1.0"),
        (lambda: smooth_tasks(ROWS[:40], ROWS[40:], scales=(1.0, 0.0)), "above zero"),
        (lambda: smooth_tasks(ROWS[:40], ROWS[40:], scales=()), "one or more"),
        (lambda: smooth_tasks(ROWS[:40], ROWS[40:, :2]), "the same columns"),
        (lambda: smooth_tasks(ROWS[:1], ROWS[40:]), "labelled must be"),
        (lambda: smooth_tasks(ROWS * np.nan, ROWS), "missing or infinite"),
        (lambda: smooth_tasks(np.ones((9, 2)), np.ones((9, 2))), "all rows are the same"),
        (lambda: pseudo_task_error(PHI[:39], PHI[40:], PRIOR), "40 labelled and 50 held-out"),
        (lambda: pseudo_task_error(PHI[:40], PHI[40:, :2], PRIOR), "coordinates of the same"),
        (lambda: pseudo_task_error(PHI[:40, :0], PHI[40:, :0], PRIOR), "labelled must be finite"),
        (lambda: pseudo_task_error(PHI[:40], PHI[40:], PRIOR, penalties=[0.0]), "above zero"),
        (lambda: pseudo_task_error(PHI[:40], PHI[40:], PRIOR, dimensions=[0]), "at least 1"),
        (lambda: cannot_tell([]), "same tasks"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(InputError, match=message):
        change()


def test_scores_of_different_tasks_are_not_compared():
    score = pseudo_task_error(PHI[:40], PHI[40:], PRIOR)
    fewer = replace(score, task_errors=score.task_errors[:10])
    with pytest.raises(InputError, match="score all with one prior"):
        cannot_tell([score, fewer])
    with pytest.raises(InputError, match="level=1"):
        cannot_tell([score], level=1)
