"""Which transform and which ridge, by leave-one-out among the labelled rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.regression.kernels import LinearFunctions, TransformedKernel, sum_of
from contextures.regression.ridge import Ridge
from contextures.regression.transforms import InverseLaplacian, Power, Transform

DEFAULT_TRANSFORM = InverseLaplacian(0.999)
DEFAULT_ALPHA = 1.0
"""The setting that does well without a choice, whatever the number of labels."""

TRANSFORMS: tuple[Transform, ...] = (
    *(Power(p) for p in (1, 2, 4, 8, 16, 32, 64)),
    *(InverseLaplacian(q) for q in (0.9, 0.99, 0.999, 0.9999)),
)
ALPHAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

FEW = 5.0
"""Below this many labels a class, leave-one-out misleads more than it helps."""

LEAST_WEIGHT = 0.01
"""Settings of less weight are left out of the average."""


@dataclass(frozen=True)
class Setting:
    """One transform and ridge, and its part in the average that predicts.

    Attributes
    ----------
    transform : Transform
        s.
    alpha : float
        The ridge, in units of the kernel's mean diagonal on the labelled rows.
    weight : float
        Its weight; those of all settings sum to one.
    error : float
        Its mean squared error over the labelled rows, each predicted without its own label (where
        labels are many and propagated: without a fifth of them), summed over the outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import STKRRegressor
    >>> X = np.linspace(0, 1, 60)[:, None]
    >>> y = np.where(np.arange(60) % 15 == 0, X[:, 0], np.nan)
    >>> [setting.transform for setting in STKRRegressor().fit(X, y).settings_]
    [InverseLaplacian(relative=0.999, eta=None)]
    """

    transform: Transform
    alpha: float
    weight: float
    error: float


def candidates(transform: Transform | None, alpha: float | None) -> list[tuple[Transform, float]]:
    """List the settings to choose from; None stands for what is to be chosen."""
    transforms = TRANSFORMS if transform is None else (transform,)
    alphas = ALPHAS if alpha is None else (alpha,)
    return [(each, size) for each in transforms for size in alphas]


def trust(labels_each: float) -> float:
    """Say how much weight leave-one-out gets beside the default.

    None below five labels a class, c / (c + 5) from there on: half at five, 0.9 at 45.

    Parameters
    ----------
    labels_each : float
        c: labels a class, or for numbers a quarter of the labels.

    Returns
    -------
    float
        Between 0 and 1.
    """
    return 0.0 if labels_each < FEW else labels_each / (labels_each + FEW)


def weigh(errors: FloatArray, n_labels: float) -> FloatArray:
    """Weigh settings by their leave-one-out errors e: in proportion to e^(-n / 2).

    These are the chances that a normal model of the errors, its variance integrated out, gives to
    settings that are alike beforehand: close ones are averaged, much worse ones left out.

    Parameters
    ----------
    errors : ndarray of shape (k,)
        Mean squared leave-one-out errors.
    n_labels : float
        n.

    Returns
    -------
    ndarray of shape (k,)
        Sums to one.
    """
    least = max(float(errors.min()), 1e-300)
    chances = (least / np.maximum(errors, least)) ** (n_labels / 2)
    return np.asarray(chances / chances.sum())


def n_effective(weights: FloatArray) -> float:
    """Say how many labels weighted ones are worth: their number where weights are even."""
    return float(weights.sum() ** 2 / (weights @ weights))


class Chooser:
    """Fits settings to labelled rows and averages them.

    Parameters
    ----------
    kernel : TransformedKernel
        K_s of all rows, for any s.
    rows : ndarray of int of shape (k,)
        Which rows have labels.
    targets : ndarray of shape (k, q)
        Their targets.
    weights : ndarray of shape (k,)
        Their weights.
    """

    def __init__(
        self, kernel: TransformedKernel, rows: IntArray, targets: FloatArray, weights: FloatArray
    ) -> None:
        self._kernel, self._rows = kernel, rows
        self._targets, self._weights = targets, weights
        self._fitted: dict[Transform, Ridge] = {}

    def settings(
        self, transform: Transform | None, alpha: float | None, labels_each: float
    ) -> list[Setting]:
        """Choose settings and their weights; transforms and ridges that are given are kept."""
        offered = candidates(transform, alpha)
        default = self._default(transform, alpha)
        trusted = trust(labels_each) if len(offered) > 1 else 0.0
        if not trusted:
            return [Setting(default[0], default[1], 1.0, self._error(*default))]
        if default not in offered:
            offered.append(default)
        errors = np.array([self._error(*each) for each in offered])
        weights = trusted * weigh(errors, n_effective(self._weights))
        weights[offered.index(default)] += 1 - trusted
        weights[weights < LEAST_WEIGHT] = 0.0
        weights /= weights.sum()
        kept = [place for place in np.argsort(-weights, kind="stable") if weights[place] > 0]
        return [
            Setting(
                transform=offered[place][0],
                alpha=offered[place][1],
                weight=float(weights[place]),
                error=float(errors[place]),
            )
            for place in kept
        ]

    def functions(self, settings: list[Setting]) -> LinearFunctions:
        """Average the functions that settings fit to all labels."""
        return sum_of(list(self._functions(settings)))

    def left_out(self, settings: list[Setting]) -> FloatArray:
        """Average the leave-one-out predictions of settings, of shape (k, q)."""
        parts = [
            each.weight * self._ridge(each.transform).left_out(each.alpha) for each in settings
        ]
        return np.asarray(sum(parts))

    @property
    def mean(self) -> FloatArray:
        """The weighted mean of the targets."""
        return np.asarray(self._weights @ self._targets / self._weights.sum())

    def _functions(self, settings: list[Setting]) -> Iterator[LinearFunctions]:
        for each in settings:
            ridge = self._ridge(each.transform)
            dual = ridge.dual(each.alpha)
            found = self._kernel.functions(each.transform, self._rows, dual)
            yield found.plus(ridge.constant(each.alpha, dual)).times(each.weight)

    def _default(self, transform: Transform | None, alpha: float | None) -> tuple[Transform, float]:
        return (
            DEFAULT_TRANSFORM if transform is None else transform,
            DEFAULT_ALPHA if alpha is None else alpha,
        )

    def _error(self, transform: Transform, alpha: float) -> float:
        squares = (self._targets - self._ridge(transform).left_out(alpha)) ** 2
        return float(self._weights @ squares.sum(axis=1) / self._weights.sum())

    def _ridge(self, transform: Transform) -> Ridge:
        if transform not in self._fitted:
            factor = self._kernel.factor(transform, self._rows)
            self._fitted[transform] = Ridge(factor, self._targets, self._weights)
        return self._fitted[transform]
