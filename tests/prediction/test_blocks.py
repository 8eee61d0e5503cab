"""Rows in blocks get the values that they get together."""

from __future__ import annotations

import numpy as np
import pytest

from contextures import ContextureRegressor
from contextures.prediction import FittedMember, Member, Problem, blocks
from contextures.prediction.blocks import in_blocks


@pytest.mark.parametrize("n", [0, 1, 7, 40, 41])
@pytest.mark.parametrize("most", [6, 1000])
def test_blocks_keep_the_order_of_rows(n: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "LEAST_ROWS", 3)
    monkeypatch.setattr(blocks, "MOST_ROWS", most)
    rows = np.arange(2.0 * n).reshape(n, 2)
    sizes = []

    def ask(part: np.ndarray) -> np.ndarray:
        sizes.append(len(part))
        return part[:, :1] * 2

    np.testing.assert_array_equal(in_blocks(ask, rows), rows[:, :1] * 2)
    assert sum(sizes) == n and max(sizes) <= max(most, 3)


def test_members_of_ones_own_see_all_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Centred(FittedMember):
        def values(self, rows: np.ndarray) -> np.ndarray:
            return np.asarray(rows[:, :1] - rows[:, :1].mean())

    class Own(Member):
        name = "own"

        def fit(self, problem: Problem) -> FittedMember:
            found = Centred()
            found.left_out = problem.targets
            return found

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 2))
    model = ContextureRegressor([Own()]).fit(rows, rows[:, 0])
    before = model.predict(rows)
    monkeypatch.setattr(blocks, "LEAST_ROWS", 3)
    np.testing.assert_array_equal(model.predict(rows), before)
