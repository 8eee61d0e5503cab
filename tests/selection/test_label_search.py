"""Choosing a context by the labels there are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression

from contextures import ContextSearch, STKRClassifier, STKRRegressor
from contextures.contexts import (
    Context,
    KNNContext,
    LabelContext,
    MaskedTokensContext,
    NoiseContext,
    PairContext,
    RBFContext,
    TeacherContext,
)
from contextures.exceptions import InputError
from contextures.selection.label_scores import Labels, read_labels, score_labels
from contextures.spectrum import decompose_fitted

X, Y = load_wine(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
CANDIDATES = [KNNContext(10), KNNContext(40), RBFContext(0.02)]
RNG = np.random.default_rng(0)
SOME = np.where(RNG.random(len(Y)) < 0.3, Y, -1)


def by_refits(context, targets, known, settings):
    """Solve the regression anew without each label, densely, its penalty as with all of them."""
    spectrum = decompose_fitted(clone(context).fit(X), 300, allow_fewer=True)
    squares = spectrum.singular_values**2
    total = 0.0
    for left in range(len(known)):
        rest = np.delete(np.arange(len(known)), left)
        predicted = 0.0
        for setting in settings:
            s = setting.transform.values(squares)
            K = (spectrum.left[known] * s) @ spectrum.left[known].T
            ridge = setting.alpha * np.diag(K).mean()
            # The constant is free: [K + ridge, 1; 1^T, 0] [a, b] = [y, 0].
            system = np.ones((len(rest) + 1,) * 2)
            system[:-1, :-1] = K[np.ix_(rest, rest)] + ridge * np.eye(len(rest))
            system[-1, -1] = 0
            right = np.vstack([targets[rest], np.zeros(targets.shape[1])])
            found = np.linalg.solve(system, right)
            predicted += setting.weight * (K[left, rest] @ found[:-1] + found[-1])
        total += ((targets[left] - predicted) ** 2).sum()
    null = sum(
        ((targets[i] - np.delete(targets, i, axis=0).mean(axis=0)) ** 2).sum()
        for i in range(len(targets))
    )
    return total / null


@pytest.mark.parametrize("share", [0.08, 0.3])
def test_the_error_is_that_of_refits_without_each_label(share):
    """With few labels the setting is fixed, with more it is averaged: either way, dense algebra."""
    y = np.where(np.random.default_rng(1).random(len(Y)) < share, Y, -1)
    known = np.flatnonzero(y >= 0)
    search = ContextSearch(CANDIDATES, criterion="labels").fit(X, y)
    assert search.score_ == "labels" and search.n_labelled_ == len(known)
    for _, row in search.results_.iterrows():
        settings = STKRClassifier(row["context"]).fit(X, y).settings_
        expected = by_refits(row["context"], np.eye(3)[y[known]], known, settings)
        assert row["labels"] == pytest.approx(expected, rel=1e-6)


def test_numbers_are_scored_as_their_regression_scores_them():
    numbers = np.where(SOME >= 0, X[:, 0] * X[:, 1], np.nan)
    known = np.flatnonzero(~np.isnan(numbers))
    search = ContextSearch([KNNContext(20)], criterion="labels").fit(X, numbers)
    settings = STKRRegressor(KNNContext(20)).fit(X, numbers).settings_
    targets = ((numbers - numbers[known].mean()) / numbers[known].std())[known, None]
    expected = by_refits(KNNContext(20), targets, known, settings)
    assert search.results_["labels"].iloc[0] == pytest.approx(expected, rel=1e-6)


def test_the_lowest_error_is_chosen_and_differences_are_paired():
    search = ContextSearch(CANDIDATES, criterion="labels").fit(X, SOME)
    table = search.results_
    assert table["labels"].is_monotonic_increasing
    assert table["chosen"].tolist() == [True, False, False]
    labels = read_labels(SOME, len(X))
    scores = []
    for context in table["context"]:
        spectrum = decompose_fitted(clone(context).fit(X), 300, allow_fewer=True)
        left = spectrum.left[labels.rows]
        scores.append(score_labels(left, spectrum.singular_values, labels))
    for place in (1, 2):
        pairs = scores[place].row_errors - scores[0].row_errors
        spread = pairs.std(ddof=1) / np.sqrt(len(pairs))
        assert table["labels_se"].iloc[place] == pytest.approx(spread, rel=1e-4)
        assert table["told_apart"].iloc[place] == (pairs.mean() > 2 * spread)
    assert table["labels_se"].iloc[0] == 0
    assert search.n_alike_ == sum(apart is False for apart in table["told_apart"]) - 1
    assert list(search.summary().columns[:2]) == ["name", "labels"]


def test_labels_find_the_context_of_their_own_clusters():
    """Digits follow clusters: a context that ties far rows together cannot hold them."""
    digits, classes = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))[:600]
    y = np.where(np.arange(600) < 100, classes[order], -1)
    local, wide = KNNContext(8), RBFContext(1e-5)
    search = ContextSearch([wide, local], criterion="labels").fit(digits[order], y)
    assert search.best_context_ is local
    assert search.results_["told_apart"].tolist() == [False, True]
    assert search.best_n_components_ > 8


def test_random_labels_seldom_tell_like_contexts_apart():
    """On labels of chance a difference is no merit of a context: ties must be told as such."""
    near = [RBFContext(gamma) for gamma in (0.02, 0.024, 0.03)]
    apart = 0
    for seed in range(12):
        y = np.random.default_rng(seed).integers(0, 2, len(X)).astype(float)
        y[np.random.default_rng(seed).random(len(X)) < 0.5] = np.nan
        table = ContextSearch(near, criterion="labels").fit(X, y).results_
        assert table["labels"].iloc[0] > 0.8
        apart += int(table["told_apart"].iloc[1:].sum())
    assert apart <= 4  # of 24


def test_marks_for_no_label_are_those_of_the_regression():
    for y in (
        np.where(SOME >= 0, SOME, np.nan),
        [None if v < 0 else f"class {v}" for v in SOME],
        SOME[:, None],
    ):
        rows = read_labels(y, len(X)).rows
        np.testing.assert_array_equal(rows, np.flatnonzero(SOME >= 0))
    assert len(read_labels(Y, len(X)).rows) == len(X)
    signs = np.where(Y > 0, 1, -1)
    assert len(read_labels(signs, len(X)).rows) == len(X)  # two classes, not one
    numbers = read_labels(np.where(SOME >= 0, X[:, 0] - 1.0, np.nan), len(X))
    assert not numbers.classes and (numbers.values < 0).any()


def test_labels_are_drawn_where_there_are_many_and_rows_beside_them():
    labels = Labels(np.arange(0, 900, 3), np.arange(300) % 4, True)
    few = labels.thinned(100, np.random.RandomState(0))
    assert len(few.rows) == 100 and set(few.rows) <= set(labels.rows)
    chosen = np.sort(np.concatenate([few.rows, [1, 2, 4, 898]]))
    among = few.among(chosen)
    np.testing.assert_array_equal(chosen[among.rows], few.rows)
    np.testing.assert_array_equal(among.values, few.values)
    rows = np.random.default_rng(0).normal(size=(400, 2))
    y = np.where(np.arange(400) % 8 == 0, rows[:, 0] > 0, -1).astype(int)
    search = ContextSearch([KNNContext(40)], criterion="labels", max_samples=100).fit(rows, y)
    assert (search.n_samples_, search.n_labelled_) == (100, 50)


def test_auto_keeps_the_label_free_pick_until_labels_tell_that_it_is_worse():
    """The lowest of many uncertain errors is a poor guide: labels are followed once sure."""
    rows = np.random.default_rng(0).standard_normal((600, 2))
    y = (np.sin(6 * rows[:, 0]) > 0).astype(int)  # rougher than the pseudo-tasks
    both = [RBFContext(3.0), RBFContext(30.0)]
    assert ContextSearch(both).fit(rows).best_context_ is both[0]
    found = ContextSearch(both).fit(rows, np.where(np.arange(600) < 100, y, -1))
    assert (found.score_, found.n_labelled_) == ("labels", 100)
    assert found.best_context_ is both[1]
    assert found.results_["pseudo"].notna().all()  # both are shown
    few = ContextSearch(both).fit(rows, np.where(np.arange(600) < 8, y, -1))
    assert (few.score_, few.n_labelled_) == ("pseudo", None)
    chance = np.random.default_rng(0).integers(0, 2, 600)
    kept = ContextSearch([both[0], RBFContext(3.3)]).fit(rows, chance)
    assert (kept.score_, kept.n_labelled_) == ("pseudo", 420)  # of the rows that are fitted to
    free = ContextSearch(both, criterion="label-free").fit(rows, y)
    assert (free.score_, free.n_labelled_) == ("pseudo", None)
    assert ContextSearch(both).fit(rows, np.ones(600)).score_ == "pseudo"  # says nothing


def test_contexts_that_saw_the_labels_are_not_judged_by_them():
    """Their functions repeat the labels, so they would always win."""
    teacher = TeacherContext(LogisticRegression())
    assert teacher.needs_y
    search = ContextSearch([teacher, KNNContext(10), LabelContext()], criterion="labels").fit(X, Y)
    table = search.results_.set_index("name")
    assert np.isnan(table.loc["labels", "labels"])
    assert search.best_context_ == search.candidates[1]
    assert table["labels"].notna().sum() == 1
    with pytest.raises(InputError, match="no candidate can be judged by labels"):
        ContextSearch([teacher], criterion="labels").fit(X, Y)
    # y may be what the candidate needs, so nothing is followed unless it is asked for.
    assert ContextSearch([teacher]).fit(X, Y).score_ == "pseudo"


def test_contexts_that_only_draw_are_scored_by_labels_too():
    rows = np.random.default_rng(0).standard_normal((600, 2))
    y = np.where(np.arange(600) < 150, (rows[:, 0] > 0), -1).astype(int)
    search = ContextSearch([NoiseContext(100.0), NoiseContext(0.5)], criterion="labels")
    assert search.fit(rows, y).best_context_.sigma == 0.5
    assert search.results_["labels"].iloc[0] < 0.6


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "needs labels; call fit"),
        (np.full(len(Y), -1), "all 178 labelled rows of y are of one class|no label"),
        (np.full(len(Y), np.nan), "no label"),
        (Y[:-1], "y has 177 values, but there are 178 rows"),
        (np.full(len(Y), 0.5), "all their labels are equal"),
    ],
)
def test_labels_that_cannot_be_followed_are_named(y, message):
    with pytest.raises(InputError, match=message):
        ContextSearch(CANDIDATES, criterion="labels").fit(X, y)


class SameFirstLetter(Context):
    """A is the first letter of a word."""

    takes = "any"

    def fit(self, X, y=None):
        self.letters_ = sorted({word[0] for word in X})
        return self

    def expand(self, X):
        return np.array([[float(word[0] == letter) for letter in self.letters_] for word in X])


def test_values_of_any_kind_are_ranked():
    """X need not be numbers where every candidate takes other values."""
    words = [f"{letter}{i}" for i in range(30) for letter in "abcd"]
    assert ContextSearch([SameFirstLetter()]).fit(words).score_ == "tau"
    y = [word[0] in "ab" for word in words]
    y = [value if i < 40 else None for i, value in enumerate(y)]
    search = ContextSearch([SameFirstLetter()], criterion="labels").fit(words, y)
    assert search.results_["labels"].iloc[0] < 0.2
    pairs = ContextSearch([PairContext()]).fit(["a", "a", "b", "b"] * 30, [0, 1, 1, 1] * 30)
    assert pairs.score_ == "tau"
    tokens = np.random.default_rng(0).integers(5, 9, (200, 3))
    assert ContextSearch([MaskedTokensContext(0.5)]).fit(tokens).score_ == "tau"
    with pytest.raises(InputError, match="X is not rows of numbers, which the candidate KNN"):
        ContextSearch([SameFirstLetter(), KNNContext(5)]).fit(words)
