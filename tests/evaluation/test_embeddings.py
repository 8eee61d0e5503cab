"""Embeddings of the same rows, compared without labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from scipy.stats import binomtest, ttest_rel

from contextures.evaluation import (
    compare_embeddings,
    paired_hits_interval,
    paired_mean_interval,
)
from contextures.evaluation.context_scores.task_priors import SCALES
from contextures.evaluation.embeddings import probe as probes
from contextures.evaluation.embeddings.probe import KernelProbe
from contextures.evaluation.embeddings.tasks import common_tasks, crossed_error
from contextures.exceptions import InputError


@pytest.fixture
def rows(rng):
    return rng.normal(size=(300, 4)) * [4, 3, 2, 1]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def dense_ridge(fitted, targets, fresh, penalty, typical):
    """The same regression by the saddle-point system of coefficients and a constant."""

    def kernel(a, b):
        return np.mean([np.exp(-c * cdist(a, b, "sqeuclidean") / typical) for c in SCALES], axis=0)

    m = len(fitted)
    system = np.ones((m + 1, m + 1))
    system[:m, :m] = kernel(fitted, fitted) + penalty * np.eye(m)
    system[m, m] = 0.0
    found = np.linalg.solve(system, np.vstack([targets, np.zeros((1, targets.shape[1]))]))
    return kernel(fresh, fitted) @ found[:m] + found[m]


@pytest.mark.parametrize("each", [False, True])
def test_the_probe_is_ridge_regression_with_the_penalty_that_leave_one_out_prefers(
    rng, monkeypatch, each
):
    fitted, fresh = rng.normal(size=(40, 2)), rng.normal(size=(15, 2))
    targets = np.column_stack([np.sin(fitted[:, 0]), rng.normal(size=40), fitted.prod(axis=1)])
    tried = (1e-4, 1e-2, 1.0)
    monkeypatch.setattr(probes, "PENALTIES", tried)
    typical = np.median(pdist(fitted, "sqeuclidean"))

    def left_out(penalty):
        errors = np.zeros(3)
        for i in range(40):
            rest = np.arange(40) != i
            # The penalty stays as it is for all forty rows.
            found = dense_ridge(fitted[rest], targets[rest], fitted[[i]], 40 * penalty, typical)
            errors += (found[0] - targets[i]) ** 2
        return errors

    errors = np.array([left_out(penalty) for penalty in tried])
    best = errors.argmin(axis=0) if each else np.full(3, errors.sum(axis=1).argmin())
    expected = np.column_stack(
        [
            dense_ridge(fitted, targets[:, [j]], fresh, 40 * tried[best[j]], typical)[:, 0]
            for j in range(3)
        ]
    )
    if each:
        assert len(set(best)) > 1  # noise and signal want different penalties
    np.testing.assert_allclose(
        KernelProbe(fitted, fresh).predict(targets, each=each), expected, atol=1e-8
    )


def test_tasks_come_evenly_from_all_embeddings_and_are_of_unit_variance(rng, rows):
    tasks = common_tasks([rows, rows[:, :1], rng.normal(size=(300, 2))], 150, 90, seed=0)
    assert np.bincount(tasks.sources).tolist() == [30, 30, 30]
    assert (tasks.labels**2).mean() == pytest.approx(1.0, abs=0.1)
    again = common_tasks([rows, rows], 150, 90, seed=0)
    assert not np.allclose(again.labels[:, :45], again.labels[:, 45:])


def test_the_error_over_rows_and_tasks_is_that_of_drawing_both_again(rng):
    """Either alone would be too sure: here each effect shifts all of its row or column."""
    means, errors = [], []
    for _ in range(400):
        row, task = rng.normal(size=(30, 1)), 0.5 * rng.normal(size=(1, 12))
        values = row + task + 0.3 * rng.normal(size=(30, 12))
        means.append(values.mean())
        errors.append(crossed_error(values))
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.1)


def test_rotations_shifts_and_scales_of_an_embedding_change_nothing(rng, rows):
    turned = rows @ np.linalg.qr(rng.normal(size=(4, 4)))[0] * 1e-7 + 3.0
    pair = compare_embeddings({"one": rows, "other": turned}).pairs[0]
    assert pair.difference.value == pytest.approx(0.0, abs=1e-6)
    assert pair.difference.error == pytest.approx(0.0, abs=1e-6)
    assert (pair.cka, pair.cca) == (pytest.approx(1.0), pytest.approx(1.0))
    assert pair.neighbors > 0.99
    assert pair.first_held.lacking == pair.second_held.lacking == []


def test_the_functions_that_are_missing_are_named(rows):
    """The second direction is left out; a bent one, which can be undone, is not lost."""
    bent = np.column_stack([rows[:, 0] ** 3, rows[:, 2:]])
    pair = compare_embeddings({"all": rows, "bent": bent}).pairs[0]
    held = pair.first_held
    assert (held.of, held.by) == ("all", "bent")
    assert held.lacking == [1]
    assert held.judged == 4
    assert held.lacking_variance == pytest.approx(9 / 30, abs=0.05)
    assert held.held[1] < 0.1 < 0.9 < held.own[1]
    assert pair.second_held.lacking == []


def test_the_embedding_that_lacks_what_tasks_need_has_the_larger_error(rng, rows):
    found = compare_embeddings(
        {"all": rows, "part": rows[:, :2], "noise": rng.normal(size=(300, 3))}
    )
    values = {name: error.value for name, error in found.errors.items()}
    assert values["all"] < values["part"] < values["noise"]
    difference = found.pairs[0].difference
    assert difference.value < -2 * difference.error
    assert found.own_errors["noise"]["all"] > 0.95  # nothing of it
    assert found.dimensions == {"all": 4, "part": 2, "noise": 3}


def test_two_embeddings_that_differ_by_chance_alone_are_not_told_apart(rng):
    """Both see the same signal under independent noise of one size: neither is better."""
    told = 0
    for trial in range(10):
        signal = rng.normal(size=(200, 2))
        noisy = [signal + 0.5 * rng.normal(size=(200, 2)) for _ in range(2)]
        found = compare_embeddings(dict(enumerate(noisy)), random_state=trial)
        difference = found.pairs[0].difference
        told += abs(difference.value) > 2 * difference.error
    assert told <= 3


def test_many_rows_are_sampled_and_the_seed_decides(rows):
    several = np.vstack([rows] * 2) + np.random.default_rng(1).normal(size=(600, 4))
    found = compare_embeddings({"a": several, "b": several[:, 1:]}, most_rows=250)
    assert (found.n_rows, found.n_used, found.n_probed) == (600, 250, 250)
    again = compare_embeddings({"a": several, "b": several[:, 1:]}, most_rows=250)
    assert again.errors == found.errors
    other = compare_embeddings({"a": several, "b": several[:, 1:]}, most_rows=250, random_state=1)
    assert other.errors != found.errors


def test_more_coordinates_than_rows_have_no_canonical_correlation(rng):
    wide = rng.normal(size=(60, 200))
    pair = compare_embeddings({"wide": wide, "narrow": wide[:, :2]}).pairs[0]
    assert pair.cca is None
    assert np.isfinite([pair.difference.value, pair.cka, pair.neighbors]).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": np.eye(30)}, "one embedding only"),
        ({}, "no embedding"),
        ({"a": np.eye(30), "b": np.eye(31)}, "'a' has 30 rows but 'b' has 31"),
        ({"a": np.eye(30), "b": np.full((30, 2), np.nan)}, "'b' holds values that are missing"),
        ({"a": np.eye(30), "b": np.full((30, 2), 7.0)}, "'b' is the same for all 30 rows"),
        ({"a": np.eye(5), "b": np.eye(5)}, "at least 20 rows"),
        ({"a": np.eye(30), "b": np.array([["x"]] * 30)}, "'b' must be an array of numbers"),
        ({"a": np.eye(30), "b": np.arange(30.0)}, r"its shape is \(30,\)"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(given, message):
    with pytest.raises(InputError, match=message):
        compare_embeddings(given)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 0), (5, 0), (6, 0), (9, 2), (30, 14)])
def test_the_interval_of_hits_holds_zero_exactly_where_the_sign_test_does_not_reject(wins, losses):
    first = np.repeat([True, False, True, False], [wins, losses, 10, 4])
    second = np.repeat([False, True, True, False], [wins, losses, 10, 4])
    low, high = paired_hits_interval(first, second)
    rejects = wins + losses > 0 and binomtest(wins, wins + losses).pvalue < 0.05
    assert rejects == (low > 0 or high < 0)
    assert low <= (wins - losses) / len(first) <= high
    swapped = paired_hits_interval(second, first)
    np.testing.assert_allclose(swapped, (-high, -low), atol=1e-12)


def test_the_interval_of_means_is_that_of_the_paired_t_test(rng):
    first, second = rng.normal(size=(2, 12))
    expected = ttest_rel(first, second).confidence_interval(0.9)
    np.testing.assert_allclose(paired_mean_interval(first - second, level=0.9), expected)
    assert paired_mean_interval([0.3]) == (-np.inf, np.inf)
