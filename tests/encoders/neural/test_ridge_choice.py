"""The ridge of the Ritz step where contexts are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.contexts import PairContext
from contextures.encoders import NeuralEncoder
from contextures.encoders.neural.network_moments import Block
from contextures.encoders.neural.ridge_choice import (
    choose_for_pairs,
    standard_error,
    usual_ridge,
)


def weighted(values, shares):
    return float(values.mean() if shares is None else values @ shares / shares.sum())


def scores_of(gains):
    """Score a ridge by the mean of what each held-out row gains for each tenfold of it."""

    def score(ridge, shares):
        tenfolds = np.log10(max(ridge, 1e-7) / usual_ridge(4000))
        return weighted(gains * np.clip(tenfolds, -1, 1), shares)

    return score


@pytest.mark.parametrize(
    ("n_pairs", "ridge"), [(4, 1.0), (400, 1e-2), (40_000, 1e-4), (10**9, 1e-6)]
)
def test_the_usual_ridge_falls_as_pairs_come_in(n_pairs, ridge):
    assert usual_ridge(n_pairs) == ridge


@pytest.mark.parametrize("gain", [1.0, -1.0])
def test_a_ridge_that_all_rows_speak_for_is_taken(gain):
    gains = gain + 0.1 * np.random.default_rng(0).standard_normal(1000)
    chosen, reached = choose_for_pairs(scores_of(gains), 4000, 1000)
    assert np.sign(chosen - usual_ridge(4000)) == gain
    assert reached == pytest.approx(abs(gains.mean()))


def test_a_ridge_that_one_row_speaks_for_is_not():
    # A row far out, which makes up the whole held-out score.
    gains = np.zeros(1000)
    gains[17] = 1e6
    assert choose_for_pairs(scores_of(gains), 4000, 1000) == (1e-3, 0.0)


def test_the_standard_error_is_that_of_a_mean():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((4000, 10))
    without = (values.sum(axis=1, keepdims=True) - values) / 9
    errors = [standard_error(row) ** 2 for row in without]
    assert np.mean(errors) == pytest.approx(0.1, rel=0.05)


def test_rows_of_no_share_count_for_nothing_in_every_draw():
    rng = np.random.default_rng(0)
    block = Block(rng.standard_normal((12, 2)), None, rng.uniform(1, 2, 12))
    shares = np.array([1.0, 0.0, 1.0, 0.5])
    # Three draws of four rows, one after another.
    expected = block.weights.reshape(3, 4) * shares
    assert np.array_equal(block.weighed(shares).weights.reshape(3, 4), expected)


def test_pairs_without_held_out_rows_have_the_usual_ridge():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 1))
    A = 0.8 * X + 0.6 * rng.standard_normal((400, 1))
    encoder = NeuralEncoder(
        PairContext(),
        1,
        validation_fraction=0.0,
        max_steps=5,
        network_options={"width": 8, "depth": 2},
    )
    assert encoder.fit(X, A).ridge_ == usual_ridge(400)
