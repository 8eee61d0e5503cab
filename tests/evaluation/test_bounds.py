"""Bounds are never violated, and say what they rest on."""

from __future__ import annotations

import math

import numpy as np
import pytest

import oracles
from contextures.contexts import FiniteContext, KNNContext
from contextures.evaluation import (
    RegressionTask,
    best_dimension,
    labels_needed,
    learned_span,
    measured_span,
    measured_task,
    regression_bound,
    spectral_span,
    unlabelled_needed,
)
from contextures.evaluation.bounds.regression import approximation_bound
from contextures.exceptions import InputError
from contextures.spectrum import decompose_fitted
from evaluation import bound_trials

S = [0.9, 0.8, 0.3, 0.1]
TASK = RegressionTask(norm=1.0, noise=0.1, eps=0.2)


def test_no_bound_is_violated_in_random_contexts_and_tasks():
    """1,000 contexts, encoders and tasks; the slow test and ``benchmarks.bounds`` take 10,000."""
    check(range(1000))


@pytest.mark.slow
def test_no_bound_is_violated_in_ten_thousand_random_contexts_and_tasks():
    check(range(1000, 10_000))


def check(seeds):
    failed = {}
    for seed in seeds:
        claims = bound_trials.trial(seed)
        for name in bound_trials.violations(claims):
            failed[seed, name] = claims[name]
    assert not failed


def test_the_property_test_would_notice_the_printed_theorem(monkeypatch):
    """With the trace gap where its square root belongs, as printed, claims fail."""
    printed = bound_trials.algebraic_worst_case_bound
    monkeypatch.setattr(
        bound_trials, "algebraic_worst_case_bound", lambda eps, s, gap: printed(eps, s, gap**2)
    )
    found = [
        name for seed in range(200) for name in bound_trials.violations(bound_trials.trial(seed))
    ]
    assert set(found) == {"worst error: algebraic, trace gap"}


def test_the_span_of_singular_functions_is_measured_as_theory_says():
    context = FiniteContext(oracles.flips(4, 0.15)).fit()
    spectrum = decompose_fitted(context, 10)
    found = measured_span(spectrum.left[:, :4] @ np.diag([1, 1e-3, 1e3, 1]) + 5, context)
    expected = spectral_span(spectrum.singular_values, 4)
    assert found.n_components == expected.n_components == 4
    assert found.missed_squared == pytest.approx(expected.missed_squared) == pytest.approx(0.7**4)
    assert found.ratio_trace == pytest.approx(expected.ratio_trace) == pytest.approx(1 + 4 * 0.49)


def test_functions_that_the_operator_does_not_reach_are_left_out():
    """One of the erasure's inputs is told from no other by A, so its indicator is not in H."""
    joint = np.array([[0.3, 0.0], [0.2, 0.2], [0.15, 0.15]])
    context = FiniteContext(joint).fit()  # rank one besides the constant
    reached = decompose_fitted(context, 1).left
    noise = np.random.default_rng(0).standard_normal((3, 1))
    assert measured_span(reached, context).missed_squared == pytest.approx(0, abs=1e-12)
    both = measured_span(np.hstack([reached + noise, noise]), context)
    assert both.n_components == 1
    assert both.missed_squared == pytest.approx(0, abs=1e-12)
    alone = measured_span(noise, context)
    assert (alone.n_components, alone.ratio_trace) == (0, 1.0)
    assert alone.missed_squared == pytest.approx(
        decompose_fitted(context, 1).singular_values[0] ** 2
    )


