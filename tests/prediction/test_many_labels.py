"""Members for many labels: learned widths, boosted trees, and the pool of logarithms."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from scipy.stats import multivariate_normal
from sklearn.linear_model import LogisticRegression, Ridge

from contextures import ContextureClassifier, ContextureRegressor
from contextures.contexts.evidence import (
    LEAST_NOISE,
    learn_widths,
    negative_evidence,
)
from contextures.contexts.level_kernel import Widths
from contextures.exceptions import ContextWarning, InputError
from contextures.prediction import (
    DEFAULT_MEMBERS,
    BoostedMember,
    Problem,
    WidthMember,
    load_predictor,
    save_predictor,
)
from contextures.prediction.expected import seconds_of
from contextures.prediction.members import (
    MANY_LABELS,
    SOME_LABELS,
    boosted,
    boosting,
    default_names,
    has_many_labels,
    make_members,
    suits_small_trees,
    width_ridge,
)
from contextures.prediction.members.boosted import common_rounds
from contextures.prediction.members.width_ridge import fit_widths
from contextures.prediction.members.widths import tails_of
from contextures.prediction.pool import LIGHT, Pool, Prior, fit_pool, log_weights

RNG = np.random.default_rng(0)
K = 360
X = RNG.normal(size=(K, 4))
CURVED = np.sin(2 * X[:, 0]) + X[:, 1]
NUMBERS = CURVED + 0.2 * RNG.normal(size=K)
WORDS = np.array(["low", "middle", "high"])[np.digitize(NUMBERS, [-0.5, 0.5])]
WIDTHS = Widths(np.array([0.5, 0.4, 0.1, 0.2]), np.array([0.3, 0.4, 0.1]), 0.2, 0.1)
ENGINES = [boosting.grow_lightgbm, boosting.grow_histograms]


def problem(targets=NUMBERS, rows=X):
    given = (targets - targets.mean())[:, None] / targets.std()
    return Problem(rows, np.arange(len(rows)), given, classes=False)


def dense_kernel(rows, widths):
    """The kernel of ``evidence.py`` as its docstring writes it."""
    far = np.sum(((rows[:, None] - rows) * widths.scales) ** 2, axis=2)
    levels = zip(widths.sizes, (0.1, 1.0, 8.0), strict=True)
    return (
        1
        + sum(size * np.exp(-c * far) for size, c in levels)
        + widths.slope / rows.shape[1] * rows @ rows.T
    )


def test_the_evidence_is_the_density_of_the_labels_and_its_slopes_are_right():
    rows, targets = X[:30], RNG.normal(size=(30, 2))
    logarithms = 0.5 * RNG.normal(size=9)
    values = np.exp(logarithms)
    widths = Widths(values[5:], values[:3], values[3], values[4] + LEAST_NOISE)
    gram = dense_kernel(rows, widths) + widths.noise * np.eye(30)
    density = sum(multivariate_normal(cov=gram).logpdf(each) for each in targets.T)
    value, slopes = negative_evidence(logarithms, rows, targets)
    assert value + 30 * np.log(2 * np.pi) == pytest.approx(-density, abs=1e-6)
    measured = approx_fprime(logarithms, lambda at: negative_evidence(at, rows, targets)[0], 1e-6)
    np.testing.assert_allclose(slopes, measured, rtol=1e-4, atol=1e-4)


def test_columns_that_say_nothing_get_small_scales():
    learned = learn_widths(X, (NUMBERS - NUMBERS.mean())[:, None], by_column=True)
    # The linear part takes the second column, a bump the first.
    assert learned.scales[0] > 5 * learned.scales[2:].max()
    assert 0.5 < learned.noise / 0.04 < 1.5
    common = learn_widths(X, (NUMBERS - NUMBERS.mean())[:, None], by_column=False)
    assert np.ptp(common.scales) == 0


@pytest.mark.parametrize("spanned", ["", "held", "held alone", "made twice"])
def test_rows_are_left_out_as_by_fitting_again(spanned, monkeypatch):
    """Against ridge regression on explicit functions, fitted again without each row.

    Features are held in single precision, made again, or made again where a row stands alone.
    """
    rows, targets = X[:60], np.column_stack([NUMBERS[:60], CURVED[:60]])
    tolerance = 2e-6
    if spanned:
        monkeypatch.setattr(width_ridge, "MOST_EXACT", 50)
        monkeypatch.setattr(width_ridge, "N_LANDMARKS", 25)
        monkeypatch.setattr(width_ridge, "HELD_ENTRIES", 0 if spanned == "made twice" else 10**6)
        monkeypatch.setattr(width_ridge, "ALONE", 0.0 if spanned == "held alone" else 0.99)
        tolerance = 2e-5 if spanned == "held" else 2e-6
    fit, left_out = fit_widths(WIDTHS, rows, targets)
    points = fit.points
    assert len(points) == (25 if spanned else 60)
    inner = dense_kernel(np.vstack([points, rows]), WIDTHS)
    cross, inner = inner[len(points) :, : len(points)], inner[: len(points), : len(points)]
    root = np.linalg.cholesky(inner + 1e-8 * np.trace(inner) / len(inner) * np.eye(len(inner)))
    features = np.linalg.solve(root, cross.T).T
    ridge = Ridge(WIDTHS.noise, fit_intercept=False)
    for i in (0, 7, 59):
        others = np.arange(60) != i
        again = ridge.fit(features[others], targets[others]).predict(features[[i]])
        np.testing.assert_allclose(left_out[i], again[0], atol=tolerance)
    whole = ridge.fit(features, targets).predict(features)
    np.testing.assert_allclose(fit.values(rows), whole, atol=2e-6)


def test_the_kernel_is_as_it_is_written_however_far_rows_are():
    """A few rows are worked on at a time, and levels too small for a number do not slow it."""
    rows = np.vstack([X[:40], 1e3 * X[40:50]])
    dense = dense_kernel(rows, WIDTHS)
    found = WIDTHS.between(rows, rows[:45])
    np.testing.assert_allclose(found, dense[:, :45], rtol=1e-9)
    dual = RNG.normal(size=(45, 2))
    np.testing.assert_allclose(WIDTHS.applied(rows, rows[:45], dual), found @ dual, rtol=1e-8)


@pytest.mark.parametrize("spread", [1.0, 40.0])
def test_single_precision_is_enough_where_noise_is_least(spread, monkeypatch):
    """What is left out of a smooth function with hardly any noise, held or made again."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(900, 3))
    rows[:20] *= spread
    targets = np.sin(rows[:, :1]) + 0.01 * rng.normal(size=(900, 1))
    widths = Widths(np.full(3, 0.3), np.array([0.4, 0.3, 0.1]), 0.1, LEAST_NOISE)
    monkeypatch.setattr(width_ridge, "MOST_EXACT", 50)
    monkeypatch.setattr(width_ridge, "N_LANDMARKS", 400)
    _, held = fit_widths(widths, rows, targets)
    monkeypatch.setattr(width_ridge, "HELD_ENTRIES", 0)
    _, again = fit_widths(widths, rows, targets)
    error = np.sqrt(np.mean((again - targets) ** 2))
    assert np.abs(held - again).max() < 0.05 * error


