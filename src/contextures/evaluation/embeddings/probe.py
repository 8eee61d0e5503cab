"""Kernel ridge regression on an embedding, the same for every embedding that is compared."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from contextures._arrays import FloatArray
from contextures.contexts.rbf import median_distance
from contextures.evaluation.context_scores.task_priors import SCALES

PENALTIES = tuple(10.0**power for power in np.arange(-9.0, 1.5, 0.5))
"""Ridge penalties tried, times the number of fitted rows."""


class KernelProbe:
    """Kernel ridge regression on the mean of Gaussian kernels of three scales.

    These are the kernels that :func:`contextures.evaluation.smooth_tasks` draws tasks from, so
    that on tasks of its own kernel no other probe of an embedding does better. Only distances
    between rows matter, in units of their median: not the number of coordinates, nor their scale.

    Parameters
    ----------
    fitted : ndarray of shape (m, d)
        The embedding of the rows that are fitted.
    fresh : ndarray of shape (t, d)
        That of rows to predict.
    """

    def __init__(self, fitted: FloatArray, fresh: FloatArray) -> None:
        typical = median_distance(fitted)
        own = _kernel(fitted, fitted, typical)
        # The constant is free: it costs no penalty.
        means = own.mean(axis=0)
        self._across = _kernel(fresh, fitted, typical) - means
        sizes, self._vectors = np.linalg.eigh(own - means[:, None] - means + means.mean())
        self._sizes = np.clip(sizes, 0.0, None)

    def predict(self, targets: FloatArray, *, each: bool = False) -> FloatArray:
        """Fit targets and predict them on the fresh rows.

        Parameters
        ----------
        targets : ndarray of shape (m, q)
            Their values on the fitted rows.
        each : bool, default=False
            Whether each target has a penalty of its own; otherwise all have the one that is best
            for them together. Both are chosen by the leave-one-out error, in closed form.

        Returns
        -------
        ndarray of shape (t, q)
            The predictions.
        """
        centre = targets.mean(axis=0)
        inner = self._vectors.T @ (targets - centre)
        penalties = len(targets) * np.array(PENALTIES)
        errors = np.array([self._left_out(targets, centre, inner, each) for each in penalties])
        total = errors if each else errors.sum(axis=1, keepdims=True)
        chosen = penalties[np.argmin(total, axis=0)]
        dual = self._vectors @ (inner / (self._sizes[:, None] + chosen))
        return np.asarray(centre + self._across @ dual)

    def _left_out(
        self, targets: FloatArray, centre: FloatArray, inner: FloatArray, penalty: float
    ) -> FloatArray:
        """Give the squared leave-one-out error of each target."""
        shares = self._sizes / (self._sizes + penalty)
        residual = targets - centre - self._vectors @ (shares[:, None] * inner)
        free = 1.0 - 1.0 / len(targets) - (self._vectors**2) @ shares
        return np.asarray(((residual / np.maximum(free, 1e-12)[:, None]) ** 2).sum(axis=0))


def _kernel(rows: FloatArray, points: FloatArray, typical: float) -> FloatArray:
    ratios = cdist(rows, points, "sqeuclidean") / typical
    return np.asarray(np.mean([np.exp(-scale * ratios) for scale in SCALES], axis=0))