def test_a_task_is_measured_by_the_smallest_function_of_a_behind_it():
    """f = T g with g of least norm; eps is half of what two contexts of one x differ by."""
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.ones(12)).reshape(3, 4)
    transition, pa = joint / joint.sum(1, keepdims=True), joint.sum(0)
    context = FiniteContext(joint).fit()
    f = rng.standard_normal(3)
    root = np.sqrt(pa)
    g = np.linalg.pinv(transition / root) @ f / root
    found = measured_task(f, context, noise=0.3)
    assert found.norm == pytest.approx(np.sqrt(pa @ g**2))
    apart = np.einsum(
        "i,ij,ik,jk->", joint.sum(1), transition, transition, np.subtract.outer(g, g) ** 2
    )
    assert found.eps == pytest.approx(apart / 2 / found.norm**2)
    assert found.noise == 0.3
    with pytest.raises(InputError, match="lies beyond the 1 singular functions"):
        measured_task([0, 0, 1], FiniteContext([[0.3, 0.0], [0.2, 0.2], [0.15, 0.15]]).fit())
    with pytest.raises(InputError, match="zero everywhere"):
        measured_task([0, 0, 0], context)
    with pytest.raises(InputError, match="one task"):
        measured_task(np.eye(3), context)
    assert measured_task([2, 2, 2], context) == RegressionTask(2.0, 0.0, 0.0)


def test_terms_are_the_stated_formulas():
    span = spectral_span(S, 2)
    found = regression_bound(span, TASK, kappa_squared=9.0, n_labels=400)
    theta = math.atan(0.3) + math.asin(math.sqrt((0.09 + 0.2) / 1.09))
    assert found.approximation == pytest.approx(0.09 * math.sin(theta) ** 2)
    assert found.estimation == pytest.approx(4 * (2 * 3 + 0.1) * math.sqrt((1 + 0.81 + 0.64) / 400))
    assert found.unlabelled == 0
    learned = learned_span(S, 2, 10**6, kappa_squared=9.0, average=4.0, delta=0.1)
    gap = (2 * 3 * 2 * math.sqrt(3) + 9 * math.sqrt(2 * math.log(20))) / 1000
    assert learned.unlabelled_gap == pytest.approx(gap)
    assert learned.missed_squared == pytest.approx(0.09 + gap)
    again = regression_bound(learned, TASK, 9.0, 400)
    assert again.approximation == pytest.approx(found.approximation)
    assert again.unlabelled == pytest.approx(
        approximation_bound(0.09 + gap, 0.2) - approximation_bound(0.09, 0.2)
    )
    assert again.total == pytest.approx(again.approximation + again.unlabelled + again.estimation)


def test_a_task_of_which_nothing_is_known_is_missed_by_tau_squared():
    assert approximation_bound(0.09, 1.0) == pytest.approx(0.09)
    assert approximation_bound(0.0, 0.5) == 0.0
    assert approximation_bound(1.0, 1.0) == pytest.approx(1.0)


def test_terms_scale_as_the_task_does():
    span, scale = learned_span(S, 2, 1000, 9.0), 7.0
    one = regression_bound(span, TASK, 9.0, 100)
    other = regression_bound(span, RegressionTask(scale, 0.1 * scale, 0.2), 9.0, 100)
    for name in ("approximation", "unlabelled", "estimation"):
        assert getattr(other, name) == pytest.approx(scale**2 * getattr(one, name))


def test_a_vacuous_bound_says_so():
    found = regression_bound(spectral_span(S, 2), TASK, 9.0, 100)
    assert found.vacuous
    assert str(found).endswith("vacuous, as predicting zero has at most 1")
    assert "vacuous" not in str(regression_bound(spectral_span(S, 2), TASK, 9.0, 10**6))


def test_an_infinite_or_astronomic_complexity_is_vacuous_rather_than_an_error():
    for kappa_squared in (1e100, 1e308, math.inf):
        span = learned_span(S, 2, 10**9, kappa_squared)
        assert span.missed_squared == 1.0
        assert regression_bound(span, TASK, kappa_squared, 10**9).vacuous
        advice = best_dimension(S, TASK, kappa_squared, 10**9, 10**9)
        assert advice.vacuous
        assert "cannot tell dimensions apart" in str(advice)
    assert labels_needed(0.5, spectral_span(S, 2), TASK, 1e100).n > 1e100
    assert labels_needed(0.5, spectral_span(S, 2), TASK, math.inf).n is None


