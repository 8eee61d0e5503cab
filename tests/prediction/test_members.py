"""What each member gives: predictions that never saw the row's own label, held against refits."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from contextures.contexts import KNNContext
from contextures.exceptions import InputError
from contextures.prediction import (
    DEFAULT_MEMBERS,
    ContextMember,
    EstimatorMember,
    KernelMember,
    LocalMember,
    MeanMember,
    Member,
    Problem,
)
from contextures.prediction.members import base, forests, make_members
from contextures.prediction.members.contexts import levels
from contextures.prediction.members.kernels import REACH, PlainKernel
from contextures.prediction.members.penalized import (
    ALPHAS,
    errors_without_pairs,
    fit_penalized,
)
from contextures.regression.choice import weigh
from contextures.regression.ridge import GramRidge
from contextures.regression.ridge import Ridge as KernelRidge

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(150, 3))
ROWS = (ROWS - ROWS.mean(0)) / ROWS.std(0)
LABELLED = RNG.permutation(150)[:24]
NUMBERS = (np.sin(2 * ROWS[:, 0]) + ROWS[:, 1] + 0.1 * RNG.normal(size=150))[LABELLED, None]
CODES = (ROWS[LABELLED, 0] > 0).astype(int) + (ROWS[LABELLED, 1] > 0.5)
KERNELS = ("contexts", "contexts^2", "local", "linear", "gaussian", "laplace", "additive", "mean")


def problem(targets, classes=False, labelled=LABELLED):
    return Problem(ROWS, labelled, targets, classes=classes, random_state=0)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("classes", [False, True])
def test_a_kernel_never_sees_the_rows_own_label(name, classes):
    """Exactly: its penalties do not depend on it either, whose weights come from the others."""
    targets = np.eye(3)[CODES] if classes else NUMBERS
    for row in (0, 11):
        changed = targets.copy()
        changed[row] = np.roll(changed[row], 1) if classes else changed[row] + 30
        one, other = (
            DEFAULT_MEMBERS[name]().fit(problem(each, classes)) for each in (targets, changed)
        )
        np.testing.assert_allclose(other.left_out[row], one.left_out[row], rtol=1e-7, atol=1e-9)
        if name != "local":  # in which neighbours may be all that matters
            moved = np.abs(other.left_out - one.left_out).max(axis=1)
            assert np.delete(moved, row).min() > 1e-6


@pytest.mark.parametrize("name", ["trees", "forest"])
@pytest.mark.parametrize("classes", [False, True])
def test_forests_leave_a_row_out_of_its_own_prediction(name, classes):
    targets = np.eye(3)[CODES] if classes else NUMBERS - NUMBERS.mean()
    changed = targets.copy()
    changed[4] = np.roll(changed[4], 1) if classes else changed[4] + 3
    one, other = (
        DEFAULT_MEMBERS[name]().fit(problem(each, classes)) for each in (targets, changed)
    )
    np.testing.assert_allclose(other.left_out[4], one.left_out[4], atol=1e-9)


@pytest.mark.parametrize("name", DEFAULT_MEMBERS)
def test_left_out_predictions_are_about_what_a_fit_without_the_row_says(name, monkeypatch):
    """Of rows left out in earnest; forests draw anew and folds leave out more, so only roughly."""
    monkeypatch.setattr(forests, "N_TREES", 100)
    member = DEFAULT_MEMBERS[name]()
    left_out = member.fit(problem(NUMBERS)).left_out
    refitted = np.array(
        [
            member.fit(problem(np.delete(NUMBERS, i, 0), labelled=np.delete(LABELLED, i))).values(
                ROWS[LABELLED[i : i + 1]]
            )[0]
            for i in range(0, 24, 8)
        ]
    )
    assert np.abs(left_out[::8] - refitted).max() < (
        0.6 if name in ("trees", "forest", "sparse") else 0.25
    )


def test_pairs_are_left_out_as_by_refitting():
    factor = RNG.normal(size=(12, 4))
    targets = RNG.normal(size=(12, 2))
    alpha = 0.3
    smoother = KernelRidge(factor, targets, np.ones(12)).smoother(alpha)
    penalty = alpha * np.mean(np.sum(factor**2, axis=1))
    expected = np.zeros(12)
    for i in range(12):
        for j in set(range(12)) - {i}:
            kept = np.setdiff1d(np.arange(12), [i, j])
            model = Ridge(alpha=penalty).fit(factor[kept], targets[kept])
            expected[i] += np.sum((targets[j] - model.predict(factor[[j]])[0]) ** 2) / 11
    np.testing.assert_allclose(errors_without_pairs(smoother, targets), expected, rtol=1e-9)


def test_penalties_are_averaged_by_their_left_out_errors():
    factor = RNG.normal(size=(20, 3))
    targets = factor[:, :1] + RNG.normal(size=(20, 1))
    penalty = np.mean(np.sum(factor**2, axis=1))
    models = [Ridge(alpha=each * penalty).fit(factor, targets) for each in ALPHAS]
    errors = [
        np.mean(
            [
                np.sum(
                    (
                        targets[i]
                        - Ridge(alpha=each * penalty)
                        .fit(np.delete(factor, i, 0), np.delete(targets, i, 0))
                        .predict(factor[[i]])[0]
                    )
                    ** 2
                )
                for i in range(20)
            ]
        )
        for each in ALPHAS
    ]
    expected = sum(
        w * m.predict(factor).reshape(20, 1)
        for w, m in zip(weigh(np.array(errors), 20), models, strict=True)
    )
    found = fit_penalized(factor @ factor.T, targets)
    np.testing.assert_allclose(factor @ factor.T @ found.dual + found.constant, expected, rtol=1e-7)


def test_ridge_regression_on_a_gram_is_the_one_on_its_root():
    """Large kernels are decomposed as they are, of low rank or not."""
    for rank in (4, 30):
        factor, targets = RNG.normal(size=(9, rank)), RNG.normal(size=(9, 2))
        root, gram = KernelRidge(factor, targets, np.ones(9)), GramRidge(factor @ factor.T, targets)
        for alpha in (1e-4, 1.0, np.inf):
            dual = gram.dual(alpha)
            np.testing.assert_allclose(dual, root.dual(alpha), rtol=1e-6, atol=1e-9)
            np.testing.assert_allclose(gram.constant(alpha, dual), root.constant(alpha, dual))
            np.testing.assert_allclose(gram.left_out(alpha), root.left_out(alpha), rtol=1e-7)


@pytest.mark.parametrize("columns", [3, 40])
def test_the_linear_member_fits_the_products_of_its_rows(columns):
    """Few columns are decomposed themselves, many by their products."""
    rows = RNG.normal(size=(30, columns))
    targets = rows[:, :1] + RNG.normal(size=(30, 1))
    given = Problem(rows, np.arange(30), targets, classes=False)
    member, gram = KernelMember("linear").fit(given), fit_penalized(rows @ rows.T, targets)
    np.testing.assert_allclose(member.left_out, gram.left_out, rtol=1e-6)
    new = RNG.normal(size=(7, columns))
    expected = new @ rows.T @ gram.dual + gram.constant
    np.testing.assert_allclose(member.values(new), expected, rtol=1e-6)


def test_mixed_contexts_are_the_mean_of_their_kernels():
    """Two contexts that are the same predict as one does."""
    context = KNNContext(15)
    one = ContextMember([context]).fit(problem(NUMBERS))
    two = ContextMember([context, context]).fit(problem(NUMBERS))
    np.testing.assert_allclose(two.values(ROWS), one.values(ROWS), atol=1e-9)
    np.testing.assert_allclose(two.left_out, one.left_out, atol=1e-9)


def test_members_share_the_contexts_that_they_have_in_common(monkeypatch):
    fitted = []
    monkeypatch.setattr(
        base, "with_expansion", lambda context, rows: fitted.append(1) or context.fit(rows)
    )
    given = problem(NUMBERS)
    for name in ("contexts", "contexts^2"):
        DEFAULT_MEMBERS[name]().fit(given)
    assert len(fitted) == len(levels(ROWS))


def test_levels_are_from_strong_to_weak_and_fit_few_rows():
    assert [each.get_params().get("n_neighbors") for each in levels(ROWS)[:3]] == [10, 30, 37]
    for n in (4, 9, 30):
        assert all(each.get_params().get("n_neighbors", 1) <= n // 2 for each in levels(ROWS[:n]))


def test_labelled_rows_beyond_the_most_are_predicted_without_being_fitted(monkeypatch):
    monkeypatch.setattr(base, "MOST_LABELLED", 16)
    for name in KERNELS:
        given = problem(NUMBERS)
        assert len(given.core) == 16
        found = DEFAULT_MEMBERS[name]().fit(given)
        others = np.setdiff1d(np.arange(24), given.core)
        if name != "mean":
            np.testing.assert_allclose(
                found.left_out[others], found.values(ROWS[LABELLED[others]]), atol=1e-9
            )
        assert np.isfinite(found.left_out).all()


def test_contexts_of_many_rows_are_fitted_to_all_labelled_ones_and_some_others():
    given = problem(NUMBERS)
    support = given.support(60)
    assert support[:24].tolist() == LABELLED[given.core].tolist()
    assert len(np.unique(support)) == 60
    found = ContextMember([KNNContext(10)], most_rows=60).fit(given)
    assert found.values(ROWS).shape == (150, 1)


@pytest.mark.parametrize("classes", [False, True])
def test_an_estimator_predicts_its_labelled_rows_by_folds(classes):
    estimator = LogisticRegression() if classes else Ridge()
    targets = np.eye(3)[CODES] if classes else NUMBERS
    member = EstimatorMember(estimator, n_folds=24)
    found = member.fit(problem(targets, classes))
    rows = ROWS[LABELLED]
    model = estimator.fit(rows[1:], CODES[1:] if classes else NUMBERS[1:, 0])
    expected = model.predict_proba(rows[:1])[0] if classes else model.predict(rows[:1])
    np.testing.assert_allclose(found.left_out[0], expected, atol=1e-7)


def test_an_estimator_gives_no_chance_to_classes_that_a_fold_lacks():
    targets = np.eye(3)[np.array([0, 1] * 11 + [2, 0])]
    found = EstimatorMember(LogisticRegression()).fit(problem(targets, True))
    assert found.left_out[22, 2] == 0
    np.testing.assert_allclose(found.left_out.sum(axis=1), 1)


def test_lists_of_members():
    assert [each.name for each in make_members(None)] == list(DEFAULT_MEMBERS)
    assert [each.name for each in make_members(["linear"])] == ["linear", "mean"]
    given = [LocalMember(), MeanMember()]
    assert make_members(given) == given
    assert DEFAULT_MEMBERS["contexts^2"]().prior < DEFAULT_MEMBERS["contexts"]().prior
    assert DEFAULT_MEMBERS["local"]().prior < DEFAULT_MEMBERS["contexts^2"]().prior


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("linear", r"^members='linear' is not a list; give None for the default ones"),
        (MeanMember(), r"is not a list"),
        (["boosting"], r"^members holds 'boosting', which is not a member; give one of contexts, "),
        ([LogisticRegression], r"or an estimator such as LogisticRegression\(\)"),
        (["linear", "linear"], r"^members names 'linear' more than once"),
    ],
)
def test_lists_that_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        make_members(given)


def test_a_member_without_fit_says_so():
    with pytest.raises(NotImplementedError, match="Member leaves fit to its subclasses"):
        Member().fit(problem(NUMBERS))


def test_ranks_do_not_hang_on_the_last_digit():
    rows = np.round(RNG.normal(size=(60, 1)), 1)  # with repeated values
    kernel = PlainKernel("additive", rows)
    near = rows * (1 + 4e-16)
    np.testing.assert_allclose(kernel.between(near, rows), kernel.between(rows, rows), atol=1e-12)
    below = [np.mean(rows < each) + np.mean(rows == each) / 2 for each in rows]
    far = np.abs(np.subtract.outer(below, below))
    np.testing.assert_allclose(kernel.between(rows, rows), np.exp(-far / REACH))


def test_the_local_member_counts_for_more_the_more_classes_there_are():
    """And as much as ever for numbers and two classes; other members do not mind."""
    local, mean = LocalMember(), MeanMember()
    found = [local.prior_among(each) / local.prior for each in (0, 2, 3, 10)]
    assert found == [1.0, 1.0, 1.5, 5.0]
    assert mean.prior_among(10) == mean.prior
