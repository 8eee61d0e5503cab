"""Contexts that hide part of the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state

from contextures.contexts.base import SupportContext, attempt_each
from contextures.contexts.checks import (
    FloatArray,
    Matrix,
    check_positive_int,
    check_rows,
    compact,
)
from contextures.exceptions import InputError


class MaskContext(SupportContext):
    """Another context seen through random masks of the features.

    P+(a|x) is the mean, over masks that each hide ``round(mask_rate * p)`` features, of the base
    context fitted to the features left visible.

    Parameters
    ----------
    base : KNNContext or RBFContext
        The context under each mask.
    mask_rate : float, default=0.2
        The share of features hidden, between 0 and 1; at least one stays visible.
    n_masks : int, default=50
        How many masks. When there are no more different masks than this, each is used once.
    random_state : int, RandomState or None, default=0
        Draws the masks (and landmarks of the base).

    Attributes
    ----------
    masks_ : ndarray of bool of shape (n_masks, p)
        True where a feature is hidden.

    Notes
    -----
    Cost: n_masks times the base context's.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 5.3.

    Examples
    --------
    >>> from contextures.contexts import KNNContext, MaskContext
    >>> rows = [[0.0, 5.0], [1.0, 6.0], [3.0, 7.0], [4.0, 9.0]]
    >>> context = MaskContext(KNNContext(n_neighbors=2), mask_rate=0.5).fit(rows)
    >>> context.masks_.astype(int)
    array([[1, 0],
           [0, 1]])
    """

    saved = ("points_", "masks_")
    masks_: np.ndarray[Any, np.dtype[np.bool_]]

    def __init__(
        self,
        base: SupportContext,
        mask_rate: float = 0.2,
        n_masks: int = 50,
        random_state: Any = 0,
    ) -> None:
        self.base = base
        self.mask_rate = mask_rate
        self.n_masks = n_masks
        self.random_state = random_state

    def fit_support(self, X: FloatArray) -> Self:
        """Draw the masks and keep the rows that A ranges over."""
        self._check()
        rng = check_random_state(self.random_state)
        self.masks_ = draw_masks(X.shape[1], self.mask_rate, self.n_masks, rng)
        self._seed = int(rng.randint(2**31 - 1))
        # Each mask's base is fitted to these same rows once it is needed.
        self.points_ = self._seeded().fit_support(X).points_
        self.__dict__.pop("_bases", None)
        return self

    def expand_rows(self, X: FloatArray) -> Matrix:
        """Give the transition of checked rows."""
        total = Total()
        for base, visible in zip(self._views(), visible_parts(X, self.masks_), strict=True):
            total.add(base.expand_rows(visible))
        return total.mean()

    def subsampled(self, share: float) -> MaskContext:
        """Give the same masks over the subsampled base context."""
        return MaskContext(
            self.base.subsampled(share), self.mask_rate, self.n_masks, self.random_state
        )

    def family(self) -> tuple[Any, ...]:
        """Contexts with the same masks share what their bases share."""
        masks = (self.mask_rate, self.n_masks, repr(self.random_state))
        base = self.base.family() if isinstance(self.base, SupportContext) else (id(self),)
        return (type(self), *masks, *base)

    @classmethod
    def fit_family(
        cls, contexts: Sequence[MaskContext], X: Any, y: Any = None
    ) -> list[MaskContext | Exception]:
        """Fit contexts with the same masks: each mask's bases are fitted together."""
        rows = check_rows(X, least=2)
        fitted = attempt_each(contexts, lambda context: context.fit_support(rows))
        good = [context for context in fitted if isinstance(context, MaskContext)]
        if not good:
            return fitted
        totals = [Total() for _ in good]
        for visible in visible_parts(rows, good[0].masks_):
            bases = [context._seeded() for context in good]
            together = type(bases[0]).fit_family(bases, visible)
            for total, base in zip(totals, together, strict=True):
                if isinstance(base, Exception):
                    raise base
                total.add(base.expansion_)
        for context, total in zip(good, totals, strict=True):
            context._set_transition(total.mean())
            context.n_features_in_ = rows.shape[1]
        return fitted

    def _check(self) -> None:
        if not isinstance(self.base, SupportContext) or isinstance(self.base, MaskContext):
            raise InputError(
                f"base={self.base!r} cannot be masked; give a context over rows of numbers, "
                "such as KNNContext(n_neighbors=30)"
            )
        if not 0 < self.mask_rate < 1:
            raise InputError(
                f"mask_rate={self.mask_rate!r} is not possible; give a share between 0 and 1"
            )
        check_positive_int(self.n_masks, "n_masks")

    def _seeded(self) -> Any:
        # Every mask must see the same landmarks.
        return clone(self.base).set_params(random_state=self._seed)

    def _views(self) -> list[Any]:
        # The points are the landmarks already.
        if not hasattr(self, "_bases"):
            base = clone(self.base).set_params(n_landmarks=len(self.points_))
            self._bases = [
                clone(base).fit_support(part) for part in visible_parts(self.points_, self.masks_)
            ]
        return self._bases


class Total:
    """A running sum of transitions that turns dense once that is the smaller form."""

    def __init__(self) -> None:
        self.sum: Matrix | None = None
        self.count = 0

    def add(self, transition: Matrix) -> None:
        """Add one transition."""
        self.count += 1
        if self.sum is None:
            self.sum = transition.copy()
        elif sparse.issparse(self.sum):
            total = self.sum + transition
            self.sum = compact(total) if sparse.issparse(total) else np.asarray(total)
        elif sparse.issparse(transition):
            n = transition.shape[0]
            per_row = np.diff(transition.indptr)
            # A row's columns are distinct, so no entry is hit twice.
            self.sum[np.repeat(np.arange(n), per_row), transition.indices] += transition.data
        else:
            self.sum += transition

    def mean(self) -> Matrix:
        """Give the mean of what was added."""
        if self.sum is None:
            raise InputError("there is nothing to average; give at least one mask")
        return compact(self.sum * (1.0 / self.count))


def draw_masks(
    n_features: int, rate: float, n_masks: int, rng: Any
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Draw masks that each hide ``round(rate * n_features)`` features, at least one of each.

    Parameters
    ----------
    n_features : int
        How many features there are, at least two.
    rate : float
        The share hidden.
    n_masks : int
        How many masks at most; all different ones when there are no more.
    rng : RandomState
        Where randomness comes from.

    Returns
    -------
    ndarray of bool of shape (n_masks, n_features)
        True where a feature is hidden.
    """
    if n_features < 2:
        raise InputError(
            "masking needs at least 2 features to hide one and see another; X has "
            f"{n_features} feature(s)"
        )
    n_hidden = min(max(1, round(rate * n_features)), n_features - 1)
    if comb(n_features, n_hidden) <= n_masks:
        hidden = [list(chosen) for chosen in combinations(range(n_features), n_hidden)]
    else:
        hidden = [list(rng.permutation(n_features)[:n_hidden]) for _ in range(n_masks)]
    masks = np.zeros((len(hidden), n_features), dtype=bool)
    for mask, chosen in zip(masks, hidden, strict=True):
        mask[chosen] = True
    return masks


def visible_parts(X: FloatArray, masks: np.ndarray[Any, Any]) -> Iterator[FloatArray]:
    """Give the visible columns of ``X`` under each mask in turn."""
    for mask in masks:
        yield np.ascontiguousarray(X[:, ~mask])
