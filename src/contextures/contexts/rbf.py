"""The Gaussian (RBF) context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, Matrix
from contextures._checks import check_positive_int, check_positive_real, check_rows
from contextures.contexts.base import attempt_each
from contextures.contexts.gaussians import gaussian_transitions, masked_gaussians
from contextures.contexts.registry import ShortForm
from contextures.contexts.support import SupportContext, by_points, landmarks

# The dense transition of more rows than this no longer fits comfortably in memory.
MOST_ENTRIES = 50_000_000


class RBFContext(SupportContext):
    """A is a fitted row a drawn with chance proportional to exp(-gamma |x - a|^2).

    Parameters
    ----------
    gamma : float, optional
        The inverse squared width, above zero. The larger, the stronger the association. When
        None, one over the median squared distance between fitted rows.
    n_landmarks : int, optional
        Let A range over a random subset of the fitted rows. When None, all rows up to about
        7,000, and beyond that as many as keep n x m under 50 million.
    random_state : int, RandomState or None, default=None
        Draws the landmarks; None stands for the seed of whatever fits the context, or a fixed one.

    Attributes
    ----------
    gamma_ : float
        The gamma that was used.

    Notes
    -----
    Cost O(n m p), memory O(n m). Chances below 1e-16 of a row's largest are dropped, which keeps
    narrow contexts sparse.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 5.3.

    Examples
    --------
    >>> from contextures.contexts import RBFContext
    >>> context = RBFContext(gamma=1.0).fit([[0.0], [1.0]])
    >>> context.transition([[0.5]]).toarray()
    array([[0.5, 0.5]])
    """

    kind = "Gaussian"
    meaning = "Rows are alike when all columns are close, the closer the more."
    law = "P+(a | x) ∝ exp(−γ ‖x − a‖²) over the fitted rows a"
    short = ShortForm("rbf", "gamma", float, ".6g")
    saved = ("points_", "gamma_")
    gamma_: float

    def __init__(
        self,
        gamma: float | None = None,
        n_landmarks: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.gamma = gamma
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    @property
    def label(self) -> str:
        """The context in plain words."""
        if self.gamma is None:
            return "Gaussian neighbourhood of median width"
        return f"Gaussian neighbourhood, γ = {self.gamma:.3g}"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: one a landmark; see :meth:`Context.density`."""
        return float(min(self.n_support(n), n))

    def n_support(self, n: int) -> int:
        """Say how many points A ranges over, fitted to ``n`` rows."""
        if self.n_landmarks is not None:
            return self.n_landmarks
        return n if n * n <= MOST_ENTRIES else max(2, MOST_ENTRIES // n)

    def fit_support(self, X: FloatArray) -> Self:
        """Keep the rows that A ranges over."""
        if self.gamma is not None:
            check_positive_real(self.gamma, "gamma")
        n = len(X)
        most = self.n_support(n)
        check_positive_int(most, "n_landmarks", least=2)
        chosen = landmarks(n, most, self.random_state)
        self.points_ = np.array(X if chosen is None else X[chosen])
        self.gamma_ = self.gamma if self.gamma is not None else 1.0 / median_distance(self.points_)
        return self

    def expand_rows(self, X: FloatArray) -> Matrix:
        """Give the transition of checked rows."""
        return _transitions([self], X)[0]

    def family(self) -> tuple[Any, ...]:
        """Say that contexts that differ in gamma alone share their distances."""
        return (type(self), self.n_landmarks, repr(self.random_state))

    @classmethod
    def fit_family(
        cls, contexts: Sequence[RBFContext], X: Any, y: Any = None
    ) -> list[RBFContext | Exception]:
        """Fit contexts that differ in gamma alone: distances are computed once."""
        rows = check_rows(X, least=2)
        fitted = attempt_each(contexts, lambda context: context.fit_support(rows))
        good = [context for context in fitted if isinstance(context, RBFContext)]
        for context, transition in zip(good, by_points(good, _transitions, rows), strict=True):
            context._set_transition(transition)
            context.n_features_in_ = rows.shape[1]
        return fitted

    @classmethod
    def mean_over_masks(
        cls,
        bases: Iterable[Sequence[RBFContext]],
        rows: FloatArray,
        points: FloatArray,
        masks: NDArray[np.bool_],
    ) -> list[Matrix]:
        """Average transitions over masks, distances shared by all of them."""
        gammas = np.array([[base.gamma_ for base in together] for together in bases])
        return masked_gaussians(rows, points, gammas, masks)

    @classmethod
    def expand_family(cls, contexts: Sequence[RBFContext], X: Any) -> list[Matrix]:
        """Describe rows under contexts of one family: distances are computed once."""
        return by_points(contexts, _transitions, check_rows(X, contexts[0].points_.shape[1]))


def _transitions(contexts: Sequence[RBFContext], rows: FloatArray) -> list[Matrix]:
    """Give the transition of rows under contexts with the same points, in the same order."""
    return gaussian_transitions(rows, contexts[0].points_, [each.gamma_ for each in contexts])


def median_distance(X: FloatArray, most: int = 1000) -> float:
    """Compute the median squared distance between rows (evenly spaced ones when many).

    Parameters
    ----------
    X : ndarray of shape (n, p)
        The rows.
    most : int
        How many rows to look at.

    Returns
    -------
    float
        The median over pairs of different rows; the mean when more than half the pairs are
        equal, and one when all are.
    """
    from scipy.spatial.distance import pdist

    chosen = X if len(X) <= most else X[np.linspace(0, len(X) - 1, most).astype(np.intp)]
    squared = pdist(chosen, "sqeuclidean")
    return float(np.median(squared)) or float(squared.mean()) or 1.0
