"""Folds that keep the rows of a group together, or the past before the future."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.evaluation import Task, compare, probe_curve
from contextures.evaluation.representations.folds import Apart, folds
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)
MACHINES = RNG.integers(0, 12, 300)
LABELS = {True: (MACHINES + RNG.integers(0, 2, 300)) % 3, False: RNG.standard_normal(300)}


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("n_folds", [3, 5, 40])
def test_no_group_is_on_both_sides_of_a_fold_and_every_row_is_tested_once(classes, n_folds):
    parts = folds(LABELS[classes], n_folds, classes=classes, apart=Apart("group", MACHINES))
    assert len(parts) == min(n_folds, 12)
    for train, test in parts:
        assert not set(MACHINES[train]) & set(MACHINES[test])
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(300))
    tested = np.concatenate([test for _, test in parts])
    np.testing.assert_array_equal(np.sort(tested), np.arange(300))


def test_groups_of_one_class_each_leave_two_classes_to_learn_from():
    groups = np.repeat(np.arange(6), 10)
    labels = groups % 2
    for train, _ in folds(labels, 5, classes=True, apart=Apart("group", groups)):
        assert set(labels[train]) == {0, 1}


@pytest.mark.parametrize("groups", [np.zeros(40, int), np.repeat([0, 1], 20)], ids=["one", "two"])
def test_groups_that_cannot_be_parted_are_refused(groups):
    labels = np.repeat([0, 1], 20)
    with pytest.raises(InputError, match="give a group column of more values"):
        folds(labels, 5, classes=True, apart=Apart("group", groups))


@pytest.mark.parametrize("classes", [True, False])
def test_every_fold_is_later_than_what_it_learns_from_and_no_time_is_parted(classes):
    times = RNG.integers(0, 25, 300)  # about twelve rows of each time, in no order
    parts = folds(LABELS[classes], 5, classes=classes, apart=Apart("time", times))
    assert len(parts) == 5
    for train, test in parts:
        assert times[train].max() < times[test].min()
    tested = np.concatenate([test for _, test in parts])
    assert len(np.unique(tested)) == len(tested) > 200


def test_one_time_or_one_class_before_the_last_fold_still_gives_folds():
    for times, labels in (
        (np.zeros(40, int), np.tile([0, 1], 20)),
        (np.arange(40), np.repeat([0, 1], [35, 5])),
    ):
        for train, test in folds(labels, 5, classes=True, apart=Apart("time", times)):
            assert len(test) and set(labels[train]) == {0, 1}


def test_settings_are_not_chosen_by_knowing_the_group():
    """Each group has its own number and its own corner: between groups, features say nothing.

    A fold that shares groups would take the weakest penalty; one that does not, the strongest.
    """
    groups = np.repeat(np.arange(20), 20)
    corners = np.eye(20)[groups]
    y = RNG.standard_normal(20)[groups] + 0.01 * RNG.standard_normal(400)
    task, new = Task("regression"), np.zeros((40, 20))
    truth = RNG.standard_normal(40)
    shared = probe_curve(task, corners, y, [20])[0][1]
    honest = probe_curve(task, corners, y, [20], apart=Apart("group", groups))[0][1]
    assert shared > 0.95 and honest < 0.1
    scores = compare(task, (corners, new), (corners, new), (y, truth), apart=Apart("group", groups))
    assert all(np.isfinite(found.score) for found in scores.values())


def test_numbers_that_are_alike_within_a_group_have_finite_scores():
    groups = np.repeat(np.arange(5), 8)
    y = groups.astype(float)
    curve = probe_curve(
        Task("regression"), RNG.standard_normal((40, 3)), y, [1, 3], apart=Apart("group", groups)
    )
    assert np.isfinite(curve).all()


def test_few_groups_are_all_among_the_rows_that_settings_are_chosen_on():
    """Of many rows a part is drawn; a small group must not vanish from it."""
    n = 20_000
    groups = np.r_[np.zeros(n - 4, int), [1, 1, 2, 2]]
    labels = np.tile([0, 1], n // 2)
    curve = probe_curve(
        Task("classification"),
        RNG.standard_normal((n, 2)),
        labels,
        [2],
        apart=Apart("group", groups),
    )
    assert np.isfinite(curve).all()
