"""The member that selects columns: its closed form, what it has not seen, and what it is for."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import ContextureRegressor
from contextures.prediction import KernelMember, Problem, SparseMember, load_predictor
from contextures.prediction import save_predictor as save
from contextures.prediction.members.sparse import N_FOLDS, PENALTIES, paths

RNG = np.random.default_rng(0)


def test_on_orthogonal_columns_slopes_are_thresholded():
    """There the lasso has a closed form: each slope is moved towards zero by the penalty."""
    k = 64
    rows = np.linalg.qr(np.column_stack([np.ones(k), RNG.normal(size=(k, 5))]))[0][:, 1:] * k**0.5
    targets = rows @ np.array([[1.0], [-0.5], [0.2], [0.05], [0.0]]) + 7.0
    slopes, constants = paths(rows, targets)
    plain = rows.T @ targets / k
    soft = np.sign(plain) * np.maximum(np.abs(plain) - PENALTIES[:, None, None], 0.0)
    np.testing.assert_allclose(slopes, soft, atol=0.02)
    np.testing.assert_allclose(constants, 7.0)


def test_a_row_is_predicted_without_its_label():
    """Nor do the penalties' weights for it come from its label, or from its fold's."""
    rows = RNG.normal(size=(120, 6))
    labelled = np.arange(40)
    numbers = rows[:40, :1] + 0.3 * RNG.normal(size=(40, 1))
    changed = numbers.copy()
    changed[7] += 30.0
    one, other = (
        SparseMember().fit(Problem(rows, labelled, each, classes=False, random_state=0))
        for each in (numbers, changed)
    )
    assert other.left_out[7] == pytest.approx(one.left_out[7])
    moved = np.abs(other.left_out - one.left_out).ravel() > 1e-6
    assert moved.sum() >= 40 - 40 // N_FOLDS


def test_few_columns_of_many_are_found():
    """Three of 200 columns matter, with 60 labels: ridge regression spreads over all of them."""
    rows = RNG.normal(size=(400, 200))
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    truth = rows[:, [0]] - rows[:, [1]] + rows[:, [2]]
    problem = Problem(rows, np.arange(60), truth[:60], classes=False, random_state=0)
    sparse, linear = (member.fit(problem) for member in (SparseMember(), KernelMember("linear")))
    lost = [float(np.mean((each.values(rows[60:]) - truth[60:]) ** 2)) for each in (sparse, linear)]
    assert lost[0] < 0.1 < 1.0 < lost[1]


@pytest.mark.parametrize("targets", [np.zeros((30, 1)), np.eye(2)[np.zeros(30, dtype=int)]])
def test_labels_that_are_all_alike_are_told(targets):
    rows = RNG.normal(size=(50, 3))
    problem = Problem(rows, np.arange(30), targets, classes=targets.shape[1] > 1, random_state=0)
    found = SparseMember().fit(problem)
    np.testing.assert_allclose(found.left_out, targets, atol=1e-12)
    np.testing.assert_allclose(found.values(rows[:30]), targets, atol=1e-12)


def test_it_is_saved(tmp_path):
    rows = RNG.normal(size=(100, 5))
    known = np.where(np.arange(100) < 40, rows[:, 0], np.nan)
    model = ContextureRegressor(members=[SparseMember()]).fit(rows, known)
    save(model, tmp_path)
    np.testing.assert_array_equal(load_predictor(tmp_path).predict(rows), model.predict(rows))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_so_few_labels_that_folds_are_empty(k):
    rows = RNG.normal(size=(20, 4))
    targets = rows[:k, :1].copy()
    found = SparseMember().fit(Problem(rows, np.arange(k), targets, classes=False, random_state=0))
    assert np.isfinite(found.left_out).all()
    assert np.isfinite(found.values(rows)).all()
