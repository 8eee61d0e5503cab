"""Contexts that hide part of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, get_args

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Array, FloatArray, Matrix
from contextures._checks import check_positive_int, check_rows
from contextures.contexts.averaging import Total
from contextures.contexts.base import attempt_each
from contextures.contexts.drawing import Form
from contextures.contexts.draws import Constants, Draws
from contextures.contexts.masks import Pattern, draw_masks, n_hidden, random_masks, visible_parts
from contextures.contexts.samplers import check_rate, check_width, refuse_expansion
from contextures.contexts.support import SupportContext
from contextures.exceptions import InputError


class MaskContext(SupportContext):
    """Random masks of the features: A is what they leave to see, or a base context through them.

    Without a base, A is x with features hidden, together with which ones: p values, where a
    hidden feature holds its mean over the fitted rows, and p indicators of the hidden. It is given
    by draws.

    With a base, P+(a|x) is the mean, over masks that each hide ``round(mask_rate * p)`` features,
    of the base context fitted to the features left visible.

    Parameters
    ----------
    base : KNNContext, RBFContext or None, default=None
        The context under each mask.
    mask_rate : float, default=0.2
        The share of features hidden, between 0 and 1.
    n_masks : int, default=50
        With a base, how many masks. When there are no more different masks than this, each is
        used once. Without a base every draw has a mask of its own.
    random_state : int, RandomState or None, default=0
        With a base, draws the masks (and landmarks of the base).
    pattern : {"independent", "exact", "block"}, optional
        Which features are hidden together: each with chance ``mask_rate`` whatever the others
        (the default without a base; everything may be hidden); ``round(mask_rate * p)`` at random
        (with a base the only one); or a run of ``ceil(mask_rate * p)`` features, the last and the
        first counting as neighbours.

    Attributes
    ----------
    masks_ : ndarray of bool of shape (n_masks, p)
        With a base: True where a feature is hidden.

    Notes
    -----
    Cost with a base: n_masks times the base context's; without one, O(p) a draw.

    Without a base and with independent features, s^2 of a product of centred features of the
    columns S is the chance that none of S is hidden: (1 - mask_rate)^|S| for the independent
    pattern.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 5.3, for a base; arXiv 2306.00788, examples of masking,
    without.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import KNNContext, MaskContext
    >>> rows = [[0.0, 5.0], [1.0, 6.0], [3.0, 7.0], [4.0, 9.0]]
    >>> context = MaskContext(KNNContext(n_neighbors=2), mask_rate=0.5).fit(rows)
    >>> context.masks_.astype(int)
    array([[1, 0],
           [0, 1]])
    >>> MaskContext(mask_rate=0.5).fit(rows).sample(rows, np.random.default_rng(0))[0]
    array([0.  , 6.75, 0.  , 1.  ])
    """

    saved = ("points_", "masks_")
    masks_: np.ndarray[Any, np.dtype[np.bool_]]

    def __init__(
        self,
        base: SupportContext | None = None,
        mask_rate: float = 0.2,
        n_masks: int = 50,
        random_state: Any = 0,
        pattern: Pattern | None = None,
    ) -> None:
        self.base = base
        self.mask_rate = mask_rate
        self.n_masks = n_masks
        self.random_state = random_state
        self.pattern = pattern

    @property
    def form(self) -> Form:  # type: ignore[override]
        """Draws alone without a base, its transition with one."""
        return "sampler" if self.base is None else "transition"

    @property
    def same_space(self) -> bool:  # type: ignore[override]
        """Whether A lies in the space of X: with a base only."""
        return self.base is not None

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "input_weights_" if self.base is None else "points_")

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to rows; see :meth:`Context.fit`."""
        if self.base is not None:
            return super().fit(X, y)
        self._check()
        rows = check_rows(X, least=2)
        n_hidden(rows.shape[1], self.mask_rate)
        self._hidden_value = Constants(rows.mean(axis=0))
        self.n_features_in_ = rows.shape[1]
        self.input_weights_ = np.full(len(rows), 1.0 / len(rows))
        return self

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Array:
        """Draw masked rows and their masks; see :meth:`Context.draw_views`."""
        check_width(self, X)
        rows = draws.floats(X)
        (hidden_value,) = self._hidden_value.on(draws)
        pattern = self.pattern or "independent"
        hidden = random_masks(draws, (n_views, *rows.shape), self.mask_rate, pattern)
        return draws.join([draws.of.where(hidden, hidden_value, rows), draws.floats(hidden)])

    def expand(self, X: Any) -> Matrix:
        """Describe rows by the transition of the base; see :meth:`Context.expand`."""
        return refuse_expansion(self) if self.base is None else super().expand(X)

    def context_values(self) -> FloatArray:
        """Give the rows that A ranges over, with a base; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return refuse_expansion(self) if self.base is None else super().context_values()

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
        same: MaskContext = clone(self)
        return same if self.base is None else same.set_params(base=self.base.subsampled(share))

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
        if any(context.base is None for context in contexts):
            return attempt_each(contexts, lambda context: context.fit(X))
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

    @classmethod
    def expand_family(cls, contexts: Sequence[MaskContext], X: Any) -> list[Matrix]:
        """Describe rows under contexts of one family: each mask's bases share their work."""
        if any(context.base is None for context in contexts):
            return [context.expand(X) for context in contexts]
        rows = check_rows(X, contexts[0].points_.shape[1])
        totals = [Total() for _ in contexts]
        masked = zip(visible_parts(rows, contexts[0].masks_), contexts[0].masks_, strict=True)
        for visible, mask in masked:
            points = np.ascontiguousarray(contexts[0].points_[:, ~mask])
            bases = [context._with_landmarks().fit_support(points) for context in contexts]
            together = type(bases[0]).expand_family(bases, visible)
            for total, transition in zip(totals, together, strict=True):
                total.add(transition)
        return [total.mean() for total in totals]

    def _check(self) -> None:
        check_rate(self.mask_rate, "mask_rate")
        known = get_args(Pattern)
        if self.pattern is not None and self.pattern not in known:
            raise InputError(f"pattern={self.pattern!r} is not known; give one of {known}")
        if self.base is None:
            return
        if not isinstance(self.base, SupportContext) or isinstance(self.base, MaskContext):
            raise InputError(
                f"base={self.base!r} cannot be masked; give a context over rows of numbers, "
                "such as KNNContext(n_neighbors=30)"
            )
        if self.pattern not in (None, "exact"):
            raise InputError(
                f"pattern={self.pattern!r} needs a mask for every draw, but those of a base are "
                "fixed; leave it out, or leave the base out"
            )
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
