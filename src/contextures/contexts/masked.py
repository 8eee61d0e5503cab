"""A context averaged over masks of the features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from contextures._arrays import FloatArray, Matrix
from contextures._checks import check_positive_int, check_rows, random_state_of
from contextures.contexts.averaging import visible_parts
from contextures.contexts.base import Context, attempt_each
from contextures.contexts.corruption import n_hidden
from contextures.contexts.registry import ShortForm
from contextures.contexts.samplers import check_rate
from contextures.contexts.support import SupportContext
from contextures.exceptions import InputError


class MaskContext(SupportContext):
    """A base context through random masks of the features.

    P+(a|x) is the mean, over masks that each hide ``round(mask_rate * p)`` features, of the base
    context fitted to the features left visible. For the masked row itself as A see
    :class:`RandomMaskContext`.

    Parameters
    ----------
    base : KNNContext or RBFContext
        The context under each mask.
    mask_rate : float, default=0.2
        The share of features hidden, between 0 and 1.
    n_masks : int, default=50
        How many masks. When there are no more different masks than this, each is used once.
    random_state : int, RandomState or None, default=None
        Draws the masks, and landmarks of the base; None stands for the seed of whatever fits the
        context, or a fixed one.

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

    short = ShortForm("mask", "mask_rate", inner="base")
    saved = ("points_", "masks_")
    masks_: np.ndarray[Any, np.dtype[np.bool_]]

    def __init__(
        self,
        base: Context | None = None,
        mask_rate: float = 0.2,
        n_masks: int = 50,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.mask_rate = mask_rate
        self.n_masks = n_masks
        self.random_state = random_state

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What kind of context it is, in plain words."""
        return f"masked {self.base.kind}" if isinstance(self.base, Context) else "masked"

    @property
    def label(self) -> str:
        """The context in plain words."""
        base = self.base.label if isinstance(self.base, Context) else repr(self.base)
        return f"{base}, {self.mask_rate:.0%} of features hidden"

    @property
    def meaning(self) -> str:  # type: ignore[override]
        """When two rows are alike: as by the base, through masks."""
        base = self.base.meaning if isinstance(self.base, Context) else ""
        hidden = f"{self.mask_rate:.0%} of the columns are hidden, whichever these are"
        if not base:
            return f"Rows are alike when they are close although {hidden}."
        return f"{base.removesuffix('.')}, although {hidden}."

    @property
    def law(self) -> str:  # type: ignore[override]
        """The law of A given x: the mean of the base's over masks."""
        base = self.base.law if isinstance(self.base, Context) else ""
        mean = "P+(a | x) = the mean over random masks of the base's, on the columns left visible"
        return f"{mean}; the base: {base}" if base else mean

    @property
    def n_averaged(self) -> int:
        """How many contexts are computed and averaged: one a mask."""
        return self.n_masks

    @property
    def n_searches(self) -> int:
        """How many times neighbours are searched for: the base's, under every mask."""
        return self.n_masks * self.base.n_searches if isinstance(self.base, Context) else 0

    def n_support(self, n: int) -> int:
        """Say how many points A ranges over: as for the base."""
        return self.base.n_support(n) if isinstance(self.base, SupportContext) else n

    def density(self, n: int) -> float:
        """Say how many entries describe a row: masks see different ones, and few are shared."""
        base = self.base.density(n) if isinstance(self.base, Context) else n
        return float(min(self.n_support(n), self.n_masks * base))

    def fit_support(self, X: FloatArray) -> Self:
        """Draw the masks and keep the rows that A ranges over."""
        self._check()
        rng = random_state_of(self.random_state)
        self.masks_ = draw_masks(X.shape[1], self.mask_rate, self.n_masks, rng)
        self._seed = int(rng.randint(2**31 - 1))
        # Each mask's base is fitted to these same rows once it is needed.
        self.points_ = self._seeded().fit_support(X).points_
        self.__dict__.pop("_bases", None)
        return self

    def expand_rows(self, X: FloatArray) -> Matrix:
        """Give the transition of checked rows."""
        views = ([view] for view in self._views())
        return type(self._views()[0]).mean_over_masks(views, X, self.points_, self.masks_)[0]

    def family(self) -> tuple[Any, ...]:
        """Say that contexts with the same masks share what their bases share."""
        masks = (self.mask_rate, self.n_masks, repr(self.random_state))
        base = self.base.family() if isinstance(self.base, SupportContext) else (id(self),)
        return (type(self), *masks, *base)

    @classmethod
    def fit_family(
        cls, contexts: Sequence[MaskContext], X: Any, y: Any = None
    ) -> list[MaskContext | Exception]:
        """Fit contexts with the same masks: each mask's bases are fitted together."""
        rows = check_rows(X, least=2)
        fitted: list[Any] = attempt_each(contexts, lambda context: context.fit_support(rows))
        for group in _alike(fitted):
            found = _averaged_or_failed([fitted[place] for place in group], rows)
            for place, transition in zip(group, found, strict=True):
                if isinstance(transition, Exception):
                    fitted[place] = transition
                    continue
                fitted[place]._set_transition(transition)
                fitted[place].n_features_in_ = rows.shape[1]
        return fitted

    @classmethod
    def expand_family(cls, contexts: Sequence[MaskContext], X: Any) -> list[Matrix]:
        """Describe rows under contexts of one family: each mask's bases share their work."""
        rows = check_rows(X, contexts[0].points_.shape[1])
        found: list[Matrix] = [None] * len(contexts)
        for group in _alike(contexts):
            members = [contexts[place] for place in group]
            for place, mean in zip(group, _averaged(members, rows), strict=True):
                found[place] = mean
        return found

    def check_parts(self) -> None:
        """Refuse a base that cannot be masked; see :meth:`Context.check_parts`."""
        if self.base is None:
            raise InputError(
                "base=None leaves nothing to mask: give a context over rows of numbers, such as "
                "MaskContext(KNNContext(n_neighbors=30)); the masked rows themselves are "
                "RandomMaskContext(mask_rate)"
            )
        if not isinstance(self.base, SupportContext) or isinstance(self.base, MaskContext):
            raise InputError(
                f"base={self.base!r} cannot be masked; give a context over rows of numbers, "
                "such as KNNContext(n_neighbors=30)"
            )

    def _check(self) -> None:
        self.check_parts()
        check_rate(self.mask_rate, "mask_rate")
        check_positive_int(self.n_masks, "n_masks")

    def _seeded(self) -> Any:
        # Every mask must see the same landmarks.
        return clone(self.base).set_params(random_state=self._seed)

    def _views(self) -> list[Any]:
        # The points are the landmarks already.
        if not hasattr(self, "_bases"):
            self._bases = [
                self._with_landmarks().fit_support(part)
                for part in visible_parts(self.points_, self.masks_)
            ]
        return self._bases

    def _with_landmarks(self) -> Any:
        return clone(self.base).set_params(n_landmarks=len(self.points_))


def _alike(contexts: Sequence[Any]) -> list[list[int]]:
    """Group contexts by what lets them share each mask's work: masks, points, the kind of base."""
    groups: list[list[int]] = []
    for place, context in enumerate(contexts):
        if isinstance(context, Exception):
            continue
        for group in groups:
            first = contexts[group[0]]
            if type(first.base) is type(context.base) and all(
                np.array_equal(getattr(first, name), getattr(context, name))
                for name in ("masks_", "points_")
            ):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _averaged(members: Sequence[MaskContext], rows: FloatArray) -> list[Matrix]:
    """Average each member's base over masks; masks and points are the same for all."""
    points, masks = members[0].points_, members[0].masks_
    bases = (
        [context._with_landmarks().fit_support(part) for context in members]
        for part in visible_parts(points, masks)
    )
    kind: type[SupportContext] = type(members[0].base)  # type: ignore[assignment]
    return kind.mean_over_masks(bases, rows, points, masks)


def _averaged_or_failed(members: Sequence[MaskContext], rows: FloatArray) -> list[Any]:
    """Average bases over masks; in place of a member whose base fails, give its exception."""
    try:
        return _averaged(members, rows)
    except Exception as error:  # one bad candidate must not stop the others
        if len(members) == 1:
            return [error]
        return [found for member in members for found in _averaged_or_failed([member], rows)]


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
    size = n_hidden(n_features, rate)
    if comb(n_features, size) <= n_masks:
        hidden = [list(chosen) for chosen in combinations(range(n_features), size)]
    else:
        hidden = [list(rng.permutation(n_features)[:size]) for _ in range(n_masks)]
    masks = np.zeros((len(hidden), n_features), dtype=bool)
    for mask, chosen in zip(masks, hidden, strict=True):
        mask[chosen] = True
    return masks
