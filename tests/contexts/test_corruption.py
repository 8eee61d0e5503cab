"""Corruptions of rows, held against their closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

import oracles
from contextures.contexts import (
    CutMixContext,
    DiffusionContext,
    KNNContext,
    MaskContext,
    NoiseContext,
    RandomMaskContext,
    SCARFContext,
)
from contextures.exceptions import InputError

CUBE = oracles.cube(4).astype(float)


def parities(values, sets):
    return np.stack([values[..., list(s)].prod(axis=-1) for s in sets], axis=-1)


def subsets(n):
    return [s for k in range(1, n + 1) for s in itertools.combinations(range(n), k)]


def hermite(values, degree):
    return special.eval_hermitenorm(degree, values) / math.sqrt(math.factorial(degree))


@pytest.mark.parametrize("kind", [SCARFContext, CutMixContext])
def test_corruption_of_independent_columns_keeps_products_by_their_size(kind):
    """Closed form 8: E[chi_S(X) chi_S(A)] = (1 - c)^|S|, and no other pair is correlated."""
    sets = subsets(4)
    drawn = kind(0.4).fit(CUBE).sample(CUBE, np.random.default_rng(0), 4000)
    left, right = parities(CUBE, sets), parities(drawn, sets).mean(axis=0)
    expected = np.diag([0.6 ** len(s) for s in sets])
    np.testing.assert_allclose(left.T @ right / 16, expected, atol=6 / math.sqrt(16 * 4000))


def test_empirical_marginals_keep_the_law_of_x_and_uniform_ones_do_not():
    """Pitfall 8.9: with uniform noise on [min, max], P_A is not P_X even of one column."""
    rows = np.random.default_rng(0).exponential(size=(2000, 2))
    rng = np.random.default_rng(1)
    kept = SCARFContext(0.9).fit(rows).sample(rows, rng)
    changed = SCARFContext(0.9, "uniform").fit(rows).sample(rows, rng)
    for column in range(2):
        assert stats.ks_2samp(kept[:, column], rows[:, column]).pvalue > 0.01
        assert stats.ks_2samp(changed[:, column], rows[:, column]).statistic > 0.4
        assert np.isin(kept[:, column], rows[:, column]).all()
    low, high = rows.min(axis=0), rows.max(axis=0)
    assert ((changed >= low) & (changed <= high)).all()
    normal = SCARFContext(0.999, "normal").fit(rows).sample(rows, rng, 20)
    np.testing.assert_allclose(normal.mean((0, 1)), rows.mean(0), atol=0.03)
    np.testing.assert_allclose(normal.std((0, 1)), rows.std(0), atol=0.03)


def test_cutmix_takes_all_replaced_features_from_one_row():
    """Replaced features of a row go together, where SCARF breaks them apart."""
    rows = np.repeat(np.arange(50.0)[:, None], 6, axis=1)
    marked = np.full((400, 6), -1.0)
    mixed = CutMixContext(0.5).fit(rows).sample(marked, np.random.default_rng(0))
    apart = SCARFContext(0.5).fit(rows).sample(marked, np.random.default_rng(0))

    def most_donors(drawn):
        return max(len(np.unique(row[row >= 0])) for row in drawn)

    assert most_donors(mixed) == 1
    assert most_donors(apart) > 2
    assert (mixed >= 0).mean() == pytest.approx(0.5, abs=0.05)


def test_masked_rows_hold_what_is_seen_the_mean_of_what_is_not_and_the_mask():
    rows = np.random.default_rng(0).standard_normal((30, 5)) + 3
    drawn = RandomMaskContext(mask_rate=0.3).fit(rows).sample(rows, np.random.default_rng(0), 50)
    values, hidden = drawn[..., :5], drawn[..., 5:]
    assert set(np.unique(hidden)) == {0, 1}
    expected = np.where(hidden == 1, rows.mean(axis=0), rows)
    np.testing.assert_array_equal(values, expected)


def disjoint(pattern, p, rate, chosen):
    """The chance that a mask hides none of the chosen features, by the mask's definition."""
    size = len(chosen)
    if pattern == "independent":
        return (1 - rate) ** size
    if pattern == "exact":
        m = round(rate * p)
        return special.comb(p - size, m) / special.comb(p, m)
    m = math.ceil(rate * p)
    blocks = [{(start + step) % p for step in range(m)} for start in range(p)]
    return np.mean([not block & set(chosen) for block in blocks])


@pytest.mark.parametrize("pattern", ["independent", "exact", "block"])
def test_masks_hide_sets_of_features_as_often_as_their_closed_forms_say(pattern):
    """Closed forms 5 to 7: s_S^2 is the chance that the mask and S are disjoint."""
    rows = np.random.default_rng(0).standard_normal((500, 5))
    context = RandomMaskContext(mask_rate=0.4, pattern=pattern).fit(rows)
    hidden = context.sample(rows, np.random.default_rng(0), 100)[..., 5:].astype(bool)
    for chosen in subsets(5):
        seen = ~hidden[..., list(chosen)].any(axis=-1)
        expected = disjoint(pattern, 5, 0.4, chosen)
        assert seen.mean() == pytest.approx(expected, abs=6 * 0.5 / math.sqrt(seen.size))


def test_a_base_keeps_fixed_masks_and_none_is_told_what_to_give():
    with pytest.raises(InputError, match=r"base=None .* RandomMaskContext"):
        MaskContext().fit(CUBE)
    fitted = MaskContext(KNNContext(3)).fit(CUBE)
    assert fitted.form == "transition"
    assert fitted.same_space


def test_noise_on_a_gaussian_has_hermite_correlations():
    """Closed form 2: E[He_j(X) He_k(A)] = (v / (v + sigma^2))^(k/2) for j = k, else zero."""
    x = np.random.default_rng(0).standard_normal((200_000, 1)) * 1.5
    a = NoiseContext(sigma=0.8).fit(x).sample(x, np.random.default_rng(1))
    correlation = 1.5 / math.hypot(1.5, 0.8)
    left = np.stack([hermite(x[:, 0] / 1.5, k) for k in range(1, 4)])
    right = np.stack([hermite(a[:, 0] / math.hypot(1.5, 0.8), k) for k in range(1, 4)])
    expected = np.diag(correlation ** np.arange(1, 4))
    np.testing.assert_allclose(left @ right.T / len(x), expected, atol=0.03)


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_diffusion_levels_keep_the_variance_and_average_the_levels_own_spectra(schedule):
    """s_k^2 = E[b^k] over levels; C(2k, k) / 4^k for the cosine schedule."""
    x = np.random.default_rng(0).standard_normal((200_000, 1))
    context = DiffusionContext(schedule).fit(x)
    noisy, level = context.sample(x, np.random.default_rng(1)).T
    assert noisy.var() == pytest.approx(1, abs=0.02)
    signal = np.sqrt(1 - level**2)

    def kept(time):
        exponent = 0.1 * time + 9.95 * time**2
        return np.cos(np.pi * time / 2) ** 2 if schedule == "cosine" else np.exp(-exponent)

    for k in (1, 2, 3):
        expected = integrate.quad(lambda time, k=k: kept(time) ** k, 0, 1)[0]
        if schedule == "cosine":
            assert expected == pytest.approx(special.comb(2 * k, k) / 4**k)
        # The best function of A = (noisy, level) for He_k(X) is b^(k/2) He_k(noisy).
        best = signal**k * hermite(noisy, k)
        assert (hermite(x[:, 0], k) * best).mean() == pytest.approx(expected, abs=0.02)
        assert (best**2).mean() == pytest.approx(expected, abs=0.02)
