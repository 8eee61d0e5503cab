"""Label-free ranks of a representation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orth

from contextures.evaluation import effective_rank, lidar, participation_ratio, rankme
from contextures.exceptions import ContextWarning, InputError
from contextures.spectrum.ritz import KernelMoments

RNG = np.random.default_rng(0)


def with_singular_values(values, n=300, centred=True):
    start = RNG.standard_normal((n, len(values)))
    left = orth(start - start.mean(axis=0) if centred else start)
    return left * values @ orth(RNG.standard_normal((len(values), len(values))))


def entropy_rank(weights):
    shares = np.array([w for w in weights if w > 0]) / np.sum(weights)
    return np.exp(-(shares * np.log(shares)).sum())


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [5.0, 2.0, 0.5, 0.0], [1e-6, 2e-6]])
def test_ranks_are_functions_of_the_singular_values(values):
    F, s = with_singular_values(values), np.array(values)
    assert effective_rank(F + 9.0) == pytest.approx(entropy_rank(s**2), rel=1e-4)
    assert participation_ratio(F + 9.0) == pytest.approx((s**2).sum() ** 2 / (s**4).sum(), rel=1e-4)
    assert rankme(F) == pytest.approx(entropy_rank(s), rel=1e-4)


def test_rankme_does_not_centre():
    F = with_singular_values([3.0, 1.0], centred=False)
    assert rankme(F) == pytest.approx(entropy_rank([3.0, 1.0]))
    assert rankme(np.ones((50, 3))) == pytest.approx(1.0, abs=1e-6)


def test_it_is_the_effective_rank_of_the_moments():
    F = RNG.standard_normal((200, 5)) * [3.0, 2.0, 1.0, 1.0, 0.1]
    functions = KernelMoments.of(F, RNG.standard_normal((200, 6))).solve(2)
    assert effective_rank(F) == pytest.approx(functions.effective_rank)


def views_of(between, within, n=4000, n_views=6):
    rows = RNG.standard_normal((n, len(between))) * np.sqrt(between)
    return rows + RNG.standard_normal((n_views, n, len(between))) * np.sqrt(within)


def test_lidar_is_the_rank_of_between_over_within():
    between, within = np.array([4.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.25])
    # Means over q views keep 1/q of the variance within rows, which the other (q-1)/q estimate.
    ratio = (between + within / 6) / (within * 5 / 6)
    views = views_of(between, within)
    assert lidar(views) == pytest.approx(entropy_rank(ratio), rel=0.02)
    mixed = views @ RNG.standard_normal((3, 3)) + 5.0
    assert lidar(mixed, delta=1e-9) == pytest.approx(lidar(views, delta=1e-9), rel=1e-6)


def test_a_direction_that_only_views_vary_in_does_not_count():
    views = views_of([1.0, 0.0, 0.0], [0.01, 1.0, 1.0])
    assert lidar(views) < 1.1
    assert effective_rank(views[0]) > 2.5


@pytest.mark.parametrize("rank", [effective_rank, participation_ratio, rankme])
def test_few_rows_cap_the_rank_and_that_is_said(rank):
    F = RNG.standard_normal((8, 50))
    most = 8 if rank is rankme else 7
    with pytest.warns(ContextWarning, match=f"at most {most} on so few rows"):
        assert rank(F) <= most
    with pytest.warns(ContextWarning, match="at most 7"):
        assert lidar(RNG.standard_normal((3, 8, 50))) <= 7 + 1e-9


def test_what_does_not_vary_has_no_rank():
    assert effective_rank(np.full((20, 3), 2.3)) == participation_ratio(np.ones((20, 3))) == 0.0
    assert rankme(np.zeros((20, 3))) == 0.0
    assert lidar(np.ones((2, 20, 3))) == 0.0


def test_views_that_do_not_match_are_refused():
    with pytest.raises(InputError, match="two or more arrays of the same shape"):
        lidar(RNG.standard_normal((1, 20, 3)))
    with pytest.raises(InputError, match="delta=0"):
        lidar(RNG.standard_normal((2, 20, 3)), delta=0)
