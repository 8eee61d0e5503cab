"""Networks as functions of both sides, and held-out rows that judge them while they learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context
from contextures.encoders.gather import Block, Rows, moments_of, relative_weights
from contextures.encoders.held_out import SELECTION_ROWS, USUAL_RIDGE, Judge
from contextures.encoders.neural.network_pair import NetworkPair, apply_in_chunks
from contextures.encoders.neural.tensors import as_rows, as_tensor, support_values
from contextures.encoders.sources import (
    DescribedSource,
    DrawnSource,
    Source,
    choose_source,
    flat,
)
from contextures.spectrum.ritz import RitzMoments, ViewMoments

BLOCK_ROWS = 4096
"""Fitted rows whose moments are taken at a time."""

DOUBLE_PRODUCTS = 2e11
"""Multiplications up to which products are formed in float64."""


@dataclass(frozen=True)
class NetworkFunctions:
    """The functions of networks on X, or on both sides, as they are now.

    Attributes
    ----------
    networks : NetworkPair
        The networks.
    context : Context
        The fitted context.
    context_offsets : ndarray of shape (q,) or None
        What to subtract from values of A before a network takes them.
    device : torch.device
        Where the networks are.
    double : bool
        Whether to give float64.
    """

    networks: NetworkPair
    context: Context
    context_offsets: FloatArray | None
    device: torch.device
    double: bool

    def evaluate(
        self, source: Source, inputs: Tensor, given: Any, weights: FloatArray | None
    ) -> Block:
        """Compute the functions of rows, and what moments take beside them."""
        functions = self.values(self.networks.phi, inputs)
        if isinstance(source, DrawnSource):
            n_views, n = given.shape[:2]
            given = self.of_contexts(flat(given)).reshape(n_views, n, -1)
        return Block(functions, given, weights)

    def of_contexts(self, drawn: NDArray[Any]) -> NDArray[Any]:
        """Compute the functions of draws of A."""
        network = self.networks.psi
        if network is None and self.context.same_space:
            network = self.networks.phi
        rows = as_rows(self.on_device(drawn))
        if network is None:
            # No network on A: linear functions of its value.
            return rows.float().cpu().numpy().astype(np.float64)
        return self.values(network, rows)

    def on_device(self, values: NDArray[Any]) -> Tensor:
        """Give values of A as a network takes them."""
        return as_tensor(values, offsets=self.context_offsets).to(self.device)

    def values(self, network: nn.Module | None, rows: Tensor) -> NDArray[Any]:
        """Compute a network's outputs."""
        assert network is not None
        outputs: NDArray[Any] = apply_in_chunks(network, rows).cpu().numpy()
        return outputs.astype(np.float64) if self.double else outputs


class AverageFunctions(NetworkFunctions):
    """The average encoder phi = T psi of a network on A, under a transition: exact averages."""

    def evaluate(
        self, source: Source, inputs: Tensor, given: Any, weights: FloatArray | None
    ) -> Block:
        """Compute the averages of psi over P+(. | x)."""
        return Block(np.asarray(given @ self._psi), given, weights)

    @cached_property
    def _psi(self) -> NDArray[Any]:
        support = as_rows(self.on_device(support_values(self.context)))
        return self.values(self.networks.psi, support)


class ViewFunctions(NetworkFunctions):
    """A network on A alone, where contexts are drawn: psi of two draws of each x."""

    def evaluate(
        self, source: Source, inputs: Tensor, given: Any, weights: FloatArray | None
    ) -> Block:
        """Compute psi of pairs of draws that share their x."""
        half = len(given) // 2
        one, other = (self.of_contexts(flat(part)) for part in (given[:half], given[half:]))
        return Block(one, other, None if weights is None else np.tile(weights, half))


class ViewSource(DrawnSource):
    """Draws of A for each row, of which pairs are compared."""

    def empty(self) -> RitzMoments:
        """Give moments of no rows."""
        return ViewMoments()

    def score(
        self,
        left: FloatArray,
        side: NDArray[Any],
        right: Callable[[Any], FloatArray],
        weights: Any,
    ) -> float:
        """Compute the ratio trace of the two draws' functions."""
        return ViewMoments.of(left, right(side), weights=weights).ratio_trace()


