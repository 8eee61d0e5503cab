"""Embeddings compared on a few labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from contextures.exceptions import InputError
from contextures.regression import STKRClassifier, STKRRegressor, compare_on_labels
from contextures.regression.label_comparison import _pair

X, Y = load_iris(return_X_y=True)
NOISE = np.random.default_rng(0).normal(size=X.shape)
ORDER = np.random.default_rng(1).permutation(len(X))


def some(n, values=Y):
    """Labels of n rows, NaN for the others."""
    known = np.full(len(values), np.nan)
    known[ORDER[:n]] = values[ORDER[:n]]
    return known


@pytest.mark.parametrize("kind", [STKRClassifier, STKRRegressor])
def test_what_is_predicted_for_a_label_left_out_does_not_depend_on_it(kind):
    """The setting is given, so that labels decide nothing else."""
    model = kind(spectral_transform="power:2", alpha=0.1)
    known = some(30)
    before = model.fit(X, known).left_out_values_
    unlabelled = np.isnan(known)
    np.testing.assert_array_equal(before[unlabelled], model.values_[unlabelled])
    assert not np.allclose(before[~unlabelled], model.values_[~unlabelled])
    for row in ORDER[:5]:
        changed = known.copy()
        changed[row] = (known[row] + 1) % 3
        after = model.fit(X, changed).left_out_values_
        np.testing.assert_allclose(after[row], before[row], atol=1e-10)
        assert not np.allclose(after[ORDER[6:10]], before[ORDER[6:10]], atol=1e-6)


def test_left_out_numbers_of_outputs_known_for_different_rows():
    """Each pattern of known rows is fitted apart, and put back in its place."""
    two = np.column_stack([some(30, X[:, 2]), some(20, X[:, 3])])
    settings = {"spectral_transform": "power:2", "alpha": 0.1}
    found = STKRRegressor(**settings).fit(X[:, :2], two).left_out_values_
    for output in range(2):
        alone = STKRRegressor(**settings).fit(X[:, :2], two[:, output]).left_out_values_
        np.testing.assert_allclose(found[:, output], alone, atol=1e-10)


def test_the_hits_are_those_of_models_that_never_saw_the_label():
    """Below five labels a class nothing is chosen, so a fit without the label says the same."""
    known = np.full(len(X), -1)
    chosen = ORDER[:12]
    known[chosen] = Y[chosen]
    hits = []
    for row in chosen:
        without = known.copy()
        without[row] = -1
        hits.append(STKRClassifier().fit(X, without).labels_[row] == Y[row])
    found = compare_on_labels({"flowers": X, "noise": NOISE}, some(12))
    # The ridge is in units of the labelled rows' kernel, which one label hardly changes.
    assert found.scores["flowers"] == pytest.approx(np.mean(hits), abs=1 / 12 + 1e-9)


def test_a_clear_winner_is_told_and_a_copy_is_not():
    found = compare_on_labels({"noise": NOISE, "flowers": X, "copy": 3 * X + 1}, some(40))
    assert found.best in ("flowers", "copy")
    near, far = found.pairs
    assert {found.best, near.other} == {"flowers", "copy"}
    assert near.difference == 0.0
    assert not near.told
    assert far.other == "noise"
    assert far.told
    assert far.difference == pytest.approx(found.scores[found.best] - found.scores["noise"])
    assert (found.n_labelled, found.n_used) == (40, 150)


def test_numbers_are_compared_by_what_is_explained():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 300)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    noise = np.random.default_rng(1).normal(size=(300, 2))
    y = np.where(np.arange(300) < 40, np.sin(2 * angle), np.nan)
    found = compare_on_labels({"circle": circle, "noise": noise}, y, task="regression")
    assert found.scores["circle"] > 0.7 > 0.3 > found.scores["noise"]
    assert found.pairs[0].told


def test_embeddings_of_equal_worth_are_seldom_told_apart():
    """Two noisy views of the same flowers: at 95 % one in twenty may seem better by chance."""
    rng = np.random.default_rng(2)
    told = 0
    for _ in range(12):
        views = {name: X + rng.normal(scale=0.8, size=X.shape) for name in "ab"}
        rows = rng.permutation(len(X))[:30]
        known = np.full(len(X), np.nan)
        known[rows] = Y[rows]
        told += compare_on_labels(views, known).pairs[0].told
    assert told <= 2


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_as_many_labels_as_are_said_to_be_needed_tell(task):
    """Seen on more and more labels that come out alike, for both kinds of interval."""
    hits = {"best": [1.0] * 16 + [0.0] * 4, "other": [1.0] * 14 + [0.0, 0.0, 1.0] + [0.0] * 3}
    terms = {name: np.array(own) for name, own in hits.items()}

    def pair(times):
        own = {name: np.tile(values, times) for name, values in terms.items()}
        return _pair("best", "other", own, task, 0.95)

    needed = pair(1).labels_needed
    assert needed > 60
    times = needed / 20
    assert not pair(int(0.6 * times)).told
    assert pair(int(1.4 * times)).told
    assert pair(int(1.4 * times)).labels_needed is None


def test_intervals_of_more_pairs_are_wider():
    """The best is not known beforehand, so every pair must hold at once."""
    weak = X[:, [1]]
    two = compare_on_labels({"flowers": X, "weak": weak}, some(60))
    three = compare_on_labels({"flowers": X, "weak": weak, "noise": NOISE}, some(60))
    one = next(pair for pair in three.pairs if pair.other == "weak")
    assert one.difference == two.pairs[0].difference
    assert one.interval[0] < two.pairs[0].interval[0]


def test_labelled_rows_are_kept_where_rows_are_many():
    found = compare_on_labels({"flowers": X, "noise": NOISE}, some(30), most_rows=60)
    assert (found.n_labelled, found.n_used) == (30, 60)


@pytest.mark.parametrize(
    ("labels", "task", "message"),
    [
        (np.full(150, np.nan), "classification", "y has no label"),
        (some(1), "classification", "one label only"),
        (np.where(np.arange(150) < 9, 1.0, np.nan), "classification", "of one class, 1.0"),
        (np.where(np.arange(150) < 9, 1.0, np.nan), "regression", "all 9 labels are 1"),
        (np.where(np.arange(150) < 9, np.arange(150), np.nan), "classification", "one label only"),
        (some(30)[:100], "classification", "X has 150 rows but y has 100"),
        (some(30), "ranking", "'ranking' is not known"),
    ],
)
def test_labels_that_cannot_tell_are_refused(labels, task, message):
    with pytest.raises(InputError, match=message):
        compare_on_labels({"flowers": X, "noise": NOISE}, labels, task=task)


def test_the_scale_of_an_embedding_does_not_matter_and_a_constant_is_refused():
    found = compare_on_labels({"huge": X * 1e200, "tiny": X * 1e-200}, some(30))
    assert found.pairs[0].difference == 0.0
    with pytest.raises(InputError, match="'flat' is the same for all 150 rows"):
        compare_on_labels({"flowers": X, "flat": np.ones((150, 2))}, some(30))
