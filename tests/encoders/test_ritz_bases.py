"""Bases: functions of rows that are chosen without labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils.estimator_checks import parametrize_with_checks

from contextures.encoders.bases import (
    CountBasis,
    FourierBasis,
    IndicatorBasis,
    LandmarkBasis,
    NystroemBasis,
    PolynomialBasis,
    StackedBasis,
)
from contextures.encoders.bases.distances import squared_distances, typical_distances
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((200, 3))
ALL = [LandmarkBasis(30), FourierBasis(30), NystroemBasis(30), PolynomialBasis(2)]


@parametrize_with_checks([LandmarkBasis(5), FourierBasis(6), PolynomialBasis(2)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("basis", ALL, ids=repr)
def test_values_do_not_depend_on_precision_or_batch(basis):
    basis = basis.fit(ROWS)
    whole = basis.transform(ROWS)
    np.testing.assert_allclose(basis.transform(ROWS[7:9]), whole[7:9], atol=1e-10)
    single = basis.values(ROWS, np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, whole, atol=2e-5)
    np.testing.assert_array_equal(basis.fit(ROWS).transform(ROWS), whole)


@pytest.mark.parametrize("basis", ALL, ids=repr)
def test_awkward_rows_give_finite_values(basis):
    copies = np.repeat(ROWS[:4], 30, axis=0)
    for rows in (copies, np.ones((20, 3)), ROWS * [1e-6, 1, 1e6], ROWS + 1e6, ROWS[:2]):
        fitted = basis.fit(rows)
        assert np.isfinite(fitted.transform(rows)).all()
        assert np.isfinite(fitted.transform(rows * 1e3)).all()


def test_landmarks_are_distinct_and_at_most_half_of_the_rows():
    assert len(LandmarkBasis(1000).fit(ROWS).landmarks_) == 100
    few = LandmarkBasis(50).fit(np.repeat(ROWS[:4], 30, axis=0))
    assert len(few.landmarks_) == 4


def test_widths_of_landmarks_follow_the_density():
    """The same basis in other units, and on a stretched part of the data, has the same values."""
    dense, rare = ROWS[:100] * 0.01, ROWS[100:] + 50.0
    rows = np.vstack([dense, rare])
    basis = LandmarkBasis(100, share=0.1).fit(rows)
    near_dense = basis.landmarks_[:, 0] < 25
    assert basis.radii_[near_dense].max() < 0.2 * basis.radii_[~near_dense].min()
    scaled = LandmarkBasis(100, share=0.1).fit(rows * 1000)
    np.testing.assert_allclose(scaled.transform(rows * 1000), basis.transform(rows), atol=1e-9)


def test_fourier_features_are_those_of_gaussian_kernels():
    basis = FourierBasis(40_000, n_widths=1).fit(ROWS)
    near, far = typical_distances(ROWS, 10)
    assert 0 < near < far
    F = basis.transform(ROWS[:20])
    np.testing.assert_allclose(F @ F.T / 20_000, rbf_kernel(ROWS[:20], gamma=1 / far), atol=0.03)


def test_nystroem_is_scikit_learns():
    basis = NystroemBasis(40, random_state=3).fit(ROWS)
    theirs = Nystroem(gamma=basis.gamma_, n_components=40, random_state=3).fit(ROWS)
    np.testing.assert_allclose(basis.transform(ROWS), theirs.transform(ROWS), atol=1e-10)


def test_polynomials_are_counted_and_span_what_they_should():
    assert PolynomialBasis(3).fit_transform(ROWS).shape[1] == 19
    assert PolynomialBasis(3, interaction_only=True).fit_transform(ROWS).shape[1] == 7
    cubes = np.c_[PolynomialBasis(3).fit_transform(ROWS + 9.0), np.ones(200)]
    target = ROWS[:, 0] ** 2 * ROWS[:, 1] - ROWS[:, 2]
    fit = cubes @ np.linalg.lstsq(cubes, target)[0]
    np.testing.assert_allclose(fit, target, atol=1e-8)


def test_bases_side_by_side_keep_their_values():
    parts = [FourierBasis(10), PolynomialBasis(1)]
    stacked = StackedBasis(parts).fit_transform(ROWS)
    np.testing.assert_allclose(stacked, np.hstack([part.fit_transform(ROWS) for part in parts]))


def test_rare_names_share_an_indicator():
    names = np.array(["a"] * 5 + ["b"] * 4 + ["c", "d"])
    assert IndicatorBasis(most=3).fit_transform(names).shape[1] == 3
    everything = IndicatorBasis().fit(names)
    assert everything.n_names == 4
    assert everything.transform(["never"]).sum() == 0


def test_tokens_are_counted():
    tokens = RNG.integers(0, 30, (100, 12))
    basis = CountBasis(30).fit(tokens)
    expected = [np.bincount(row, minlength=30) for row in tokens]
    np.testing.assert_array_equal(basis.transform(tokens), expected)
    few = CountBasis(5).fit(tokens)
    rows_with = [(tokens == number).any(axis=1).sum() for number in range(30)]
    assert {int(n) for n in few.numbers_} <= set(np.argsort(rows_with)[-7:])
    assert few.transform(np.full((1, 12), 99)).sum() == 0
    with pytest.raises(InputError, match="whole numbers"):
        CountBasis().fit(ROWS)


def test_distances_far_from_zero_keep_their_digits():
    far = ROWS + 1e8
    found = squared_distances(far, far[:50], far.mean(axis=0))
    difference = far[:, None] - far[:50]
    np.testing.assert_allclose(found, (difference**2).sum(2), atol=1e-6)


@pytest.mark.parametrize(
    ("basis", "message"),
    [
        (LandmarkBasis(0), "n_landmarks=0"),
        (LandmarkBasis(share=0.0), "share=0.0"),
        (LandmarkBasis(share=1.5), "share=1.5"),
        (FourierBasis(0), "n_functions=0"),
        (FourierBasis(n_widths=0), "n_widths=0"),
        (NystroemBasis(0), "n_landmarks=0"),
        (CountBasis(0), "n_functions=0"),
        (PolynomialBasis(0), "degree=0"),
        (PolynomialBasis(50), "23425 products of 3 columns, too many"),
    ],
    ids=str,
)
def test_bad_parameters_are_named(basis, message):
    with pytest.raises(InputError, match=message):
        basis.fit(ROWS)


def test_other_columns_than_those_fitted_are_refused():
    with pytest.raises(ValueError, match="X has 2 features, but LandmarkBasis is expecting 3"):
        LandmarkBasis(5).fit(ROWS).transform(ROWS[:, :2])
