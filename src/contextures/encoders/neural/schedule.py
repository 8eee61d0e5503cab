"""Which rows a step takes, and how large it is: functions of its number alone.

Nothing here has a state, so a training that is taken up again goes on exactly where it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from contextures._arrays import FloatArray

WARM_UP = 20
"""Steps, at most, in which the learning rate rises."""


def mixed(*seeds: int) -> int:
    """Mix whole numbers into a seed."""
    state = np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0]
    return int(state) >> 1  # torch takes signed numbers


def rate_share(step: int, n_steps: int) -> float:
    """Give the learning rate at a step, as a share of the largest: a rise, then a cosine to zero.

    Parameters
    ----------
    step : int
        From 0 to ``n_steps`` - 1.
    n_steps : int
        How many there are.

    Returns
    -------
    float
        Above 0, at most 1.
    """
    warm = min(WARM_UP, n_steps // 5)
    if step < warm:
        return (step + 1) / (warm + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / (n_steps - warm)))


@dataclass
class RowOrder:
    """The rows of every batch.

    Rows of equal weight are gone through epoch by epoch, each in a new order, or all at once where
    they fit one batch. Rows of unequal weight are drawn by it, evenly spaced along its running sum.
    Few rows are taken several times, where draws differ each time.

    Attributes
    ----------
    n_rows, batch_size : int
        Rows of the sample, and of a batch.
    weights : ndarray of shape (n_rows,)
        P_X on the sample; sums to one.
    seed : int
        Draws orders.
    repeat : bool
        Whether few rows are to fill a batch.
    device : torch.device
        Where places are to lie.
    """

    n_rows: int
    batch_size: int
    weights: FloatArray
    seed: int
    repeat: bool
    device: torch.device

    def __post_init__(self) -> None:
        even = bool(np.ptp(self.weights) <= 1e-12 * self.weights.max())
        self._ends = None if even else np.cumsum(self.weights) / self.weights.sum()
        self._epoch, self._order = -1, np.arange(self.n_rows)

    @property
    def is_whole(self) -> bool:
        """Whether every batch is the whole sample."""
        return self.batch_size >= self.n_rows

    def places(self, step: int) -> Tensor:
        """Give the places of a step's rows in the sample."""
        return torch.as_tensor(self._places(step), device=self.device)

    def _places(self, step: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        copies = self.batch_size // self.n_rows if self.repeat and self.is_whole else 1
        size = min(self.batch_size, self.n_rows * copies)
        if self._ends is not None:
            start = np.random.default_rng((self.seed, 1, step)).random()
            points = (np.arange(size) + start) / size
            return np.minimum(np.searchsorted(self._ends, points, side="right"), self.n_rows - 1)
        if self.is_whole:
            return np.tile(np.arange(self.n_rows), copies)
        a_turn = self.n_rows // size
        epoch, turn = divmod(step, a_turn)
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng((self.seed, 0, epoch)).permutation(self.n_rows)
        return self._order[turn * size : (turn + 1) * size]