@pytest.mark.parametrize("most", [30, 400])
def test_a_label_has_no_say_in_its_own_prediction_not_even_by_widths(most):
    changed = problem()
    before = WidthMember("widths", most_learning=most).fit(changed).left_out
    for row in (0, 100, 200):
        changed = problem()
        changed.targets[row] += 3.0
        after = WidthMember("widths", most_learning=most).fit(changed).left_out
        assert after[row] == pytest.approx(before[row], abs=1e-9)
        assert not np.allclose(np.delete(after, row), np.delete(before, row), atol=1e-3)


def test_long_tails_are_drawn_in_and_others_left_alone():
    rows = np.column_stack([RNG.normal(size=2000), RNG.standard_cauchy(size=2000) ** 3])
    tails = tails_of(rows)
    near = tails.drawn_in(rows)
    plain = np.abs(rows[:, 0]) < 1
    np.testing.assert_allclose(near[plain, 0], (rows[:, 0] - tails.middle[0])[plain], atol=0.04)
    # Half of the rows fill a twentieth of the column's range, not a millionth.
    assert np.subtract(*np.quantile(near[:, 1], [0.75, 0.25])) > 0.05 * np.ptp(near[:, 1])
    assert (np.diff(near[np.argsort(rows[:, 1]), 1]) >= 0).all()


