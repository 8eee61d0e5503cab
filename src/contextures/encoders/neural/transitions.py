"""Rows of a transition on a device: blocks of them, draws along them and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from contextures._arrays import FloatArray, Matrix, divide_rows
from contextures.contexts.draws import Draws, RowDraws
from contextures.encoders.neural.networks.graph import csr_tensor


class TransitionBlocks:
    """Rows P+(a_j | x_i) of a sample, and the P_A that they have on it.

    Parameters
    ----------
    transition : ndarray or csr_array of shape (n, m)
        The rows.
    weights : ndarray of shape (n,)
        P_X on the sample; sums to one.
    device : torch.device
        Where blocks are to lie.
    """

    def __init__(self, transition: Matrix, weights: FloatArray, device: torch.device) -> None:
        context_weights = np.asarray(weights @ transition, dtype=np.float64)
        self.context_weights = _floats(context_weights, device)
        self.n_support = transition.shape[1]
        self.dense: Tensor | None = None
        if not sparse.issparse(transition):
            self.dense = _floats(transition, device)
            return
        self.starts = torch.as_tensor(transition.indptr.astype(np.int64), device=device)
        self.columns = torch.as_tensor(transition.indices.astype(np.int64), device=device)
        self.values = _floats(transition.data, device)

    def block(self, rows: Tensor, part: slice, drop_lone: bool) -> tuple[Tensor, Tensor]:
        """Give a part of a batch's rows and P_A, on the columns that the batch needs.

        Parameters
        ----------
        rows : torch.Tensor of int of shape (b,)
            The batch.
        part : slice
            Which of its rows are wanted.
        drop_lone : bool
            Whether to leave out columns that one row of the batch alone reaches. They tie a row
            to itself only.

        Returns
        -------
        tuple of torch.Tensor
            Rows of shape (b', m'), dense or sparse, and P_A of shape (m',).
        """
        if self.dense is not None:
            return self.dense[rows[part]], self.context_weights
        starts, columns, values = self._gather(rows)
        weights, n_columns = self.context_weights, self.n_support
        if drop_lone:
            kept = torch.bincount(columns, minlength=self.n_support) > 1
            weights, n_columns = weights[kept], int(kept.sum())
            chosen = kept[columns]
            places = torch.cumsum(kept, dim=0) - 1
            running = torch.nn.functional.pad(torch.cumsum(chosen, dim=0), (1, 0))
            starts = running[starts]
            columns, values = places[columns[chosen]], values[chosen]
        first, last, _ = part.indices(len(rows))
        entries = slice(int(starts[first]), int(starts[last]))
        mine = starts[first : last + 1] - starts[first]
        return csr_tensor(mine, columns[entries], values[entries], n_columns), weights

    def _gather(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the entries of rows, one row after the other."""
        begin, counts = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        starts = torch.nn.functional.pad(torch.cumsum(counts, dim=0), (1, 0))
        within = torch.arange(int(starts[-1]), device=rows.device)
        places = within + torch.repeat_interleave(begin - starts[:-1], counts)
        return starts, self.columns[places], self.values[places]


class SharedDraws:
    """Draws of inputs that share a context: x -> a -> x+.

    Parameters
    ----------
    transition : ndarray or csr_array of shape (n, m)
        Rows of the sample.
    weights : ndarray of shape (n,)
        P_X on it.
    """

    def __init__(self, transition: Matrix, weights: FloatArray) -> None:
        self._forth = RowDraws(transition)
        joint = (
            sparse.csr_array(transition * weights[:, None])
            if sparse.issparse(transition)
            else transition * weights[:, None]
        )
        back: Any = joint.T.tocsr() if sparse.issparse(joint) else np.ascontiguousarray(joint.T)
        totals = np.asarray(back.sum(axis=1), dtype=np.float64).ravel()
        reached = np.flatnonzero(totals > 0)
        self._place = np.full(len(totals), -1)
        self._place[reached] = np.arange(len(reached))
        self._back = RowDraws(divide_rows(back[reached], totals[reached]))

    def columns(self, places: Tensor, draws: Draws) -> Tensor:
        """Draw the column of a context for rows given by their places in the sample."""
        drawn: Tensor = self._forth.columns(places, draws, 1)[0]
        return drawn

    def partners(self, places: Tensor, draws: Draws) -> Tensor:
        """Draw, for each row, the place of another that shares a context with it."""
        columns = self.columns(places, draws)
        reached = draws.constant(self._place)[columns]
        drawn: Tensor = self._back.columns(reached, draws, 1)[0]
        return drawn


def _floats(values: Any, device: torch.device) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.float32), device=device)
