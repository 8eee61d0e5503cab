"""Tasks that follow clusters: their covariance, and when they are expected."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from contextures import ContextSearch
from contextures.contexts import KNNContext, RBFContext
from contextures.evaluation import smooth_tasks
from contextures.evaluation.context_scores.local_tasks import (
    MOST,
    all_rows,
    gaussian_copula,
    local_kernel,
    local_share,
    relative_strength,
)
from contextures.exceptions import InputError
from contextures.spectrum import decompose_fitted

RNG = np.random.default_rng(0)
CENTRES = 4 * RNG.standard_normal((12, 30))
CLUSTERS = RNG.permutation(np.repeat(CENTRES, 40, axis=0)) + RNG.standard_normal((480, 30))
CLOUD = RNG.standard_normal((240, 5)) @ RNG.standard_normal((5, 5))


def by_spectrum(rows, power):
    """Give K^p of the ten nearest neighbours by their singular functions, all of them."""
    spectrum = decompose_fitted(KNNContext(10).fit(rows), len(rows) - 1, allow_fewer=True)
    weights = spectrum.singular_values ** (2 * power)
    return (spectrum.left * weights) @ spectrum.left.T, weights.sum()


def centred(kernel):
    centre = np.eye(len(kernel)) - 1 / len(kernel)
    return centre @ kernel @ centre


@pytest.mark.filterwarnings("ignore:.*unconnected parts")
@pytest.mark.parametrize("rows", [CLUSTERS, CLOUD])
def test_the_kernel_is_the_fourth_power_of_nearest_neighbours(rows):
    kernel, _ = by_spectrum(rows, 4)
    np.testing.assert_allclose(local_kernel(rows, 100), kernel[-100:, -100:], atol=1e-8)


@pytest.mark.filterwarnings("ignore:.*unconnected parts")
def test_the_strength_is_that_of_the_spectrum_over_the_copulas():
    _, own = by_spectrum(CLUSTERS, 4)
    _, copula = by_spectrum(gaussian_copula(CLUSTERS, np.random.default_rng(0)), 4)
    assert relative_strength(CLUSTERS) == pytest.approx(own / copula, rel=1e-8)


def test_a_copula_keeps_columns_and_correlations_but_no_clusters():
    rows = np.column_stack([CLUSTERS, np.round(CLUSTERS[:, :2])])  # and columns of few values
    drawn = gaussian_copula(rows, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(rows, axis=0))
    large = np.exp(np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 3000))
    again = gaussian_copula(large, np.random.default_rng(0))
    assert np.corrcoef(np.log(again).T)[0, 1] == pytest.approx(0.7, abs=0.04)


def test_clusters_stand_out_and_correlated_or_discrete_columns_do_not():
    assert relative_strength(CLUSTERS) > 3
    assert relative_strength(CLOUD) == pytest.approx(1, abs=0.25)
    discrete = np.random.default_rng(0).integers(0, 3, (400, 4)).astype(float)
    assert relative_strength(discrete) == pytest.approx(1, abs=0.25)
    assert [local_share(r) for r in (1.0, 2.0, 2.5, 3.0, 9.0)] == [0, 0, MOST / 2, MOST, MOST]


def test_rows_drawn_from_the_reference_count_once():
    """Copies would be each other's neighbours, and every table would seem clustered."""
    whole, part, fresh = CLOUD[:200], CLOUD[50:90], CLOUD[200:]
    together = all_rows(whole, [part, fresh])
    assert len(together) == 240
    np.testing.assert_array_equal(together[-80:], np.vstack([part, fresh]))
    np.testing.assert_array_equal(np.unique(together, axis=0), np.unique(CLOUD, axis=0))
    apart = all_rows(CLOUD[:100], [CLOUD[90:140]])  # some rows alike by chance stay
    assert len(apart) == 150
    twice = np.repeat(CLOUD[:5], 2, axis=0)
    assert len(all_rows(twice, [CLOUD[:5]])) == 10
    one = smooth_tasks(CLUSTERS[:40], CLUSTERS[40:80], CLUSTERS[80:], local=0.5)
    other = smooth_tasks(CLUSTERS[:40], CLUSTERS[40:80], CLUSTERS, local=0.5)
    local = one.covariance - other.covariance  # the smooth part differs by its median only
    assert np.abs(local).max() < 0.02


@pytest.mark.filterwarnings("ignore:.*unconnected parts")
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_prior_is_the_intended_mixture(noise):
    """K_0 = (1 - noise) ((1 - w) smooth + w local), each centred and of unit mean variance."""
    first, last, reference = CLUSTERS[:50], CLUSTERS[50:90], CLUSTERS[90:]
    mixed = smooth_tasks(first, last, reference, local=0.3, noise=noise)
    smooth = smooth_tasks(first, last, reference, local=0.0, noise=0.0).covariance
    everything = np.vstack([reference, first, last])
    local = centred(by_spectrum(everything, 4)[0][-90:, -90:])
    expected = 0.7 * smooth + 0.3 * local / np.diag(local).mean()
    np.testing.assert_allclose(mixed.covariance, (1 - noise) * expected, atol=1e-8)
    assert np.diag(mixed.covariance).mean() == pytest.approx(1 - noise)


def test_drawn_tasks_have_the_priors_covariance():
    prior = smooth_tasks(CLUSTERS[:40], CLUSTERS[40:80], CLUSTERS, local=0.5, n_tasks=20_000)
    sample = np.cov(prior.labels) - 0.5 * np.eye(80)
    assert np.abs(sample - prior.covariance).max() < 0.06


def test_the_share_is_as_the_rows_suggest():
    """Nothing changes where there are no clusters, down to the tasks drawn."""
    plain = smooth_tasks(CLOUD[:40], CLOUD[40:80], CLOUD[80:])
    without = smooth_tasks(CLOUD[:40], CLOUD[40:80], CLOUD[80:], local=0.0)
    np.testing.assert_array_equal(plain.covariance, without.covariance)
    np.testing.assert_array_equal(plain.labels, without.labels)
    parts = CLUSTERS[:40], CLUSTERS[40:80], CLUSTERS[80:]
    most = smooth_tasks(*parts, local=MOST).covariance
    np.testing.assert_allclose(smooth_tasks(*parts).covariance, most)
    few = [part[:20] for part in parts]
    expected = smooth_tasks(*few, local=0.0).covariance
    np.testing.assert_array_equal(smooth_tasks(*few).covariance, expected)
    with pytest.raises(InputError, match=r"local=1\.5"):
        smooth_tasks(*parts, local=1.5)


def test_a_context_that_holds_clusters_is_chosen_where_there_are_some():
    """The wide one holds the digits' smooth functions, but hardly which digit it is."""
    digits, _ = load_digits(return_X_y=True)
    wide, local = RBFContext(1e-5), KNNContext(20)
    assert ContextSearch([wide, local]).fit(digits).best_context_ is local
    cloud = np.random.default_rng(0).standard_normal((900, 8))
    assert ContextSearch([RBFContext(0.02), local]).fit(cloud).best_context_.gamma == 0.02
