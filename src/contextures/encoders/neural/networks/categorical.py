"""A perceptron with embeddings of categorical columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from contextures.encoders.neural.networks.base import Network, check_numbers
from contextures.encoders.neural.networks.layers import Standardise, Trunk
from contextures.exceptions import InputError

MOST_VALUES = 1000
"""A column of more different values is no category."""


class CategoricalMLP(Network):
    """Rows of numbers some of whose columns are categories: each category has a learned row.

    A category that was not seen in training is embedded as zero, the mean at the start.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Columns of the rows, and of the output.
    columns : sequence of int
        Which columns are categories.
    counts : sequence of int
        How many categories each has; found from the rows when the network is planned.
    width, depth, dropout
        As in :class:`contextures.encoders.neural.networks.MLP`.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import CategoricalMLP
    >>> rows = torch.tensor([[0.1, 0.0], [0.7, 1.0], [0.4, 2.0]])
    >>> network = CategoricalMLP.planned(rows, 8, {"columns": [1], "width": 16, "depth": 2})
    >>> network.plan["counts"], network(rows).shape
    ([3], torch.Size([3, 8]))
    """

    kind: ClassVar[str] = "categorical"
    values: Tensor

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        columns: Sequence[int],
        counts: Sequence[int],
        width: int = 512,
        depth: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.columns, self.counts = list(columns), list(counts)
        self.numeric = [j for j in range(n_inputs) if j not in set(columns)]
        self.standardise = Standardise(len(self.numeric))
        self.register_buffer("values", torch.zeros(sum(counts), dtype=torch.float64))
        # One table for all columns; its first row stands for what was not seen.
        self.table = nn.Embedding(1 + sum(counts), width, padding_idx=0)
        self.first = nn.Linear(len(self.numeric), width)
        self.trunk = Trunk(width, depth - 1, n_outputs, dropout)
        with torch.no_grad():
            self.table.weight.mul_(max(n_inputs, 1) ** -0.5)

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan, the categories counted."""
        rows = check_numbers(sample, cls.kind)
        columns = _check_columns(options.pop("columns", None), rows.shape[1])
        counts = [len(torch.unique(rows[:, j])) for j in columns]
        many = next((j for j, n in zip(columns, counts, strict=True) if n > MOST_VALUES), None)
        if many is not None:
            raise InputError(
                f"column {many} has more than {MOST_VALUES} different values, too many for "
                "categories; leave it out of columns"
            )
        return {
            "n_inputs": rows.shape[1],
            "n_outputs": n_outputs,
            "columns": columns,
            "counts": counts,
            **options,
        }

    def adapt(self, sample: Tensor) -> None:
        """Standardise the numeric columns and list the categories of the others."""
        if self.numeric:
            self.standardise.adapt(sample[:, self.numeric])
        known = [torch.unique(sample[:, j].double()) for j in self.columns]
        self.values.copy_(torch.cat(known))

    def forward(self, rows: Tensor) -> Tensor:
        """Compute the outputs of rows of numbers and codes.

        Parameters
        ----------
        rows : torch.Tensor of shape (n, p)
            Rows of numbers and codes.

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        numeric = self.standardise(rows[:, self.numeric].to(self.standardise.mean.dtype))
        hidden = self.first(numeric)
        for codes in self._codes(rows):
            hidden = hidden + self.table(codes)
        outputs: Tensor = self.trunk(nn.functional.gelu(hidden))
        return outputs

    def _codes(self, rows: Tensor) -> list[Tensor]:
        codes, start = [], 1
        for j, known in zip(self.columns, torch.split(self.values, self.counts), strict=True):
            column = rows[:, j].to(known.dtype).contiguous()
            places = torch.searchsorted(known, column).clamp(max=len(known) - 1)
            codes.append(torch.where(known[places] == column, places + start, 0))
            start += len(known)
        return codes


def _check_columns(columns: Any, n_inputs: int) -> list[int]:
    if columns is None or len(columns) == 0:
        raise InputError(
            "the network 'categorical' needs to know which columns are categories; give "
            "network_options={'columns': [...]}, or network='mlp' if there are none"
        )
    chosen = [int(j) for j in columns]
    wrong = next((j for j in chosen if not 0 <= j < n_inputs), None)
    if wrong is not None or len(set(chosen)) < len(chosen):
        raise InputError(
            f"columns={chosen} names a column twice, or one that does not exist; X has columns "
            f"0 to {n_inputs - 1}"
        )
    return chosen
