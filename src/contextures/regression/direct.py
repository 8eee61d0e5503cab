"""One given setting for many labels, without a kernel between them."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.regression.choice import Setting
from contextures.regression.kernels import LinearFunctions
from contextures.regression.propagation import PropagatedKernel
from contextures.regression.transforms import Transform

MANY = 300
"""From this many labels on, solving for the outputs, several times, is quicker than for each."""

FOLDS = 5


class DirectFit:
    """Fits a given transform and ridge by as many systems as there are outputs.

    It stands in for :class:`Chooser` where nothing is to be chosen and the kernel is propagated:
    nothing of size k x k is made for k labels. In place of leaving out one label, a fifth of them
    is left out at a time.

    Parameters
    ----------
    kernel : PropagatedKernel
        K_s of all rows.
    rows : ndarray of int of shape (k,)
        Which rows have labels.
    targets : ndarray of shape (k, q)
        Their targets.
    weights : ndarray of shape (k,)
        Their weights.
    """

    def __init__(
        self, kernel: PropagatedKernel, rows: IntArray, targets: FloatArray, weights: FloatArray
    ) -> None:
        self._kernel, self._rows = kernel, rows
        self._targets, self._weights = targets, weights
        self._penalties: dict[Transform, float] = {}
        self._left_out: FloatArray | None = None

    @property
    def mean(self) -> FloatArray:
        """The weighted mean of the targets."""
        return np.asarray(self._weights @ self._targets / self._weights.sum())

    def settings(
        self, transform: Transform | None, alpha: float | None, labels_each: float
    ) -> list[Setting]:
        """Give the one setting, with its error on labels left out."""
        if transform is None or alpha is None:
            raise ValueError("a choice of settings needs leave-one-out: use Chooser")
        setting = Setting(transform, alpha, 1.0, np.nan)
        squares = (self._targets - self.left_out([setting])) ** 2
        error = float(self._weights @ squares.sum(axis=1) / self._weights.sum())
        return [Setting(transform, alpha, 1.0, error)]

    def functions(self, settings: list[Setting]) -> LinearFunctions:
        """Fit the setting to all labels."""
        return self._fit(settings[0], np.arange(len(self._rows)))

    def left_out(self, settings: list[Setting]) -> FloatArray:
        """Predict each fifth of the labels by the other four, of shape (k, q)."""
        if self._left_out is None:
            fold = np.random.default_rng(0).permutation(len(self._rows)) % FOLDS
            found = np.empty_like(self._targets)
            for each in range(FOLDS):
                out = np.flatnonzero(fold == each)
                functions = self._fit(settings[0], np.flatnonzero(fold != each))
                found[out] = self._kernel.at(functions, self._rows[out])
            self._left_out = found
        return self._left_out

    def _fit(self, setting: Setting, part: IntArray) -> LinearFunctions:
        transform = setting.transform
        if transform not in self._penalties:
            self._penalties[transform] = setting.alpha * self._kernel.mean_diagonal(
                transform, self._rows, self._weights
            )
        return self._kernel.ridge(
            transform,
            self._penalties[transform],
            self._rows[part],
            self._targets[part],
            self._weights[part],
        )
