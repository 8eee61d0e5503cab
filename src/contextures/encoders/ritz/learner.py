"""Learning in the span of a basis: rows chunk by chunk, a choice on held-out rows, the solution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import DTypeLike, NDArray
from threadpoolctl import threadpool_limits

from contextures._arrays import FloatArray, IntArray
from contextures.encoders.bases.base import values_of
from contextures.encoders.sources import DrawnSource, Source
from contextures.spectrum.ritz import RitzFunctions, RitzMoments
from contextures.spectrum.ritz.problem import Solution

CHUNK_VALUES = 8_000_000
"""Values of functions, over all views, that a chunk of rows holds."""

RIDGES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
USUAL_RIDGE = 1e-3

ROWS_A_FUNCTION = 4
"""So many held-out rows for each function that is judged by them."""


@dataclass(frozen=True)
class Sides:
    """A fitted basis of X, one of A where contexts are drawn, and the precision of both."""

    basis: Any
    context_basis: Any
    dtype: DTypeLike

    def evaluate(self, source: Source, inputs: Any, given: Any) -> tuple[NDArray[Any], Any]:
        """Compute phi of rows, and the other argument of the moments' ``update``."""
        functions = values_of(self.basis, inputs, self.dtype)
        return functions, source.side(given, self.context_basis, self.dtype)


@dataclass(frozen=True)
class Rows:
    """Rows and what the context gives for them.

    Attributes
    ----------
    inputs : array-like
        All fitted rows, or these.
    weights : ndarray or None
        The weights of these rows; None when all alike.
    numbers : ndarray of int or None
        Which of the fitted rows; all of ``inputs`` when None.
    given : Any
        What the context gives, when that was gathered before.
    seed : tuple of int
        Draws what is gathered only when needed.
    """

    inputs: Any
    weights: FloatArray | None = None
    numbers: IntArray | None = None
    given: Any = None
    seed: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs if self.numbers is None else self.numbers)

    def part(self, source: Source, part: slice) -> tuple[Any, Any, FloatArray | None]:
        """Give the inputs, the context and the weights of a part of the rows."""
        weights = None if self.weights is None else self.weights[part]
        if self.numbers is None:
            return self.inputs[part], source.take(self.given, part), weights
        numbers = self.numbers[part]
        given = source.gather(numbers, (*self.seed, part.start))
        return self.inputs[numbers], given, weights

    def all(self, source: Source) -> tuple[Any, Any, FloatArray | None]:
        """Give the inputs, the context and the weights of all rows."""
        return self.part(source, slice(0, len(self)))

    def first(self, n: int) -> Rows:
        """Give the first of rows that are chosen by number."""
        if n >= len(self) or self.numbers is None:
            return self
        weights = None if self.weights is None else self.weights[:n]
        return replace(self, weights=weights, numbers=self.numbers[:n])

    def gathered(self, source: Source) -> Rows:
        """Draw once and for all where contexts are drawn."""
        if not isinstance(source, DrawnSource):
            return self
        inputs, given, weights = self.all(source)
        return Rows(inputs, weights, None, given)


