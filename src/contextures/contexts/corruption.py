"""Contexts that replace some features of a row by those of other rows."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from contextures._arrays import Array, FloatArray
from contextures.contexts.draws import Constants, Draws
from contextures.contexts.samplers import SamplerContext, check_rate
from contextures.exceptions import InputError

Marginal = Literal["empirical", "uniform", "normal"]


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

    def __init__(self, corruption_rate: float = 0.6, marginal: Marginal = "empirical") -> None:
        self.corruption_rate = corruption_rate
        self.marginal = marginal

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
            self._fitted = Constants(X.T.ravel(), np.arange(p) * len(X))
        elif self.marginal == "uniform":
            self._fitted = Constants(X.min(axis=0), np.ptp(X, axis=0))
        else:
            self._fitted = Constants(X.mean(axis=0), X.std(axis=0))

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        shape = (n_views, *X.shape)
        if self.marginal == "empirical":
            # One number tells whether, and if so from which row: it is uniform below the rate.
            n = len(self.input_weights_)
            donors = draws.whole(draws.uniform_double(*shape) * (n / self.corruption_rate))
            values, starts = self._fitted.on(draws)
            return draws.of.where(donors < n, values[donors.clip(None, n - 1) + starts], X)
        corrupted = draws.chance(self.corruption_rate, *shape)
        return draws.of.where(corrupted, self._draw_marginals(draws, shape), X)

    def _draw_marginals(self, draws: Draws, shape: tuple[int, ...]) -> Array:
        if self.marginal == "uniform":
            low, width = self._fitted.on(draws)
            return low + width * draws.floats(draws.uniform(*shape))
        mean, spread = self._fitted.on(draws)
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

    def __init__(self, corruption_rate: float = 0.6) -> None:
        self.corruption_rate = corruption_rate

    def _check(self) -> None:
        check_rate(self.corruption_rate, "corruption_rate")

    def _learn(self, X: FloatArray) -> None:
        self._fitted = Constants(X.copy())

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        (points,) = self._fitted.on(draws)
        donors = points[draws.integers(len(self.input_weights_), n_views, len(X))]
        return draws.of.where(draws.chance(self.corruption_rate, n_views, *X.shape), donors, X)
