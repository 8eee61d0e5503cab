"""A graph as a context."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Matrix, divide_rows, mean_entries
from contextures._checks import check_indices, check_matrix
from contextures.contexts.base import Context
from contextures.exceptions import InputError


class GraphContext(Context):
    """A random step on a graph: P+(v|u) = w(u, v) / d(u), with P_X proportional to degree.

    X is the index of a node.

    Parameters
    ----------
    adjacency : array-like or sparse matrix of shape (n, n)
        Weights of edges, at least zero. A directed graph is allowed: d(u) is then the weight
        that leaves u, and P_A the weight that arrives.

    Notes
    -----
    Singular values are absolute values of the walk's eigenvalues, so a bipartite graph has two
    equal to one. The signed graph objective orders them otherwise (arXiv 2505.01557, equation 3).

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 12.

    Examples
    --------
    >>> from contextures.contexts import GraphContext
    >>> context = GraphContext([[0, 1, 0], [1, 0, 1], [0, 1, 0]]).fit(None)
    >>> context.input_weights_
    array([0.25, 0.5 , 0.25])
    """

    takes = "index"
    kind = "a graph"
    meaning = "Nodes are alike when they have the same neighbours in the graph."
    law = "P+(a | x) = w(x, a) / Σ w(x, ·) for the weights w of edges"
    saved = ("_walk",)
    mend_parts = "a bipartite graph counts as two, which loops on its nodes would join"

    def __init__(self, adjacency: Any) -> None:
        self.adjacency = adjacency

    @property
    def graph(self) -> Matrix:
        """The weights of edges."""
        return self.adjacency

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"a graph of {np.shape(self.adjacency)[0]:,} nodes"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: a node's edges; see :meth:`Context.density`."""
        return mean_entries(self.adjacency)

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the context to nodes.

        Parameters
        ----------
        X : array-like of int of shape (k,), optional
            Nodes; all of them when None.
        y : ignored
            Taken for scikit-learn's sake.

        Returns
        -------
        Self
            The fitted context.
        """
        weights = check_matrix(self.adjacency, "adjacency")
        n = weights.shape[0]
        if weights.shape[1] != n:
            raise InputError(f"adjacency must be square; its shape is {weights.shape}")
        degrees = np.asarray(weights.sum(axis=1), dtype=np.float64)
        nodes = check_indices(X, n, "node")
        lonely = nodes[degrees[nodes] == 0]
        if len(lonely):
            raise InputError(
                f"the node {lonely[0]} has no edge ({len(lonely)} such in all), so it has no "
                "context; leave such nodes out or give them a loop"
            )
        self._walk = divide_rows(weights, degrees)
        self._set_transition(self._walk[nodes], degrees[nodes] / degrees[nodes].sum())
        return self

    def expand(self, X: Any) -> Matrix:
        """Give the steps from nodes; see :meth:`Context.expand`."""
        check_is_fitted(self)
        return self._walk[check_indices(X, self._walk.shape[0], "node")]
