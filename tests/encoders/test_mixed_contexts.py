"""Learned encoders over mixes that only draw, and over one that only a kernel describes."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.contexts import KNNContext, LabelContext, SCARFContext
from contextures.encoders import RitzEncoder
from contextures.evaluation import cca_alignment
from contextures.spectrum import decompose

RNG = np.random.default_rng(0)
BITS = RNG.integers(0, 2, (1500, 3)).astype(float) * 2 - 1
ROWS = RNG.standard_normal((200, 3))

# SCARF keeps a bit with chance 1 - c: the bits are its first functions, and s = 1 - c.
DRAWN = [
    (0.5 * SCARFContext(0.2) + 0.5 * SCARFContext(0.7), np.sqrt(0.5 * 0.8**2 + 0.5 * 0.3**2)),
    (SCARFContext(0.2) @ SCARFContext(0.4), 0.8 * 0.6),
    ((0.5 * SCARFContext(0.2) + 0.5 * SCARFContext(0.6)) @ SCARFContext(0.4), 0.6 * 0.6),
]


@pytest.mark.parametrize(("mix", "expected"), DRAWN)
def test_ritz_finds_the_functions_of_mixed_draws(mix, expected):
    encoder = RitzEncoder(mix, 3, random_state=0).fit(BITS)
    np.testing.assert_allclose(encoder.singular_values_, expected, atol=0.05)
    assert cca_alignment(encoder.transform(BITS), BITS) > 0.98


@pytest.mark.slow
@pytest.mark.parametrize(("mix", "expected"), DRAWN[:2])
def test_one_network_is_shared_by_mixed_draws(mix, expected):
    pytest.importorskip("torch")
    from contextures.encoders import NeuralEncoder

    options = {"width": 32, "depth": 1}
    encoder = NeuralEncoder(
        mix, 3, n_outputs=16, max_steps=40, network_options=options, random_state=0
    ).fit(BITS)
    np.testing.assert_allclose(encoder.singular_values_, expected, atol=0.08)
    assert cca_alignment(encoder.transform(BITS), BITS) > 0.95


@pytest.mark.slow
def test_a_network_learns_a_transition_and_a_kernel_together():
    pytest.importorskip("torch")
    from contextures.encoders import NeuralEncoder

    targets = ROWS[:, 0] + 0.5 * ROWS[:, 1]
    mix = 0.5 * KNNContext(n_neighbors=20) + 0.5 * LabelContext()
    options = {"width": 64, "depth": 1}
    encoder = NeuralEncoder(
        mix, 2, n_outputs=32, max_steps=150, network_options=options, random_state=0
    ).fit(ROWS, targets)
    exact = decompose(mix, ROWS, 2, y=targets)
    assert cca_alignment(encoder.transform(ROWS), exact.left) > 0.9
