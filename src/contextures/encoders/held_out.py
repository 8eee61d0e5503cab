"""Held-out rows, which judge what is learned from other rows: bases, ridges, networks."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.encoders.gather import Rows, Sides
from contextures.encoders.sources import Source
from contextures.spectrum.ritz import RitzMoments
from contextures.spectrum.ritz.problem import Solution

SELECTION_ROWS = 10_000
"""Rows that functions are found on while they are only judged; the chosen ones take all."""

RIDGES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
USUAL_RIDGE = 1e-3

ROWS_A_FUNCTION = 4
"""So many held-out rows for each function that is judged by them."""


class Judge:
    """Functions of held-out rows, by which those learned from others are judged.

    Parameters
    ----------
    source : Source
        What the context gives.
    sides : Sides
        The functions, of which combinations are judged.
    rows : Rows
        The held-out rows.
    n_components : int
        d. Fewer are judged when the rows are few.
    """

    def __init__(self, source: Source, sides: Sides, rows: Rows, n_components: int) -> None:
        self._source = source
        self._taken = sides.evaluate(source, *rows.all(source))
        self._block = self._taken.held_here()
        self._n_rows = len(rows)
        self.n_judged = min(n_components, max(1, len(rows) // ROWS_A_FUNCTION))

    def moments(self) -> RitzMoments:
        """Give the moments of the held-out rows."""
        block = self._taken
        return self._source.empty().update(block.functions, block.side, weights=block.weights)

    def scorer(self, moments: RitzMoments) -> Callable[[float], float]:
        """Give the score of what is learned from moments of other rows, for any ridge."""
        problem = moments.problem()

        def score(ridge: float) -> float:
            return self._judged(moments, problem.solve(self.n_judged, ridge))(self._block.weights)

        return score

    def without_blocks(self, moments: RitzMoments, ridge: float, n_blocks: int = 10) -> FloatArray:
        """Give the score without each of several blocks of the held-out rows, in turn."""
        judged = self._judged(moments, moments.problem().solve(self.n_judged, ridge))
        n = len(self._block.functions)
        weights = np.ones(n) if self._block.weights is None else self._block.weights
        # Views of the same rows are left out together.
        blocks = np.arange(n) % self._n_rows * n_blocks // self._n_rows
        return np.array([judged(weights * (blocks != i)) for i in range(n_blocks)])

    def _judged(
        self, moments: RitzMoments, solution: Solution
    ) -> Callable[[FloatArray | None], float]:
        """Give the score of a solution on the held-out rows, for any weights of these."""
        if len(solution.squares) == 0:
            return lambda weights: -np.inf

        def right(values: Any) -> FloatArray:
            if solution.right is None:  # both sides are of one kind
                return np.asarray((values - moments.mean) @ solution.left)
            return np.asarray((values - moments.context_mean) @ solution.right)

        block = self._block
        left = (block.functions - moments.mean) @ solution.left
        return lambda weights: float(self._source.score(left, block.side, right, weights))


def choose_ridge(score: Callable[[float], float]) -> tuple[float, float]:
    """Climb from the usual ridge to the best one of :data:`RIDGES`; give it and its score."""
    scores: dict[float, float] = {}
    place = RIDGES.index(USUAL_RIDGE)
    while True:
        near = range(max(0, place - 1), min(len(RIDGES), place + 2))
        for i in near:
            if RIDGES[i] not in scores:
                scores[RIDGES[i]] = score(RIDGES[i])
        best = max(near, key=lambda i: scores[RIDGES[i]])
        # What is better by rounding alone would depend on the order in which rows were added up.
        if isclose(scores[RIDGES[best]], scores[RIDGES[place]], rel_tol=1e-9):
            return RIDGES[place], scores[RIDGES[place]]
        place = best
