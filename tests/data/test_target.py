"""The column to predict."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from contextures.data import check_target, class_labels, encode_target
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
        (list(range(20)) * 2, "classification", [str(i) for i in range(20)]),
        (list(range(21)) * 2, "regression", None),
        (["a", " a", "b "] * 20, "classification", ["a", "b"]),
        (
            [f"town {i:02d}" for i in range(50)] * 2,
            "classification",
            [f"town {i:02d}" for i in range(50)],
        ),
        (pd.array([1, 2, None] * 20, dtype="Int64"), "classification", ["1", "2"]),
        (pd.Categorical(list(range(30)) * 2), "classification", [str(i) for i in range(30)]),
        (pd.array([True, False, None] * 20, dtype="boolean"), "classification", ["False", "True"]),
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
        (["a"] * 40 + ["b"], None, "only the class 'a' of more than one row"),
        ([f"w{i}" for i in range(30)], None, "no class of more than one row"),
        (
            [0.0, 5e-324] * 20,
            None,
            "differ by .*too little to be squared; give them in a smaller unit",
        ),
        ([0.5, 5e180] * 20, None, "too far to be squared; give them in a larger unit"),
        ([0.5, 1.5, np.inf] * 20, None, "'y' is infinite in row 3; replace it"),
        ([1.0, 2.0, -np.inf] * 20, "classification", "'y' is infinite in row 3"),
        (["1.5", "inf"] * 20, None, "'y' is infinite in row 2"),
        (["", " "] * 20, None, "has no values"),
        ([3.0] * 40 + [np.nan] * 9, None, "one value only"),
        ([0.5, 1.5] * 9 + [2.5], None, "label in 19 rows only; at least 20"),
        (["a", "b"] * 3 + [None] * 5, None, "label in 6 rows only"),
        (["a", "b"] * 20, "regression", "'a', which is not a number"),
        (
            [f"w{i}" for i in range(100)],
            None,
            "100 different values, .* free text or an identifier",
        ),
        (RNG.standard_normal(100), "classification", "use --task regression"),
        (pd.date_range("2020-01-01", periods=40), None, "holds dates"),
        (["a", "b"] * 20, "ranking", "task 'ranking'"),
    ],
)
def test_targets_that_cannot_be_used_are_refused(values, task, message):
    with pytest.raises(InputError, match=message):
        check_target(column(values), task)


def test_refusals_are_one_sentence_that_names_the_column():
    """The command line prints the message as it is, however long a value may be."""
    with pytest.raises(InputError) as caught:
        check_target(column([1.5, 2.5] * 20 + ["long\nvalue " * 40]), "regression")
    note = check_target(column(["a", "b"] * 20 + ["long\nvalue " * 40])).note
    for said in (str(caught.value), str(note)):
        assert "'y'" in said
        assert "\n" not in said
        assert len(said) < 320


@pytest.mark.parametrize(
    ("values", "left", "said"),
    [
        (["a", "b"] * 20 + ["c"], ["c"], r"class 'c' of the target 'y' has a single row"),
        (["a", "b"] * 20 + ["c", "d"], ["c", "d"], r"classes 'c' and 'd' .* a single row each"),
        ([1, 2] * 20 + [3], ["3"], "class '3' .* counts as unlabelled; merge it"),
    ],
)
def test_a_class_of_a_single_row_is_left_unscored_with_a_note(values, left, said):
    info = check_target(column(values))
    assert info.unscored == left
    assert info.n_missing == len(left)
    assert re.search(said, info.note)
    codes = encode_target(column(values), info)
    assert codes.tolist() == [0, 1] * 20 + [-1] * len(left)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.integers(0, 21, 60),
        lambda rng: rng.poisson(2, 200),
        lambda rng: rng.binomial(20, 0.6, 400),
        lambda rng: np.clip(rng.normal(12, 3, 5000).round(), 0, 20),
        lambda rng: rng.geometric(0.5, 300) - 1,
    ],
)
def test_counts_and_grades_are_amounts_and_said_to_be(draw, seed):
    """Whole numbers that run on, of which some are rare; the option still makes classes of them."""
    values = draw(np.random.default_rng(seed))
    info = check_target(column(values))
    assert info.task == "regression"
    assert "--task classification" in info.note
    assert check_target(column(values), "classification").task == "classification"
    assert check_target(column(values), "regression").note is None


@pytest.mark.parametrize("shares", [[1] * 10, [49, 3, 1, 1, 1], [5, 3, 1], [70, 76, 17, 13, 9, 29]])
def test_codes_of_classes_stay_classes(shares):
    codes = np.repeat(np.arange(1, len(shares) + 1), 20 * np.array(shares))
    info = check_target(column(codes))
    assert (info.task, info.note) == ("classification", None)


def test_amounts_with_a_unit_and_true_and_yes_are_read_like_features():
    money = column([f"${v:,.2f}" for v in np.linspace(0, 5000, 40)])
    info = check_target(money)
    assert info.task == "regression"
    np.testing.assert_allclose(encode_target(money, info), np.linspace(0, 5000, 40), atol=0.01)
    flags = check_target(column([True, False] * 20))
    assert encode_target(column(["yes", "0", "true"]), flags).tolist() == [1, 0, 1]


def test_twenty_labels_and_two_rows_a_class_are_enough():
    """Both bounds are the last that pass, so that small tables are not refused without need."""
    info = check_target(column(["a", "b"] * 9 + ["c", "c"] + [None] * 5))
    assert (info.classes, info.n_missing) == (["a", "b", "c"], 5)


def test_few_labels_among_many_rows_are_not_refused():
    """Rows without a label are there to be predicted, from however few labels."""
    info = check_target(column(["a", "b", "c"] + [None] * 57))
    assert (info.classes, info.n_missing) == (["a", "b", "c"], 57)
    assert check_target(column([0.5, 1.5] + [np.nan] * 40)).task == "regression"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([3.0, None, 10.0], [3, None, 10]),
        ([0.5, None, 1.5], [0.5, None, 1.5]),
        ([True, None, False], [True, None, False]),
        (["yes ", "", "no"], ["yes", None, "no"]),
        (["true", None, "false"], ["true", None, "false"]),
        (["01", None, "2"], ["01", None, "2"]),
    ],
)
def test_labels_of_classes_are_those_of_the_table(values, labels):
    """Predictions must join with the table's own column."""
    series = column(values * 20)
    found = class_labels(series, check_target(series, "classification"))
    assert found.tolist() == labels * 20
    assert [type(one) for one in found[:3]] == [type(one) for one in labels]


