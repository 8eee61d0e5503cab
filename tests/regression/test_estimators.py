"""The estimators: conventions of scikit-learn, of missing labels, and what they refuse."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures import STKRClassifier, STKRRegressor
from contextures.contexts import (
    FiniteContext,
    GraphContext,
    KNNContext,
    LabelContext,
    PairContext,
    SCARFContext,
)
from contextures.exceptions import ContextWarning, InputError
from contextures.regression import InverseLaplacian, Power

DIGITS, CLASSES = load_digits(return_X_y=True)
MANY = np.random.default_rng(0).permutation(len(CLASSES))  # they come writer by writer
ORDER = MANY[:600]
X, Y = DIGITS[ORDER] / 16, CLASSES[ORDER]
FEW = np.where(np.arange(600) < 60, Y, -1)

REPEATED = (
    "rows define the context whether they have a label or not, so a row given twice is not a "
    "label of weight two, and a label of weight zero is not a row left out"
)
MINUS_ONE = "-1 is one of its classes, and stands for no label here, as in scikit-learn itself"


def expected_failures(estimator):
    """Where a check of scikit-learn's contradicts what rows without labels mean."""
    failures = {
        "check_sample_weight_equivalence_on_dense_data": REPEATED,
        "check_sample_weight_equivalence_on_sparse_data": REPEATED,
    }
    if getattr(estimator, "unlabelled", None) == -1:
        failures["check_classifiers_classes"] = MINUS_ONE
    return failures


@parametrize_with_checks(
    [
        STKRClassifier(),
        STKRClassifier(unlabelled=None),
        STKRClassifier(KNNContext(4), "power:4", 0.1, solver="propagation", unlabelled=None),
        STKRRegressor(),
        STKRRegressor(KNNContext(4), "inverse-laplacian:0.9", 0.1, solver="propagation"),
    ],
    expected_failed_checks=expected_failures,
)
@pytest.mark.filterwarnings("ignore::contextures.exceptions.ContextWarning")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_rows_without_labels_help_and_new_rows_are_predicted_as_well():
    rows, classes = DIGITS[MANY] / 16, CLASSES[MANY]
    known = np.full(1200, -1)
    for each in range(10):
        known[np.flatnonzero(classes[:1200] == each)[:2]] = each
    labelled = known >= 0
    plain = LogisticRegression().fit(rows[:1200][labelled], known[labelled])
    model = STKRClassifier().fit(rows[:1200], known)
    alone = np.mean(plain.predict(rows[1200:]) == classes[1200:])
    fitted = np.mean((model.labels_ == classes[:1200])[~labelled])
    new = np.mean(model.predict(rows[1200:]) == classes[1200:])
    assert fitted > alone + 0.05
    assert new > alone + 0.05


@pytest.mark.parametrize("solver", ["spectral", "propagation"])
def test_a_context_without_association_is_refused(solver):
    nothing = FiniteContext(np.full((8, 2), 1 / 16))
    with pytest.raises(InputError, match="carries nothing on X"):
        STKRClassifier(nothing, solver=solver).fit(None, [0, 1, 0, 1, -1, -1, -1, -1])


@pytest.mark.parametrize("transform", ["power:8", InverseLaplacian(0.99), "truncation:12"])
def test_fitted_rows_are_predicted_as_new_ones_are(transform):
    model = STKRClassifier(spectral_transform=transform).fit(X, FEW)
    np.testing.assert_array_equal(model.predict(X), model.labels_)
    numbers = STKRRegressor(spectral_transform=transform).fit(X, np.where(FEW < 0, np.nan, Y))
    np.testing.assert_allclose(numbers.predict(X), numbers.values_, atol=1e-9)