@pytest.mark.parametrize("kind", ["numbers", "classes"])
def test_what_is_claimed_of_labels_that_nothing_predicts_is_true(kind):
    """Sixty columns of noise: widths or rounds that saw the label would claim far too much."""
    rng = np.random.default_rng(3)
    rows, new = rng.normal(size=(320, 60)), rng.normal(size=(1000, 60))
    if kind == "numbers":
        y, truth = rows[:, 0] + 2 * rng.normal(size=320), new[:, 0] + 2 * rng.normal(size=1000)
        model = ContextureRegressor().fit(rows, y)
        claimed = np.mean((model.left_out_ - y) ** 2)
        true = np.mean((model.predict(new) - truth) ** 2)
    else:
        y, truth = ((r[:, 0] + 2 * rng.normal(size=len(r)) > 0).astype(int) for r in (rows, new))
        model = ContextureClassifier().fit(rows, y)
        claimed = -np.mean(np.log(model.left_out_[np.arange(320), y]))
        true = -np.mean(np.log(model.predict_proba(new)[np.arange(1000), truth]))
    assert 1 / 1.5 < claimed / true < 1.5


def test_smooth_functions_are_found_that_trees_are_far_from():
    model = ContextureRegressor(random_state=0).fit(X, NUMBERS)
    new = np.random.default_rng(1).normal(size=(500, 4))
    truth = np.sin(2 * new[:, 0]) + new[:, 1]
    error = np.mean((model.predict(new) - truth) ** 2)
    trees = model._members[model._member_names.index("boosted")]
    values = trees.values((new - model._centre) / model._spread)[:, 0]
    assert error < 0.3 * np.mean((model._mean + model._scale * values - truth) ** 2)
    assert model.leaderboard_["member"][0] == "widths"


@pytest.mark.parametrize("grow", ENGINES)
@pytest.mark.parametrize("kind", ["numbers", "two", "three"])
def test_trees_of_both_libraries_are_the_same_as_arrays_and_after_a_file(
    grow, kind, tmp_path, monkeypatch
):
    monkeypatch.setattr(boosted, "engine", lambda: grow)
    y = {"numbers": NUMBERS, "two": WORDS == "low", "three": WORDS}[kind]
    make = ContextureRegressor if kind == "numbers" else ContextureClassifier
    model = make(["boosted", "boosted random", "width"]).fit(X, y)
    model.weights_ = np.full(4, 0.25)
    save_predictor(model, tmp_path)
    assert not (tmp_path / "predictor.skops").exists()
    # A file of trees needs no library to be read.
    monkeypatch.setattr(builtins, "__import__", _without_lightgbm(builtins.__import__))
    again = load_predictor(tmp_path)
    rows = 2 * np.random.default_rng(2).normal(size=(50, 4))
    for one, other in zip(model._members, again._members, strict=True):
        np.testing.assert_allclose(other.values(rows), one.values(rows), 1e-9, 1e-9)
    asked = "predict" if kind == "numbers" else "predict_proba"
    np.testing.assert_allclose(getattr(again, asked)(X), getattr(model, asked)(X), 1e-9)


