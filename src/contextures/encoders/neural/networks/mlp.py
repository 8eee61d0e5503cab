"""The multi-layer perceptron with residual blocks."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from contextures.encoders.neural.networks.base import Network, check_numbers
from contextures.encoders.neural.networks.layers import Standardise, Trunk
from contextures.exceptions import InputError


class MLP(Network):
    """Rows of numbers, standardised, a first layer and residual blocks.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Columns of the rows, and of the output.
    width : int, default=512
        Hidden units.
    depth : int, default=5
        Layers, the first one and the residual blocks after it.
    dropout : float, default=0.0
        The chance that a unit of a block is left out in training.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import MLP
    >>> MLP(n_inputs=3, n_outputs=8, width=16, depth=2)(torch.randn(5, 3)).shape
    torch.Size([5, 8])
    """

    kind: ClassVar[str] = "mlp"

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        width: int = 512,
        depth: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.standardise = Standardise(n_inputs)
        self.first = nn.Linear(n_inputs, width)
        self.trunk = Trunk(width, depth - 1, n_outputs, dropout)

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan for rows of numbers."""
        n_inputs = check_numbers(sample, cls.kind).shape[1]
        return {"n_inputs": n_inputs, "n_outputs": n_outputs, **options}

    def adapt(self, sample: Tensor) -> None:
        """Standardise by these rows."""
        self.standardise.adapt(sample)

    def forward(self, rows: Tensor) -> Tensor:
        """Compute the outputs of rows of numbers.

        Parameters
        ----------
        rows : torch.Tensor of shape (n, p)
            Rows of numbers.

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        standard = self.standardise(rows.to(self.standardise.mean.dtype))
        outputs: Tensor = self.trunk(nn.functional.gelu(self.first(standard)))
        return outputs


class Table(Network):
    """Indices or names: a learned row for each, and residual blocks.

    Parameters
    ----------
    n_states : int
        How many there are.
    n_outputs : int
        Columns of the output.
    width : int, default=512
        Hidden units.
    depth : int, default=5
        Layers, the table and the residual blocks after it.
    dropout : float, default=0.0
        The chance that a unit of a block is left out in training.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import Table
    >>> Table(n_states=10, n_outputs=8, width=16, depth=2)(torch.tensor([0, 3, 9])).shape
    torch.Size([3, 8])
    """

    kind: ClassVar[str] = "table"

    def __init__(
        self,
        n_states: int,
        n_outputs: int,
        width: int = 512,
        depth: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.table = nn.Embedding(n_states, width)
        self.trunk = Trunk(width, depth - 1, n_outputs, dropout)

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan; ``options`` must say how many states there are."""
        if sample.ndim != 1:
            raise InputError("the network 'table' takes indices or names; give network='mlp'")
        return {"n_outputs": n_outputs, **options}

    def forward(self, codes: Tensor) -> Tensor:
        """Compute the outputs of codes.

        Parameters
        ----------
        codes : torch.Tensor of shape (n,)
            Numbers of states.

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        outputs: Tensor = self.trunk(self.table(codes))
        return outputs