@pytest.mark.parametrize("transform", ["auto", "power:8", "inverse-laplacian:0.999"])
@pytest.mark.parametrize("alpha", ["auto", 0.3, np.inf])
def test_the_solvers_agree_on_predictions(transform, alpha):
    one, other = (
        STKRClassifier(KNNContext(12), transform, alpha, n_components=10_000, solver=solver)
        for solver in ("spectral", "propagation")
    )
    rows, labels = X[:200], FEW[:200]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        one.fit(rows, labels)
        other.fit(rows, labels)
    assert [each.transform for each in one.settings_] == [
        each.transform for each in other.settings_
    ]
    np.testing.assert_allclose(one.values_, other.values_, atol=1e-6)
    np.testing.assert_allclose(one.predict_proba(X[500:]), other.predict_proba(X[500:]), atol=1e-5)


def test_chances_are_honest_about_their_own_rows():
    """From 20 labels a class on, the mean chance of the predicted class is its accuracy."""
    labels = np.where(np.arange(600) < 250, Y, -1)
    model = STKRClassifier().fit(X, labels)
    chances = model.predict_proba(X)[250:]
    np.testing.assert_allclose(chances.sum(1), 1)
    accuracy = np.mean(model.labels_[250:] == Y[250:])
    assert abs(chances.max(1).mean() - accuracy) < 0.05


def test_decision_functions_are_the_log_odds():
    two = Y < 2
    model = STKRClassifier(KNNContext(10)).fit(X[two], FEW[two])
    chances = model.predict_proba(X[two])
    np.testing.assert_allclose(
        model.decision_function(X[two]), np.log(chances[:, 1] / chances[:, 0]), atol=1e-8
    )


def test_any_mark_of_no_label_gives_the_same():
    plain = STKRClassifier().fit(X, FEW)
    names = np.array(list("abcdefghij"), dtype=object)
    text = np.where(FEW < 0, None, names[FEW])
    for y, mark in (
        (np.where(FEW < 0, None, FEW), -1),
        (np.where(FEW < 0, np.nan, FEW), -1),
        (pd.Series(np.where(FEW < 0, np.nan, FEW)).astype("Int64"), -1),
        (np.where(FEW < 0, 99, FEW), 99),
        (text, -1),
        (pd.Series(text, dtype="category"), None),
        (np.where(FEW < 0, "?", names[FEW].astype(str)), "?"),
    ):
        model = STKRClassifier(unlabelled=mark).fit(X, y)
        assert len(model.classes_) == 10
        np.testing.assert_array_equal(
            np.searchsorted(model.classes_, model.labels_), plain.labels_, err_msg=str(mark)
        )


def test_minus_one_is_a_class_where_it_is_told_to_be():
    y = np.where(FEW < 0, None, np.where(FEW % 2, 1, -1))
    assert STKRClassifier(unlabelled=None).fit(X, y).classes_.tolist() == [-1, 1]


def test_outputs_known_for_the_same_rows_are_fitted_as_one_and_by_themselves_alike():
    y = np.where(FEW < 0, np.nan, Y)
    both = STKRRegressor(KNNContext(10), "power:4", 0.3).fit(X, np.column_stack([y, 5 - 3 * y]))
    one = STKRRegressor(KNNContext(10), "power:4", 0.3).fit(X, y)
    np.testing.assert_allclose(both.predict(X[:9])[:, 0], one.predict(X[:9]), atol=1e-9)
    np.testing.assert_allclose(both.values_[:, 1], 5 - 3 * one.values_, atol=1e-9)


def test_each_output_may_be_known_for_rows_of_its_own():
    y = np.column_stack([Y, Y**2, -Y]).astype(float)
    y[60:, [0, 2]] = np.nan
    y[30:, 1] = np.nan
    model = STKRRegressor().fit(X, y)
    alone = STKRRegressor().fit(X, y[:, 1])
    np.testing.assert_allclose(model.values_[:, 1], alone.values_, atol=1e-9)
    assert model.settings_[1] == alone.settings_
    np.testing.assert_allclose(model.values_[:, 0], -model.values_[:, 2], atol=1e-9)


