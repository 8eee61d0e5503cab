"""A small transformer over tokens."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from contextures.encoders.neural.networks.base import Network, check_numbers
from contextures.exceptions import InputError


class TokenTransformer(Network):
    """Rows of token numbers: learned places, attention, and the mean over tokens.

    Parameters
    ----------
    n_tokens : int
        One more than the largest token number.
    length : int
        Tokens of a row.
    n_outputs : int
        Columns of the output.
    width : int, default=128
        Hidden units of a token.
    depth : int, default=2
        Layers of attention.
    n_heads : int, default=4
        Heads of attention, which divide the width.
    pad_token : int, default=0
        What fills rows up; nothing attends to it.
    dropout : float, default=0.0
        The chance that a unit is left out in training.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import TokenTransformer
    >>> network = TokenTransformer(n_tokens=20, length=6, n_outputs=8, width=16, depth=1)
    >>> network(torch.randint(1, 20, (5, 6))).shape
    torch.Size([5, 8])
    """

    kind: ClassVar[str] = "transformer"

    def __init__(
        self,
        n_tokens: int,
        length: int,
        n_outputs: int,
        width: int = 128,
        depth: int = 2,
        n_heads: int = 4,
        pad_token: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if width % n_heads:
            raise InputError(
                f"width={width} is no multiple of n_heads={n_heads}; change one of them"
            )
        self.pad_token = pad_token
        self.tokens = nn.Embedding(n_tokens, width)
        self.places = nn.Parameter(torch.randn(length, width) * 0.02)
        self.layers = nn.ModuleList(
            [
                nn.TransformerEncoderLayer(
                    width,
                    n_heads,
                    4 * width,
                    dropout,
                    activation="gelu",
                    batch_first=True,
                    norm_first=True,
                )
                for _ in range(depth)
            ]
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, n_outputs))

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan; the tokens in ``sample`` are counted unless ``n_tokens`` is given."""
        rows = check_numbers(sample, cls.kind)
        if (rows < 0).any() or not torch.equal(rows, rows.floor()):
            raise InputError(
                "the network 'transformer' takes token numbers: whole ones of at least zero"
            )
        options.setdefault("n_tokens", int(rows.max()) + 1)
        return {"length": rows.shape[1], "n_outputs": n_outputs, **options}

    def check(self, rows: Tensor) -> None:
        """Refuse tokens beyond the table."""
        largest = int(rows.max()) if rows.numel() else 0
        if largest >= self.tokens.num_embeddings or rows.shape[1] > len(self.places):
            raise InputError(
                f"rows of {rows.shape[1]} tokens up to token {largest} do not fit a network for "
                f"{len(self.places)} tokens up to {self.tokens.num_embeddings - 1}; give the "
                "vocabulary's size as network_options={'n_tokens': ...} when fitting"
            )

    def forward(self, rows: Tensor) -> Tensor:
        """Compute the outputs of rows of tokens.

        Parameters
        ----------
        rows : torch.Tensor of shape (n, length)
            Rows of tokens.

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        tokens = rows.long()
        filling = tokens == self.pad_token
        # Attention to nothing at all would not be a number.
        ignored = filling & ~filling.all(dim=1, keepdim=True)
        hidden: Tensor = self.tokens(tokens) + self.places[: tokens.shape[1]]
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=ignored)
        kept = (~ignored).unsqueeze(2).to(hidden.dtype)
        mean = (hidden * kept).sum(dim=1) / kept.sum(dim=1)
        outputs: Tensor = self.head(mean)
        return outputs
