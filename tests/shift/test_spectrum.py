"""An encoder's functions under another law, against laws whose moments are known."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import SpectralEncoder
from contextures.contexts import RBFContext
from contextures.exceptions import InputError
from contextures.shift import shifted_spectrum
from contextures.shift.spectrum import spectrum_of_moments

RHO = 0.6
S = np.array([RHO, RHO**2])


class Hermite:
    """The two leading functions of Gaussian noise with correlation rho on a normal law."""

    singular_values_ = S

    def transform(self, X):
        x = np.asarray(X)[:, 0]
        return np.column_stack([x, (x**2 - 1) / np.sqrt(2)])


def moments(mean, variance):
    """Of the functions under a normal law, by its first four moments."""
    m, v = mean, variance
    first = np.array([m, (m**2 + v - 1) / np.sqrt(2)])
    cross = (m**3 + 3 * m * v - m) / np.sqrt(2)
    fourth = m**4 + 6 * m**2 * v + 3 * v**2 - 2 * (m**2 + v) + 1
    return np.array([[m**2 + v, cross], [cross, fourth / 2]]), first


def test_nothing_is_lost_where_nothing_moved():
    found = spectrum_of_moments(*moments(0, 1), S, 1)
    np.testing.assert_allclose(found.second_moment, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(found.singular_values, S)
    assert found.lost == pytest.approx(0, abs=1e-12)
    assert found.angles == pytest.approx([0], abs=1e-6)
    assert found.lost_support == found.lost_orthogonality == []


@pytest.mark.parametrize("mean", [0.3, 2.0])
def test_a_mean_that_moves_correlates_the_functions(mean):
    """Var of the second function becomes 1 + 2 m^2, its covariance with the first sqrt(2) m."""
    found = spectrum_of_moments(*moments(mean, 1.0), S, 1)
    assert found.mean_shift == pytest.approx([mean, mean**2 / np.sqrt(2)])
    assert found.variances == pytest.approx([1, 1 + 2 * mean**2])
    assert found.own == pytest.approx([1, 1 / (1 + 2 * mean**2)])
    assert found.lost_orthogonality == ([1] if 2 * mean**2 > 1 else [])
    c = np.array([[1, np.sqrt(2) * mean], [np.sqrt(2) * mean, 1 + 2 * mean**2]])
    best = np.linalg.eigvals(c @ np.diag(S**2)).max()
    assert found.singular_values[0] ** 2 == pytest.approx(best)
    own = S[0] ** 2 + S[1] ** 2 * 2 * mean**2  # sum_i s_i^2 Cov(mu_1, mu_i)^2 / Var(mu_1)
    assert found.lost == pytest.approx(1 - own / best)


@pytest.mark.parametrize("variance", [0.3, 2.0, 5.0])
def test_a_variance_that_moves_reorders_the_functions(variance):
    """The second overtakes the first where rho^4 v^2 > rho^2 v, and all that is kept is lost."""
    found = spectrum_of_moments(*moments(0.0, variance), S, 1)
    assert found.variances == pytest.approx([variance, variance**2])
    overtaken = RHO**2 * variance > 1
    assert found.lost == pytest.approx(1 - 1 / (RHO**2 * variance) if overtaken else 0, abs=1e-12)
    assert found.angles == pytest.approx([np.pi / 2 if overtaken else 0], abs=1e-6)
    assert found.lost_support == ([0, 1] if variance == 0.3 else [])


def test_half_of_a_cube_loses_one_function_and_makes_two_the_same():
    """Of parities on {-1, 1}^2 where the first coordinate is 1 only."""
    s = np.array([0.9, 0.8, 0.5])
    rows = np.array([[1, -1, -1], [1, 1, 1]])
    found = spectrum_of_moments(rows.T @ rows / 2, rows.mean(axis=0), s, 2)
    assert found.lost_support == [0]
    assert found.lost_orthogonality == [2]
    assert found.singular_values == pytest.approx([np.hypot(0.8, 0.5), 0, 0], abs=1e-7)
    # What is left of the first two spans all there is; of two angles one has no function.
    assert found.lost == pytest.approx(0, abs=1e-12)
    assert found.angles == pytest.approx([0, np.pi / 2], abs=1e-6)


def test_rows_give_what_their_law_gives():
    rows = np.random.default_rng(0).normal(0.5, 1.5, size=(200_000, 1))
    found = shifted_spectrum(Hermite(), rows)
    expected = spectrum_of_moments(*moments(0.5, 2.25), S, 1)
    np.testing.assert_allclose(found.second_moment, expected.second_moment, rtol=0.05)
    assert found.lost == pytest.approx(expected.lost, abs=0.01)
    assert found.angles == pytest.approx(expected.angles, abs=0.02)


def test_the_power_of_the_coordinates_changes_nothing():
    rows = np.random.default_rng(1).standard_normal((700, 2)) * [2.0, 1.0]
    encoder = SpectralEncoder(RBFContext(1.0), n_components=5).fit(rows[:300])
    plain = shifted_spectrum(encoder, rows[300:] + 0.5, n_components=3)
    powered = shifted_spectrum(encoder.with_power(8.0), rows[300:] + 0.5, n_components=3)
    np.testing.assert_allclose(powered.second_moment, plain.second_moment, rtol=1e-6)
    assert powered.lost == pytest.approx(plain.lost)
    assert plain.lost > 0.005 > shifted_spectrum(encoder, rows[:300], n_components=3).lost


@pytest.mark.parametrize(
    ("rows", "k", "message"),
    [
        (np.zeros((3, 1)), None, "new has 3 rows, too few to tell"),
        (np.ones((30, 1)), None, "constant on the new rows"),
        (np.arange(30.0)[:, None], 3, "n_components=3 is more than the encoder's 2"),
        (np.arange(30.0)[:, None], 0, "n_components"),
    ],
)
def test_what_cannot_be_is_said(rows, k, message):
    with pytest.raises(InputError, match=message):
        shifted_spectrum(Hermite(), rows, n_components=k)
