"""Metrics, their intervals, and choices that follow them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from contextures.evaluation import Task, bootstrap_interval, compare, probe_curve
from contextures.evaluation.metrics import MEASURES, check_metric, metric_value, read_predictions
from contextures.evaluation.representations import boosting
from contextures.evaluation.representations.probe import best_of, linear_probe
from contextures.evaluation.representations.rivals import random_forest
from contextures.evaluation.resampled import weighing
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)


def chances(n, q, digits=2):
    """Chances with many ties."""
    found = RNG.dirichlet(np.ones(q), n).round(digits) + 1e-3
    return found / found.sum(axis=1, keepdims=True)


def truths(told):
    """Classes that the chances say something about, the last of them rare."""
    q = told.shape[1]
    shares = told * np.r_[np.ones(q - 1), 0.2]
    return np.array([RNG.choice(q, p=row / row.sum()) for row in shares])


def by_scikit_learn(name, y, told, weights=None):
    """The same, asked of scikit-learn at once."""
    how = {"sample_weight": weights}
    if name == "accuracy":
        return metrics.accuracy_score(y, told.argmax(1), **how)
    if name == "balanced-accuracy":
        return metrics.balanced_accuracy_score(y, told.argmax(1), **how)
    if name == "log-loss":
        return metrics.log_loss(y, told, **how)
    if name == "roc-auc":
        if told.shape[1] == 2:
            return metrics.roc_auc_score(y, told[:, 1], **how)
        return metrics.roc_auc_score(y, told, multi_class="ovr", **how)
    if name == "average-precision":
        if told.shape[1] == 2:
            return metrics.average_precision_score(y, told[:, 1], **how)
        return metrics.average_precision_score(np.eye(told.shape[1])[y], told, **how)
    return {
        "r2": metrics.r2_score,
        "mae": metrics.mean_absolute_error,
        "rmse": metrics.root_mean_squared_error,
    }[name](y, told, **how)


def rows(name, q):
    if MEASURES[name].kind == "regression":
        y = RNG.standard_normal(90)
        return y, y + RNG.standard_normal(90)
    told = chances(90, q)
    return truths(told), told


@pytest.mark.parametrize("q", [2, 3])
@pytest.mark.parametrize("name", MEASURES)
def test_values_and_resamples_are_scikit_learns(name, q):
    """The value, and the value with rows drawn repeatedly, ties among chances included."""
    y, told = rows(name, q)
    found = metric_value(name, y, told, positive=1)
    assert found == pytest.approx(by_scikit_learn(name, y, told))
    counts = RNG.multinomial(90, np.full(90, 1 / 90), 5).astype(float)
    weighed = weighing(name, read_predictions(name, y, told, positive=1))(counts)
    expected = [by_scikit_learn(name, y, told, weights) for weights in counts]
    np.testing.assert_allclose(weighed, expected)


@pytest.mark.parametrize("name", ["roc-auc", "average-precision"])
def test_an_interval_leaves_out_resamples_without_the_class(name):
    y = np.r_[np.zeros(40), 1, 1].astype(int)
    told = chances(42, 2)
    low, high = bootstrap_interval(name, y, told)
    assert 0 <= low <= metric_value(name, y, told) <= high <= 1
    assert np.isnan(metric_value(name, np.zeros(42, dtype=int), told, classes=[0, 1]))
    assert np.isnan(bootstrap_interval(name, np.zeros(42, dtype=int), told, classes=[0, 1])).all()


def test_an_interval_of_auc_covers_as_often_as_it_says():
    """Scores of two normals one apart: the true area is known, and 120 rows of 20 % bear 95 %."""
    from scipy.stats import norm

    true, covered = norm.cdf(1 / np.sqrt(2)), 0
    y = np.repeat([0, 1], [160, 40])
    for seed in range(100):
        p = norm.cdf(np.random.default_rng(seed).standard_normal(200) + y)
        low, high = bootstrap_interval("roc-auc", y, np.c_[1 - p, p], n_resamples=300)
        covered += low <= true <= high
    assert 88 <= covered <= 100


def test_average_precision_is_of_the_rarer_class_or_the_one_named():
    told = chances(80, 2)
    y = np.repeat([0, 1], [20, 60])
    rarer = metrics.average_precision_score(y == 0, told[:, 0])
    assert metric_value("average-precision", y, told) == pytest.approx(rarer)
    named = metrics.average_precision_score(y, told[:, 1])
    assert metric_value("average-precision", y, told, positive=1) == pytest.approx(named)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_metric("auc"), r"'auc' is not known; give accuracy, .* or rmse"),
        (lambda: check_metric("r2", "classification"), "is for numbers, and the target holds"),
        (lambda: check_metric("roc-auc", "regression"), "give r2, mae or rmse"),
        (lambda: Task("regression", judged_by="accuracy"), "judged_by 'accuracy' is for classes"),
        (lambda: metric_value("roc-auc", [0, 1], [0, 1]), "asks for chances"),
        (lambda: metric_value("roc-auc", [0, 1], np.ones((2, 3))), "3 columns of chances but"),
        (
            lambda: metric_value("log-loss", [0, 2], np.ones((2, 2)), classes=[0, 1]),
            "a class that is not in classes",
        ),
    ],
)
def test_metrics_that_cannot_be_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def imbalanced(n=400):
    """One class of a tenth: the first column finds half of it, the others are noise."""
    rng = np.random.default_rng(1)
    y = (np.arange(n) % 10 == 0).astype(int)
    X = rng.standard_normal((n, 4))
    X[:, 0] += 1.5 * y
    return X, y


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_baseline_is_scikit_learns_dummy(kind):
    X, y = imbalanced()
    if kind == "regression":
        y = X[:, 0] + 1.0
    train, test = np.arange(0, 400, 2), np.arange(1, 400, 2)
    if kind == "classification":
        train, test = np.arange(300), np.arange(300, 400)
    parts = (X[train], X[test])
    found = compare(Task(kind), parts, parts, (y[train], y[test]))["baseline"]
    dummy = DummyClassifier() if kind == "classification" else DummyRegressor()
    assert found.score == pytest.approx(dummy.fit(X[train], y[train]).score(X[test], y[test]))
    assert found.interval[0] <= found.score <= found.interval[1]


def test_ranking_rows_shows_what_accuracy_hides():
    """Where nine of ten rows are of one class, a model that tells them apart is no more right."""
    X, y = imbalanced()
    parts, labels = (X[:300], X[300:]), (y[:300], y[300:])
    by_rank = compare(Task("classification", judged_by="roc-auc"), parts, parts, labels)
    assert by_rank["baseline"].score == 0.5
    assert by_rank["contexture"].score > 0.7
    said = {key: found.also["accuracy"].score for key, found in by_rank.items()}
    assert abs(said["contexture"] - said["baseline"]) < 0.06
    plain = compare(Task("classification"), parts, parts, labels)["baseline"]
    assert said["baseline"] == plain.score == 0.9
    assert all(found.seconds > 0 and found.model for found in by_rank.values())


def test_the_number_of_coordinates_follows_the_metric():
    """The last coordinate alone finds the rare class, past many that only cost right answers."""
    rng = np.random.default_rng(3)
    y = np.repeat([0, 1, 2], [108, 108, 24])
    Z = rng.standard_normal((240, 31))
    Z[:, 0] += 2.0 * (y == 1)
    Z[:, 30] += 1.6 * (y == 2)
    best = {}
    for name in ("accuracy", "balanced-accuracy"):
        task = Task("classification", judged_by=name)
        best[name] = best_of(task, probe_curve(task, Z, y, [1, 31]))
    assert best == {"accuracy": 1, "balanced-accuracy": 31}


def test_losses_are_chosen_by_their_least():
    task = Task("regression", judged_by="mae")
    Z = RNG.standard_normal((200, 3))
    y = Z[:, 0] + 2 * Z[:, 1]
    curve = probe_curve(task, Z, y, [1, 2])
    assert curve[1][1] < curve[0][1] and best_of(task, curve) == 2


def test_the_penalty_follows_the_metric():
    """Outliers make the squared error ask for more shrinkage than the absolute one does."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((120, 30))
    y = X @ rng.standard_normal(30) + 30 * rng.standard_t(1.2, 120)
    squared = linear_probe(Task("regression"), X, y)[-1].alpha_
    absolute = linear_probe(Task("regression", judged_by="mae"), X, y)[-1].alpha_
    assert absolute != squared


