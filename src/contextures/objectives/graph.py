"""The graph objective."""

from __future__ import annotations

from torch import Tensor

from contextures.objectives import functional as F
from contextures.objectives.base import Objective
from contextures.objectives.functional.graph import Walk
from contextures.objectives.functional.whitening import RIDGE


class Graph(Objective):
    """The graph objective: neighbours are near, the embedding is white.

    Population loss: E|Phi(u) - Phi(v)|^2 / 2 subject to Cov[Phi(u)] = I, with u ~ P_X proportional
    to the degree. Over the edges of the graph that is d - tr(C^-1 B) with B = <Phi, T Phi>: it
    ranks functions by the *signed* eigenvalues of the walk, while the contexture TT* ranks by
    their size. On a cycle of eight nodes the alternating function, with s = 1, gets the worst
    loss, 2. There are two remedies.

    Minimiser: with ``walk="two_step"``, over two neighbours u, v of one node: mu_1, ..., mu_d of
    the walk, and the minimum is d - (s_1^2 + ... + s_d^2). With ``walk="lazy"``, over ends of
    edges: those of the walk that stays where it is half of the time, whose singular values are
    (1 + eigenvalue) / 2, and the minimum is d less their sum.

    Parameters
    ----------
    walk : {"two_step", "lazy", "signed"}, default="two_step"
        What the pairs are: two neighbours of one node (two draws of one x, as other objectives on
        views take them), ends of edges (x and a draw of it), or ends of edges for the objective
        as printed.
    ridge : float, default=1e-5
        Added to the covariance, relative to the mean variance of its coordinates.
    sync : bool, default=True
        See :class:`~contextures.objectives.Objective`.

    Notes
    -----
    Cost: 2 products of n d^2 forward and 2 backward, and d^3 for the factor.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), equation 3 and Theorem 12, for the printed objective; the
    remedies are derived.

    Examples
    --------
    Two neighbours of a node, each on its side of a cut four times in five: s_1 = .6, so the minimum
    is 1 - .36.

    >>> import torch
    >>> from contextures.objectives import Graph
    >>> a = torch.tensor([1.0, -1.0]).repeat(500)[:, None]
    >>> other = torch.where(torch.arange(1000)[:, None] % 50 < 34, a, -a)
    >>> round(Graph()(a, other).item(), 2)
    0.64
    """

    inputs = "views"
    encoder_on = "X"
    operator = "TT*"
    whitens = True

    def __init__(self, walk: Walk = "two_step", ridge: float = RIDGE, *, sync: bool = True) -> None:
        super().__init__(sync=sync)
        self.walk = walk
        self.over_edges = walk != "two_step"
        self.ridge = ridge

    def forward(self, view_1: Tensor, view_2: Tensor) -> Tensor:
        """Compute the loss of edges.

        Parameters
        ----------
        view_1, view_2 : torch.Tensor of shape (n, d)
            The embeddings of the two nodes of n edges.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        return F.graph(view_1, view_2, self.walk, self.ridge, self.sync)
