"""Batches of what an objective takes, made on the device from the rows of a sample.

A batch is given by the places of its rows in the sample. Every process of data-parallel training
draws for the whole batch and keeps its own part, so that several processes compute what one would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context
from contextures.contexts.draws import Draws, RowDraws
from contextures.encoders.neural.objective_choice import Feeding
from contextures.encoders.neural.tensors import as_rows, as_tensor, shifted, support_values
from contextures.encoders.neural.transitions import SharedDraws, TransitionBlocks
from contextures.exceptions import InputError


@dataclass(frozen=True)
class Batch:
    """What the networks take, side by side, and what else the objective takes."""

    inputs: tuple[Tensor, ...] = ()
    contexts: tuple[Tensor, ...] = ()
    constants: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Sample:
    """Rows that are learned from, and everything a context says about them.

    Attributes
    ----------
    context : Context
        The fitted context.
    inputs : torch.Tensor
        All fitted rows as the network takes them, where batches are to lie.
    drawable : torch.Tensor
        All fitted rows as the context draws from them.
    context_offsets : ndarray of shape (q,) or None
        What to subtract from values of A before the network takes them.
    numbers : ndarray of int of shape (n,)
        Which of the fitted rows are the sample.
    weights : ndarray of shape (n,)
        P_X on the sample; sums to one.
    exclude_self : bool
        Whether the objective leaves out pairs of a row with itself.
    wants_hidden : bool
        Whether the objective asks which entries of x are hidden.
    """

    context: Context
    inputs: Tensor
    drawable: Tensor
    context_offsets: FloatArray | None
    numbers: IntArray
    weights: FloatArray
    exclude_self: bool
    wants_hidden: bool = False

    @property
    def device(self) -> torch.device:
        """Where batches are to lie."""
        return self.inputs.device

    def to(self, device: torch.device) -> Sample:
        """Give the same sample on a device."""
        return replace(self, inputs=self.inputs.to(device), drawable=self.drawable.to(device))

    def on_device(self, values: Any) -> Tensor:
        """Give floats as a tensor where batches lie."""
        return torch.as_tensor(np.asarray(values, dtype=np.float32), device=self.device)


class Feed(Protocol):
    """Batches of one kind."""

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Make a part of the batch of rows at ``places`` of the sample."""


class _Base:
    _held: RowDraws | None = None

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.numbers = torch.as_tensor(sample.numbers, device=sample.device)

    def draw(self, places: Tensor, generator: torch.Generator, n_views: int = 1) -> Tensor:
        """Draw A for rows, of shape (n, ...) or (n_views, n, ...): numbers, or columns."""
        context, rows = self.sample.context, self.numbers[places]
        offsets = self.sample.context_offsets
        if context.form != "transition":
            drawn: Tensor = context.sample_rows(self.sample.drawable, rows, generator, n_views)
            return shifted(drawn, offsets, 1 if n_views == 1 else 2)
        if self._held is None:
            self._held = RowDraws(context.describe().entries)
            self._support = as_tensor(support_values(context), offsets=offsets).to(
                self.sample.device
            )
        columns = self._held.columns(rows, Draws(rows, generator), n_views)
        values: Tensor = self._support[columns]
        return values[0] if n_views == 1 else values


class KernelFeed(_Base):
    """Rows and the dual kernel between them."""

    def __init__(self, sample: Sample) -> None:
        super().__init__(sample)
        expansion = sample.context.describe().entries[sample.numbers]
        self.features: Tensor | None = None
        if sample.context.form == "kernel":
            if sparse.issparse(expansion):  # of a mix of a sparse transition and a kernel
                expansion = expansion.toarray()
            # The kernel's features have mean zero on the fitted rows; here, on the sample.
            self.features = sample.on_device(expansion - sample.weights @ expansion)
        else:
            self.blocks = TransitionBlocks(expansion, sample.weights, sample.device)

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give the rows with features z, or with rows of the transition and P_A."""
        inputs = self.sample.inputs[self.numbers[places[part]]]
        if self.features is not None:
            return Batch((inputs,), (), (self.features[places[part]],))
        return Batch((inputs,), (), self.blocks.block(places, part, self.sample.exclude_self))


class PairFeed(_Base):
    """Rows and a draw of A for each."""

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give x and a."""
        drawn = as_rows(self.draw(places, generator)[part])
        return Batch((self.sample.inputs[self.numbers[places[part]]],), (drawn,))