def _without_lightgbm(original):
    def imported(name, *args, **kwargs):
        if name.startswith("lightgbm"):
            raise ImportError(name)
        return original(name, *args, **kwargs)

    return imported


def test_without_lightgbm_scikit_learn_boosts(monkeypatch):
    assert boosting.engine() is boosting.grow_lightgbm
    monkeypatch.setattr(builtins, "__import__", _without_lightgbm(builtins.__import__))
    assert boosting.engine() is boosting.grow_histograms


@pytest.mark.parametrize("grow", ENGINES)
def test_folds_are_predicted_by_trees_that_did_not_see_them(grow, monkeypatch):
    """With every label of a class in one fold, that fold's class has next to no chance."""
    monkeypatch.setattr(boosted, "engine", lambda: grow)
    monkeypatch.setattr(boosted, "folds", lambda *_: np.repeat(np.arange(5), 20))
    targets = np.eye(3)[np.repeat([0, 1, 0, 1, 2], 20)]
    given = Problem(X[:100], np.arange(100), targets, classes=True)
    found = BoostedMember("boosted").fit(given).left_out
    assert found[80:, 2].max() < 1e-6
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_rounds_are_those_of_the_least_error_over_all_folds():
    losses = [np.array([3.0, 1.0, 2.0]), np.array([3.0, 2.5, 2.0, 1.0, 1.5])]
    # 3 + 3, 1 + 2.5, 2 + 2, then the first stays at 2: 2 + 1
    assert common_rounds(losses, np.array([1, 1])) == 4
    assert common_rounds(losses, np.array([9, 1])) == 2


