"""Columns of what rows belong to: found where the target hardly varies within their values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contextures.data import profile_table

RNG = np.random.default_rng(0)
K, EACH = 60, 12
N = K * EACH
ENTITY = np.repeat(np.arange(K), EACH)
BASE = {"x": RNG.standard_normal(N), "z": RNG.integers(0, 9, N)}
CLASS = RNG.integers(0, 2, K)[ENTITY]
AMOUNT = RNG.standard_normal(K)[ENTITY]
SHUFFLED = RNG.permutation(N)


def found(columns, target, rows=SHUFFLED):
    frame = pd.DataFrame({**BASE, **columns, "y": target}).iloc[rows]
    return [w for w in profile_table(frame, "y").warnings if w.code == "entity"]


@pytest.mark.parametrize(
    "target", [np.where(CLASS, "yes", "no"), CLASS, AMOUNT], ids=["w", "c", "a"]
)
@pytest.mark.parametrize(
    "names",
    [
        [f"machine {i}" for i in ENTITY],
        ENTITY + 1,
        (ENTITY * 7919) % 10_007,
        (ENTITY + 100).astype(float),
        np.where(np.arange(N) % 17 == 0, None, ENTITY.astype(str)),
    ],
    ids=["words", "running", "codes", "floats", "gaps"],
)
def test_things_whose_target_never_varies_are_found(names, target):
    (warning,) = found({"machine": names}, target)
    assert warning.column == "machine"
    assert "rows of one value of 'machine' all have the same target" in warning.message
    assert "--group machine" in warning.message


def test_a_target_that_nearly_never_varies_is_said_to_nearly_be_the_same():
    few = np.where(RNG.random(N) < 0.03, 1 - CLASS, CLASS)
    (warning,) = found({"machine": ENTITY.astype(str)}, few)
    assert "nearly all have the same target" in warning.message
    (warning,) = found({"machine": ENTITY}, AMOUNT + 0.05 * RNG.standard_normal(N))
    assert "nearly all" in warning.message


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (ENTITY.astype(str), RNG.integers(0, 2, N)),  # varies within
        (ENTITY.astype(str), np.where(RNG.random(N) < 0.3, 1 - CLASS, CLASS)),  # mostly follows
        (ENTITY, (ENTITY > 30).astype(int)),  # an amount and a limit, such as an age
        (ENTITY, ENTITY**1.5),  # an amount and what grows with it
        (ENTITY % 4, np.array(["a", "b"])[ENTITY % 2]),  # four kinds
        ([f"{i}" for i in ENTITY // 12 * 0], CLASS),  # one value
        ([f"row {i}" for i in range(N)], CLASS),  # a row each
        ([f"pair {i}" for i in np.arange(N) // 2 * 2 + RNG.integers(0, 2, N)], CLASS),  # few repeat
        # A colour: some values are of most rows, and tell the class.
        (RNG.choice(list("abcdefghij"), N, p=[0.5, 0.3, *[0.025] * 8]), None),
        (BASE["x"].round(1), CLASS),  # a measurement
    ],
    ids=str,
)
def test_ordinary_columns_are_not(column, target):
    if target is None:
        target = np.isin(column, list("acegi")).astype(int)
    assert found({"new": column}, target) == []


def test_numbers_given_in_the_order_of_the_classes_are_found_where_their_rows_lie_together():
    (warning,) = found({"subject": ENTITY}, (ENTITY > 30).astype(int), rows=np.arange(N))
    assert warning.column == "subject"


def test_agreement_by_chance_is_rare():
    """A thousand columns of random values and random targets, skewed ones among them."""
    columns = {f"c{i}": RNG.integers(0, 200, 600).astype(str) for i in range(100)}
    for share in (0.5, 0.2, 0.05, 0.01):
        frame = pd.DataFrame({**columns, "y": (RNG.random(600) < share).astype(int)})
        assert not [w for w in profile_table(frame, "y").warnings if w.code == "entity"]
    numbers = pd.DataFrame({**columns, "y": RNG.standard_t(2, 600)})
    assert not [w for w in profile_table(numbers, "y").warnings if w.code == "entity"]


def test_rows_without_a_label_are_not_counted():
    target = np.where(np.arange(N) % 3 == 0, None, np.where(CLASS, "yes", "no"))
    (warning,) = found({"machine": ENTITY.astype(str)}, target)
    assert warning.column == "machine"
