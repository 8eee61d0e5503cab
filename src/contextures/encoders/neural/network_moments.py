"""What the functions learned so far are worth: their moments, and their score on held-out rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context, DescribedRows
from contextures.encoders.neural.network_pair import Sides, apply_in_chunks
from contextures.encoders.neural.tensors import as_rows, as_tensor, support_values
from contextures.encoders.ritz.learner import ROWS_A_FUNCTION, USUAL_RIDGE
from contextures.encoders.ritz.parameters import SELECTION_ROWS
from contextures.encoders.sources import DrawnSource, Source, choose_source, flat
from contextures.spectrum.ritz import RitzMoments, TransitionMoments, ViewMoments
from contextures.spectrum.ritz.ratio_trace import described_ratio_trace

BLOCK_ROWS = 4096
"""Fitted rows whose moments are taken at a time."""

DOUBLE_PRODUCTS = 2e11
"""Multiplications up to which products are formed in float64."""


@dataclass(frozen=True)
class Block:
    """Functions of some rows, what the context gives for them, and their weights."""

    functions: NDArray[Any]
    side: Any
    weights: FloatArray | None

    def weighed(self, shares: FloatArray) -> Block:
        """Give the same with weights times shares of the rows, which may come several times."""
        tiled = np.tile(shares, len(self.functions) // len(shares))
        weights = tiled if self.weights is None else self.weights * tiled
        return replace(self, weights=weights)


class Judge:
    """Moments and scores of the functions of networks on X, or on both sides.

    Parameters
    ----------
    context : Context
        The fitted context.
    values : ndarray
        All fitted rows as the context takes them.
    inputs : torch.Tensor
        All fitted rows as the network takes them.
    n_outputs : int
        The width of the networks.
    n_views : int
        Draws of A for each row, where contexts are drawn.
    seed : int
        Draws them.
    context_offsets : ndarray of shape (q,), optional
        What to subtract from values of A before a network takes them.
    """

    def __init__(
        self,
        context: Context,
        values: NDArray[Any],
        inputs: Tensor,
        n_outputs: int,
        n_views: int,
        seed: int,
        context_offsets: FloatArray | None = None,
    ) -> None:
        self.context_offsets = context_offsets
        self.context, self.values, self.inputs = context, values, inputs
        self.n_outputs, self.n_views, self.seed = n_outputs, n_views, seed
        self.source: Source = choose_source(context, values, n_outputs, n_views)
        weights = context.input_weights_
        even = np.ptp(weights) <= 1e-12 * weights.max()
        self.weights: FloatArray | None = None if even else len(weights) * weights

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""
        return self.source.empty()

    def block(self, sides: Sides, rows: IntArray) -> Block:
        """Compute the functions of some fitted rows, and what goes with them."""
        functions = self._values(sides.phi, self.inputs[self._tensor(rows)])
        given = self._gather(rows)
        if isinstance(self.source, DrawnSource):
            n_views, n = given.shape[:2]
            given = self._context_functions(sides, flat(given)).reshape(n_views, n, -1)
        return Block(functions, given, self._weights_of(rows))

    def moments(self, sides: Sides, rows: IntArray) -> RitzMoments:
        """Compute the moments of fitted rows, block by block."""
        moments = self.empty()
        for part in self._parts(rows):
            block = self.block(sides, part)
            moments.update(block.functions, block.side, weights=block.weights)
        return moments

    def score_block(self, block: Block, left: FloatArray, right: Any) -> float:
        """Judge functions ``left`` of a block's rows; ``right`` maps its side's values."""
        return self.source.score(left, block.side, right, block.weights)

    def n_judged(self, n_components: int, n_held: int) -> int:
        """Say how many functions so many held-out rows can judge."""
        return min(n_components, max(1, n_held // ROWS_A_FUNCTION))

    def _gather(self, rows: IntArray) -> Any:
        # The same draws every time: scores differ by what was learned and by nothing else.
        return self.source.gather(rows, (self.seed, int(rows[0])))

    def _context_functions(self, sides: Sides, drawn: NDArray[Any]) -> NDArray[Any]:
        network = sides.psi
        if network is None and self.context.same_space:
            network = sides.phi
        rows = as_rows(self._on_device(drawn))
        if network is None:
            # No network on A: linear functions of its value.
            return rows.float().cpu().numpy().astype(np.float64)
        return self._values(network, rows)

    def _on_device(self, values: NDArray[Any]) -> Tensor:
        return as_tensor(values, offsets=self.context_offsets).to(self.inputs.device)

    def _values(self, network: nn.Module | None, rows: Tensor) -> NDArray[Any]:
        assert network is not None
        outputs: NDArray[Any] = apply_in_chunks(network, rows).cpu().numpy()
        double = len(self.inputs) * self.n_outputs**2 <= DOUBLE_PRODUCTS
        return outputs.astype(np.float64) if double else outputs

    def _tensor(self, rows: IntArray) -> Tensor:
        return torch.as_tensor(rows, device=self.inputs.device)

    def _weights_of(self, rows: IntArray) -> FloatArray | None:
        return None if self.weights is None else self.weights[rows]

    @staticmethod
    def _parts(rows: IntArray) -> Iterator[IntArray]:
        for start in range(0, len(rows), BLOCK_ROWS):
            yield rows[start : start + BLOCK_ROWS]


class AverageJudge(Judge):
    """The same for the average encoder phi = T psi of a network on A, under a transition."""

    _support: Tensor | None = None

    def block(self, sides: Sides, rows: IntArray) -> Block:
        """Compute the averages of psi over P+(. | x), exactly."""
        transition = self.context.describe().entries[rows]
        if self._support is None:
            self._support = as_rows(self._on_device(support_values(self.context)))
        functions = np.asarray(transition @ self._values(sides.psi, self._support))
        return Block(functions, transition, self._weights_of(rows))

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""
        return TransitionMoments()

    def score_block(self, block: Block, left: FloatArray, right: Any) -> float:
        """Compute the ratio trace."""
        rows = DescribedRows.by_transition(block.side, self.context.context_weights_)
        return described_ratio_trace(left, rows, block.weights)


class ViewJudge(Judge):
    """The same for a network on A alone, where contexts are drawn: by two draws of each x."""

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""
        return ViewMoments()

    def block(self, sides: Sides, rows: IntArray) -> Block:
        """Compute psi of pairs of draws that share their x."""
        drawn = self._gather(rows)
        half = len(drawn) // 2
        one, other = (
            self._context_functions(sides, flat(part)) for part in (drawn[:half], drawn[half:])
        )
        weights = self._weights_of(rows)
        return Block(one, other, None if weights is None else np.tile(weights, half))

    def score_block(self, block: Block, left: FloatArray, right: Any) -> float:
        """Compute the ratio trace of the two draws' functions."""
        return ViewMoments.of(left, right(block.side), weights=block.weights).ratio_trace()