class SharedFeed(_Base):
    """Two inputs that share a context."""

    def __init__(self, sample: Sample) -> None:
        super().__init__(sample)
        self.draws = SharedDraws(sample.context.describe().entries[sample.numbers], sample.weights)

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give x and x+."""
        partners = self.draws.partners(places, Draws(places, generator))
        chosen = (self.numbers[places[part]], self.numbers[partners[part]])
        return Batch(tuple(self.sample.inputs[rows] for rows in chosen))


class EdgeFeed(SharedFeed):
    """The ends of edges of a graph."""

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give a node and a neighbour of it, both for the network on X."""
        ends = self.draws.columns(places, Draws(places, generator))
        inputs = self.sample.inputs
        return Batch((inputs[self.numbers[places[part]]], ends[part].to(inputs.dtype)))


class DrawFeed(_Base):
    """Two draws of A for each row."""

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give a and a+."""
        one, other = self.draw(places, generator, 2)
        return Batch((), (as_rows(one[part]), as_rows(other[part])))


class TargetFeed(_Base):
    """Rows, and what is to be predicted from them."""

    def __init__(self, sample: Sample) -> None:
        super().__init__(sample)
        self.targets: Tensor | None = None
        self.draws: SharedDraws | None = None
        context = sample.context
        if context.form == "kernel":
            targets = context.describe().entries[sample.numbers]
            self.targets = sample.on_device(
                targets.toarray() if sparse.issparse(targets) else targets
            )
        elif context.form == "transition":
            self.draws = SharedDraws(context.describe().entries[sample.numbers], sample.weights)

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give x, and features of the kernel, the number of the drawn context, or its value."""
        inputs = self.sample.inputs[self.numbers[places[part]]]
        if self.targets is not None:
            return Batch((inputs,), (), (self.targets[places[part]],))
        if self.draws is not None:
            columns = self.draws.columns(places, Draws(places, generator))
            return Batch((inputs,), (), (columns[part],))
        drawn = self.draw(places, generator)[part]
        return Batch((inputs,), (), (drawn.float().reshape(len(drawn), -1),))


class ReconstructionFeed(_Base):
    """A draw of A, and x to be predicted from it: standardised, or one-hot for indices and names.

    One-hot targets are divided by the roots of their probabilities, so that the kernel on X is
    that of the identity.
    """

    def __init__(self, sample: Sample) -> None:
        super().__init__(sample)
        inputs = sample.inputs[self.numbers]
        if inputs.ndim > 1 and not inputs.is_floating_point():
            raise InputError(
                "tokens cannot be predicted by squared error; give objective='ratio_trace' or "
                "another that compares draws"
            )
        weights = sample.on_device(sample.weights)
        self.codes: Tensor | None = None
        if inputs.ndim == 1:
            self.codes = inputs
            chances = torch.bincount(inputs, weights=weights)
            self.heights = chances.where(chances > 0, 1.0).rsqrt()
            return
        mean = weights @ inputs
        spread = (weights @ (inputs - mean).square()).sqrt()
        self.targets = (inputs - mean) / spread.where(spread > 0, 1.0)

    def batch(self, places: Tensor, generator: torch.Generator, part: slice) -> Batch:
        """Give a and x, and which entries of x were hidden where a tells."""
        drawn = self.draw(places, generator)[part]
        if self.codes is not None:
            rows = torch.nn.functional.one_hot(self.codes[places[part]], len(self.heights))
            return Batch((), (as_rows(drawn),), (rows * self.heights,))
        target = self.targets[places[part]]
        constants: tuple[Tensor, ...] = (target,)
        if self.sample.wants_hidden and self.sample.context.tells_hidden:
            constants = (target, drawn[:, target.shape[1] :] > 0.5)
        return Batch((), (as_rows(drawn),), constants)


FEEDS: dict[Feeding, type[Any]] = {
    "kernel": KernelFeed,
    "pair": PairFeed,
    "shared": SharedFeed,
    "edges": EdgeFeed,
    "draws": DrawFeed,
    "targets": TargetFeed,
    "reconstruction": ReconstructionFeed,
}
