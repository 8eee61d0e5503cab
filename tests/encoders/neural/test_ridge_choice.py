"""The ridge of the Ritz step where contexts are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.contexts import PairContext
from contextures.encoders import NeuralEncoder
from contextures.encoders.gather import Block, Rows
from contextures.encoders.held_out import Judge
from contextures.encoders.neural.network_moments import ViewSource
from contextures.encoders.neural.ridge_choice import (
    choose_for_pairs,
    standard_error,
    usual_ridge,
)
from contextures.spectrum.ritz import ViewMoments


def scores_of(gains):
    """Score a ridge by the mean of what each held-out row gains for each tenfold of it."""
    blocks = np.arange(len(gains)) * 10 // len(gains)

    def tenfolds(ridge):
        return np.clip(np.log10(max(ridge, 1e-7) / usual_ridge(4000)), -1, 1)

    def score(ridge):
        return gains.mean() * tenfolds(ridge)

    def without(ridge):
        return np.array([gains[blocks != i].mean() for i in range(10)]) * tenfolds(ridge)

    return score, without


@pytest.mark.parametrize(
    ("n_pairs", "ridge"), [(4, 1.0), (400, 1e-2), (40_000, 1e-4), (10**9, 1e-6)]
)
def test_the_usual_ridge_falls_as_pairs_come_in(n_pairs, ridge):
    assert usual_ridge(n_pairs) == ridge


@pytest.mark.parametrize("gain", [1.0, -1.0])
def test_a_ridge_that_all_rows_speak_for_is_taken(gain):
    gains = gain + 0.1 * np.random.default_rng(0).standard_normal(1000)
    chosen, reached = choose_for_pairs(*scores_of(gains), 4000)
    assert np.sign(chosen - usual_ridge(4000)) == gain
    assert reached == pytest.approx(abs(gains.mean()))


def test_a_ridge_that_one_row_speaks_for_is_not():
    # A row far out, which makes up the whole held-out score.
    gains = np.zeros(1000)
    gains[17] = 1e6
    assert choose_for_pairs(*scores_of(gains), 4000) == (1e-3, 0.0)


def test_the_standard_error_is_that_of_a_mean():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((4000, 10))
    without = (values.sum(axis=1, keepdims=True) - values) / 9
    errors = [standard_error(row) ** 2 for row in without]
    assert np.mean(errors) == pytest.approx(0.1, rel=0.05)


class TwoViews:
    """Values of two draws of each row, one draw after the other."""

    def evaluate(self, source, inputs, given, weights):
        return Block(given[:2].reshape(-1, 2), given[2:].reshape(-1, 2), weights)


def test_views_of_a_row_are_left_out_together():
    """Draws of one x depend on each other, so that blocks of draws would look too sure."""
    rng = np.random.default_rng(0)
    one = rng.standard_normal((2, 30, 2))  # two views of 30 rows, and two more of each
    given = np.concatenate([one, one + 0.5 * rng.standard_normal(one.shape)])
    source = ViewSource(None, None, 4)
    rows = Rows(np.zeros((30, 1)), given=given)
    judge = Judge(source, TwoViews(), rows, 2)
    moments = judge.moments()
    solution = moments.problem().solve(2)
    blocks = np.arange(30) * 3 // 30
    for block, score in enumerate(judge.without_blocks(moments, 0.0, 3)):
        kept = np.tile(blocks != block, 2)
        left, right = (
            (part[kept] - moments.mean) @ solution.left for part in given.reshape(2, 60, 2)
        )
        assert score == pytest.approx(ViewMoments.of(left, right).ratio_trace())


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
