"""Time series as a context: windows and those that follow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special
from scipy.signal import lfilter

from contextures.contexts import NextWindowContext
from contextures.exceptions import InputError
from contextures.spectrum import decompose


def test_windows_pair_with_those_that_follow_within_each_series():
    one, other = np.arange(6.0), 10 + np.arange(5.0)
    context = NextWindowContext(width=2, horizon=1, lag=1)
    X, A = context.pairs([one, other])
    assert X.tolist() == [[0, 1], [1, 2], [2, 3], [10, 11], [11, 12]]
    assert A.tolist() == [[3], [4], [5], [13], [14]]
    assert context.windows([one, other]).shape == (9, 2)
    assert not context.same_space
    strided = NextWindowContext(width=2, stride=2)
    assert strided.pairs(one)[0].tolist() == [[0, 1], [2, 3]]
    assert strided.same_space
    # A list of numbers is one series.
    assert strided.pairs(list(range(6)))[1].tolist() == [[2, 3], [4, 5]]


def test_series_of_several_columns_are_flattened_time_by_time():
    series = np.arange(10.0).reshape(5, 2)
    X, A = NextWindowContext(width=2, horizon=1).pairs(series)
    assert X[0].tolist() == [0, 1, 2, 3]
    assert A[0].tolist() == [4, 5]


@pytest.mark.parametrize("lag", [0, 1])
def test_an_autoregression_has_hermite_correlations(lag):
    """Closed form 1: rho^(k (lag + 1)) between He_k of now and of then."""
    noise = np.random.default_rng(0).standard_normal(200_000)
    series = lfilter([math.sqrt(1 - 0.8**2)], [1, -0.8], noise)
    context = NextWindowContext(width=1, lag=lag)
    X, A = context.pairs(series)
    context.fit(X, A)
    assert context.form == "sampler"
    rows = np.arange(len(X))
    drawn = context.sample_rows(X, rows, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, A)
    for k in (1, 2, 3):
        products = special.eval_hermitenorm(k, X) * special.eval_hermitenorm(k, drawn)
        expected = 0.8 ** (k * (lag + 1))
        assert products.mean() / math.factorial(k) == pytest.approx(expected, abs=0.05)


def test_a_series_of_few_values_has_a_transition():
    """Two states that change with chance 0.2: the one singular value is 0.6."""
    changes = np.random.default_rng(0).random(100_000) < 0.2
    series = np.cumsum(changes) % 2
    context = NextWindowContext(width=1)
    X, A = context.pairs(series)
    values = decompose(context, X, 1, y=A).singular_values
    assert values[0] == pytest.approx(0.6, abs=0.01)


BAD = [
    (lambda: NextWindowContext(width=0).pairs([1.0, 2.0]), "width=0"),
    (lambda: NextWindowContext(lag=-1).pairs([1.0, 2.0]), "lag=-1"),
    (lambda: NextWindowContext(stride=0).pairs(np.arange(99.0)), "stride=0"),
    (lambda: NextWindowContext(width=5).pairs(np.arange(9.0)), "no series is 10 times long"),
    (lambda: NextWindowContext(width=1).pairs([1.0, np.nan, 2.0]), "missing or infinite"),
    (lambda: NextWindowContext(width=1).pairs(np.zeros((2, 2, 2))), r"\(2, 2, 2\)"),
    (lambda: NextWindowContext(1).pairs([np.ones(5), np.ones((5, 2))]), "different numbers"),
    (lambda: NextWindowContext().fit(np.ones((5, 2))), r"context\.pairs\(series\)"),
]


@pytest.mark.parametrize(("attempt", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_input_is_named_with_the_mend(attempt, message):
    with pytest.raises(InputError, match=message):
        attempt()
