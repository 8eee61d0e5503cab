"""A graph network: features of nodes, passed along edges."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from contextures._arrays import Matrix
from contextures.encoders.neural.networks.base import Network
from contextures.exceptions import InputError


class _Pass(torch.autograd.Function):
    """S H for a symmetric sparse S."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, hidden: Tensor) -> Tensor:
        ctx.matrix = matrix
        return matrix @ hidden

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
        return None, ctx.matrix @ grad


class GraphNetwork(Network):
    """Nodes of a graph by index: layers H <- gelu(S H W) with S = D^-1/2 (A + I) D^-1/2.

    Every layer is computed for all nodes, and the batch's are taken. A is made symmetric first.

    Parameters
    ----------
    n_nodes, n_edges, n_features, n_outputs : int
        Nodes, non-zeros of S, features of a node, columns of the output.
    width : int, default=256
        Hidden units.
    depth : int, default=2
        Layers of message passing.
    dropout : float, default=0.0
        The chance that a unit is left out in training.
    scale : bool, default=True
        Whether features of a node are divided by their Euclidean length.

    References
    ----------
    Kipf and Welling, arXiv 1609.02907, equation 2.

    Examples
    --------
    >>> import torch
    >>> from scipy.sparse import csr_array
    >>> from contextures.encoders.neural.networks import GraphNetwork
    >>> options = {"adjacency": csr_array([[0, 1], [1, 0]]), "features": torch.eye(2), "width": 16}
    >>> nodes = torch.tensor([0, 1])
    >>> GraphNetwork.planned(nodes, 8, options)(nodes).shape
    torch.Size([2, 8])
    """

    kind: ClassVar[str] = "graph"
    features: Tensor
    starts: Tensor
    ends: Tensor
    weights: Tensor

    def __init__(
        self,
        n_nodes: int,
        n_edges: int,
        n_features: int,
        n_outputs: int,
        width: int = 256,
        depth: int = 2,
        dropout: float = 0.0,
        scale: bool = True,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("features", torch.zeros(n_nodes, n_features))
        self.register_buffer("starts", torch.zeros(n_nodes + 1, dtype=torch.int64))
        self.register_buffer("ends", torch.zeros(n_edges, dtype=torch.int64))
        self.register_buffer("weights", torch.zeros(n_edges))
        widths = [n_features, *[width] * depth]
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairwise(widths)])
        self.drop = nn.Dropout(dropout)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, n_outputs))

    @classmethod
    def planned(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> GraphNetwork:
        """Build a network for a graph, from its ``adjacency`` and its nodes' ``features``."""
        rest = dict(options)
        features, adjacency = rest.pop("features", None), rest.pop("adjacency", None)
        if features is None or adjacency is None:
            raise InputError(
                "the network 'graph' needs features of every node; fit a GraphContext and give "
                "network_options={'features': matrix}"
            )
        table = np.asarray(features.toarray() if sparse.issparse(features) else features)
        passing = _normalised(adjacency)
        if table.ndim != 2 or len(table) != passing.shape[0] or table.dtype.kind not in "fiub":
            raise InputError(
                f"features must be numbers with one row for each of the {passing.shape[0]} nodes; "
                f"their shape is {table.shape}"
            )
        made = cls.build(
            {
                "n_nodes": len(table),
                "n_edges": int(passing.nnz),
                "n_features": table.shape[1],
                "n_outputs": n_outputs,
                **rest,
            }
        )
        values = torch.as_tensor(table, dtype=torch.float32)
        if made.scale:
            values = nn.functional.normalize(values, dim=1)
        made.features.copy_(values)
        made.starts.copy_(torch.as_tensor(passing.indptr))
        made.ends.copy_(torch.as_tensor(passing.indices))
        made.weights.copy_(torch.as_tensor(passing.data))
        return made

    def check_restored(self) -> None:
        """Refuse edges that lead to no node."""
        n = len(self.features)
        starts, ends = self.starts, self.ends
        if int(starts[0]) != 0 or int(starts[-1]) != len(ends) or bool((starts.diff() < 0).any()):
            raise ValueError("a graph's nodes have other edges than there are")
        if bool(((ends < 0) | (ends >= n)).any()):
            raise ValueError("an edge of a graph leads to no node")

    def forward(self, nodes: Tensor) -> Tensor:
        """Compute the outputs of nodes.

        Parameters
        ----------
        nodes : torch.Tensor of shape (n,)
            Numbers of nodes.

        Returns
        -------
        torch.Tensor of shape (n, d)
            The outputs.
        """
        passing = csr_tensor(self.starts, self.ends, self.weights, len(self.features))
        hidden = self.features
        for layer in self.layers:
            moved = _Pass.apply(passing, layer(self.drop(hidden)).float())  # type: ignore[no-untyped-call]
            hidden = nn.functional.gelu(moved)
        outputs: Tensor = self.head(hidden[nodes])
        return outputs


def csr_tensor(starts: Tensor, columns: Tensor, values: Tensor, n_columns: int) -> Tensor:
    """Make a sparse matrix in rows, without torch's note that this layout is young."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        return torch.sparse_csr_tensor(
            starts, columns, values, (len(starts) - 1, n_columns), check_invariants=False
        )


def _normalised(adjacency: Matrix) -> sparse.csr_array:
    weights = sparse.csr_array(adjacency).astype(np.float64)
    whole = (weights + weights.T) / 2 + sparse.eye_array(weights.shape[0])
    root = sparse.diags_array(1.0 / np.sqrt(np.asarray(whole.sum(axis=1)).ravel()))
    return sparse.csr_array(root @ whole @ root)
