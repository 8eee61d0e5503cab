"""The K-nearest-neighbour context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone

from contextures._arrays import FloatArray, IntArray, Matrix, compact
from contextures._checks import check_positive_int, check_rows
from contextures.contexts.base import attempt_each
from contextures.contexts.nearest_of_many import masked_neighbors, reach_far
from contextures.contexts.neighbor_search import NeighborSearch
from contextures.contexts.registry import ShortForm
from contextures.contexts.support import SupportContext, by_points, landmarks
from contextures.exceptions import InputError


class KNNContext(SupportContext):
    """K nearest neighbours: A is one of the K fitted rows nearest to X, each with chance 1/K.

    A fitted row is its own nearest neighbour and counts. The context is not reversible: P_A is
    the in-degree law, not P_X.

    Parameters
    ----------
    n_neighbors : int, default=30
        K, below the number of fitted rows. The smaller, the stronger the association.
    n_landmarks : int, optional
        Let A range over a random subset of the fitted rows only.
    algorithm : {"auto", "tree", "brute", "ivf", "hnsw"}, default="auto"
        The search: all but "ivf" (cells around centres) and "hnsw" (a graph) are exact; "auto"
        takes "ivf" only if faiss is installed and exact search would be slow: above ten columns,
        beyond some 63,000 rows. It looks further until it finds 99% of the neighbours of 500 rows;
        where it cannot, exact search takes its place if that lasts no more than about a minute.
    random_state : int, RandomState or None, default=None
        Draws the landmarks; None stands for the seed of whatever fits the context, or a fixed one.

    Attributes
    ----------
    recall_ : float
        The share of true neighbours found, measured on 500 rows, where any as near as the K-th is
        one; 1 for the exact searches.
    algorithm_ : str
        The search that was used.

    Notes
    -----
    Cost: O(n log n) by tree up to ten features, O(n m p) by brute force, about O(n sqrt(m) p) by
    cells; memory O(n (K + p)), whatever searches. Ties are broken by index, so a row's neighbours
    do not depend on which rows are asked about together.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 5.3.

    Examples
    --------
    >>> from contextures.contexts import KNNContext
    >>> context = KNNContext(n_neighbors=2).fit([[0.0], [1.0], [3.0], [4.0]])
    >>> context.transition([[0.9]]).toarray()
    array([[0.5, 0.5, 0. , 0. ]])
    """

    kind = "nearest neighbours"
    meaning = (
        "Rows are alike when they have many of the same rows nearest to them, all "
        "columns counted together."
    )
    law = "P+(a | x) = 1/K for each of the K rows a nearest to x"
    short = ShortForm("knn", "n_neighbors", int, "d")
    saved = ("points_", "algorithm_")
    recall_: float
    algorithm_: str

    def __init__(
        self,
        n_neighbors: int = 30,
        n_landmarks: int | None = None,
        algorithm: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_landmarks = n_landmarks
        self.algorithm = algorithm
        self.random_state = random_state

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"{self.n_neighbors:,} nearest neighbours"

    @property
    def n_searches(self) -> int:
        """How many times neighbours are searched for: once."""
        return 1

    def n_support(self, n: int) -> int:
        """Say how many points A ranges over, fitted to ``n`` rows."""
        return n if self.n_landmarks is None else min(self.n_landmarks, n)

    def density(self, n: int) -> float:
        """Say how many entries describe a row: K; see :meth:`Context.density`."""
        return float(min(self.n_neighbors, n))

    def fit_support(self, X: FloatArray) -> Self:
        """Keep the rows that A ranges over."""
        check_positive_int(self.n_neighbors, "n_neighbors")
        if self.n_landmarks is not None:
            check_positive_int(self.n_landmarks, "n_landmarks", least=2)
        chosen = landmarks(len(X), self.n_landmarks, self.random_state)
        points = X if chosen is None else X[chosen]
        if self.n_neighbors >= len(points):
            what = "rows" if chosen is None else "landmarks"
            raise InputError(
                f"n_neighbors={self.n_neighbors} needs more than {self.n_neighbors} {what}, but "
                f"there are {len(points)}; give n_neighbors={len(points) - 1} or less"
                if len(points) > 1
                else f"neighbours need at least 2 rows, but there is 1 sample; give more {what}"
            )
        self.points_ = np.array(points)
        self._search = NeighborSearch(self.points_, self.algorithm, len(X))  # type: ignore[arg-type]
        self.recall_ = self._search.settle(X, self.n_neighbors)
        self.algorithm_ = self._search.algorithm
        return self

    def expand_rows(self, X: FloatArray) -> Matrix:
        """Give the transition of checked rows."""
        nearest = self._index().query_any_order(X, self.n_neighbors)
        return compact(as_transition(nearest, len(self.points_)))

    def subsampled(self, share: float) -> KNNContext:
        """Give the context with K scaled so that it reaches as far on fewer rows."""
        scaled: KNNContext = clone(self)
        n_neighbors = round(self.n_neighbors * share)
        scaled.set_params(n_neighbors=max(2, n_neighbors) if self.n_neighbors > 1 else 1)
        if self.n_landmarks is not None:
            scaled.set_params(n_landmarks=max(3, round(self.n_landmarks * share)))
        return scaled

    def exact_share(self, share: float, n: int) -> float:
        """Say at which share K stays whole; see :meth:`Context.exact_share`."""
        k, most = self.n_neighbors, round(share * n)
        if k * most // n < 2:
            return share
        return round((k * most // n) * n / k) / n

    def family(self) -> tuple[Any, ...]:
        """Say that contexts that differ in K alone share their neighbours."""
        return (type(self), self.n_landmarks, self.algorithm, repr(self.random_state))

    @classmethod
    def fit_family(
        cls, contexts: Sequence[KNNContext], X: Any, y: Any = None
    ) -> list[KNNContext | Exception]:
        """Fit contexts that differ in K alone: neighbours are found once, for the largest K."""
        rows = check_rows(X, least=2)
        fitted = attempt_each(contexts, lambda context: context.fit_support(rows))
        good = [context for context in fitted if isinstance(context, KNNContext)]
        for context, transition in zip(good, by_points(good, _transitions, rows), strict=True):
            context._set_transition(transition)
            context.n_features_in_ = rows.shape[1]
        return fitted

    @classmethod
    def mean_over_masks(
        cls,
        bases: Iterable[Sequence[KNNContext]],
        rows: FloatArray,
        points: FloatArray,
        masks: NDArray[np.bool_],
    ) -> list[Matrix]:
        """Average transitions over masks; where neighbours reach far, they are counted."""
        bases = iter(bases)
        first = next(bases)
        counts = [base.n_neighbors for base in first]
        if first[0]._index().exact and reach_far(counts, len(points)):
            return masked_neighbors(rows, points, counts, masks)
        return super().mean_over_masks(chain([first], bases), rows, points, masks)

    @classmethod
    def expand_family(cls, contexts: Sequence[KNNContext], X: Any) -> list[Matrix]:
        """Describe rows under contexts of one family: neighbours are found once."""
        return by_points(contexts, _transitions, check_rows(X, contexts[0].points_.shape[1]))

    def _index(self) -> NeighborSearch:
        # Rebuilt after a context was read from disk.
        if not hasattr(self, "_search"):
            self._search = NeighborSearch(self.points_, self.algorithm_)  # type: ignore[arg-type]
        return self._search


def _transitions(contexts: Sequence[KNNContext], rows: FloatArray) -> list[Matrix]:
    """Give the transition of rows under contexts with the same points, in the same order."""
    largest = max(contexts, key=lambda context: context.n_neighbors)
    index = largest._index()
    found = index.query(rows, largest.n_neighbors)
    for context in contexts:
        context._search, context.algorithm_ = index, index.algorithm
    return [
        compact(as_transition(found[:, : context.n_neighbors], len(largest.points_)))
        for context in contexts
    ]


def as_transition(neighbors: IntArray, n_points: int) -> sparse.csr_array:
    """Turn neighbour indices (n, K) into the transition with 1/K at each."""
    n, k = neighbors.shape
    columns = np.sort(neighbors, axis=1).astype(np.int32).ravel()
    starts = np.arange(0, n * k + 1, k)
    if n * k < 2**31 - 1:
        starts = starts.astype(np.int32)
    return sparse.csr_array((np.full(n * k, 1.0 / k), columns, starts), shape=(n, n_points))
