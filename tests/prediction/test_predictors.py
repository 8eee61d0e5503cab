"""The estimators: labels there are and are not, chances, intervals, and what they refuse."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures import ContextureClassifier, ContextureRegressor
from contextures.exceptions import ContextWarning, InputError
from contextures.prediction import FittedMember, Member
from contextures.prediction.members.contexts import LocalMember

QUICK = ["linear", "gaussian"]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
SIGNAL = np.sin(2 * X[:, 0]) + X[:, 1]
Y = SIGNAL + 0.3 * RNG.normal(size=400)
NUMBERS = np.where(np.arange(400) < 60, Y, np.nan)
CLASSES = np.digitize(Y, [-0.5, 0.7])
CODES = np.where(np.arange(400) < 60, CLASSES, -1)

MINUS_ONE = "-1 is one of its classes, and stands for no label here, as in scikit-learn itself"


def expected_failures(estimator):
    if getattr(estimator, "unlabelled", None) == -1:
        return {"check_classifiers_classes": MINUS_ONE}
    return {}


@parametrize_with_checks(
    [
        ContextureClassifier(QUICK),
        ContextureClassifier(QUICK, unlabelled=None),
        ContextureRegressor(QUICK),
    ],
    expected_failed_checks=expected_failures,
)
@pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


class Wild(Member):
    """Off by a size on its labelled rows, and absurd elsewhere."""

    def __init__(self, size):
        self.name, self.prior, self.size = "wild", 50.0, size

    def fit(self, problem):
        found = WildFit()
        found.left_out = problem.targets + self.size
        return found


class WildFit(FittedMember):
    def values(self, rows):
        return np.full((len(rows), 1), 1e9)


def test_a_wild_member_changes_nothing_however_much_it_is_trusted_beforehand():
    plain = ContextureRegressor(QUICK).fit(X, NUMBERS)
    mixed = ContextureRegressor([*QUICK, Wild(1e6)]).fit(X, NUMBERS)
    assert mixed.leaderboard_.set_index("member").loc["wild", "weight"] == 0
    np.testing.assert_allclose(mixed.predict(X), plain.predict(X), rtol=1e-6)


def test_a_member_that_lies_about_its_labelled_rows_is_believed_within_limits():
    lying = ContextureRegressor([*QUICK, Wild(0.0)]).fit(X, NUMBERS)
    low, high = Y[:60].min(), Y[:60].max()
    assert lying.predict(X).max() <= high + 0.5 * (high - low) + 1e-9


def test_a_curved_signal_is_found_and_the_members_are_listed():
    model = ContextureRegressor(random_state=0).fit(X, NUMBERS)
    error = np.mean((model.predict(X)[60:] - SIGNAL[60:]) ** 2)
    linear = LinearRegression().fit(X[:60], Y[:60])
    assert error < 0.7 * np.mean((linear.predict(X)[60:] - SIGNAL[60:]) ** 2)
    board = model.leaderboard_
    assert board.columns.tolist() == [
        "member",
        "weight",
        "left_out_error",
        "left_out_score",
        "seconds",
    ]
    assert len(board) == 11
    assert board["weight"].is_monotonic_decreasing
    assert board["weight"].sum() == pytest.approx(1)
    assert board["weight"].min() >= 0
    assert model.n_labelled_ == 60
    assert 0.5 < model.left_out_score_ < 1


def test_unlabelled_rows_help_where_classes_are_clusters():
    digits, classes = load_digits(return_X_y=True)
    order = RNG.permutation(len(classes))[:600]
    rows, truth = digits[order] / 16, classes[order]
    known = np.full(600, -1)
    for each in range(10):
        known[np.flatnonzero(truth == each)[:3]] = each
    hidden = known < 0
    model = ContextureClassifier(random_state=0).fit(rows, known)
    plain = LogisticRegression().fit(rows[~hidden], known[~hidden])
    accuracy = np.mean(model.predict(rows[hidden]) == truth[hidden])
    assert accuracy > np.mean(plain.predict(rows[hidden]) == truth[hidden]) + 0.02
    chances = model.predict_proba(rows)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert chances.min() > 0
    assert 0 <= model.calibration_error_ < 0.5


def test_intervals_hold_what_they_promise():
    """The mean coverage of several draws of labels, on rows that were never labelled."""
    shares = []
    for draw in range(8):
        rng = np.random.default_rng(draw)
        rows = rng.normal(size=(600, 2))
        y = np.sin(2 * rows[:, 0]) + rows[:, 1] + 0.3 * rng.normal(size=600)
        model = ContextureRegressor(QUICK).fit(rows, np.where(np.arange(600) < 80, y, np.nan))
        for coverage in (0.5, 0.9):
            low, high = model.predict_interval(rows[80:], coverage).T
            shares.append(np.mean((low <= y[80:]) & (y[80:] <= high)))
    assert abs(np.mean(shares[::2]) - 0.5) < 0.07
    assert abs(np.mean(shares[1::2]) - 0.9) < 0.04


def test_an_interval_needs_enough_labels():
    model = ContextureRegressor(QUICK).fit(X, NUMBERS)
    assert np.all(np.diff(model.predict_interval(X[:5], 0.98), axis=1) > 0)
    with pytest.raises(InputError, match=r"^coverage=0.99 needs at least 99 labelled rows, but"):
        model.predict_interval(X, 0.99)
    with pytest.raises(InputError, match=r"^coverage=1.5 is not possible"):
        model.predict_interval(X, 1.5)


def test_left_out_predictions_of_the_pool_see_no_label_of_their_own():
    """With kernels, a number that is changed does not change what the pool says of its row."""
    one = ContextureRegressor(QUICK).fit(X, NUMBERS)
    changed = NUMBERS.copy()
    changed[3] += 1
    other = ContextureRegressor(QUICK).fit(X, changed)
    # What is left is that other members' errors moved, and with them the fold's weights.
    assert abs(other.left_out_[3] - one.left_out_[3]) < 0.05
    refitted = NUMBERS.copy()
    refitted[3] = np.nan
    without = ContextureRegressor(QUICK).fit(X, refitted)
    assert without.predict(X[3:4])[0] == pytest.approx(one.left_out_[3], abs=0.1)


def test_a_change_of_units_changes_nothing_but_the_units():
    one = ContextureRegressor(QUICK).fit(X, NUMBERS)
    other = ContextureRegressor(QUICK).fit(1000 * X + 7, 1e6 * NUMBERS - 3e7)
    np.testing.assert_allclose(other.predict(1000 * X + 7), 1e6 * one.predict(X) - 3e7, rtol=1e-6)


def test_any_mark_of_no_label_gives_the_same():
    plain = ContextureClassifier(QUICK).fit(X, CODES)
    names = np.array(["a", "b", "c"], dtype=object)
    text = np.where(CODES < 0, None, names[CODES])
    for y, mark in (
        (np.where(CODES < 0, None, CODES), -1),
        (np.where(CODES < 0, np.nan, CODES), -1),
        (np.where(CODES < 0, 99, CODES), 99),
        (text, -1),
        (pd.Series(text, dtype="category"), None),
    ):
        model = ContextureClassifier(QUICK, unlabelled=mark).fit(X, y)
        np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X), atol=1e-12)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert set(model.predict(X)) == {"a", "b", "c"}


def test_fits_repeat_and_survive_cloning_and_pickling():
    model = ContextureClassifier(random_state=3).fit(X, CODES)
    again = clone(model).fit(X, CODES)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    stored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(stored.predict_proba(X[:20]), model.predict_proba(X[:20]))


def test_data_frames_of_numbers_are_taken_and_others_refused_by_name():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = ContextureRegressor(QUICK).fit(frame, NUMBERS)
    np.testing.assert_allclose(
        model.predict(frame), ContextureRegressor(QUICK).fit(X, NUMBERS).predict(X)
    )
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(InputError, match=r"^the column 'town' of X holds .*, not numbers; give"):
        ContextureRegressor(QUICK).fit(frame.assign(town="Ulm"), NUMBERS)


def test_two_labels_are_enough():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = np.where(np.arange(400) < 2, [0.0, 1.0] * 200, np.nan)
        assert np.isfinite(ContextureRegressor(random_state=0).fit(X, y).predict(X)).all()
        codes = np.where(np.arange(400) < 2, [0, 1] * 200, -1)
        chances = ContextureClassifier(random_state=0).fit(X, codes).predict_proba(X)
    np.testing.assert_allclose(chances.sum(axis=1), 1)


@pytest.mark.parametrize("n", [2, 3, 5, 12])
def test_few_rows_and_constant_columns_are_enough(n):
    rows = np.column_stack([X[:n], np.full(n, 7.3)])
    y = np.append([0.0, 1.0], np.full(n - 2, np.nan))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        assert np.isfinite(ContextureRegressor(random_state=0).fit(rows, y).predict(rows)).all()
        codes = np.append([0, 1], np.full(n - 2, -1))
        chances = ContextureClassifier(random_state=0).fit(rows, codes).predict_proba(rows)
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_labels_that_are_all_alike_are_predicted():
    model = ContextureRegressor(random_state=0).fit(X, np.where(np.isnan(NUMBERS), np.nan, 7.0))
    np.testing.assert_allclose(model.predict(X), 7)


def test_a_member_that_cannot_use_the_rows_is_left_out_with_a_warning():
    class Refusing(LocalMember):
        name = "refusing"

        def fit(self, problem):
            raise InputError("no such rows")

    with pytest.warns(ContextWarning, match=r"^the member 'refusing' is left out: no such rows"):
        model = ContextureRegressor([Refusing(), "linear"]).fit(X, NUMBERS)
    assert sorted(model.leaderboard_["member"]) == ["linear", "mean"]


def test_members_side_by_side_are_what_they_are_one_after_the_other():
    """Members that wait for a context that others make, and one that fails, included."""

    class Refusing(LocalMember):
        name = "refusing"

        def fit(self, problem):
            raise InputError("no such rows")

    members = ["contexts", "contexts^2", "local", "linear", "width", "widths", "forest", Refusing()]
    filters = list(warnings.filters)
    with pytest.warns(ContextWarning, match="^the member 'refusing' is left out"):
        alone = ContextureRegressor(members).fit(X, NUMBERS)
    with pytest.warns(ContextWarning, match="^the member 'refusing' is left out"):
        together = ContextureRegressor(members, n_jobs=4).fit(X, NUMBERS)
    assert warnings.filters == filters
    columns = ["member", "weight", "left_out_error"]
    pd.testing.assert_frame_equal(together.leaderboard_[columns], alone.leaderboard_[columns])
    np.testing.assert_allclose(together.predict(X), alone.predict(X))


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all", False, float("nan"), [2]])
def test_a_number_of_jobs_that_is_none_is_refused(n_jobs):
    with pytest.raises(InputError, match="is no number of jobs; give 1 or more"):
        ContextureRegressor(QUICK, n_jobs=n_jobs).fit(X, NUMBERS)


def test_labels_may_be_a_tensor_that_gradients_flow_to():
    torch = pytest.importorskip("torch")
    rows, numbers = torch.as_tensor(X[:60]), torch.as_tensor(Y[:60]).requires_grad_()
    expected = ContextureRegressor(QUICK).fit(X[:60], Y[:60]).predict(X)
    for labels in (numbers, list(numbers)):
        found = ContextureRegressor(QUICK).fit(rows, labels).predict(torch.as_tensor(X))
        np.testing.assert_allclose(found, expected)


def test_where_no_member_can_be_fitted_one_sentence_says_why():
    """The mean alone is no answer to somebody who asked for more."""

    class Refusing(LocalMember):
        def __init__(self, name):
            self.name = name

        def fit(self, problem):
            raise InputError("no such rows; give others")

    told = (
        r"^no member could be fitted \(one, other\), of which 'one' says: no such rows; give others"
    )
    with pytest.warns(ContextWarning), pytest.raises(InputError, match=told):
        ContextureRegressor([Refusing("one"), Refusing("other")]).fit(X, NUMBERS)
    assert ContextureRegressor(["mean"]).fit(X, NUMBERS).leaderboard_["member"].tolist() == ["mean"]


def test_a_member_of_a_wrong_shape_is_told_of():
    class Short(Wild):
        def fit(self, problem):
            found = WildFit()
            found.left_out = problem.targets[1:]
            return found

    with pytest.raises(TypeError, match=r"Short.fit gave left_out of shape \(59, 1\), not"):
        ContextureRegressor([Short(0.0)]).fit(X, NUMBERS)


@pytest.mark.parametrize(
    ("estimator", "y", "message"),
    [
        (ContextureRegressor(), np.full(400, np.nan), r"^y has no label: all of its 400 entries"),
        (ContextureRegressor(), NUMBERS[:-1], r"^X has 400 rows but y has 399"),
        (ContextureRegressor(), np.zeros((400, 2)), r"^y has 2 columns, but one number a row"),
        (ContextureClassifier(), np.full(400, -1), r"^y has no label: all of its 400 entries"),
        (ContextureClassifier(), np.append(np.zeros(9), np.full(391, -1)), r"^all 9 labelled rows"),
        (ContextureClassifier(["x"]), CODES, r"^members holds 'x', which is not a member"),
    ],
)
def test_what_is_refused(estimator, y, message):
    with pytest.raises(InputError, match=message):
        estimator.fit(X, y)
