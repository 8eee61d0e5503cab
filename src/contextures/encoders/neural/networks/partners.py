"""One network for each part of what a mix of contexts reveals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from contextures.encoders.neural.networks.base import Network, check_numbers
from contextures.encoders.neural.networks.mlp import MLP
from contextures.exceptions import InputError


class Partners(Network):
    """Rows (j, A_j), of which the perceptron of part j sees A_j alone.

    Against these, one network on X learns all parts of a convex combination at once: its loss is
    the weighted sum of the parts' losses, each with a partner of its own.

    Parameters
    ----------
    n_outputs : int
        Columns of the output.
    flags : sequence of sequences of int
        For each part the columns that are one where it was chosen: all of them must be.
    columns : sequence of sequences of pairs of int
        For each part the first columns and ends of its values.
    width, depth, dropout
        As in :class:`contextures.encoders.neural.networks.MLP`, of each.

    References
    ----------
    "Contextures: The Mechanism of Representation Learning" (arXiv 2504.19792), chapter 4,
    algorithm 2.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import Partners
    >>> rows = torch.tensor([[1.0, 0.0, 0.3, 0.0, 0.0], [0.0, 1.0, 0.0, 5.0, 7.0]])
    >>> options = {"flags": [[0], [1]], "columns": [[[2, 3]], [[3, 5]]], "width": 16, "depth": 2}
    >>> Partners.planned(rows, 8, options)(rows).shape
    torch.Size([2, 8])
    """

    kind: ClassVar[str] = "partners"

    def __init__(
        self,
        n_outputs: int,
        flags: Sequence[Sequence[int]],
        columns: Sequence[Sequence[Sequence[int]]],
        width: int = 512,
        depth: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.n_outputs = n_outputs
        self.flags = [list(part) for part in flags]
        self.columns = [
            [column for start, end in part for column in range(start, end)] for part in columns
        ]
        self.networks = nn.ModuleList(
            MLP(len(part), n_outputs, width, depth, dropout) for part in self.columns
        )

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan; ``options`` must say where the parts stand."""
        check_numbers(sample, cls.kind)
        if not {"flags", "columns"} <= options.keys():
            raise InputError(
                "the network 'partners' is for the A of mixes, and is taken there unless another "
                "is named; give context_network=None"
            )
        return {"n_outputs": n_outputs, **options}

    def adapt(self, sample: Tensor) -> None:
        """Standardise each part's values by the rows that reveal it."""
        for flags, columns, network in zip(self.flags, self.columns, self.networks, strict=True):
            there = _revealed(sample, flags)
            if len(there) and isinstance(network, MLP):
                network.adapt(sample[there][:, columns])

    def forward(self, rows: Tensor) -> Tensor:
        """Compute the outputs of the network whose part each row reveals.

        Parameters
        ----------
        rows : torch.Tensor of shape (n, q)
            Rows (j, A_j).

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        found: Tensor | None = None
        for flags, columns, network in zip(self.flags, self.columns, self.networks, strict=True):
            there = _revealed(rows, flags)
            told = network(rows[there][:, columns])
            found = told.new_zeros(len(rows), self.n_outputs) if found is None else found
            found = found.index_add(0, there, told)
        assert found is not None
        return found


def _revealed(rows: Tensor, flags: list[int]) -> Tensor:
    """Give the numbers of the rows that reveal a part."""
    return torch.nonzero((rows[:, flags] > 0.5).all(dim=1)).ravel()