@pytest.mark.parametrize("error", [0.8, 0.2, 0.05])
def test_the_number_of_labels_is_the_smallest_that_is_enough(error):
    span = spectral_span(S, 2)
    advice = labels_needed(error, span, TASK, 9.0)
    assert regression_bound(span, TASK, 9.0, advice.n).total <= error
    assert regression_bound(span, TASK, 9.0, advice.n - 1).total > error
    assert not advice.vacuous


@pytest.mark.parametrize("average", [None, 2.55])
def test_the_number_of_unlabelled_rows_is_the_smallest_that_is_enough(average):
    n_labels = 10**6
    advice = unlabelled_needed(0.15, S, 2, TASK, 9.0, n_labels, average)

    def total(n):
        return regression_bound(learned_span(S, 2, n, 9.0, average), TASK, 9.0, n_labels).total

    assert total(advice.n) <= 0.15 < total(advice.n - 1)
    assert advice.floor == pytest.approx(
        regression_bound(spectral_span(S, 2), TASK, 9.0, n_labels).total
    )


def test_what_no_number_of_rows_reaches_is_said():
    advice = labels_needed(0.01, spectral_span(S, 1), TASK, 9.0)
    assert advice.n is None
    assert advice.floor == pytest.approx(approximation_bound(0.64, 0.2))
    assert str(advice).startswith("no number is enough for an error of 0.01: the bound stays at")
    assert unlabelled_needed(0.01, S, 1, TASK, 9.0, 10**9).n is None
    assert labels_needed(2.0, spectral_span(S, 1), TASK, 9.0).vacuous


def test_the_best_dimension_has_the_smallest_bound_of_all():
    for n_unlabelled in (None, 10**9):
        advice = best_dimension(S, TASK, 9.0, 10**7, n_unlabelled)
        spans = [
            spectral_span(S, d) if n_unlabelled is None else learned_span(S, d, 10**9, 9.0)
            for d in range(1, 4)
        ]
        totals = [regression_bound(span, TASK, 9.0, 10**7).total for span in spans]
        np.testing.assert_allclose(advice.curve, totals)
        assert advice.n_components == 1 + int(np.argmin(totals))
        assert advice.bound.total == min(totals)


def test_more_labels_allow_more_dimensions():
    values = 0.95 * np.exp(-0.1 * np.arange(40))
    found = [best_dimension(values, TASK, 50.0, n).n_components for n in (10**4, 10**6, 10**9)]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_an_encoder_of_another_library_is_measured_on_a_real_sized_context():
    X = np.random.default_rng(0).standard_normal((300, 3))
    context = KNNContext(n_neighbors=50).fit(X)
    found = measured_span(context.transition(X) @ X, context)
    assert 1 < found.ratio_trace < 4
    assert 0 < found.missed_squared < 1
    assert found.n_components == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RegressionTask(norm=0), "norm=0"),
        (lambda: RegressionTask(1.0, noise=-1), "noise=-1"),
        (lambda: RegressionTask(1.0, eps=2), "eps=2"),
        (lambda: regression_bound(spectral_span(S, 2), TASK, 0.5, 10), "kappa_squared=0.5"),
        (lambda: regression_bound(spectral_span(S, 2), TASK, 2.0, 0), "n_labels=0"),
        (lambda: learned_span(S, 2, 10, 4.0, average=5.0), "average=5.0"),
        (lambda: learned_span(S, 2, 10, 4.0, delta=1.0), "delta=1.0"),
        (lambda: learned_span(S, 2, 0, 4.0), "n_unlabelled=0"),
        (lambda: labels_needed(0, spectral_span(S, 2), TASK, 4.0), "error=0"),
        (lambda: spectral_span([0.3, 0.5], 1), "largest first"),
        (lambda: best_dimension([0.3], TASK, 4.0, 10), "no dimension to choose"),
    ],
)
def test_what_is_not_possible_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