def moments_of(source: Source, sides: Sides, rows: Rows, n_jobs: int = 1) -> RitzMoments:
    """Compute the moments of rows, chunk by chunk, on several threads where asked for."""
    width = values_of(sides.basis, rows.part(source, slice(0, 1))[0], sides.dtype).shape[1]
    step = max(256, CHUNK_VALUES // (max(width, 1) * source.n_views))
    starts = range(0, len(rows), step)

    def gather(mine: Sequence[int]) -> RitzMoments:
        moments = source.empty()
        for start in mine:
            inputs, given, weights = rows.part(source, slice(start, start + step))
            functions, side = sides.evaluate(source, inputs, given)
            moments.update(functions, side, weights=weights)
        return moments

    n_jobs = min(n_jobs, len(starts))
    if n_jobs <= 1:
        return gather(starts)
    # Each thread has sums of its own, which are added in a fixed order.
    with threadpool_limits(1, user_api="blas"):
        parts = Parallel(n_jobs, prefer="threads")(
            delayed(gather)(starts[job::n_jobs]) for job in range(n_jobs)
        )
    total: RitzMoments = parts[0]
    for part in parts[1:]:
        total.merge(part)
    return total


class Judge:
    """Held-out rows, by which functions learned from others are judged.

    Parameters
    ----------
    source : Source
        What the context gives.
    sides : Sides
        The bases.
    rows : Rows
        The held-out rows.
    n_components : int
        d. Fewer are judged when the rows are few.
    """

    def __init__(self, source: Source, sides: Sides, rows: Rows, n_components: int) -> None:
        self._source = source
        inputs, given, self._weights = rows.all(source)
        self.functions, self.side = sides.evaluate(source, inputs, given)
        self.n_judged = min(n_components, max(1, len(rows) // ROWS_A_FUNCTION))

    def moments(self) -> RitzMoments:
        """Give the moments of the held-out rows."""
        return self._source.empty().update(self.functions, self.side, weights=self._weights)

    def scorer(self, moments: RitzMoments) -> Callable[[float], float]:
        """Give the score of what is learned from moments of other rows, for any ridge."""
        problem = moments.problem()

        def score(ridge: float) -> float:
            return self._judged(moments, problem.solve(self.n_judged, ridge))(self._weights)

        return score

    def without_blocks(self, moments: RitzMoments, ridge: float, n_blocks: int = 10) -> FloatArray:
        """Give the score without each of several blocks of the held-out rows, in turn."""
        judged = self._judged(moments, moments.problem().solve(self.n_judged, ridge))
        n = len(self.functions)
        weights = np.ones(n) if self._weights is None else self._weights
        blocks = np.arange(n) * n_blocks // n
        return np.array([judged(weights * (blocks != i)) for i in range(n_blocks)])

    def _judged(
        self, moments: RitzMoments, solution: Solution
    ) -> Callable[[FloatArray | None], float]:
        """Give the score of a solution on the held-out rows, for any weights of these."""
        if len(solution.squares) == 0:
            return lambda weights: -np.inf
        context_mean = moments.context_mean

        def right(values: Any) -> FloatArray:
            return np.asarray((values - context_mean) @ solution.right)

        left = (self.functions - moments.mean) @ solution.left
        return lambda weights: self._source.score(left, self.side, right, weights)


@dataclass(frozen=True)
class Solved:
    """The functions found, their ridge, and its score on held-out rows (NaN without any)."""

    functions: RitzFunctions
    ridge: float
    score: float


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
        if best == place:
            return RIDGES[place], scores[RIDGES[place]]
        place = best


@dataclass
class Learner:
    """Moments of the rows learned from, and held-out rows to choose the ridge by."""

    source: Source
    sides: Sides
    moments: RitzMoments
    held: Rows | None = None
    n_chunks: int = 1

    def hold(self, rows: Rows) -> None:
        """Keep rows out of the moments."""
        if self.held is None:
            self.held = rows
            return
        # Only draws come chunk by chunk: views first.
        self.held = Rows(
            np.concatenate([self.held.inputs, rows.inputs]),
            given=np.concatenate([self.held.given, rows.given], axis=1),
        )

    def solve(
        self, n_components: int, ridge: float | None, *, last: bool, allow_fewer: bool = False
    ) -> Solved:
        """Choose the ridge when None; then learn from the held-out rows as well, and solve.

        ``last`` says that no rows will follow, so that the sums need not be kept as they are;
        ``allow_fewer``, that ``n_components`` is the most that is wanted.
        """
        if self.held is None:
            ridge = USUAL_RIDGE if ridge is None else ridge
            found = self.moments.solve(n_components, ridge, allow_fewer=allow_fewer)
            return Solved(found, ridge, np.nan)
        judge = Judge(self.source, self.sides, self.held, n_components)
        score = judge.scorer(self.moments)
        ridge, best = choose_ridge(score) if ridge is None else (ridge, score(ridge))
        total = self.moments if last else self.moments.copy()
        total.merge(judge.moments())
        return Solved(total.solve(n_components, ridge, allow_fewer=allow_fewer), ridge, best)
