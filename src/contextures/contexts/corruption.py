"""Contexts that hide some features of a row, or replace them by those of other rows."""

from __future__ import annotations

from math import ceil
from typing import Literal, get_args

import numpy as np

from contextures._arrays import Array, FloatArray
from contextures.contexts.draws import Draws
from contextures.contexts.registry import ShortForm
from contextures.contexts.samplers import SamplerContext, check_rate
from contextures.exceptions import InputError

Marginal = Literal["empirical", "uniform", "normal"]
Pattern = Literal["independent", "exact", "block"]


class RandomMaskContext(SamplerContext):
    """A is what a random mask of the features leaves to see of x, and the mask.

    A holds p values, where a hidden feature has its mean over the fitted rows, and p indicators of
    the hidden. Every draw has a mask of its own. For a transition under masks see
    :class:`MaskContext`.

    Parameters
    ----------
    mask_rate : float, default=0.2
        The share of features hidden, between 0 and 1.
    pattern : {"independent", "exact", "block"}, default="independent"
        Which features are hidden together: each with chance ``mask_rate`` whatever the others
        (everything may be hidden); ``round(mask_rate * p)`` at random; or a run of
        ``ceil(mask_rate * p)`` features, the last and the first counting as neighbours.

    Notes
    -----
    With independent features, s^2 of a product of centred features of the columns S is the chance
    that none of S is hidden: (1 - mask_rate)^|S| for the independent pattern.

    Cost: O(p) a draw.

    References
    ----------
    arXiv 2306.00788, examples of masking.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import RandomMaskContext
    >>> rows = [[0.0, 5.0], [1.0, 6.0], [3.0, 7.0], [4.0, 9.0]]
    >>> RandomMaskContext(mask_rate=0.5).fit(rows).sample(rows, np.random.default_rng(0))[0]
    array([0.  , 6.75, 0.  , 1.  ])
    """

    same_space = False
    tells_hidden = True
    kind = "masked rows"
    meaning = "Rows are alike when they agree on most columns, whichever of them are hidden."
    law = "A = x with each column hidden with chance α, and which are"
    short = ShortForm("mask", "mask_rate")

    def __init__(self, mask_rate: float = 0.2, pattern: Pattern = "independent") -> None:
        self.mask_rate = mask_rate
        self.pattern = pattern

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the rows with {self.mask_rate:.0%} of features hidden"

    def _check(self) -> None:
        check_rate(self.mask_rate, "mask_rate")
        known = get_args(Pattern)
        if self.pattern not in known:
            raise InputError(f"pattern={self.pattern!r} is not known; give one of {known}")

    def _learn(self, X: FloatArray) -> None:
        n_hidden(X.shape[1], self.mask_rate)
        self.constants_ = (X.mean(axis=0),)

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        (hidden_value,) = self._constants.on(draws)
        hidden = random_masks(draws, (n_views, *X.shape), self.mask_rate, self.pattern)
        return draws.join([draws.of.where(hidden, hidden_value, X), draws.floats(hidden)])


class SCARFContext(SamplerContext):
    """A is x with random features drawn anew, each from its own marginal law.

    Every feature is replaced with chance ``corruption_rate``, independently of the others, and
    which ones is not told.

    Parameters
    ----------
    corruption_rate : float, default=0.6
        The chance c that a feature is replaced, between 0 and 1.
    marginal : {"empirical", "uniform", "normal"}, default="empirical"
        The law of new values: the fitted rows' own; uniform between the smallest and the largest
        of them; normal with their mean and standard deviation. Only the empirical one keeps the
        marginal laws of X, and P_X itself where the features are independent.

    Notes
    -----
    With independent features and empirical marginals the singular values are (1 - c)^k, each as
    often as there are products of k centred features of different columns. The published method
    replaces exactly c * p features, and draws from the empirical marginals; a later
    implementation draws uniformly, and then the singular values are others.

    Cost: O(p) a draw.

    References
    ----------
    Bahri et al., "SCARF: Self-Supervised Contrastive Learning using Random Feature Corruption"
    (ICLR 2022); the singular values are derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import SCARFContext
    >>> rows = np.arange(12.0).reshape(6, 2)
    >>> context = SCARFContext(corruption_rate=0.5).fit(rows)
    >>> context.sample(rows[:2], np.random.default_rng(0), n_views=3).shape
    (3, 2, 2)
    """

    kind = "corrupted rows (SCARF)"
    meaning = "Rows are alike when they agree on most columns, whatever the other columns hold."
    law = "A = x with each column drawn anew from its marginal law with chance c"
    short = ShortForm("scarf", "corruption_rate")

    def __init__(self, corruption_rate: float = 0.6, marginal: Marginal = "empirical") -> None:
        self.corruption_rate = corruption_rate
        self.marginal = marginal

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the rows with {self.corruption_rate:.0%} of features drawn anew"

    def _check(self) -> None:
        check_rate(self.corruption_rate, "corruption_rate")
        if self.marginal not in get_args(Marginal):
            raise InputError(
                f"marginal={self.marginal!r} is not known; give 'empirical', 'uniform' or 'normal'"
            )

    def _learn(self, X: FloatArray) -> None:
        p = X.shape[1]
        if self.marginal == "empirical":
            # By columns, so that draws for one feature lie close together in memory.
            self.constants_ = (X.T.ravel(), np.arange(p) * len(X))
        elif self.marginal == "uniform":
            self.constants_ = (X.min(axis=0), np.ptp(X, axis=0))
        else:
            self.constants_ = (X.mean(axis=0), X.std(axis=0))

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        shape = (n_views, *X.shape)
        if self.marginal == "empirical":
            # One number tells whether, and if so from which row: it is uniform below the rate.
            n = len(self.constants_[0]) // X.shape[1]
            donors = draws.whole(draws.uniform_double(*shape) * (n / self.corruption_rate))
            values, starts = self._constants.on(draws)
            return draws.of.where(donors < n, values[donors.clip(None, n - 1) + starts], X)
        corrupted = draws.chance(self.corruption_rate, *shape)
        return draws.of.where(corrupted, self._draw_marginals(draws, shape), X)

    def _draw_marginals(self, draws: Draws, shape: tuple[int, ...]) -> Array:
        if self.marginal == "uniform":
            low, width = self._constants.on(draws)
            return low + width * draws.floats(draws.uniform(*shape))
        mean, spread = self._constants.on(draws)
        return mean + spread * draws.normal(*shape)