def chances(n_members, k=300, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.eye(3)[rng.integers(3, size=k)]
    noise = rng.normal(size=(n_members, k, 3)) * (1 + np.arange(n_members))[:, None, None]
    raw = np.exp(2 * truth + noise)
    return raw / raw.sum(axis=2, keepdims=True), truth


def test_weights_of_logarithms_minimise_what_they_say():
    """Against a general solver, on the objective written out."""
    told, truth = chances(3)
    told = np.concatenate([told, np.full((1, 300, 3), 1 / 3)])
    found = log_weights(told, truth, np.ones(4), 3)

    def objective(v):
        product = np.prod(told[:3] ** v[:, None, None], axis=0)
        product /= product.sum(axis=1, keepdims=True)
        distance = np.sum((v - 1 / 3) ** 2 / (1 / 3))
        return -np.mean(np.log(np.sum(product * truth, axis=1))) + LIGHT / 600 * distance

    kept = [m for m in range(3) if -np.mean(np.log(told[m][truth > 0])) < np.log(3)]
    assert kept == [0, 1, 2] or found[[m for m in range(3) if m not in kept]].sum() == 0
    if len(kept) == 3:
        rival = minimize(objective, np.ones(3), bounds=[(0, None)] * 3, tol=1e-10).x
        np.testing.assert_allclose(found[:3], rival / rival.sum(), atol=1e-3)
    assert found.sum() == pytest.approx(1)
    assert found[3] == 0  # the mean would only shift all rows alike


def test_many_labels_average_logarithms_and_few_average_chances():
    told, truth = chances(2)
    told = np.concatenate([told, np.full((1, 300, 3), 1 / 3)])
    prior = Prior(np.ones(3), np.ones(3), 2)
    assert not fit_pool(told, truth, prior, classes=True).geometric
    pool = fit_pool(told, truth, prior, classes=True, many=True)
    parts = [pool.adjusted(*each) for each in enumerate(told)]
    product = np.prod([p**w for p, w in zip(parts, pool.weights, strict=True)], axis=0)
    np.testing.assert_allclose(pool.average(told), product / product.sum(axis=1, keepdims=True))
    assert Pool(np.array([1.0, 0.0]), np.ones(2), 0.0, True).average({0: told[0]}).min() >= 0


def test_members_follow_the_number_of_labels_and_the_effort():
    assert [each.name for each in make_members(None)] == list(DEFAULT_MEMBERS)
    assert not has_many_labels(MANY_LABELS - 1)
    assert has_many_labels(MANY_LABELS)
    assert not has_many_labels(MANY_LABELS, n_classes=40)
    assert {"widths", "boosted"} <= set(default_names("default", many=True))
    small = {effort: default_names(effort, many=False, small=True) for effort in ("fast", "best")}
    assert "boosted few" in small["best"] and "boosted few" not in small["fast"]
    for effort in ("fast", "best"):
        names = default_names(effort, many=True)
        assert (len(names) < 10) == (effort == "fast")
        assert [each.name for each in make_members(None, effort, many=True)] == list(names)
        assert "boosted few" not in names
    with pytest.raises(InputError, match=r"^effort='slow' is not known; give 'fast', 'default' or"):
        ContextureRegressor(effort="slow").fit(X, NUMBERS)


def test_small_boosted_trees_join_where_rows_are_corners_of_a_cube():
    """Elsewhere they cost more than they give while labels are few."""
    corners = RNG.integers(0, 2, size=(K, 12)).astype(float)
    truth = corners[:, 0] * corners[:, 1] + corners[:, 2]
    for rows, k, joins in (
        (corners, SOME_LABELS, True),
        (corners, SOME_LABELS - 1, False),
        (np.column_stack([corners, X]), SOME_LABELS, False),
    ):
        known = np.where(np.arange(K) < k, truth, np.nan)
        board = ContextureRegressor().fit(rows, known).leaderboard_
        assert ("boosted few" in set(board["member"])) == joins
    assert suits_small_trees(corners, 80, n_classes=8)
    assert not suits_small_trees(corners, 80, n_classes=9)


def test_estimators_of_one_s_own_join_the_default_ones():
    model = ContextureClassifier(["default", LogisticRegression()], effort="fast").fit(X, WORDS)
    names = model.leaderboard_["member"].tolist()
    assert set(names) == {*default_names("fast", many=True), "LogisticRegression"}
    with pytest.warns(ContextWarning, match=r"'Ridge' is left out: Ridge has no predict_proba"):
        ContextureClassifier(["linear", Ridge()]).fit(X, WORDS)


def test_a_class_of_one_row_among_many_labels_is_kept():
    words = WORDS.astype(object)
    words[5] = "rare"
    model = ContextureClassifier(effort="fast", random_state=0).fit(X, words)
    assert model.predict_proba(X).shape == (K, 4)
    assert np.isfinite(model.left_out_).all()


def test_the_seconds_are_said_before_the_fit(capsys, caplog):
    with caplog.at_level("INFO", logger="contextures.prediction"):
        ContextureRegressor(["linear"], verbose=True).fit(X, NUMBERS)
    said = capsys.readouterr().err
    assert said.startswith("fitting 2 members to 360 labels among 360 rows of 4 columns: about ")
    assert caplog.messages == [said.strip()]
    wide = np.random.default_rng(0).normal(size=(300, 201))
    ContextureRegressor(["widths"], verbose=True).fit(wide, NUMBERS[:300])
    assert "over 200 columns, all share one width" in capsys.readouterr().err


def test_expected_seconds_grow_with_the_labels_and_the_effort():
    def expected(k, effort):
        given = Problem(np.zeros((k, 5)), np.arange(k), np.zeros((k, 1)), classes=False)
        members = make_members(None, effort, many=True)
        return sum(seconds_of(each, given, 1e10) for each in members)

    assert expected(600, "default") < expected(2500, "default") < expected(2500, "best")
    assert expected(2500, "fast") < expected(2500, "default")
    # Beyond 3,000 labels the cost is linear.
    assert expected(80_000, "default") < 2.5 * expected(40_000, "default")