def test_a_change_of_units_changes_nothing_but_the_units():
    y = np.where(FEW < 0, np.nan, Y)
    one, other = STKRRegressor().fit(X, y), STKRRegressor().fit(X, 1e6 * y - 3e7)
    np.testing.assert_allclose(other.values_, 1e6 * one.values_ - 3e7, rtol=1e-7)


def test_weights_count_labels_and_nothing_else():
    """Of rows without a label they mean nothing, and zero takes a label away."""
    weights = np.where(np.arange(600) < 40, 2.0, 0.0)
    kwargs = {"spectral_transform": "power:8", "alpha": 0.5}
    weighted = STKRClassifier(**kwargs).fit(X, FEW, weights)
    fewer = STKRClassifier(**kwargs).fit(X, np.where(np.arange(600) < 40, FEW, -1))
    np.testing.assert_array_equal(weighted.classes_, fewer.classes_)
    twice = STKRClassifier(**kwargs).fit(X, np.where(np.arange(600) < 40, FEW, -1), weights + 7)
    assert np.abs(weighted.values_ - fewer.values_).max() > 1e-3
    assert np.abs(twice.values_ - fewer.values_).max() > 1e-3
    again = STKRClassifier(**kwargs).fit(X, FEW, np.where(weights > 0, 1.0, 0.0))
    np.testing.assert_allclose(again.values_, fewer.values_, atol=1e-10)


def test_weights_of_classes_are_their_prior():
    y = np.where(FEW < 0, -1, (Y > 4).astype(int))
    weights = np.where(y == 1, 3.0, 1.0)
    model = STKRClassifier().fit(X, y, weights)
    shares = np.array([np.sum(y == 0), 3 * np.sum(y == 1)]) / weights[y >= 0].sum()
    n_labels = weights[y >= 0].sum() ** 2 / np.sum(weights[y >= 0] ** 2)
    np.testing.assert_allclose(model.class_prior_, (shares * n_labels + 1) / (n_labels + 2))


def test_parts_without_a_label_get_the_prior_and_are_told_of():
    rows = np.concatenate([X, X[:40] + 100])
    labels = np.concatenate([FEW, np.full(40, -1)])
    with pytest.warns(ContextWarning, match=r"^40 of 640 rows lie in parts .* no label reaches"):
        model = STKRClassifier(KNNContext(10)).fit(rows, labels)
    shares = np.bincount(Y[:60]) / 60
    np.testing.assert_allclose(model.values_[600:], np.tile(shares, (40, 1)), atol=1e-9)
    far = model.predict_proba(X[:5] + 100)
    np.testing.assert_allclose(far, np.tile(model.class_prior_, (5, 1)), atol=1e-9)
    assert np.mean(model.labels_[60:600] == Y[60:]) > 0.85


def test_graphs_and_finite_contexts_take_no_rows():
    ring = np.roll(np.eye(30), 1, 1) + np.roll(np.eye(30), -1, 1) + np.eye(30)
    y = np.full(30, -1)
    y[[2, 20]] = 0, 1
    graph = STKRClassifier(GraphContext(ring)).fit(None, y)
    assert graph.predict([3, 19]).tolist() == [0, 1]
    finite = STKRRegressor(FiniteContext(ring / ring.sum())).fit(None, np.where(y < 0, np.nan, y))
    assert finite.values_[3] < 0.5 < finite.values_[19]


def test_it_works_in_a_pipeline_and_survives_pickling():
    model = make_pipeline(StandardScaler(), STKRClassifier()).fit(X, FEW)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X[:20]), model.predict(X[:20]))
    assert clone(model).get_params()["stkrclassifier__alpha"] == "auto"


def test_a_function_of_eigenvalues_is_a_transform():
    one = STKRClassifier(spectral_transform=lambda values: values**4, alpha=0.1).fit(X, FEW)
    other = STKRClassifier(spectral_transform=Power(4), alpha=0.1).fit(X, FEW)
    np.testing.assert_allclose(one.values_, other.values_, atol=1e-9)