class HeldOut:
    """Held-out rows, by which what was learned from others is judged.

    Parameters
    ----------
    judge : Judge
        Computes functions.
    rows, held : ndarray of int
        Fitted rows that the functions are found on, of which the first are enough for a score, and
        those that they are judged by.
    n_components : int
        d. Fewer are judged when held-out rows are few.
    """

    def __init__(self, judge: Judge, rows: IntArray, held: IntArray, n_components: int) -> None:
        self.judge, self.rows, self.held = judge, rows, held
        self.n_judged = judge.n_judged(n_components, len(held))
        self.n_pairs = len(rows) * judge.source.n_views

    def score(self, sides: Sides, ridge: float = USUAL_RIDGE) -> float:
        """Judge networks."""
        return float(self.scorer(sides, SELECTION_ROWS)(ridge))

    def scorer(self, sides: Sides, most_rows: int | None = None) -> Any:
        """Give the score of networks for any ridge of the Ritz step, and shares of held-out rows.

        The functions are found on so many rows at most; on all of them when None.
        """
        moments = self.judge.moments(sides, self.rows[:most_rows])
        whole = self.judge.block(sides, self.held)
        problem, mean = moments.problem(), moments.mean

        def score(ridge: float, shares: FloatArray | None = None) -> float:
            block = whole if shares is None else whole.weighed(shares)
            solution = problem.solve(self.n_judged, ridge)
            if len(solution.squares) == 0:
                return -np.inf

            def right(values: Any) -> FloatArray:
                if solution.right is None:
                    return np.asarray((values - mean) @ solution.left)
                return np.asarray((values - moments.context_mean) @ solution.right)

            left = (block.functions - mean) @ solution.left
            return float(self.judge.score_block(block, left, right))

        return score
