"""From rows to coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.encoders.neural.network_pair import apply_by_row, apply_in_chunks
from contextures.encoders.neural.networks import Network
from contextures.encoders.neural.tensors import as_rows, as_tensor, shifted, support_values
from contextures.spectrum.ritz import RitzFunctions

AVERAGED_ROWS = 256
"""Rows whose draws are averaged at a time."""


@dataclass(frozen=True)
class Map:
    """mu(x) = (phi(x) - mean) coefficients, with phi a network on X or the average of one on A.

    Attributes
    ----------
    network : torch.nn.Module
        The network on X; on A, where there is a ``context``.
    functions : RitzFunctions
        The functions in the span of its outputs.
    context : Context or None
        Gives what the network on A is averaged over: P+(. | x), or draws of it.
    n_draws : int
        Draws for each row.
    seed : int
        Where draws come from.
    offsets, context_offsets : ndarray or None
        What is subtracted from rows and from values of A before a network takes them, where there
        is a ``context``.
    """

    network: nn.Module
    functions: RitzFunctions
    context: Context | None = None
    n_draws: int = 1
    seed: int = 0
    offsets: FloatArray | None = None
    context_offsets: FloatArray | None = None

    def coordinates(self, values: NDArray[Any], inputs: Tensor | None = None) -> FloatArray:
        """Compute the coordinates of rows as the context takes them, or as the network does."""
        return self._ordered(self.outputs(values, inputs))

    def fitted_coordinates(self, values: NDArray[Any], inputs: Tensor) -> FloatArray:
        """Compute the coordinates of the fitted rows, without looking up their context again."""
        if self.context is not None and self.context.form == "transition":
            return self._ordered(self._expected(self.context.describe().entries))
        return self.coordinates(values, inputs)

    def outputs(self, values: NDArray[Any], inputs: Tensor | None = None) -> FloatArray:
        """Compute what the coordinates are combined of: outputs on X, or averages of those on A."""
        if isinstance(self.network, Network):
            self.network.check(as_tensor(values) if inputs is None else inputs)
        if self.context is None:
            rows = as_tensor(values) if inputs is None else inputs
            return np.asarray(apply_by_row(self.network, rows).double().numpy())
        if self.context.form == "transition":
            return self._expected(self.context.expand(values))
        return np.vstack(
            [
                self._drawn(values[start : start + AVERAGED_ROWS], start)
                for start in range(0, len(values), AVERAGED_ROWS)
            ]
        )

    def truncated(self, n_components: int) -> Map:
        """Give the first coordinates."""
        return replace(self, functions=self.functions.truncated(n_components))

    def _ordered(self, outputs: FloatArray) -> FloatArray:
        found = self.functions.left(outputs)
        if self.context is None or self.context.form == "transition":
            return found
        return np.asarray(found / self.functions.singular_values)  # T nu = s mu

    def _expected(self, transition: Any) -> FloatArray:
        assert self.context is not None
        values = support_values(self.context)
        support = as_rows(as_tensor(values, offsets=self.context_offsets))
        psi = apply_in_chunks(self.network, support).double().numpy()
        return np.asarray(transition @ psi)

    def _drawn(self, values: NDArray[Any], start: int) -> FloatArray:
        assert self.context is not None
        generator = torch.Generator().manual_seed(self.seed + start)
        # As in training: in float64 where single precision loses digits.
        inputs = as_tensor(values) if self.offsets is None else torch.as_tensor(values)
        total = torch.zeros(len(values), 1, dtype=torch.float64)
        for view in self.context.sample(inputs, generator, self.n_draws):
            rows = as_rows(shifted(view, self.context_offsets))
            total = total + apply_in_chunks(self.network, rows).double()
        return np.asarray((total / self.n_draws).numpy())