@dataclass(frozen=True)
class FittedRows:
    """All fitted rows, on which moments and scores of networks are taken.

    Attributes
    ----------
    context : Context
        The fitted context.
    inputs : torch.Tensor
        The rows as the network takes them.
    source : Source
        What the context gives for them.
    kind : type of NetworkFunctions
        What the networks are functions of.
    n_outputs : int
        The width of the networks.
    seed : int
        Draws A, the same every time: scores differ by what was learned and by nothing else.
    context_offsets : ndarray of shape (q,) or None
        What to subtract from values of A before a network takes them.
    """

    context: Context
    inputs: Tensor
    source: Source
    kind: type[NetworkFunctions]
    n_outputs: int
    seed: int
    context_offsets: FloatArray | None = None

    @classmethod
    def of(
        cls,
        context: Context,
        values: NDArray[Any],
        inputs: Tensor,
        n_outputs: int,
        n_views: int,
        seed: int,
        context_offsets: FloatArray | None = None,
        *,
        averages: bool = False,
    ) -> FittedRows:
        """Choose the source, for ``values``, which are the rows as the context takes them.

        ``averages`` says whether the network is on A alone, and ``n_views`` how often A is drawn
        for each row where it is.
        """
        source: Source
        if not averages:
            kind = NetworkFunctions
            source = choose_source(context, values, n_outputs, n_views)
        elif context.form == "transition":
            kind, source = AverageFunctions, DescribedSource(context)
        else:
            kind, source = ViewFunctions, ViewSource(context, values, n_views + n_views % 2)
        return cls(context, inputs, source, kind, n_outputs, seed, context_offsets)

    def to(self, device: torch.device) -> FittedRows:
        """Give the same on a device."""
        return replace(self, inputs=self.inputs.to(device))

    def rows(self, numbers: IntArray) -> Rows:
        """Give some of the rows by their numbers."""
        weights = relative_weights(self.context.input_weights_)
        mine = None if weights is None else weights[numbers]
        return Rows(self.inputs, mine, numbers, seed=(self.seed,), by_number=True)

    def functions(self, networks: NetworkPair) -> NetworkFunctions:
        """Give the functions of networks."""
        double = len(self.inputs) * self.n_outputs**2 <= DOUBLE_PRODUCTS
        offsets, device = self.context_offsets, self.inputs.device
        return self.kind(networks, self.context, offsets, device, double)

    def moments(self, networks: NetworkPair, numbers: IntArray) -> RitzMoments:
        """Compute the moments of some of the rows, block by block."""
        functions, rows = self.functions(networks), self.rows(numbers)
        return moments_of(self.source, functions, rows, n_together=BLOCK_ROWS)


@dataclass(frozen=True)
class HeldOut:
    """Held-out rows, by which networks that learned from others are judged.

    Attributes
    ----------
    fitted : FittedRows
        All rows.
    rows, held : ndarray of int
        Those that the functions are found on, of which the first are enough for a score, and those
        that they are judged by.
    n_components : int
        d. Fewer are judged when held-out rows are few.
    """

    fitted: FittedRows
    rows: IntArray
    held: IntArray
    n_components: int

    def to(self, device: torch.device) -> HeldOut:
        """Give the same on a device."""
        return replace(self, fitted=self.fitted.to(device))

    def score(self, networks: NetworkPair) -> float:
        """Judge networks."""
        judge, moments = self.learned(networks, SELECTION_ROWS)
        return judge.scorer(moments)(USUAL_RIDGE)

    @property
    def n_pairs(self) -> int:
        """How many rows functions are found on, times the draws of each."""
        return len(self.rows) * self.fitted.source.n_views

    def learned(
        self, networks: NetworkPair, most_rows: int | None = None
    ) -> tuple[Judge, RitzMoments]:
        """Give the judge of networks, and the moments of the rows, or of the first of them."""
        fitted = self.fitted
        moments = fitted.moments(networks, self.rows[:most_rows])
        functions, held = fitted.functions(networks), fitted.rows(self.held)
        return Judge(fitted.source, functions, held, self.n_components), moments
