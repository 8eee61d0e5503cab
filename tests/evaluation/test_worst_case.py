"""What an encoder captures of a context, and the worst compatible task for it."""

from __future__ import annotations

import numpy as np
import pytest

import oracles
from contextures.contexts import FiniteContext, KNNContext, NoiseContext, TeacherContext
from contextures.evaluation import (
    algebraic_worst_case_bound,
    approximation,
    optimal_error,
    worst_case_bound,
    worst_case_error,
)
from contextures.evaluation.bounds import worst_case as module
from contextures.exceptions import InputError
from contextures.spectrum import decompose_fitted
from contextures.spectrum.ritz.ratio_trace import ratio_trace
from evaluation import bound_trials

EPS = 1 - np.sqrt(0.03)


def with_squares(*squares):
    """A context on four inputs of equal weight whose s_i^2 are these, and its functions mu."""
    mu = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]).T.astype(float)
    joint = (1 + (mu * np.sqrt(squares)) @ mu.T) / 16
    return FiniteContext(joint).fit(), mu


def compatibility(context, task):
    joint = context.joint
    image = joint.T @ task / joint.sum(0)
    return np.sqrt(joint.sum(0) @ image**2)


def test_the_printed_bound_for_any_encoder_is_broken_and_the_corrected_one_holds():
    """ICML Theorem 24: s_1^2 = .04, s_2^2 = .02, (1 - eps)^2 = .03, the encoder is mu_1."""
    context, mu = with_squares(0.04, 0.02, 0.0)
    found = approximation(mu[:, :1], context)
    worst = worst_case_error(mu[:, :1], context, EPS)
    assert found.trace_gap == pytest.approx(0.02)
    printed = (0.04 - 0.03 + 0.2 * found.trace_gap) / (0.04 - found.trace_gap**2)
    assert printed == pytest.approx(0.354, abs=5e-4)
    assert worst.error == pytest.approx(0.5, abs=1e-10)
    assert printed < worst.error  # so what is printed is no bound
    assert worst.error <= found.bound(EPS) <= found.loose_bound(EPS) == 1.0


def test_the_trace_gap_takes_the_covariance_of_what_the_adjoint_gives():
    """With the printed covariance of f itself it would be negative here; it is s_2^2."""
    context, mu = with_squares(0.04, 0.02, 0.0)
    found = approximation(mu[:, :1], context)
    as_printed = 0.04 + 0.02 - 1.0  # the variance of mu_1 is one
    assert as_printed < 0 < found.trace_gap
    assert found.missed**2 == pytest.approx(found.trace_gap)


@pytest.mark.parametrize("d", [1, 2])
def test_the_encoder_that_learned_the_contexture_has_the_theorems_error(d):
    context, mu = with_squares(0.5, 0.3, 0.1)
    squares = [0.5, 0.3, 0.1]
    for share in np.linspace(0, 1, 6):
        eps = 1 - np.sqrt(0.5 - share * 0.1)  # up to 1 - sqrt((s_1^2 + s_2^2) / 2)
        best = optimal_error(np.sqrt(squares), d, eps)
        assert best.error == pytest.approx((0.5 - (1 - eps) ** 2) / (0.5 - squares[d]))
        assert best.within_range
        tolerance = 1e-10 if share else 1e-6
        assert worst_case_error(mu[:, :d], context, eps).error == pytest.approx(
            best.error, abs=tolerance
        )


def test_beyond_the_theorems_range_the_encoder_keeps_its_error():
    context, mu = with_squares(0.5, 0.3, 0.1)
    for square, error in ((0.35, 0.75), (0.29, 1.0)):
        eps = 1 - np.sqrt(square)
        best = optimal_error(np.sqrt([0.5, 0.3, 0.1]), 1, eps)
        assert not best.within_range
        assert best.error == pytest.approx(error)
        assert worst_case_error(mu[:, :1], context, eps).error == pytest.approx(error)
        assert best.eps_range == pytest.approx((1 - np.sqrt(0.5), 1 - np.sqrt(0.4)))


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_error_is_that_of_a_search_over_every_task(seed):
    """A grid over the sphere of tasks on four inputs never beats it and comes near."""
    rng = np.random.default_rng(seed)
    joint = rng.dirichlet(np.full(16, 0.5)).reshape(4, 4) + 1e-3
    context = FiniteContext(joint / joint.sum()).fit()
    spectrum = decompose_fitted(context, 3)
    encoder = rng.standard_normal((4, 1))
    eps = 1 - 0.9 * spectrum.singular_values[0]
    theta, phi = np.meshgrid(np.linspace(0, np.pi, 600), np.linspace(0, np.pi, 600))
    u = np.stack([np.cos(theta), np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)], -1)
    u = u.reshape(-1, 3)
    inside = u**2 @ spectrum.singular_values**2 >= (1 - eps) ** 2
    weights = context.input_weights_
    own = spectrum.left.T @ (weights * (encoder[:, 0] - weights @ encoder[:, 0]))
    errors = 1 - (u[inside] @ (own / np.linalg.norm(own))) ** 2
    found = worst_case_error(encoder, context, eps).error
    assert errors.max() <= found + 1e-9
    assert errors.max() == pytest.approx(found, abs=5e-3)


