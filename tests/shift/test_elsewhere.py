"""Predicted losses: right where they can be, with intervals that cover, and mended by labels."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.exceptions import InputError
from contextures.shift import predicted_loss


def populations(seed, changed=0.0):
    """Losses that grow with one column, which moves; the truth of the new ones is known."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((500, 3)), rng.random((400, 3)) ** [0.4, 1.0, 1.0]
    lost = [(1 + 2 * rows[:, 0]) * rng.exponential(size=len(rows)) for rows in (here, there)]
    return here, there, lost[0], lost[1] + changed, 1 + 2 / 1.4 + changed


def test_intervals_cover_the_truth_and_the_old_mean_does_not():
    inside, old = [], []
    for seed in range(12):
        here, there, lost, _, truth = populations(seed)
        found = predicted_loss(lost, here, there, random_state=seed)
        inside.append(found.interval[0] <= truth <= found.interval[1])
        old.append(abs(found.held_out - truth) - abs(found.value - truth))
        assert found.per_row.shape == (400,)
        assert found.held_out == lost.mean()
    assert np.mean(inside) >= 0.75
    assert np.mean(old) > 0.1


def test_labels_mend_what_rows_do_not_tell():
    """Labels changed, so that every new row loses one more."""
    plain, mended, covered = [], [], []
    for seed in range(6):
        here, there, lost, new, truth = populations(seed, changed=1.0)
        places = np.random.default_rng(seed).permutation(400)[:40]
        told = predicted_loss(lost, here, there, random_state=0)
        more = predicted_loss(lost, here, there, known=(places, new[places]), random_state=0)
        plain.append(truth - told.value)
        mended.append(truth - more.value)
        covered.append(more.interval[0] <= truth <= more.interval[1])
        assert more.n_labels == 40
    assert np.mean(plain) > 0.8
    assert abs(np.mean(mended)) < 0.4
    assert np.mean(covered) >= 0.6


def test_a_constant_loss_is_the_same_everywhere():
    rows = np.random.default_rng(0).random((60, 2))
    found = predicted_loss(np.full(60, 0.25), rows, rows + 5, random_state=0)
    assert found.value == pytest.approx(0.25)
    assert found.interval == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"losses": np.ones(59)}, "losses has 59 values"),
        ({"new": np.ones((30, 3))}, "the same columns of both"),
        ({"new": np.ones((5, 2))}, "new has 5 rows"),
        ({"losses": np.full(60, np.nan)}, "losses must be finite"),
        ({"known": ([0, 30], [1.0, 2.0])}, "known must hold the numbers of new rows, from 0 to 29"),
        ({"known": ([0], [1.0])}, "of two rows at least"),
        ({"n_folds": 1}, "n_folds=1"),
    ],
)
def test_what_cannot_be_is_said(change, message):
    given = {"losses": np.ones(60), "reference": np.ones((60, 2)), "new": np.ones((30, 2))}
    with pytest.raises(InputError, match=message):
        predicted_loss(**{**given, **change})