def test_a_metric_undefined_on_folds_is_of_all_rows_together():
    """Three rare rows in five folds: two folds hold none, so their AUC does not exist."""
    y = np.repeat([0, 1], [40, 3])
    Z = RNG.standard_normal((43, 2))
    Z[:, 0] += 4 * y
    ((_, score, low, high),) = probe_curve(Task("classification", judged_by="roc-auc"), Z, y, [2])
    assert low <= score <= high and score > 0.9


@pytest.mark.parametrize("installed", [True, False])
def test_boosting_is_tuned_on_training_rows_by_the_metric(monkeypatch, installed):
    """Ten settings, stopped early; the same again with the same seed; LightGBM or not."""
    if installed:
        pytest.importorskip("lightgbm")
    monkeypatch.setattr(boosting, "find_spec", lambda _: object() if installed else None)
    X, y = imbalanced(200)
    task = Task("classification", judged_by="roc-auc")
    first, second = (boosting.tuned_boosting(task, X, y) for _ in range(2))
    assert ("LightGBM" in first.words) is installed
    assert "best of 10 settings" in first.words and first.words == second.words
    np.testing.assert_array_equal(first.model.predict_proba(X), second.model.predict_proba(X))


def test_large_tables_get_fewer_settings_and_trees():
    task = Task("classification")
    few = boosting._affordable(task, np.empty((10_000, 2000)), np.zeros(10_000), 1)
    assert boosting.FEWEST_SETTINGS <= few < boosting.N_SETTINGS
    X = RNG.standard_normal((10_500, 2))
    found = random_forest(task, X, (X[:, 0] > 0).astype(int))
    assert "of 10,000 rows each" in found.words
