"""The choice of a small basis: where it should be made, and where it must not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from contextures.contexts import KNNContext, LabelContext, PairContext
from contextures.encoders import RitzEncoder
from contextures.encoders.bases import LandmarkBasis, PolynomialBasis
from contextures.encoders.bases.choice import polynomial_degrees
from contextures.encoders.ritz.simplicity import no_worse, rests_on_few_rows


def gaussian_pairs(n, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 1))
    return X, 0.8 * X + 0.6 * rng.standard_normal((n, 1))


def hermite(X):
    return np.hstack(
        [special.eval_hermitenorm(k, X) / math.sqrt(math.factorial(k)) for k in range(1, 6)]
    )


def smallest_correlation(F, G):
    one, other = (np.linalg.qr(H - H.mean(axis=0))[0] for H in (F, G))
    return np.linalg.svd(one.T @ other, compute_uv=False).min()


@pytest.mark.slow
@pytest.mark.parametrize("seed", (0, 3, 4))
def test_defaults_find_the_smooth_functions_of_gaussian_pairs(seed):
    """40,000 pairs tell little of the fifth function, and nothing to fill 1,000 bumps with."""
    X, A = gaussian_pairs(40_000, 1000 + seed)
    encoder = RitzEncoder(PairContext(), n_components=5, random_state=seed).fit(X, A)
    fresh = np.random.default_rng(100 + seed).standard_normal((20_000, 1))
    assert smallest_correlation(encoder.transform(fresh), hermite(fresh)) >= 0.98
    # The fourth moments of the fifth function are so large that even the true functions' sample
    # correlations err by .06 on average.
    np.testing.assert_allclose(encoder.singular_values_[:2], [0.8, 0.64], atol=0.03)


def test_small_samples_choose_small_bases_too():
    X, A = gaussian_pairs(4_000, 0)
    encoder = RitzEncoder(PairContext(), n_components=3, n_functions=100).fit(X, A)
    assert isinstance(encoder.basis_, PolynomialBasis)
    assert isinstance(encoder.context_basis_, PolynomialBasis)


def test_polynomials_are_refused_where_they_do_worse():
    """The functions of a wave are not polynomials of low degree."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (4_000, 1))
    A = np.sin(9 * X) + 0.2 * rng.standard_normal(X.shape)
    encoder = RitzEncoder(PairContext(), n_components=3, n_functions=100).fit(X, A)
    assert isinstance(encoder.basis_, LandmarkBasis)


def test_polynomials_are_refused_where_few_rows_hold_them():
    """Held-out rows far out would praise functions that see nothing but rows far out."""
    rng = np.random.default_rng(0)
    X = rng.standard_t(1, (4_000, 1))
    A = X + rng.standard_t(1, X.shape)
    encoder = RitzEncoder(PairContext(), n_components=3, n_functions=100).fit(X, A)
    assert isinstance(encoder.basis_, LandmarkBasis)


def test_exact_operators_have_landmarks_only():
    X = np.random.default_rng(0).standard_normal((400, 2))
    encoder = RitzEncoder(KNNContext(10), n_components=3, n_functions=100).fit(X)
    assert isinstance(encoder.basis_, LandmarkBasis)


def test_classes_can_go_with_polynomials():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2_000, 1))
    y = (rng.random(2_000) < special.expit(2 * X[:, 0])).astype(int)
    encoder = RitzEncoder(LabelContext(), n_components=1, n_functions=100).fit(X, y)
    fresh = np.linspace(-1.5, 1.5, 50)[:, None]
    found = encoder.transform(fresh)[:, 0]
    assert abs(np.corrcoef(found, special.expit(2 * fresh[:, 0]))[0, 1]) > 0.98


def test_a_given_context_basis_is_kept():
    X, A = gaussian_pairs(2_000, 0)
    encoder = RitzEncoder(
        PairContext(), n_components=2, n_functions=100, context_basis=PolynomialBasis(3)
    ).fit(X, A)
    assert encoder.context_basis_.degree == 3


def test_degrees_make_enough_functions_and_not_too_many():
    assert polynomial_degrees([[1]], 5, 250) == [5, 6, 7]
    assert polynomial_degrees([[2], [3]], 5, 250) == [2, 3, 4]
    assert polynomial_degrees([[20], [20]], 10, 250) == [1, 2]
    assert polynomial_degrees([[1], [500]], 1, 250) == []
    assert polynomial_degrees([[4], [1, 1]], 5, 75) == [3, 4]
    assert polynomial_degrees([[1]], 20, 250) == []


def test_rows_far_out():
    rows = np.random.default_rng(0).standard_normal((10_000, 2))
    assert not rests_on_few_rows(rows, 5)
    rows[17, 1] = 40.0
    assert rests_on_few_rows(rows, 5)
    assert not rests_on_few_rows(np.ones((5, 1)), 2)
    rows[17, 1] = 5.0
    assert not rests_on_few_rows(rows, 5)


def test_no_worse_is_a_matter_of_the_standard_error():
    noise = np.random.default_rng(0).standard_normal(10)
    noise -= noise.mean()
    best = np.full(10, 2.0)
    spread = np.sqrt(9 * noise.var())
    assert no_worse(best - 0.9 * spread + noise, best)
    assert not no_worse(best - 1.1 * spread + noise, best)
    # A lead that one block of rows makes is none.
    lead = best - 0.5 + 1e-3 * noise
    lead[1:] += 0.6
    assert not no_worse(lead, best)
    assert not no_worse(np.full(10, -np.inf), best)
