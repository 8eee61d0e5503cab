"""Density ratios of known populations, weighted probes, and errors over subpopulations."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from contextures import SpectralEncoder
from contextures.contexts import RBFContext
from contextures.exceptions import InputError
from contextures.shift import cvar, density_ratio, subpopulation_curve, weighted_probe, worst_groups

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((1500, 1))
ENCODER = SpectralEncoder(RBFContext(0.5), n_components=6).fit(ROWS[:500])


@pytest.mark.parametrize("way", ["classifier", "expansion"])
def test_the_ratio_of_two_normal_laws_is_found(way):
    """exp(x d - d^2 / 2) for means zero and d; one everywhere where nothing moved."""
    d = 0.5
    new = RNG.standard_normal((500, 1)) + d
    found = density_ratio(ENCODER, ROWS[500:], new, way=way, random_state=0)
    x = ROWS[500:, 0]
    true = np.exp(x * d - d**2 / 2)
    assert found.reference.mean() == pytest.approx(1)
    assert found.reference.min() >= 0
    assert np.corrcoef(found.reference, true)[0, 1] > (0.95 if way == "classifier" else 0.9)
    assert found.reference @ x / len(x) == pytest.approx(d, abs=0.12)
    size = (found.reference.sum() ** 2) / (found.reference**2).sum()
    assert found.effective_size == pytest.approx(size)
    assert found.effective_size < 0.9 * len(x)
    same = density_ratio(ENCODER, ROWS[500:1000], ROWS[1000:], way=way, random_state=0)
    assert same.effective_size > 0.95 * 500


def test_rows_learned_from_are_halved_and_named():
    found = density_ratio(ENCODER, ROWS[:500], ROWS[500:], random_state=0)
    assert len(found.kept) == len(found.reference) == 250


def test_weights_move_a_probe_that_cannot_fit_every_row_and_no_other():
    x = np.linspace(-1, 1, 60)[:, None]
    y = np.abs(x[:, 0])
    right = (x[:, 0] > 0).astype(float)
    assert weighted_probe(Ridge(1e-8), x, y, right).coef_[0] == pytest.approx(1, abs=1e-5)
    assert weighted_probe(Ridge(1e-8), x, y, np.ones(60)).coef_[0] == pytest.approx(0, abs=1e-5)
    wide = np.random.default_rng(0).standard_normal((60, 200))
    probes = [
        weighted_probe(Ridge(1e-8), wide, y, weights) for weights in (np.ones(60), 0.1 + right)
    ]
    np.testing.assert_allclose(*[probe.predict(wide) for probe in probes], atol=1e-6)
    with pytest.raises(InputError, match="ratio must be 60 finite weights"):
        weighted_probe(Ridge(), x, y, -right)


def test_the_curve_is_cvar_at_each_share_within_its_band():
    losses = RNG.exponential(size=200)
    found = subpopulation_curve(losses, random_state=0)
    for alpha, risk in zip(found.alphas, found.risks, strict=True):
        assert risk == pytest.approx(cvar(losses, alpha), abs=1e-12)
    assert (np.diff(found.risks) <= 1e-12).all()
    assert (found.lower <= found.upper).all()
    assert found.lower[-1] < losses.mean() < found.upper[-1]
    with pytest.raises(InputError, match="alphas=0"):
        subpopulation_curve(losses, [0.0])


def test_the_worst_group_is_found_and_judged_on_other_rows():
    X = RNG.uniform(size=(800, 3))
    bad = (X[:, 1] > 0.7) & (X[:, 2] < 0.4)
    found = worst_groups(bad + 0.1 * RNG.standard_normal(800), X, names=["a", "b", "c"])
    assert {each.split()[0] for each in found[0].conditions} == {"b", "c"}
    assert found[0].risk > 0.8
    assert found[0].share == pytest.approx(bad.mean(), abs=0.05)
    # Of pure noise no group is much worse than all, because other rows judge it.
    noise = worst_groups(RNG.standard_normal(800), X)
    assert abs(noise[0].risk) < 4 * noise[0].standard_error
    with pytest.raises(InputError, match="as many of each"):
        worst_groups(np.ones(50), X)