def test_two_inputs_and_three_have_no_gap_either():
    """On spheres of one and two dimensions values of two forms need not be convex."""
    context, mu = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit(), np.array([[1.0], [-1.0]])
    assert worst_case_error(mu, context, 0.5).error == 0.0
    assert worst_case_error([[1.0], [1.0]], context, 0.5).error == 1.0
    joint = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 5]]) / 16
    context = FiniteContext(joint).fit()
    spectrum = decompose_fitted(context, 2)
    turn = np.linspace(0, np.pi, 200_001)
    u = np.stack([np.cos(turn), np.sin(turn)], 1)
    for mix in (0.2, 0.8, 1.4):
        own = np.array([np.cos(mix), np.sin(mix)])
        for eps in (0.3, 0.4, 0.5):
            inside = u**2 @ spectrum.singular_values**2 >= (1 - eps) ** 2
            searched = (1 - (u[inside] @ own) ** 2).max()
            found = worst_case_error(spectrum.left @ own[:, None], context, eps)
            assert found.error == pytest.approx(searched, abs=1e-4)


def test_the_worst_task_is_compatible_and_attains_its_error():
    context, _ = with_squares(0.5, 0.3, 0.1)
    encoder = np.random.default_rng(0).standard_normal((4, 1))
    found = worst_case_error(encoder, context, 0.35)
    assert 0.1 < found.error < 1
    assert found.task.mean() == pytest.approx(0, abs=1e-12)
    assert (found.task**2).mean() == pytest.approx(1)
    assert compatibility(context, found.task) >= 0.65 - 1e-9
    centred = encoder - encoder.mean()
    left = found.task - centred @ np.linalg.lstsq(centred, found.task)[0]
    assert (left**2).mean() == pytest.approx(found.error, abs=1e-9)


def test_larger_classes_and_smaller_spans_are_never_better():
    context, _ = with_squares(0.5, 0.3, 0.1)
    encoder = np.random.default_rng(0).standard_normal((4, 2))
    levels = np.linspace(1 - np.sqrt(0.5), 1, 30)
    errors = {
        d: np.array([worst_case_error(encoder[:, :d], context, eps).error for eps in levels])
        for d in (1, 2)
    }
    for found in errors.values():
        assert (np.diff(found) >= -1e-6).all()
        assert found[-1] == 1.0
    assert (errors[2] <= errors[1] + 1e-6).all()


def test_only_the_span_of_an_encoder_counts():
    context, mu = with_squares(0.5, 0.3, 0.1)
    rng = np.random.default_rng(0)
    encoder = mu[:, :2] + 0.3 * rng.standard_normal((4, 2))
    again = np.column_stack(
        [encoder @ rng.standard_normal((2, 2)) * [1e-6, 1e6] + 7, encoder[:, 0]]
    )
    for one, other in ((encoder, again),):
        assert worst_case_error(one, context, 0.4).error == pytest.approx(
            worst_case_error(other, context, 0.4).error, abs=1e-8
        )
        first, second = approximation(one, context), approximation(other, context)
        np.testing.assert_allclose(first.ritz_values, second.ritz_values, atol=1e-9)
        assert first.trace_gap == pytest.approx(second.trace_gap, abs=1e-9)


def test_the_average_error_is_the_mean_over_random_tasks():
    """f = T g with g white noise: E|f|^2 is the sum of s^2, and what probes leave is measured."""
    context, _ = with_squares(0.5, 0.3, 0.1)
    rng = np.random.default_rng(0)
    encoder = rng.standard_normal((4, 2))
    found = approximation(encoder, context)
    noise = rng.standard_normal((4, 400_000)) * 2  # unit variance under P_A = 1 / 4
    tasks = context.joint @ noise * 4
    design = np.column_stack([np.ones(4), encoder])
    left = tasks - design @ np.linalg.lstsq(design, tasks)[0]
    assert (left**2).mean() == pytest.approx(found.average_error, rel=0.01)
    assert found.strength == pytest.approx(0.9)
    assert found.ratio_trace + found.average_error == pytest.approx(0.9)