NUMBERS = np.where(FEW < 0, np.nan, Y.astype(float))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full(600, -1), r"^y has no label: all of its 600 entries are missing"),
        (np.where(np.arange(600) < 1, 3, -1), r"^y has one label only, among 600 rows"),
        (np.where(np.arange(600) < 9, 3, -1), r"^all 9 labelled rows of y are of one class, 3;"),
        (np.zeros((600, 2)), r"^y must have one label a row; its shape is \(600, 2\)"),
        (np.append(FEW, 1), r"^X has 600 rows but y has 601; give one entry for each row"),
        (np.array(["a", 1] * 300, dtype=object), r"^y holds labels of several types \(int, str\)"),
        (None, r"requires y to be passed, but the target y is None"),
    ],
)
def test_labels_that_a_classifier_refuses(y, message):
    with pytest.raises(InputError, match=message):
        STKRClassifier().fit(X, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full(600, np.nan), r"^y has no label: all of its 600 entries are missing"),
        (np.where(np.arange(600) < 1, 3, np.nan), r"^y has one label only, among 600 rows"),
        (np.where(np.arange(600) < 9, np.inf, np.nan), r"^y holds infinite values"),
        (np.array(["a", "b"] * 300), r"^y holds values that are not numbers; use STKRClassifier"),
        (NUMBERS[:-1], r"^X has 600 rows but y has 599"),
    ],
)
def test_targets_that_a_regressor_refuses(y, message):
    with pytest.raises(InputError, match=message):
        STKRRegressor().fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"context": LabelContext()}, r"needs a label or an observed context of every row, but"),
        ({"context": PairContext()}, r"needs a label or an observed context of every row, but"),
        ({"context": SCARFContext()}, r"too many values to count.* RitzEncoder or NeuralEncoder"),
        ({"context": KNNContext}, r"^context=KNNContext, a class is not a context"),
        ({"alpha": 0}, r"^alpha=0 is not possible; give 'auto', a number above zero or np.inf"),
        ({"alpha": "best"}, r"^alpha='best' is not possible"),
        ({"solver": "cg"}, r"^solver='cg' is not known; give 'auto', 'spectral' or"),
        ({"n_components": 0}, r"^n_components=0 is not possible"),
        (
            {"spectral_transform": "heat:3"},
            r"^spectral_transform='heat:3' is not known; give 'auto', 'power:8'",
        ),
        (
            {"spectral_transform": 3},
            r"^spectral_transform=3 is not a transform; give 'auto', 'power:8'",
        ),
        (
            {"spectral_transform": np.sqrt},
            r"^the transform s is not admissible: .* grows without bound",
        ),
        (
            {"spectral_transform": InverseLaplacian(eta=5.0)},
            r"^eta=5 is not below 1 / lambda_1 = 1",
        ),
    ],
)
def test_parameters_that_are_refused(parameters, message):
    with pytest.raises(InputError, match=message):
        STKRClassifier(**parameters).fit(X, FEW)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(600), r"^sample_weight holds negative or missing values"),
        (np.ones(599), r"^sample_weight.shape == \(599,\), expected \(600,\)"),
        (np.where(FEW < 0, 1.0, 0.0), r"^0 labelled rows have a sample_weight above zero"),
        (np.where(FEW == 3, 1.0, 0.0), r"^all labelled rows of sample_weight above zero are of"),
    ],
)
def test_weights_that_are_refused(weights, message):
    with pytest.raises(InputError, match=message):
        STKRClassifier().fit(X, FEW, weights)


def test_transform_is_another_name_but_no_method():
    """A parameter called transform would have scikit-learn take the model for a transformer."""
    model = STKRClassifier(transform="power:2")
    assert model.spectral_transform == "power:2"
    assert not hasattr(model, "transform")
    assert clone(model).get_params()["spectral_transform"] == "power:2"
