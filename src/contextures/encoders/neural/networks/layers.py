"""Layers that several networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """Centre and scale columns by what they are on given rows.

    Parameters
    ----------
    n_columns : int
        The number of columns.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_columns))
        self.register_buffer("scale", torch.ones(n_columns))

    def adapt(self, rows: Tensor) -> None:
        """Take the mean and the spread of rows; constant columns are only centred."""
        values = rows.double()
        spread = values.std(dim=0, unbiased=False)
        self.mean.copy_(values.mean(dim=0))
        self.scale.copy_(torch.where(spread > 0, spread, torch.ones_like(spread)))

    def forward(self, rows: Tensor) -> Tensor:
        """Standardise rows of shape (n, p)."""
        return (rows - self.mean) / self.scale


class Block(nn.Module):
    """A residual block: h + dropout(gelu(W norm(h) + b))."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """Transform hidden units of shape (n, width)."""
        moved: Tensor = self.drop(nn.functional.gelu(self.linear(self.norm(hidden))))
        return hidden + moved


class Trunk(nn.Module):
    """Residual blocks, a last norm and a linear map to the outputs.

    Parameters
    ----------
    width : int
        Hidden units.
    n_blocks : int
        Residual blocks.
    n_outputs : int
        Outputs.
    dropout : float
        The chance that a unit of a block is left out in training.
    """

    def __init__(self, width: int, n_blocks: int, n_outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(width, dropout) for _ in range(n_blocks)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, hidden: Tensor) -> Tensor:
        """Compute the outputs of hidden units of shape (n, width)."""
        for block in self.blocks:
            hidden = block(hidden)
        outputs: Tensor = self.head(self.norm(hidden))
        return outputs
