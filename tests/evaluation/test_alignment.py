"""Alignment of representations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orth
from sklearn.cross_decomposition import CCA

from contextures.evaluation import cca_alignment
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
F = RNG.standard_normal((400, 4))
G = F @ RNG.standard_normal((4, 4)) + 1.5 * RNG.standard_normal((400, 4))


def test_it_is_the_mean_squared_correlation_of_scikit_learns_cca():
    left, right = CCA(4, tol=1e-12, max_iter=10_000, scale=False).fit_transform(F, G)
    correlations = [np.corrcoef(left[:, i], right[:, i])[0, 1] for i in range(4)]
    assert cca_alignment(F, G) == pytest.approx(np.mean(np.square(correlations)), abs=1e-6)


def test_invertible_maps_shifts_and_scales_change_nothing():
    mixed = (F @ RNG.standard_normal((4, 4))) * [1e-5, 1.0, 1e6, 3.0] + [0.0, 1e3, 1.0, 0.0]
    assert cca_alignment(F, mixed) == pytest.approx(1.0, abs=1e-9)
    assert cca_alignment(mixed, G) == pytest.approx(cca_alignment(F, G), abs=1e-9)
    assert cca_alignment(F, G) == pytest.approx(cca_alignment(G, F))


def test_a_collapsed_representation_lacks_directions():
    collapsed = F[:, [0, 0, 1, 1]]
    assert cca_alignment(F, collapsed) == pytest.approx(0.5)
    assert cca_alignment(F, F[:, :2]) == pytest.approx(1.0)
    assert cca_alignment(F, np.full((400, 2), 7.0)) == 0.0


def test_unrelated_representations_are_hardly_aligned():
    other = orth(RNG.standard_normal((400, 4)))
    assert cca_alignment(F, other) < 0.05


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (F[:10], "G has 10; give representations of the same rows"),
        (F[:, 0], r"G must have shape \(n, d\)"),
        (np.where(F > 2, np.nan, F), "G holds values that are missing"),
    ],
)
def test_what_cannot_be_compared_is_refused(bad, message):
    with pytest.raises(InputError, match=message):
        cca_alignment(F, bad)
