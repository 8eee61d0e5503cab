"""Rows with what a context gives for them, and functions of both sides, gone through in chunks.

The functions are those of a fitted basis or the outputs of a network; their moments and scores are
taken alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from threadpoolctl import threadpool_limits

from contextures._arrays import Array, FloatArray, IntArray, is_tensor, to_numpy
from contextures.encoders.sources import DrawnSource, Source
from contextures.spectrum.ritz import RitzMoments

CHUNK_VALUES = 8_000_000
"""Values of functions, over all views, or of a transition that a chunk of rows holds."""


@dataclass(frozen=True)
class Block:
    """Functions of some rows, what moments take beside them, and the rows' weights."""

    functions: Array
    side: Any
    weights: FloatArray | None

    def held_here(self) -> Block:
        """Give the same in arrays, wherever it was computed."""
        if not is_tensor(self.functions):
            return self
        side = to_numpy(self.side) if is_tensor(self.side) else self.side
        return Block(to_numpy(self.functions), side, self.weights)


class Sides(Protocol):
    """Functions of x, and of a where contexts are drawn."""

    def evaluate(
        self, source: Source, inputs: Any, given: Any, weights: FloatArray | None
    ) -> Block:
        """Compute the functions of rows, of which ``source`` gives ``given``."""


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
    by_number : bool
        Whether the draws of a part depend on the number of its first row, rather than on its place.
    """

    inputs: Any
    weights: FloatArray | None = None
    numbers: IntArray | None = None
    given: Any = None
    seed: tuple[int, ...] = ()
    by_number: bool = False

    def __len__(self) -> int:
        return len(self.inputs if self.numbers is None else self.numbers)

    def part(self, source: Source, part: slice) -> tuple[Any, Any, FloatArray | None]:
        """Give the inputs, the context and the weights of a part of the rows."""
        weights = None if self.weights is None else self.weights[part]
        if self.numbers is None:
            return self.inputs[part], source.take(self.given, part), weights
        numbers = self.numbers[part]
        key = int(numbers[0]) if self.by_number else part.start
        return self.inputs[numbers], source.gather(numbers, (*self.seed, key)), weights

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


def relative_weights(weights: FloatArray) -> FloatArray | None:
    """Give P_X beside that of equal rows, n times as much; None when all are alike."""
    if np.ptp(weights) <= 1e-12 * weights.max():
        return None
    return np.asarray(len(weights) * weights)


def moments_of(
    source: Source, sides: Sides, rows: Rows, n_jobs: int = 1, n_together: int | None = None
) -> RitzMoments:
    """Compute the moments of rows, chunk by chunk.

    Parameters
    ----------
    source : Source
        What the context gives.
    sides : Sides
        The functions.
    rows : Rows
        The rows.
    n_jobs : int, default=1
        Threads.
    n_together : int, optional
        Rows of a chunk; what :data:`CHUNK_VALUES` allows when None.

    Returns
    -------
    RitzMoments
        Those of all rows.
    """
    step = n_together
    if step is None:
        one = sides.evaluate(source, *rows.part(source, slice(0, 1)))
        width = max(one.functions.shape[1] * source.n_views, _entries(one.side), 1)
        step = max(256, CHUNK_VALUES // width)
    starts = range(0, len(rows), step)

    def gather(mine: Sequence[int]) -> RitzMoments:
        moments = source.empty()
        for start in mine:
            block = sides.evaluate(source, *rows.part(source, slice(start, start + step)))
            moments.update(block.functions, block.side, weights=block.weights)
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


def _entries(side: Any) -> int:
    """Count the entries of a row of a transition, which chunks copy too; draws are counted."""
    if sparse.issparse(side):
        return int(side.nnz)
    return int(side.shape[1]) if np.ndim(side) == 2 else 0
