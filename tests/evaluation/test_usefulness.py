"""The label-free score and the measures of association."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracles
from contextures.contexts import FiniteContext, KNNContext, RBFContext
from contextures.evaluation import (
    association,
    decay_rate,
    expected_kernel_deviation,
    lipschitz_constant,
    usefulness,
)
from contextures.exceptions import InputError
from contextures.spectrum import decompose, singular_values

spectra = st.lists(st.floats(0, 0.999), min_size=1, max_size=40).map(
    lambda values: sorted(values, reverse=True)
)


@given(spectra, st.integers(1, 50), st.floats(0.1, 5))
def test_the_score_is_equation_four(values, d0, beta):
    """tau_d = 1/(1-s_{d+1}^2) + beta * (sum to d) / (sum to d0), with the sum to d on top."""
    found = usefulness(values, d0, beta)
    s = np.append(values, 0.0)
    total = sum(v**2 for v in values[:d0])
    expected = [
        1 / (1 - s[d] ** 2) + beta * (sum(v**2 for v in values[:d]) / total if total else 1)
        for d in range(1, min(d0, len(values)) + 1)
    ]
    np.testing.assert_allclose(found.curve, expected, rtol=1e-9)
    assert found.tau == pytest.approx(min(expected))
    assert found.curve[found.n_components - 1] == found.tau
    assert found.tau <= beta + 1 + 1e-9 or len(values) >= d0


def test_extreme_association_is_not_reliable():
    assert not usefulness(np.r_[0.001, np.zeros(600)]).reliable  # nearly independent
    assert not usefulness(np.full(600, 0.9999)).reliable  # nearly the identity
    assert not usefulness(np.ones(3)).reliable  # labels: three parts, nothing else
    assert not usefulness([0.0]).reliable
    assert usefulness(np.r_[np.full(20, 0.7), np.full(580, 0.2)]).reliable


def test_moderate_association_scores_best():
    """The U: between too weak and too strong lies the lowest score."""
    X = np.random.default_rng(0).standard_normal((800, 1))
    weak, moderate, strong = (
        usefulness(singular_values(RBFContext(gamma).fit(X), 600)) for gamma in (1e-4, 0.3, 1e6)
    )
    assert moderate.tau < weak.tau - 0.1
    assert moderate.tau < strong.tau - 0.1
    assert (weak.reliable, moderate.reliable, strong.reliable) == (False, True, False)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "at least one number"),
        ([[0.5]], "at least one number"),
        ([0.2, 0.5], "largest first"),
        ([1.5], "between 0 and 1"),
        ([np.nan], "between 0 and 1"),
    ],
)
def test_what_is_no_spectrum_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        usefulness(values)


def test_parameters_are_checked():
    with pytest.raises(InputError, match="d0=0"):
        usefulness([0.5], d0=0)
    with pytest.raises(InputError, match="beta=-1"):
        usefulness([0.5], beta=-1)


@pytest.mark.parametrize("rate", [1e-4, 0.01, 0.5, 8.0])
def test_decay_rates_are_recovered(rate):
    values = np.exp(-rate * np.arange(1, 300) / 2)
    assert decay_rate(values) == pytest.approx(rate, rel=1e-4)


def test_decay_of_nothing_is_infinite():
    assert decay_rate([0.0, 0.0]) == np.inf


def test_kernel_deviation_is_the_mean_over_pairs():
    joint = oracles.flips(3, 0.2)
    context = FiniteContext(joint).fit()
    kernel = context.dual_kernel(None)
    assert expected_kernel_deviation(context) == pytest.approx(np.abs(kernel - 1).mean())
    independent = FiniteContext(np.full((3, 4), 1 / 12)).fit()
    assert expected_kernel_deviation(independent) == pytest.approx(0, abs=1e-12)


def test_small_deviation_bounds_the_spectrum():
    """|k - 1| < eps everywhere implies sum of s^2 < eps (ICML Lemma 17)."""
    X = np.random.default_rng(0).standard_normal((80, 3))
    context = RBFContext(gamma=0.01).fit(X)
    eps = np.abs(context.dual_kernel(X) - 1).max()
    values = decompose(RBFContext(gamma=0.01), X, 20).singular_values
    assert (values**2).sum() < eps


def test_slopes_grow_with_association():
    X = np.random.default_rng(0).standard_normal((200, 2))
    slopes = [lipschitz_constant(RBFContext(g).fit(X), X) for g in (0.01, 1.0, 100.0)]
    assert slopes[0] < slopes[1] < slopes[2]
    with pytest.raises(InputError, match="fitted to"):
        lipschitz_constant(RBFContext().fit(X), X[:5])


def test_measures_agree_on_which_context_is_stronger():
    X = np.random.default_rng(0).standard_normal((200, 3))
    found = []
    for k in (100, 10):
        context = KNNContext(k).fit(X)
        values = decompose(KNNContext(k), X, 50).singular_values
        found.append(association(context, values, X))
    weak, strong = found
    assert weak.decay > strong.decay
    assert weak.strength < strong.strength
    assert weak.kernel_deviation < strong.kernel_deviation
    assert weak.lipschitz < strong.lipschitz
