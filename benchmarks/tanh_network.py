"""The networks of the scaling figure: tanh units with skip connections, of any width and depth."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

BASE = 512
"""The width at which the scaled network is the plain one but for the sizes of its branches."""


class TanhNetwork(nn.Module):
    """h = tanh(W x), then h + tanh(W h) again and again, then a linear map.

    The scaled form keeps what a step of Adam does to the outputs alike for all widths and depths:
    hidden weights are multiplied by ``BASE / width`` where they are used, which scales their steps
    and not their values, and branches by one over the root of their number. Its first layer is
    ``sharpness`` times as steep, because functions of neighbours vary fast.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Columns of the rows, and of the output.
    width, depth : int
        Hidden units, and hidden layers.
    scaled : bool
        Whether to take the scaled form.
    sharpness : float
        See above; for the scaled form only.

    References
    ----------
    Yang and Hu et al., arXiv 2203.03466 (steps by width); Yang et al., arXiv 2310.02244 (branches
    by depth).
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        width: int,
        depth: int,
        *,
        scaled: bool = False,
        sharpness: float = 3.0,
    ) -> None:
        super().__init__()
        self.first = nn.Linear(n_inputs, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth - 1))
        self.head = nn.Linear(width, n_outputs)
        self.branch, self.step = 1.0, 1.0
        if not scaled:
            return
        self.branch = 1.0 / math.sqrt(max(1, depth - 1))
        self.step = BASE / width
        with torch.no_grad():
            self.first.weight.mul_(sharpness)
            self.first.bias.mul_(sharpness)
            for layer in (*self.hidden, self.head):
                layer.weight.div_(self.step)

    def forward(self, rows: Tensor) -> Tensor:
        """Compute the outputs of standardised rows of shape (n, p)."""
        units = torch.tanh(self.first(rows.to(self.first.weight.dtype)))
        for layer in self.hidden:
            units = units + self.branch * torch.tanh(self._linear(layer, units))
        # What is whitened must not be rounded to half precision first.
        with torch.autocast(rows.device.type, enabled=False):
            return self._linear(self.head, units.float())

    def _linear(self, layer: nn.Module, units: Tensor) -> Tensor:
        return nn.functional.linear(units, layer.weight * self.step, layer.bias)
