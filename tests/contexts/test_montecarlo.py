"""Transitions counted from draws, held against closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import oracles
from contextures.contexts import (
    CutMixContext,
    KNNContext,
    MonteCarloContext,
    NoiseContext,
    RandomMaskContext,
    SCARFContext,
)
from contextures.encoders import SpectralEncoder
from contextures.exceptions import ContextWarning, InputError, RankError
from contextures.spectrum import decompose, decompose_fitted, singular_values

CUBE = oracles.cube(4).astype(float)
# Two independent columns of three and two values, of unequal frequencies.
GRID = np.array(list(itertools.product(np.repeat([0, 1, 2], [2, 3, 5]), np.repeat([0, 1], [6, 4]))))


@pytest.mark.parametrize("kind", [SCARFContext, CutMixContext])
def test_corruption_has_the_closed_form_on_general_alphabets(kind):
    """Closed form 8: (1 - c)^|S| with multiplicity prod(m_j - 1)."""
    spectrum = decompose(kind(0.35), GRID.astype(float), 5)
    np.testing.assert_allclose(spectrum.singular_values, [0.65] * 3 + [0.65**2] * 2, atol=0.005)
    assert spectrum.n_parts == 1


@pytest.mark.parametrize(
    ("context", "squares"),
    [
        (RandomMaskContext(mask_rate=0.35), lambda k: 0.65**k),  # closed form 5
        (
            RandomMaskContext(mask_rate=0.5, pattern="exact"),
            lambda k: [0.5, 1 / 6, 0, 0][k - 1],
        ),  # 6
        (SCARFContext(0.4), lambda k: 0.6 ** (2 * k)),  # 4: flips of rate 0.2
    ],
)
def test_masks_and_flips_of_a_cube_have_their_closed_forms(context, squares):
    expected = oracles.descending(np.sqrt(oracles.subset_values(4, lambda k: squares(k))))
    spectrum = decompose(context, CUBE, len(expected))
    np.testing.assert_allclose(spectrum.singular_values, expected, atol=0.02)
    parities = np.stack([CUBE[:, i] for i in range(4)], axis=1)
    cosines = np.linalg.svd(parities.T @ spectrum.left[:, :4] / 16, compute_uv=False)
    assert cosines.min() > 0.995
    values = singular_values(MonteCarloContext(context).fit(CUBE), len(expected))
    np.testing.assert_allclose(values, spectrum.singular_values, atol=1e-9)


def test_labels_with_noise_have_their_closed_form():
    """Closed form 12, as a corruption of the class column alone: |1 - e K / (K - 1)|."""
    classes = np.repeat(np.arange(5.0), 20)[:, None]
    error = 0.4 * 4 / 5  # a redrawn class is the same one time in five
    values = decompose(SCARFContext(0.4), classes, 4).singular_values
    np.testing.assert_allclose(values, 1 - error * 5 / 4, atol=0.01)


def test_counting_adds_to_squares_what_is_taken_away():
    """Over many sets of few draws, corrected squares add up to the truth; counted ones do not."""
    truth = (oracles.subset_values(4, lambda k: 0.6**k) ** 2).sum()
    counted, corrected = [], []
    for seed in range(60):
        context = MonteCarloContext(SCARFContext(0.4), n_draws=10, random_state=seed).fit(CUBE)
        weights = np.sqrt(context.context_weights_)
        scaled = context.expansion_.toarray() / 4 / weights - np.outer(np.full(16, 1 / 4), weights)
        left, values, right = np.linalg.svd(scaled, full_matrices=False)
        squares = values**2
        counted.append(squares.sum())
        functions = right.T / weights[:, None]
        corrected.append((squares - context.excess(left * 4, functions, values)).sum())
    assert np.mean(counted) - truth > 0.9
    assert np.mean(corrected) == pytest.approx(truth, abs=0.1)


def test_parts_keep_singular_values_of_exactly_one():
    """Nothing is taken from a function that A tells exactly: parts are still counted."""

    class Parts(SCARFContext):
        def _draw_floats(self, X, draws, n_views):
            drawn = super()._draw_floats(X, draws, n_views)
            return draws.join([X[None, :, :1].repeat(n_views, 0), drawn[..., 1:]])

    spectrum = decompose(MonteCarloContext(Parts(0.5), n_draws=50), GRID.astype(float), 3)
    np.testing.assert_allclose(spectrum.singular_values[:2], 1, atol=1e-12)
    assert spectrum.n_parts == 3


def test_equal_rows_share_their_draws():
    rows = np.repeat(CUBE, 3, axis=0)
    context = MonteCarloContext(SCARFContext(0.4), n_draws=50).fit(rows)
    law = context.expansion_.toarray()
    np.testing.assert_array_equal(law[0], law[2])
    np.testing.assert_allclose(law * 150, np.round(law * 150), atol=1e-9)


def test_new_rows_are_drawn_for_and_seen_ones_are_not():
    context = MonteCarloContext(SCARFContext(0.4), n_draws=4000).fit(CUBE[:12])
    seen, new = context.transition(CUBE).toarray()[:12], context.transition(CUBE).toarray()[12:]
    np.testing.assert_array_equal(seen, context.expansion_.toarray())
    np.testing.assert_allclose(new.sum(axis=1), 1)
    # A fitted marginal of the first two columns: 8 of 12 rows begin with -1.
    agree = (context.context_values()[:, 0] == 1.0) @ new.T
    np.testing.assert_allclose(agree, 0.6 + 0.4 / 3, atol=0.04)
    far = context.transition(np.full((1, 4), 7.0) + np.arange(4)).toarray()
    assert far.sum() == pytest.approx(1)


def test_encoders_embed_by_a_sampler_and_new_rows_by_its_draws():
    encoder = SpectralEncoder(SCARFContext(0.3), n_components=4)
    embedded = encoder.fit_transform(CUBE)
    np.testing.assert_allclose(encoder.transform(CUBE), embedded, atol=1e-10)
    assert isinstance(encoder.context_, MonteCarloContext)
    half = SpectralEncoder(SCARFContext(0.3), n_components=4).fit(CUBE[::2][:, :3])
    assert half.transform(CUBE[:, :3]).shape == (16, 4)


def test_contexts_of_too_many_values_are_refused_with_the_mend():
    rows = np.random.default_rng(0).standard_normal((300, 3))
    for context in (NoiseContext(0.5), SCARFContext(0.9)):
        with pytest.raises(InputError, match=r"too many values to count.*RitzEncoder or Neural"):
            decompose(context, rows, 2)
    with pytest.raises(InputError, match="transition already"):
        MonteCarloContext(KNNContext(3)).fit(rows)
    with pytest.raises(InputError, match="n_draws=1"):
        MonteCarloContext(SCARFContext(), n_draws=1).fit(CUBE)
    with pytest.raises(InputError, match="is not a context"):
        MonteCarloContext(3).fit(CUBE)


def test_values_that_no_two_rows_share_are_said():
    """A mask on continuous columns repeats for its row and yet tells nothing of others."""
    rows = np.random.default_rng(0).standard_normal((40, 3))
    with pytest.warns(ContextWarning, match="no other row drew"):
        MonteCarloContext(RandomMaskContext(), n_draws=200).fit(rows)


def test_what_the_draws_cannot_tell_is_said():
    """Fewer draws than values: what half of them learned does not hold in the other half."""
    weak = MonteCarloContext(SCARFContext(0.95), n_draws=20).fit(CUBE)
    with pytest.raises(RankError, match="larger n_draws than 20"):
        decompose_fitted(weak, 15)
    many = np.random.default_rng(0).integers(0, 2, (300, 14)).astype(float)
    context = MonteCarloContext(SCARFContext(0.3), n_draws=100).fit(many)
    with pytest.warns(ContextWarning, match="uncertain by the few draws"):
        decompose_fitted(context, 3)


def test_halves_of_many_draws_confirm_each_other():
    context = MonteCarloContext(SCARFContext(0.4), n_draws=5000).fit(CUBE)
    spectrum = decompose_fitted(context, 4)
    np.testing.assert_allclose(context.held_out(spectrum.left), 0.36, atol=0.01)
    few = MonteCarloContext(SCARFContext(0.4), n_draws=10).fit(np.repeat(CUBE, 2, axis=0))
    left = np.repeat(CUBE, 2, axis=0)
    assert few.held_out(left).mean() < 0.36  # below the truth, where the counts are above it
