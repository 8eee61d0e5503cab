"""Orthonormal vectors that a Krylov space is spanned by."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._arrays import FloatArray

BLOCK = 64


class Basis:
    """Orthonormal vectors, held in blocks, so that no more memory is taken than there are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._blocks: list[Any] = []
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def append(self, vectors: FloatArray) -> None:
        """Add a vector, or several as columns: always as many, a power of two up to the block."""
        place, more = self._used % BLOCK, 1 if vectors.ndim == 1 else vectors.shape[1]
        if not place:
            self._blocks.append(np.zeros((self._size, BLOCK), order="F"))
        self._blocks[-1][:, place : place + more] = vectors.reshape(self._size, more)
        self._used += more

    def take_away(self, vectors: FloatArray) -> None:
        """Make a vector, or several, orthogonal to those before, in place."""
        for block in self._blocks:
            vectors -= block @ (block.T @ vectors)

    def mixed(self, mixtures: FloatArray) -> FloatArray:
        """Give the mixtures of the vectors, which are let go of on the way."""
        total = np.zeros((self._size, mixtures.shape[1]))
        for start in range(0, self._used, BLOCK):
            part = mixtures[start : start + BLOCK]
            total += self._blocks.pop(0)[:, : len(part)] @ part
        return total
