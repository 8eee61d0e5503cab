"""What has seen labels describes fitted rows out of fold, so that nothing on top is misled.

Without it, a teacher's kernel claims a small part of its true error on its own rows.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from contexts.cases import as_array
from contextures import SpectralEncoder
from contextures.contexts import (
    BoostedTreesContext,
    Convolution,
    KernelContext,
    KNNContext,
    LabelContext,
    RBFContext,
    TeacherContext,
)
from contextures.contexts.cross_fit import Folds, as_numbers
from contextures.exceptions import ContextWarning, InputError

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((900, 6))
WAVE = np.sin(2 * ROWS[:, 0]) + ROWS[:, 1] * ROWS[:, 2] + 0.7 * RNG.standard_normal(900)
WORDS = np.array(["a", "b", "c"])[np.digitize(WAVE, np.quantile(WAVE, [1 / 3, 2 / 3]))]
FIT = slice(None, 500)


def trees(output="leaves", **options):
    pytest.importorskip("lightgbm")
    return BoostedTreesContext(output, **options)


def claimed_and_true(context, y, again=False, rows=ROWS, n=500):
    """Give the error of ridge on functions, cross-validated on the fitted rows and on new ones."""
    targets = (y[:, None] == np.unique(y)) * 1.0 if y.dtype.kind == "U" else y[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        encoder = SpectralEncoder(context, 24, allow_fewer=True, random_state=0)
        known = encoder.fit_transform(rows[:n], y[:n])
        known = encoder.transform(rows[:n]) if again else known
        new = encoder.transform(rows[n:])
    ridge = RidgeCV(np.logspace(-3, 3, 13))
    claimed = cross_val_predict(ridge, known, targets[:n], cv=5).reshape(-1, targets.shape[1])
    true = ridge.fit(known, targets[:n]).predict(new).reshape(-1, targets.shape[1])
    return np.mean((targets[:n] - claimed) ** 2), np.mean((targets[n:] - true) ** 2)


MADE = {
    "leaves": lambda cross_fit: trees(cross_fit=cross_fit),
    "predictions": lambda cross_fit: trees("predictions", cross_fit=cross_fit),
    "neighbours' labels": lambda cross_fit: Convolution(KNNContext(5), LabelContext(), cross_fit),
    "neighbours' trees": lambda cross_fit: Convolution(
        KNNContext(5), trees("predictions", cross_fit=cross_fit), cross_fit
    ),
    "a kernel's labels": lambda cross_fit: Convolution(
        KernelContext(normalization="centred"), LabelContext(), cross_fit
    ),
    "trees beside neighbours' labels": lambda cross_fit: (
        0.5 * trees(cross_fit=cross_fit)
        + 0.5 * Convolution(RBFContext(), LabelContext(), cross_fit)
    ),
    "rows that trees find alike": lambda cross_fit: (
        trees(cross_fit=cross_fit).round_trip() @ KNNContext(10)
    ),
    "learned widths": lambda cross_fit: KernelContext(widths="each", normalization="centred"),
    "learned widths, out of fold": lambda cross_fit: KernelContext(
        None, "each", "centred", cross_fit=cross_fit
    ),
    "a walk of learned widths, out of fold": lambda cross_fit: KernelContext(
        None, "each", cross_fit=cross_fit
    ),
}


@pytest.mark.parametrize("again", [False, True], ids=["fitted", "asked again"])
@pytest.mark.parametrize("y", [WAVE, WORDS], ids=["amounts", "classes"])
@pytest.mark.parametrize("made", MADE)
def test_what_is_claimed_on_fitted_rows_is_true_of_new_ones(made, y, again):
    claimed, true = claimed_and_true(MADE[made](5), y, again)
    assert claimed / 1.5 < true < 1.5 * claimed
    assert true < 0.95 * np.mean((WORDS[:, None] == np.unique(WORDS)).var(axis=0)) or y is WAVE
    assert true < 0.95 * WAVE.var() or y is WORDS


@pytest.mark.parametrize(
    ("teacher", "y"),
    [
        (ExtraTreesRegressor(50), WAVE),
        (RandomForestClassifier(50), WORDS),
        (LinearDiscriminantAnalysis(), WORDS),
        (LogisticRegression(), WORDS),
    ],
    ids=str,
)
def test_any_teacher_is_cross_fitted(teacher, y):
    claimed, true = claimed_and_true(TeacherContext(teacher), y)
    assert claimed / 1.5 < true < 1.5 * claimed


@pytest.mark.parametrize("made", ["predictions", "neighbours' trees"])
def test_without_it_the_leak_is_there_and_is_warned_of(made):
    """The leak that all this is for: were it gone by itself, the other tests would say nothing."""
    claimed, true = claimed_and_true(MADE[made](None), WAVE)
    assert true > 1.5 * claimed
    with pytest.warns(ContextWarning, match=r"by their own labels.*give cross_fit=5"):
        trees("predictions", cross_fit=None).fit(ROWS[FIT], WAVE[FIT])


@pytest.mark.parametrize(
    "mix",
    [
        0.5 * KNNContext(5) + 0.5 * LabelContext(),
        0.3 * KNNContext(5) + (0.3 * RBFContext() + 0.4 * LabelContext()),
        Convolution(KNNContext(5), LabelContext(), None),
        LabelContext().round_trip() @ KNNContext(5),
        KNNContext(5) | LabelContext(),
    ],
    ids=str,
)
def test_a_mix_that_carries_labels_says_so_once(mix):
    with pytest.warns(ContextWarning, match="fitted rows by their own labels") as said:
        mix.fit(ROWS[:60], WORDS[:60])
    assert len([each for each in said if "own labels" in str(each.message)]) == 1
    assert mix.tells_labels


@pytest.mark.parametrize(
    "mix",
    [
        KNNContext(5) @ LabelContext(),
        0.5 * KNNContext(5) + 0.5 * (KNNContext(5) @ LabelContext()),
        LabelContext(),
        KNNContext(5) @ RBFContext(),
    ],
    ids=str,
)
def test_others_have_nothing_to_say(mix):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ContextWarning)
        mix.fit(ROWS[:60], WORDS[:60])


def test_neighbours_labels_are_counted_among_rows_of_other_folds():
    """Against a count by hand."""
    rows, words = ROWS[:80], WORDS[:80]
    law = as_array((KNNContext(3) @ LabelContext()).fit(rows, words).expansion_)
    fold = Folds(rows, words, 5).fold
    for row in (0, 17, 79):
        others = np.flatnonzero(fold != fold[row])
        nearest = others[np.argsort(((rows[others] - rows[row]) ** 2).sum(axis=1))[:3]]
        expected = [np.mean(words[nearest] == word) for word in np.unique(words)]
        np.testing.assert_allclose(law[row], expected)


def test_a_rows_own_label_has_no_say_in_its_description(monkeypatch):
    """Turned into another, while the folds stay: what is said of the row stays too."""

    def by_place(self, rows, labels, n_folds):
        self.fold = np.arange(len(rows)) % n_folds
        self.of = lambda asked: (asked[:, None] == rows[None]).all(axis=2).argmax(axis=1) % n_folds
        self._dealt = self.fold

    monkeypatch.setattr(Folds, "__init__", by_place)
    rows, words, row = ROWS[:200], WORDS[:200], 100
    changed = words.copy()
    changed[row] = "a" if words[row] != "a" else "b"
    one, other = (
        as_array((KNNContext(30) @ LabelContext()).fit(rows, each).expansion_)
        for each in (words, changed)
    )
    np.testing.assert_array_equal(one[row], other[row])
    assert not np.array_equal(one, other)  # it has a say in its neighbours'
    forest = RandomForestClassifier(5, random_state=0)
    first, second = (TeacherContext(forest).fit(rows, each) for each in (words, changed))
    said = [each._features(rows)[row] for each in (first, second)]
    np.testing.assert_array_equal(*said)


@pytest.mark.parametrize("cross_fit", [None, 5])
@pytest.mark.parametrize("normalization", ["walk", "centred"])
@pytest.mark.parametrize("signal", [0.0, 1.0], ids=["noise", "signal"])
def test_widths_of_many_columns_from_few_labels_claim_little_too_much(
    normalization, signal, cross_fit
):
    """Where widths can tell most of labels; the mean of draws, as a few rows claim anything."""
    told = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rows = rng.standard_normal((1100, 40))
        y = signal * (np.sin(2 * rows[:, 0]) + rows[:, 1]) + rng.standard_normal(1100)
        context = KernelContext(None, "each", normalization, cross_fit=cross_fit)
        claimed, true = claimed_and_true(context, y, rows=rows, n=100)
        told.append(np.log(true / claimed))
    assert 1 / 1.5 < np.exp(np.mean(told)) < 1.5


@pytest.mark.parametrize("kernel", [None, RBF()], ids=str)
def test_a_rows_own_label_has_no_say_in_the_widths_that_describe_it(kernel, monkeypatch):
    """Turned into another, while the folds stay; new rows are described by all labels."""
    rows, y, row = ROWS[:60], WAVE[:60], 20
    changed = y.copy()
    changed[row] += 8.0
    folds = Folds(rows, y, 5)
    monkeypatch.setattr("contextures.contexts.kernels.Folds", lambda *given: folds)
    one, other = (
        KernelContext(kernel, "each", cross_fit=5).fit(rows, each) for each in (y, changed)
    )
    of = folds.fold == folds.fold[row]
    laws = [as_array(each.expand(rows)) for each in (one, other)]
    np.testing.assert_array_equal(laws[0][of], laws[1][of])
    assert not np.allclose(laws[0][~of], laws[1][~of])
    new = ROWS[60:70]
    own = KernelContext(kernel, "each").fit(rows, y)
    np.testing.assert_allclose(as_array(one.expand(new)), as_array(own.expand(new)))


def test_a_fold_whose_others_are_all_alike_is_described_all_the_same():
    y = np.zeros(40)
    y[7] = 1.0
    context = KernelContext(None, "each", "centred", cross_fit=5, task="regression")
    assert np.isfinite(context.fit(ROWS[:40], y).expansion_).all()


def test_leaves_out_of_fold_are_those_that_rows_of_other_folds_lead_to():
    rows, y = ROWS[:300], WAVE[:300]
    context = trees(n_estimators=4).fit(rows, y)
    law, part = as_array(context.expansion_), context._parts[0]
    others = context._folds.fold != 0
    row = int(np.flatnonzero(~others)[0])
    whole = context.model_.booster_.predict(rows, pred_leaf=True)
    own = part.part.model.booster_.predict(rows, pred_leaf=True)
    starts = context._trees.starts
    for tree in range(4):
        beside = others & (own[:, tree] == own[row, tree])
        counts = np.bincount(whole[beside, tree], minlength=starts[tree + 1] - starts[tree])
        np.testing.assert_allclose(
            law[row, starts[tree] : starts[tree + 1]], counts / counts.sum() / 4
        )
    np.testing.assert_allclose(law.sum(axis=1), 1)


def test_equal_rows_share_a_fold_and_classes_are_dealt_evenly():
    rows = np.vstack([ROWS[:100], ROWS[:100]])
    words = np.tile(np.repeat(["a", "b"], [80, 20]), 2)
    folds = Folds(rows, words, 5)
    np.testing.assert_array_equal(folds.fold[:100], folds.fold[100:])
    for each in range(5):
        assert np.sum(folds.fold[:100][words[:100] == "b"] == each) == 4
    np.testing.assert_array_equal(folds.of(rows[::-1]), folds.fold[::-1])
    assert (folds.of(ROWS[200:210]) == -1).all()
    assert len(Folds(ROWS[:3], words[:3], 5)) == 3


def test_the_only_row_of_a_class_is_learned_from_by_all():
    words = np.repeat(["a", "b", "c"], [50, 49, 1])
    context = TeacherContext(LogisticRegression()).fit(ROWS[:100], words)
    assert context.expansion_.shape == (100, 3)
    assert np.isfinite(context.expansion_).all()


def test_a_transform_that_each_fold_turns_is_turned_back():
    """Discriminants come with either sign; out of fold they must agree with those of all rows."""
    X, y = load_wine(return_X_y=True)
    context = TeacherContext(LinearDiscriminantAnalysis(), "transform").fit(X, y)
    whole = context.teacher_.transform(X)
    found = np.corrcoef(whole.T, context.expansion_.T)[:2, 2:]
    assert (np.diag(found) > 0.95).all()


def test_rows_that_are_no_numbers_are_known_again():
    texts = [f"word{i % 7} other{i % 3}" for i in range(60)]
    teacher = make_pipeline(CountVectorizer(), LogisticRegression())
    context = TeacherContext(teacher).fit(texts, np.arange(60) % 7 < 3)
    np.testing.assert_allclose(context.expand(texts), context.expansion_)
    assert as_numbers(texts).shape == (60, 4)
    assert len(np.unique(as_numbers(texts), axis=0)) == 21


@pytest.mark.parametrize("cross_fit", [0, 1, 2.5, "five", True])
@pytest.mark.parametrize(
    "made",
    [
        lambda given: BoostedTreesContext(cross_fit=given),
        lambda given: TeacherContext(LogisticRegression(), cross_fit=given),
        lambda given: Convolution(KNNContext(5), LabelContext(), given),
        lambda given: KernelContext(widths="each", cross_fit=given),
    ],
)
def test_a_number_of_folds_is_at_least_two(made, cross_fit):
    with pytest.raises(InputError, match="cross_fit="):
        made(cross_fit).fit(ROWS[:60], WORDS[:60])


def test_who_has_seen_labels_says_so():
    assert LabelContext().sees_labels and LabelContext().tells_labels
    assert BoostedTreesContext().sees_labels and not BoostedTreesContext().tells_labels
    assert BoostedTreesContext(cross_fit=None).tells_labels
    assert (0.5 * BoostedTreesContext() + 0.5 * KNNContext()).sees_labels
    assert (KNNContext() @ LabelContext()).sees_labels
    assert not (KNNContext() @ LabelContext()).tells_labels
    assert not TeacherContext(PCA(2)).sees_labels
    assert not KNNContext().tells_labels
    assert not KernelContext(widths="each").sees_labels
    assert KernelContext(widths="each", cross_fit=5).sees_labels


def test_labels_are_asked_for_and_new_rows_refused_in_a_sentence():
    X, y = load_diabetes(return_X_y=True)
    for context in (LabelContext(), BoostedTreesContext(), KNNContext(5) @ LabelContext()):
        with pytest.raises(InputError, match=r"call fit\(X, y\)"):
            context.fit(X)
    with pytest.warns(ContextWarning):
        mix = (0.5 * KNNContext(5) + 0.5 * LabelContext("regression")).fit(X, y)
    for context in (LabelContext("regression").fit(X, y), mix):
        with pytest.raises(InputError, match="new rows have no label"):
            context.expand(X[:2])