def test_encoded_classes_are_places_and_amounts_are_numbers():
    """What is learnt from must not depend on how the file stores the labels."""
    for values in ([10, 9, 2] * 20, ["10", "9", "2"] * 20, [10.0, 9.0, 2.0] * 20):
        codes = encode_target(column(values), check_target(column(values)))
        assert codes.tolist() == [2, 1, 0] * 20
        assert codes.dtype.kind == "i"
    words = column([f"{v:.3f}" for v in np.linspace(0, 1, 40)])
    numbers = encode_target(words, check_target(words))
    assert numbers.dtype == np.float64
    np.testing.assert_allclose(numbers, np.linspace(0, 1, 40), atol=1e-3)
    flags = column([True, None, False] * 20)
    assert encode_target(flags, check_target(flags))[:3].tolist() == [1, -1, 0]


def test_a_class_that_was_not_there_is_not_taken_for_a_missing_label():
    info = check_target(column(["a", "b"] * 20))
    with pytest.raises(InputError, match="'y' holds 'c', which is none of its classes 'a' and 'b'"):
        encode_target(column(["a", "c"]), info)


def test_every_value_of_booleans_may_be_read_as_an_amount():
    """A share of yes is an amount as well."""
    flags = column([True, False] * 20)
    assert encode_target(flags, check_target(flags, "regression"))[:2].tolist() == [1.0, 0.0]