def test_the_optimum_reaches_every_limit():
    context = FiniteContext(oracles.flips(4, 0.15)).fit()
    spectrum = decompose_fitted(context, 10)
    found = approximation(spectrum.left[:, :4], context)
    np.testing.assert_allclose(found.ritz_values, 0.49)
    assert found.trace_gap == pytest.approx(0.7**4)
    assert found.missed == pytest.approx(0.49)
    assert found.average_error == pytest.approx(1.49**4 - 1 - 4 * 0.49)


def test_a_constant_encoder_captures_nothing():
    context, _ = with_squares(0.5, 0.3, 0.1)
    found = approximation(np.full((4, 2), 3.0), context)
    assert found.ratio_trace == 0
    assert found.trace_gap == pytest.approx(0.5)
    assert found.average_error == pytest.approx(0.9)
    assert worst_case_error(np.full((4, 2), 3.0), context, 0.4).error == 1.0


def test_an_encoder_of_everything_misses_nothing():
    context, mu = with_squares(0.5, 0.3, 0.1)
    found = approximation(mu, context)
    assert found.missed == 0
    assert found.trace_gap == pytest.approx(0, abs=1e-12)
    assert found.average_error == pytest.approx(0, abs=1e-12)
    assert worst_case_error(mu, context, 0.9).error == 0.0
    assert found.bound(1 - np.sqrt(0.5)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["transition", "kernel"])
def test_products_alone_give_what_matrices_give(kind, monkeypatch):
    """Above some hundred rows no n x n matrix is formed."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 3))
    if kind == "transition":
        context = KNNContext(n_neighbors=20).fit(X)
    else:
        from sklearn.decomposition import PCA

        context = TeacherContext(PCA(3)).fit(X)
    spectrum = decompose_fitted(context, 3)
    encoder = spectrum.left[:, :2] + 0.2 * rng.standard_normal((150, 2))
    eps = 1 - 0.98 * spectrum.singular_values[0]
    dense = worst_case_error(encoder, context, eps), approximation(encoder, context)
    monkeypatch.setattr(module, "MOST_DENSE_ROWS", 10)
    sparse = worst_case_error(encoder, context, eps), approximation(encoder, context)
    assert 0.05 < dense[0].error < 0.95
    assert sparse[0].error == pytest.approx(dense[0].error, abs=1e-8)
    assert sparse[1].missed == pytest.approx(dense[1].missed, abs=1e-8)


def test_eigenvalues_close_to_each_other_are_no_obstacle():
    """LAPACK, asked for the top eigenvector alone, gave none for the form of this trial."""
    assert not bound_trials.violations(bound_trials.trial(2033))


def test_the_ratio_trace_of_fitted_rows_is_the_unbiased_one_with_rows_paired_with_themselves():
    X = np.random.default_rng(0).standard_normal((400, 2))
    context = KNNContext(n_neighbors=100).fit(X)
    exact = approximation(X, context).ratio_trace
    assert exact == pytest.approx(ratio_trace(X, context), abs=0.05)


def test_bounds_are_monotone_in_what_is_missed():
    missed = np.linspace(0, 0.7, 50)
    for bound in (worst_case_bound, algebraic_worst_case_bound):
        values = [bound(0.3, 0.75, tau) for tau in missed]
        assert (np.diff(values) >= 0).all()
        assert 0 <= values[0] < 1 == values[-1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c, m: worst_case_error(m, c, 0.1), r"eps of at least 0\.29"),
        (lambda c, m: worst_case_error(m, c, 1.5), r"eps=1\.5 is not possible"),
        (lambda c, m: worst_case_error(m[:2], c, 0.5), r"shape \(4, d\); its shape is \(2, 3\)"),
        (lambda c, m: approximation(m[:, 0], c), r"its shape is \(4,\)"),
        (lambda c, m: approximation(np.where(m > 0, np.nan, m), c), "missing or infinite"),
        (lambda c, m: optimal_error([0.5], 0, 0.6), "n_components=0"),
        (lambda c, m: optimal_error([0.5], 1, 0.4), "no task is within eps=0.4"),
        (lambda c, m: worst_case_bound(0.5, 0.6, -1), "missed=-1"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, message):
    context, mu = with_squares(0.5, 0.3, 0.1)
    with pytest.raises(InputError, match=message):
        call(context, mu)


def test_a_context_that_only_draws_is_refused():
    X = np.zeros((5, 2)) + np.arange(5.0)[:, None]
    with pytest.raises(InputError, match="given by draws"):
        approximation(X, NoiseContext().fit(X))
