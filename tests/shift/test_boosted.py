"""Boosting for CVaR: the program against others, the guarantee, scikit-learn's checks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.exceptions import InputError
from contextures.shift import BoostedCVaRClassifier, cvar
from contextures.shift.programs import ensemble_program, entropic_rows, regularized_program

STUMP = DecisionTreeClassifier(max_depth=1)
METHODS = ["ada_lp", "lp", "regularized_lp"]


def noisy(seed, n=200):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, 3))
    return rows, (rows[:, 0] + rows[:, 1] * rows[:, 2] + rng.standard_normal(n) > 0).astype(int)


@parametrize_with_checks(
    [
        BoostedCVaRClassifier(
            LogisticRegression(), n_estimators=4, validation_fraction=0, random_state=0
        ),
        BoostedCVaRClassifier(method="regularized_lp", n_estimators=3, random_state=0),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(1, 6),
    st.integers(1, 40),
    st.floats(0.05, 1.0),
    st.booleans(),
)
def test_both_sides_of_the_program_are_equal(seed, count, n, alpha, fractions):
    """Strong duality, against the other side written out, with ties and with uneven rows."""
    rng = np.random.default_rng(seed)
    losses = rng.random((count, n)) if fractions else rng.integers(0, 2, (count, n)).astype(float)
    p = rng.random(n) + 0.05
    p /= p.sum()
    found = ensemble_program(losses, p, alpha)
    assert found.models.sum() == pytest.approx(1) and found.models.min() >= 0
    assert found.rows.sum() == pytest.approx(1)
    assert (found.rows <= p / alpha * (1 + 1e-9) + 1e-12).all()
    assert found.value == pytest.approx(cvar(found.models @ losses, alpha, sample_weight=p))
    assert found.gap <= 1e-6
    # eta + <p, u> / alpha, with u at least zero and at least the mean losses less eta.
    other = linprog(
        np.r_[np.zeros(count), 1.0, p / alpha],
        A_ub=np.hstack([losses.T, -np.ones((n, 1)), -np.eye(n)]),
        b_ub=np.zeros(n),
        A_eq=np.r_[np.ones(count), np.zeros(n + 1)][None],
        b_eq=[1.0],
        bounds=[(0, None)] * count + [(None, None)] + [(0, None)] * n,
    )
    assert found.value == pytest.approx(other.fun, abs=1e-7)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.1, 1.0), st.floats(0.5, 200.0))
def test_entropic_rows_are_the_best_of_all(seed, alpha, beta):
    """By the conditions of optimality: alike in their slopes below the limit, larger at it."""
    rng = np.random.default_rng(seed)
    losses, p = rng.integers(0, 4, 12) / 3, rng.random(12) + 0.01
    p /= p.sum()
    q = entropic_rows(losses, p, alpha, beta)
    assert q.sum() == pytest.approx(1) and (q <= p / alpha * (1 + 1e-9)).all()
    slopes = losses - np.log(np.maximum(q, 1e-300) / p) / beta
    free = q < p / alpha * (1 - 1e-7)
    if free.any():
        assert np.ptp(slopes[free]) < 1e-6
        assert (slopes[~free] >= slopes[free].max() - 1e-6).all()


def test_with_little_entropy_it_is_the_linear_program():
    rng = np.random.default_rng(0)
    losses, p = rng.integers(0, 2, (5, 60)).astype(float), np.full(60, 1 / 60)
    plain = ensemble_program(losses, p, 0.2)
    for beta in (10.0, 100.0):
        found = regularized_program(losses, p, 0.2, beta)
        assert found.gap < 1e-3
        # KL of any weights is at most log(1 / alpha).
        assert plain.value - np.log(5) / beta - 1e-6 <= found.value <= plain.value + found.gap


@pytest.mark.parametrize("rate", [0.2, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_guarantee_holds_for_every_share(seed, rate):
    """CVaR of the even average is at most g + log(1 / alpha) / (eta T) + eta / 8."""
    rows, kinds = noisy(seed)
    model = BoostedCVaRClassifier(
        STUMP, n_estimators=40, learning_rate=rate, validation_fraction=0, random_state=0
    ).fit(rows, kinds)
    steps, g = len(model.estimators_), model.round_losses_.max()
    for alpha in (0.05, 0.2, 0.5, 1.0):
        bound = g + np.log(1 / alpha) / (rate * steps) + rate / 8
        assert model.guarantee(alpha) == pytest.approx(bound)
        even = cvar(model.losses_.mean(axis=0), alpha)
        assert even <= bound
        best = cvar(model.weights_for(alpha) @ model.losses_, alpha)
        assert best <= even + 1e-7


@pytest.mark.parametrize("method", METHODS)
def test_drawing_a_model_is_better_than_any_model(method):
    """A single classifier's CVaR is min(1, errors / alpha), so with 20 % of errors it is 1."""
    rows, kinds = noisy(5, 400)
    alpha = 0.2
    model = BoostedCVaRClassifier(
        STUMP, alpha, method, n_estimators=25, validation_fraction=0, random_state=0
    ).fit(rows, kinds)
    errors = model.losses_.mean(axis=1)
    alone = [cvar(one, alpha) for one in model.losses_]
    np.testing.assert_allclose(alone, np.minimum(1, errors / alpha))
    assert min(alone) == pytest.approx(1)
    assert model.cvar_ < 0.9
    assert model.duality_gap_ < 1e-6
    chances = model.predict_proba(rows)
    drawn = 1 - chances[np.arange(len(kinds)), kinds]
    assert cvar(drawn, alpha) == pytest.approx(model.cvar_)


def test_one_training_serves_every_share():
    rows, kinds = noisy(1, 400)
    model = BoostedCVaRClassifier(STUMP, 0.3, n_estimators=15, random_state=0).fit(rows, kinds)
    shares = [0.1, 0.3, 0.9]
    many = model.weights_for(shares)
    np.testing.assert_allclose(model.weights_for(0.3), model.weights_)
    for share, weights in zip(shares, many, strict=True):
        value = cvar(weights @ model.validation_losses_, share)
        assert all(value <= cvar(w @ model.validation_losses_, share) + 1e-9 for w in many)
        assert all(value <= cvar(one, share) + 1e-9 for one in model.validation_losses_)
    assert model.validation_losses_.shape == (15, 80)


@pytest.mark.parametrize("base", [KNeighborsClassifier(3), LogisticRegression()])
def test_models_with_and_without_weights_serve(base):
    rows, kinds = noisy(2)
    names = np.array(["no", "yes"])[kinds]
    model = BoostedCVaRClassifier(base, 0.4, n_estimators=5, random_state=0).fit(rows, names)
    assert set(model.predict(rows)) <= {"no", "yes"}
    assert model.cvar_ <= cvar(model.validation_losses_[0], 0.4) + 1e-9
    again = BoostedCVaRClassifier(base, 0.4, n_estimators=5, random_state=0).fit(rows, names)
    np.testing.assert_array_equal(model.predict_proba(rows), again.predict_proba(rows))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "best"}, "method='best' is not known; give one of: ada_lp, lp, regularized_lp"),
        ({"alpha": 0}, "alpha=0 is not possible"),
        ({"n_estimators": 0}, "n_estimators"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"validation_fraction": 1}, "validation_fraction=1 is not possible"),
    ],
)
def test_what_cannot_be_is_said(change, message):
    with pytest.raises(InputError, match=message):
        BoostedCVaRClassifier(**change).fit(*noisy(0))
    with pytest.raises(InputError, match="has no such guarantee"):
        BoostedCVaRClassifier(method="lp", n_estimators=2).fit(*noisy(0)).guarantee()
