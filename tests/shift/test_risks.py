"""Risks against closed forms, their duals and brute force over weights."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, brentq, linprog, minimize, minimize_scalar

from contextures.exceptions import InputError
from contextures.shift import (
    chi_square_dro,
    cvar,
    divergence_dro,
    doro,
    group_risk,
    worst_case_weights,
)

RNG = np.random.default_rng(0)
LOSSES = RNG.gamma(0.7, size=41)
TIED = np.array([3.0, 1.0, 3.0, 0.0, 2.0, 2.0, 3.0, 0.0])
WEIGHTS = RNG.random(41)
SHARES = (0.013, 0.1, 0.25, 0.37, 0.5)

losses_of_any_kind = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, width=32)),
    min_size=1,
    max_size=30,
).map(np.array)


def dual(losses, objective):
    """The least of a convex function of eta, by a search that knows nothing of its form."""
    low, high = losses.min() - 1e3 * (np.ptp(losses) + 1), losses.max()
    found = minimize_scalar(
        objective, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    )
    return min(found.fun, objective(high))


@pytest.mark.parametrize("alpha", [*SHARES, 0.8, 1.0])
@pytest.mark.parametrize("losses", [LOSSES, TIED, np.array([2.0])])
def test_cvar_is_the_linear_programme_over_weights(losses, alpha):
    n = len(losses)
    found = linprog(
        -losses, A_eq=np.ones((1, n)), b_eq=[1.0], bounds=[(0, 1 / (alpha * n))] * n, method="highs"
    )
    assert cvar(losses, alpha) == pytest.approx(-found.fun, abs=1e-9)


@pytest.mark.parametrize("alpha", SHARES)
@pytest.mark.parametrize("radius", ["dissertation", "all_alpha"])
@pytest.mark.parametrize("losses", [LOSSES, TIED])
def test_the_chi_square_risk_is_its_dual_and_its_primal(losses, alpha, radius):
    norm = math.sqrt(1 + (1 / alpha - 1) ** 2) if radius == "dissertation" else alpha**-0.5
    found = chi_square_dro(losses, alpha, radius=radius)
    assert found == pytest.approx(
        dual(losses, lambda e: norm * math.sqrt((np.clip(losses - e, 0, None) ** 2).mean()) + e),
        abs=1e-6,
    )
    q = worst_case_weights(losses, "chi_square", alpha=alpha, radius=radius)
    assert q.min() >= 0
    assert q.sum() == pytest.approx(1, abs=1e-12)
    assert (q**2).sum() * len(q) <= norm**2 + 1e-9
    assert q @ losses == pytest.approx(found, abs=1e-12)


def test_the_chi_square_risk_is_what_a_solver_of_the_primal_finds():
    losses, norm = LOSSES[:8], math.sqrt(1 + (1 / 0.4 - 1) ** 2)
    ball = {"type": "ineq", "fun": lambda q: norm**2 - 8 * (q**2).sum(), "jac": lambda q: -16 * q}
    found = minimize(
        lambda q: -q @ losses,
        np.full(8, 1 / 8),
        jac=lambda q: -losses,
        bounds=[(0, 1)] * 8,
        constraints=[LinearConstraint(np.ones(8), 1, 1), ball],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert chi_square_dro(losses, 0.4) == pytest.approx(-found.fun, abs=1e-7)


@pytest.mark.parametrize("beta", [1.2, 1.5, 3.0, 5.0])
@pytest.mark.parametrize("rho", [1e-3, 0.3, 2.0, 50.0])
@pytest.mark.parametrize("losses", [LOSSES, TIED])
def test_cressie_read_risks_are_their_duals(losses, beta, rho):
    b, c = beta / (beta - 1), (1 + beta * (beta - 1) * rho) ** (1 / beta)
    over = lambda e: np.clip(losses - e, 0, None)  # noqa: E731
    value = dual(losses, lambda e: c * (over(e) ** b).mean() ** (1 / b) + e)
    assert divergence_dro(losses, rho, beta) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("rho", [1e-3, 0.3, 2.0, 50.0])
def test_order_one_is_the_kullback_leibler_ball(rho):
    centred = LOSSES - LOSSES.max()
    found = minimize_scalar(
        lambda t: math.exp(t) * (np.log(np.exp(centred * math.exp(-t)).mean()) + rho),
        bounds=(-30, 30),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert divergence_dro(LOSSES, rho, 1.0) == pytest.approx(
        min(found.fun, 0.0) + LOSSES.max(), abs=1e-6
    )
    assert divergence_dro(LOSSES, rho, 1.0) == pytest.approx(
        divergence_dro(LOSSES, rho, 1.005), rel=0.01
    )


def test_order_two_has_two_ways_that_agree():
    """The closed form against the halving that serves every other order."""
    from contextures.shift.adversaries import power_weights
    from contextures.shift.losses import sort_losses

    for rho in (1e-6, 0.1, 1.0, 30.0):
        given = sort_losses(LOSSES, WEIGHTS)
        halved = power_weights(given, rho, 2.0) @ given.numbers
        assert divergence_dro(LOSSES, rho, 2.0, sample_weight=WEIGHTS) == pytest.approx(
            halved, abs=1e-9
        )


@pytest.mark.parametrize(
    "risk",
    [
        lambda v, w: cvar(v, 0.3, sample_weight=w),
        lambda v, w: chi_square_dro(v, 0.3, sample_weight=w),
        lambda v, w: divergence_dro(v, 0.4, 1.5, sample_weight=w),
        lambda v, w: divergence_dro(v, 0.4, 1.0, sample_weight=w),
        lambda v, w: doro(v, 0.3, 0.07, sample_weight=w),
        lambda v, w: doro(v, 0.3, 0.07, "chi_square", sample_weight=w),
    ],
)
def test_a_weight_is_a_row_given_more_often(risk):
    times = RNG.integers(0, 4, size=len(LOSSES))
    assert risk(LOSSES, times) == pytest.approx(risk(np.repeat(LOSSES, times), None), abs=1e-10)


@settings(max_examples=150, deadline=None)
@given(losses_of_any_kind, st.floats(1e-3, 1), st.floats(0, 0.9))
def test_risks_are_ordered_and_follow_shift_and_scale(losses, alpha, epsilon):
    """mean <= CVaR <= the all-alpha ball <= max, and without outliers none is larger."""
    scale = 1 + np.abs(losses).max()
    values = [
        losses.mean(),
        cvar(losses, alpha),
        chi_square_dro(losses, alpha, radius="all_alpha"),
        losses.max(),
    ]
    assert (np.diff(values) >= -1e-9 * scale).all()
    for risk in ("mean", "cvar", "chi_square"):
        clean = doro(losses, alpha, epsilon, risk, radius="all_alpha")
        full = doro(losses, alpha, 0.0, risk, radius="all_alpha")
        assert clean <= full + 1e-9 * scale
        moved = doro(3 * losses - 7, alpha, epsilon, risk, radius="all_alpha")
        assert moved == pytest.approx(3 * clean - 7, abs=1e-8 * scale)


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.5])
def test_groups_are_bounded_by_cvar_and_that_by_the_ball(alpha):
    for _ in range(200):
        n = 40
        losses = RNG.exponential(size=n) * RNG.integers(0, 2, size=n)
        groups = np.repeat([0, 1], [math.ceil(alpha * n), n - math.ceil(alpha * n)])
        worst = group_risk(losses, groups).risks[0]
        assert worst <= cvar(losses, alpha) + 1e-12 <= chi_square_dro(losses, alpha) + 2e-12


def test_the_papers_radius_fails_above_one_half_and_says_so():
    losses = np.repeat([1.0, 0.0], [8, 2])
    assert cvar(losses, 0.8) == pytest.approx(1)
    with pytest.warns(UserWarning, match=r"alpha=0.8 is above 1/2"):
        assert chi_square_dro(losses, 0.8) == pytest.approx(0.9, abs=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert chi_square_dro(losses, 0.8, radius="all_alpha") == pytest.approx(1)
        assert chi_square_dro(losses, 1.0) == pytest.approx(0.8)


def test_deterministic_errors_have_the_closed_form():
    """CVaR of zero-one losses is min(1, error / alpha)."""
    for wrong in range(21):
        losses = np.repeat([1.0, 0.0], [wrong, 20 - wrong])
        assert cvar(losses, 0.35) == pytest.approx(min(1, wrong / 20 / 0.35), abs=1e-12)


def test_doro_is_the_infimum_over_what_may_be_outliers():
    """Every way of taking epsilon of the probability away, as a linear programme of CVaR's dual."""
    losses, n, alpha, epsilon = LOSSES[:12], 12, 0.4, 0.17
    least = np.inf
    for eta in losses:
        # min over P' of eta + E'(l - eta)_+ / alpha, where P' <= P / (1 - epsilon).
        over = np.clip(losses - eta, 0, None)
        found = linprog(
            over, A_eq=np.ones((1, n)), b_eq=[1.0], bounds=[(0, 1 / n / (1 - epsilon))] * n
        )
        least = min(least, eta + found.fun / alpha)
    assert doro(losses, alpha, epsilon) == pytest.approx(least, abs=1e-9)