class CutMixContext(SamplerContext):
    """A is x with random features taken from one other row.

    Every feature is replaced with chance ``corruption_rate``, independently of the others, by the
    same feature of a fitted row; that row is one and the same for all replaced features, so that
    what goes together in X stays together in each part of A.

    Parameters
    ----------
    corruption_rate : float, default=0.6
        The chance that a feature is replaced, between 0 and 1.

    Notes
    -----
    Where the features are independent, this and :class:`SCARFContext` are the same context.
    The donor is drawn from all fitted rows, x itself among them.

    Cost: O(p) a draw.

    References
    ----------
    Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers" (ICCV 2019), for
    images; on features, Somepalli et al., arXiv 2106.01342.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import CutMixContext
    >>> rows = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    >>> CutMixContext(0.5).fit(rows).sample(rows, np.random.default_rng(2))
    array([[1., 0., 1.],
           [1., 1., 0.]])
    """

    kind = "mixed rows (CutMix)"
    meaning = (
        "Rows are alike when they agree on most columns, the others being taken from another row."
    )
    law = "A = x with each column taken from one other row with chance c"
    short = ShortForm("cutmix", "corruption_rate")

    def __init__(self, corruption_rate: float = 0.6) -> None:
        self.corruption_rate = corruption_rate

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"the rows with {self.corruption_rate:.0%} of features from another row"

    def _check(self) -> None:
        check_rate(self.corruption_rate, "corruption_rate")

    def _learn(self, X: FloatArray) -> None:
        self.constants_ = (X.copy(),)

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        (points,) = self._constants.on(draws)
        donors = points[draws.integers(len(self.constants_[0]), n_views, len(X))]
        return draws.of.where(draws.chance(self.corruption_rate, n_views, *X.shape), donors, X)


def random_masks(draws: Draws, shape: tuple[int, ...], rate: float, pattern: Pattern) -> Array:
    """Draw a mask for every row anew.

    Parameters
    ----------
    draws : Draws
        Where randomness comes from.
    shape : tuple of int
        (n_views, n, p).
    rate : float
        The share of the p features hidden.
    pattern : {"independent", "exact", "block"}
        Each with chance ``rate``; ``round(rate * p)`` of them; or ``ceil(rate * p)`` neighbouring
        ones, the last feature and the first counting as neighbours.

    Returns
    -------
    ndarray or torch.Tensor of bool of shape ``shape``
        True where a feature is hidden.
    """
    if pattern == "independent":
        return draws.chance(rate, *shape)
    *outer, p = shape
    if pattern == "exact":
        return draws.subset(n_hidden(p, rate), *shape)
    start = draws.integers(p, *outer, 1)
    return (draws.constant(np.arange(p)) - start) % p < min(ceil(rate * p), p - 1)


def n_hidden(n_features: int, rate: float) -> int:
    """Give ``round(rate * n_features)``, with one feature at least hidden and one seen."""
    if n_features < 2:
        raise InputError(
            "masking needs at least 2 features to hide one and see another; X has "
            f"{n_features} feature(s)"
        )
    return min(max(1, round(rate * n_features)), n_features - 1)
