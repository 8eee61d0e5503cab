"""Learned encoders over mixes that only draw, and over one that only a kernel describes."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.contexts import (
    KNNContext,
    LabelContext,
    NoiseContext,
    PairContext,
    SCARFContext,
)
from contextures.contexts.algebra.layout import Piece, pieces_of
from contextures.contexts.samplers import SamplerContext
from contextures.encoders import RitzEncoder
from contextures.encoders.bases import LandmarkBasis, PartsBasis
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


class Seen(SamplerContext):
    """One column and noise, in units of any kind, which are nothing to the law."""

    same_space = False

    def __init__(self, column=0, sigma=0.5, units=1.0):
        self.column = column
        self.sigma = sigma
        self.units = units

    def _draw_floats(self, X, draws, n_views):
        column = X[:, [self.column]]
        return self.units * (column + self.sigma * draws.normal(n_views, *column.shape))


@pytest.mark.parametrize("basis", ["auto", "landmarks", "fourier"])
@pytest.mark.parametrize("sign", ["+", "|"])
def test_each_part_has_a_basis_of_its_own(sign, basis):
    """Of normal columns s^2 is rho^k, whatever units the noisy copies come in: the part in large
    units must not be the only one that one basis for all resolves."""
    rows = np.random.default_rng(2).standard_normal((3000, 2))
    first, second = Seen(0, 0.5), Seen(1, 0.75, 1e4)
    mix = 0.5 * first + 0.5 * second if sign == "+" else first | second
    encoder = RitzEncoder(mix, 3, basis=basis, n_functions=200, random_state=0).fit(rows)
    one, other = 1 / (1 + 0.5**2), 1 / (1 + 0.75**2)
    powers = [one, other, one**2] if sign == "+" else [one, one * other, one**2, other]
    expected = np.sqrt(sorted((0.5 if sign == "+" else 1.0) * np.array(powers))[::-1][:3])
    np.testing.assert_allclose(encoder.singular_values_, expected, atol=0.04)
    assert isinstance(encoder.context_basis_, PartsBasis)
    assert len(encoder.context_basis_.bases_) == (2 if sign == "+" else 3)


def test_pieces_stand_where_the_parts_values_are():
    """Read off draws: a column of a piece varies only where the piece's indicators are one."""
    mix = 0.3 * NoiseContext(0.5) + 0.7 * (
        0.5 * Seen(1) + 0.5 * (KNNContext(3) @ (SCARFContext(0.3) | Seen(2)))
    )
    context = mix.fit(ROWS)
    drawn = context.sample(ROWS, np.random.default_rng(0), 20).reshape(4000, -1)
    pieces = pieces_of(context, ROWS)
    assert len(pieces) == 5
    widths = [sum(end - start for start, end in piece.groups) for piece in pieces]
    assert widths == [3, 1, 3, 1, 4]
    values = sorted(
        {at for piece in pieces for start, end in piece.groups for at in range(start, end)}
    )
    flags = sorted({flag for piece in pieces for flag in piece.flags})
    assert sorted(values + flags) == list(range(drawn.shape[1]))
    for piece in pieces:
        there = (drawn[:, list(piece.flags)] > 0.5).all(axis=1)
        for start, end in piece.groups:
            assert not drawn[~there, start:end].any()
            assert (drawn[there, start:end].std(axis=0) > 0.3).all()
    assert pieces_of(SCARFContext(0.2).fit(ROWS), ROWS) == ()
    assert pieces_of((KNNContext(3) @ SCARFContext(0.2)).fit(ROWS), ROWS) == ()


def test_a_basis_of_parts_is_that_of_each_part_and_zero_elsewhere():
    """Against the parts' own bases; also rows none of which are of one part, and of none at all."""
    pieces = [Piece((0,), ((2, 4),)), Piece((1,), ((4, 5),))]
    chosen = np.repeat(np.eye(2), 40, axis=0)
    values = RNG.standard_normal((80, 3)) * np.repeat([[1, 1, 0], [0, 0, 1]], 40, axis=0)
    rows = np.hstack([chosen, values])
    basis = PartsBasis([LandmarkBasis(9), LandmarkBasis(7)], pieces).fit(rows)
    first = LandmarkBasis(9).fit(values[:40, :2])
    second = LandmarkBasis(7).fit(values[40:, 2:])
    expected = np.zeros((80, 18))
    expected[:, :2] = chosen
    expected[:40, 2:11] = first.transform(values[:40, :2])
    expected[40:, 11:] = second.transform(values[40:, 2:])
    np.testing.assert_allclose(basis.transform(rows), expected)
    np.testing.assert_allclose(basis.transform(rows[:40]), expected[:40])
    alone = PartsBasis([LandmarkBasis(9), LandmarkBasis(7)], pieces).fit(rows[:41])
    assert alone.bases_[1] is None and alone.transform(rows).shape == (80, 11)


def test_parts_with_names_are_told_apart_by_indicators():
    """A of the second is one of 100 names: s^2 of the halves is the half of each part's."""
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 2, (4000, 2)) * 2.0 - 1
    kinds = rng.integers(0, 50, 4000) + 50 * (rows[:, 0] * rng.choice([1, 1, 1, -1], 4000) > 0)
    mix = 0.5 * PairContext() + 0.5 * SCARFContext(0.4)
    encoder = RitzEncoder(mix, 2, random_state=0, n_views=8).fit(rows, kinds)
    assert [piece.named for piece in encoder.context_basis_.pieces] == [True, False]
    square = np.array([0.5 * 0.5**2 + 0.5 * 0.6**2, 0.5 * 0.6**2])
    np.testing.assert_allclose(encoder.singular_values_**2, square, atol=0.05)


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
