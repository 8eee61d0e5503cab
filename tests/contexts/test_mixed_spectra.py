"""What mixing does to singular values and to context complexity, on any finite contexts.

Every bound is an inequality between numbers that dense algebra gives for the factors by themselves
and those that the library gives for the mix.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from contextures.contexts import FiniteContext
from contextures.spectrum import leading_functions

SLACK = 1e-9

weights = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-6, 1 - 1e-6))
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(2, 9)


def conditional(seed, n, m):
    """Rows that sum to one: from nearly deterministic ones to nearly equal ones."""
    rng = np.random.default_rng(seed)
    law = rng.gamma(rng.choice([0.1, 0.5, 3.0]), size=(n, m)) + 1e-4
    return law / law.sum(1, keepdims=True)


def chances_of(seed, n):
    values = np.random.default_rng(seed).gamma(1.0, size=n) + 0.05
    return values / values.sum()


def singular(law, chances):
    """All singular values of a transition, s_0 left out and zeros at the end."""
    reached = chances @ law
    root = np.sqrt(chances)[:, None] * law / np.sqrt(reached)
    values = np.linalg.svd(root, compute_uv=False)[1:]
    return np.concatenate([values, np.zeros(20 - len(values))])


def diagonal(law, chances):
    """k(x, x)."""
    return (law**2 / (chances @ law)).sum(1)


def found(mix, n):
    """The library's singular values, zeros at the end, and k(x, x)."""
    fitted = mix.fit()
    values = leading_functions(fitted, n).singular_values
    return np.concatenate([values, np.zeros(20 - len(values))]), fitted.describe().own


def context(law, chances):
    return FiniteContext(chances[:, None] * law)


@given(seeds, sizes, sizes, sizes)
@settings(max_examples=40, deadline=None)
def test_convolution_weakens(seed, n, m, k):
    """Horn: products of the first singular values, and s_{i+j} <= s_i s_j; kappa does not grow."""
    chances = chances_of(seed, n)
    first, second = conditional((seed, 1), n, m), conditional((seed, 2), m, k)
    middle = chances @ first  # the law of x', under which the second factor acts
    one, other = singular(first, chances), singular(second, middle)
    mixed, own = found(context(first, chances) @ context(second, middle), n)
    assert (np.cumprod(mixed) <= np.cumprod(one * other) + SLACK).all()
    assert (mixed <= np.minimum(one, other) + SLACK).all()
    full = [np.concatenate([[1.0], values]) for values in (mixed, one, other)]
    for i in range(10):
        for j in range(10):
            assert full[0][i + j] <= full[1][i] * full[2][j] + SLACK
    assert own.max() <= min(diagonal(first, chances).max(), diagonal(second, middle).max()) + SLACK


@given(seeds, sizes, sizes, sizes, weights)
@settings(max_examples=40, deadline=None)
def test_combination_averages(seed, n, m, k, weight):
    """The trace averages, partial sums are majorised, each square is at least a part's share."""
    chances = chances_of(seed, n)
    laws = conditional((seed, 1), n, m), conditional((seed, 2), n, k)
    shares = np.array([weight, 1 - weight])
    one, other = (singular(law, chances) ** 2 for law in laws)
    mix = weight * context(laws[0], chances) + (1 - weight) * context(laws[1], chances)
    mixed, own = found(mix, n)
    mixed = mixed**2
    mean = shares[0] * one + shares[1] * other
    assert abs(mixed.sum() - mean.sum()) <= 1e-6
    assert (np.cumsum(mixed) <= np.cumsum(mean) + 1e-6).all()
    assert (mixed >= np.maximum(shares[0] * one, shares[1] * other) - 1e-6).all()
    expected = sum(w * diagonal(law, chances) for w, law in zip(shares, laws, strict=True))
    np.testing.assert_allclose(own, expected, atol=SLACK)
    assert own.max() <= shares @ [diagonal(law, chances).max() for law in laws] + SLACK


@given(seeds, sizes, sizes, sizes)
@settings(max_examples=40, deadline=None)
def test_concatenation_strengthens(seed, n, m, k):
    """Knowing both contexts tells at least what each tells."""
    chances = chances_of(seed, n)
    laws = conditional((seed, 1), n, m), conditional((seed, 2), n, k)
    mixed, own = found(context(laws[0], chances) | context(laws[1], chances), n)
    for law in laws:
        assert (mixed >= singular(law, chances) - 1e-6).all()
        assert (own >= diagonal(law, chances) - SLACK).all()


@given(seeds, sizes, sizes, st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_round_trips_square(seed, n, m, power):
    chances, law = chances_of(seed, n), conditional((seed, 1), n, m)
    mixed, own = found(context(law, chances).round_trip(power), n)
    np.testing.assert_allclose(mixed, singular(law, chances) ** (2 * power), atol=1e-6)
    assert (own <= diagonal(law, chances) + SLACK).all()


@given(seeds, st.integers(1, 4), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_independent_looks_at_independent_parts_multiply_complexity(seed, n, m):
    """X = (U, V) independent, A = (A_U, A_V): kappa^2 is the product (theory: section 3.2)."""
    u, v = chances_of((seed, 1), n + 1), chances_of((seed, 2), m + 1)
    one, other = conditional((seed, 3), n + 1, 3), conditional((seed, 4), m + 1, 4)
    chances = np.outer(u, v).ravel()
    left = np.repeat(one, m + 1, axis=0)
    right = np.tile(other, (n + 1, 1))
    _, own = found(context(left, chances) | context(right, chances), len(chances))
    expected = np.outer(diagonal(one, u), diagonal(other, v)).ravel()
    np.testing.assert_allclose(own, expected, rtol=1e-8)