def test_outliers_left_out_do_not_count():
    clean = np.arange(16.0)
    spoilt = np.concatenate([clean, [1e9] * 4])
    assert doro(spoilt, 0.5, 0.2) == pytest.approx(cvar(clean, 0.5), abs=1e-6)
    assert doro(spoilt, 0.25, 0.2, "chi_square") == pytest.approx(
        chi_square_dro(clean, 0.25), abs=1e-6
    )
    assert doro(spoilt, 1.0, 0.2, "mean") == pytest.approx(7.5, abs=1e-6)


def test_a_batch_of_one_has_its_loss():
    """Truncated counts leave nothing of a last small batch; exact shares do."""
    for alpha in (0.01, 0.3, 1.0):
        for value in (cvar([5.0], alpha), chi_square_dro([5.0], alpha), doro([5.0], alpha, 0.3)):
            assert value == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cvar([1.0], 0.0),
            r"alpha=0.0 is not possible; give a number above 0 and at most 1",
        ),
        (lambda: cvar([1.0], 1.5), "alpha=1.5 is not possible"),
        (lambda: cvar([1.0], True), "alpha=True is not possible"),
        (lambda: cvar([1.0], "half"), "alpha='half' is not possible"),
        (lambda: cvar([], 0.5), r"losses must have shape \(n,\) with n of at least 1"),
        (lambda: cvar([[1.0]], 0.5), r"the shape is \(1, 1\)"),
        (lambda: cvar(["a"], 0.5), "losses must be numbers"),
        (lambda: cvar([1.0, np.nan], 0.5), "losses must be finite; that of row 1 is nan"),
        (
            lambda: doro([1.0], 0.5, 1.0),
            "epsilon=1.0 is not possible; give a number at least 0 and below",
        ),
        (
            lambda: doro([1.0], 0.5, 0.1, "cvarr"),
            "risk='cvarr' is not known; give one of: mean, cvar",
        ),
        (lambda: chi_square_dro([1.0], 0.5, radius="mine"), "radius='mine' is not known"),
        (
            lambda: divergence_dro([1.0], -1.0),
            "rho=-1.0 is not possible",
        ),
        (
            lambda: divergence_dro([1.0], 1.0, 0.5),
            "beta=0.5 is not possible",
        ),
        (
            lambda: cvar([1.0], 0.5, sample_weight=[1.0, 2.0]),
            "has 2 values, but there are 1 losses",
        ),
        (lambda: cvar([1.0, 2.0], 0.5, sample_weight=[1.0, -1.0]), "must not be negative"),
        (lambda: cvar([1.0, 2.0], 0.5, sample_weight=[0.0, 0.0]), "not zero everywhere"),
        (lambda: group_risk([1.0], ["a", "b"]), "give the group of each row"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("beta", [1.5, 5.0, 20.0])
@pytest.mark.parametrize("rho", [0.01, 0.05, 50.0])
def test_two_losses_take_what_the_ball_allows(rho, beta):
    """At high orders the parameter lies within rounding of where the second loss gets nothing."""
    spent = lambda q: sum(  # noqa: E731
        ((2 * w) ** beta - 2 * beta * w + beta - 1) / (2 * beta * (beta - 1)) for w in (q, 1 - q)
    )
    most = 1.0 if spent(1.0) <= rho else brentq(lambda q: spent(q) - rho, 0.5, 1.0, xtol=1e-15)
    assert divergence_dro([0.0, 1.0], rho, beta) == pytest.approx(most, abs=1e-9)


@pytest.mark.parametrize("weight", [1e308, 1e-320])
def test_weights_whose_sum_no_number_holds_are_even_weights(weight):
    """Each is finite, but two of them add up to infinity, or nearly to nothing."""
    losses, weights = [1.0, 2.0, 3.0, 4.0], [weight] * 4
    assert cvar(losses, 0.5, sample_weight=weights) == pytest.approx(3.5)
    assert chi_square_dro(losses, 0.5, sample_weight=weights) == pytest.approx(
        chi_square_dro(losses, 0.5)
    )


@pytest.mark.parametrize("rho", [0.01, 0.2, 1.0, 5.0])
def test_risks_of_zero_one_losses_have_closed_forms(rho):
    """A ball about a Bernoulli law is one-dimensional: q is where the divergence is rho, or one."""
    p = 0.3
    losses = np.repeat([1.0, 0.0], [3, 7])
    square = min(1.0, p + math.sqrt(p * (1 - p) * 2 * rho))
    assert divergence_dro(losses, rho, 2.0) == pytest.approx(square, abs=1e-9)
    for beta in (1.0, 1.4, 2.0, 3.0):
        q = divergence_dro(losses, rho, beta)
        ratios, parts = np.array([q / p, (1 - q) / (1 - p)]), np.array([p, 1 - p])
        if beta == 1:
            spent = sum(a * t * math.log(t) for a, t in zip(parts, ratios, strict=True) if t > 0)
        else:
            f = (ratios**beta - beta * ratios + beta - 1) / (beta * (beta - 1))
            spent = parts @ f
        assert spent == pytest.approx(rho, rel=1e-9) or (q == pytest.approx(1) and spent < rho)
