"""The bases on both sides: phi of X, psi of A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import DTypeLike

from contextures._arrays import FloatArray
from contextures.encoders.bases.base import values_of
from contextures.encoders.gather import Block
from contextures.encoders.sources import Source


@dataclass(frozen=True)
class BasisPair:
    """A fitted basis of X, one of A where contexts are drawn, and how and where to compute both.

    On a device functions are float64 tensors; without one, arrays of a precision.
    """

    basis: Any
    context_basis: Any
    dtype: DTypeLike
    device: str | None = None

    def evaluate(
        self, source: Source, inputs: Any, given: Any, weights: FloatArray | None
    ) -> Block:
        """Compute phi of rows, and what moments take beside it."""
        functions = values_of(self.basis, inputs, self.dtype, self.device)
        side = source.side(given, self.context_basis, self.dtype, self.device)
        return Block(functions, side, weights)
