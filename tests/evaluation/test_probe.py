"""Held-out scores and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import accuracy_score, r2_score

from contextures.evaluation import Task, bootstrap_interval, compare, probe_curve
from contextures.evaluation.metrics import metric_value
from contextures.evaluation.representations.tuning import folds as _folds

RNG = np.random.default_rng(0)


def test_scores_are_scikit_learns():
    y, z = RNG.standard_normal(50), RNG.standard_normal(50)
    assert metric_value("r2", y, z) == pytest.approx(r2_score(y, z))
    assert metric_value("accuracy", y > 0, z > 0) == accuracy_score(y > 0, z > 0)


def test_an_interval_covers_as_often_as_it_says():
    """Accuracy .8 on 200 rows: about 95 of 100 intervals hold the truth."""
    covered = 0
    for seed in range(100):
        hits = np.random.default_rng(seed).random(200) < 0.8
        low, high = bootstrap_interval("accuracy", np.ones(200), hits, n_resamples=300)
        covered += low <= 0.8 <= high
    assert 88 <= covered <= 100


def test_an_interval_of_r2_matches_a_plain_bootstrap():
    y = RNG.standard_normal(300)
    z = y + 0.5 * RNG.standard_normal(300)
    drawn = np.random.default_rng(1).integers(0, 300, (1000, 300))
    plain = np.quantile([r2_score(y[i], z[i]) for i in drawn], [0.025, 0.975])
    np.testing.assert_allclose(bootstrap_interval("r2", y, z), plain, atol=0.02)


def test_every_rival_is_scored_on_the_same_rows():
    y = load_diabetes().target
    train, test = np.arange(0, 442, 2), np.arange(1, 442, 2)
    # A perfect embedding and noise for raw features: the order of the scores is known.
    noise = RNG.standard_normal((442, 5))
    embedding = y[:, None] + 0.01 * RNG.standard_normal((442, 1))
    scores = compare(
        Task("regression"),
        (embedding[train], embedding[test]),
        (noise[train], noise[test]),
        (y[train], y[test]),
    )
    assert scores["contexture"].score > 0.99
    assert scores["contexture_plus_raw"].score > 0.99
    assert scores["raw_linear"].score < 0.1
    assert scores["gradient_boosting"].score < 0.1
    for found in scores.values():
        assert found.interval[0] <= found.score <= found.interval[1]


def test_boosting_beats_a_line_where_it_should():
    X = RNG.uniform(-1, 1, (600, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    parts = (X[:400], X[400:])
    scores = compare(Task("classification"), parts, parts, (y[:400], y[400:]))
    assert scores["gradient_boosting"].score > 0.9 > scores["raw_linear"].score


def test_a_curve_rises_with_useful_coordinates():
    X, y = load_iris(return_X_y=True)
    order = X[:, [1, 0, 3, 2]]  # the weakest first
    points = probe_curve(Task("classification"), order, y, [1, 4])
    assert points[1][1] > points[0][1] + 0.1
    assert all(low <= score <= high for _, score, low, high in points)


def test_classes_too_rare_for_folds_do_not_stop_the_probe():
    X = RNG.standard_normal((60, 3))
    y = np.r_[np.zeros(29), np.ones(29), [2, 2]].astype(int)
    points = probe_curve(Task("classification"), X, y, [3])
    assert 0 <= points[0][1] <= 1


@pytest.mark.parametrize("n", [150, 5000])
def test_a_class_of_one_training_row_does_not_stop_the_scores(n):
    """It is in every fold's training part, and in the rows that settings are chosen on."""
    X = RNG.standard_normal((n, 3))
    y = np.r_[np.zeros(n - 1), 1].astype(int)
    scores = compare(Task("classification"), (X, X), (X, X), (y, y))
    assert all(found.score > 0.9 for found in scores.values())


@pytest.mark.parametrize("counts", [(16, 4), (10, 5, 2), (3, 2), (2,) * 10, (30, 30, 3)], ids=str)
def test_every_row_of_every_class_is_tested_once_by_one_that_learned_its_class(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    for n_folds in (3, 5):
        folds = list(_folds(Task("classification"), labels, n_folds))
        tested = np.concatenate([test for _, test in folds])
        np.testing.assert_array_equal(np.sort(tested), np.arange(len(labels)))
        for train, test in folds:
            assert not np.intersect1d(train, test).size
            assert set(labels[train]) == set(labels)
            # As even as can be: no fold has two more of a class than another.
            for label, count in enumerate(counts):
                assert (labels[test] == label).sum() <= -(-count // len(folds))


def test_a_class_of_one_row_is_learned_from_and_not_tested():
    for labels in (np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2, 3, 4, 5, 6])):
        for train, test in _folds(Task("classification"), labels, 5):
            assert set(labels[train]) == set(labels) and set(labels[test]) == {0}


@pytest.mark.parametrize("n", [6, 8, 15, 21])
def test_r2_is_never_of_one_row(n):
    y = np.random.default_rng(0).normal(size=n)
    folds = list(_folds(Task("regression"), y, 5))
    assert min(len(test) for _, test in folds) >= 3
    curve = probe_curve(Task("regression"), RNG.standard_normal((n, 3)), y, [1, 3])
    assert np.isfinite(curve).all()


def test_a_rare_class_shows_in_the_curve():
    """With 16 and 4 labels, a coordinate that tells them apart is worth more than those before."""
    y = np.repeat([0, 1], [16, 4])
    Z = np.random.default_rng(0).normal(size=(20, 8))
    Z[:, 5] += 6 * y
    curve = {d: score for d, score, *_ in probe_curve(Task("classification"), Z, y, [2, 6])}
    assert curve[6] > curve[2] + 0.1 and curve[6] > 0.9
