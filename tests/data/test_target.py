"""The column to predict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.data import check_target, encode_target
from contextures.exceptions import InputError

RNG = np.random.default_rng(0)


def column(values):
    return pd.Series(values, name="y")


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["b", "a"] * 20, "classification", ["a", "b"]),
        ([True, False] * 20, "classification", ["False", "True"]),
        ([10, 9, 2] * 20, "classification", ["2", "9", "10"]),
        ([1.0, 2.0] * 20, "classification", ["1", "2"]),
        (list(range(1, 29)) * 3, "regression", None),
        (RNG.standard_normal(40), "regression", None),
        ([f"{v:.3f}" for v in RNG.random(40)], "regression", None),
    ],
)
def test_tasks_are_found(values, task, classes):
    info = check_target(column(values))
    assert (info.task, info.classes) == (task, classes)


def test_the_task_can_be_given():
    assert check_target(column([1, 2, 3] * 20), "regression").task == "regression"
    assert check_target(column(list(range(30)) * 3), "classification").task == "classification"


def test_missing_labels_are_counted_and_encoded_as_such():
    words = column(["a", None, "b"] * 20)
    info = check_target(words)
    assert info.n_missing == 20
    assert encode_target(words, info)[:3].tolist() == [0, -1, 1]
    numbers = column([0.5, np.nan, 1.5] * 20)
    np.testing.assert_array_equal(
        encode_target(numbers, check_target(numbers))[:3], [0.5, np.nan, 1.5]
    )


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([None] * 40, None, "has no values"),
        (["a"] * 40, None, "one value only"),
        (["a", "b"] * 20 + ["c"], None, "class 'c' .* single row"),
        (["a", "b"] * 3 + [None] * 40, None, "label in 6 rows only"),
        (["a", "b"] * 20, "regression", "'a', which is not a number"),
        ([f"word {i}" for i in range(100)], None, "100 different values, too many"),
        (RNG.standard_normal(100), "classification", "use --task regression"),
        (pd.date_range("2020-01-01", periods=40), None, "holds dates"),
        (["a", "b"] * 20, "ranking", "task 'ranking'"),
    ],
)
def test_targets_that_cannot_be_used_are_refused(values, task, message):
    with pytest.raises(InputError, match=message):
        check_target(column(values), task)
