"""The kernel k(x, x') = 1 + z(x) . z(x') of centred, scaled features."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray, svd
from contextures.exceptions import InputError


class LinearFeatures:
    """Features z of fitted rows, centred and scaled so that the operator's top eigenvalue is one.

    With the centred features of the N fitted rows F = U S V^T, z = sqrt(N) F / S_1, so that the
    singular values of the context are S_i / S_1. The factor is N, the number of *fitted* rows,
    whatever the number of rows transformed (a batch factor would shrink the spectrum).

    Parameters
    ----------
    features : ndarray of shape (N, r)
        Features of the fitted rows.
    threshold : float, default=0.0
        When above zero, singular values of at least ``threshold`` times the largest become one and
        the rest zero: a projection on the leading principal directions.
    what : str
        What the features are called in messages.
    """

    def __init__(
        self, features: FloatArray, threshold: float = 0.0, what: str = "features"
    ) -> None:
        if not np.isfinite(features).all():
            raise InputError(f"{what} holds values that are missing or infinite; replace them")
        self.mean = features.mean(axis=0)
        centred = features - self.mean
        _, values, directions = svd(centred)
        size = np.abs(features).max(initial=0.0)
        if values[0] <= 1e-12 * max(size, 1e-300) * np.sqrt(len(features)):
            raise InputError(
                f"{what} is constant, so it carries no association; give one that varies"
            )
        n = len(features)
        if threshold > 0:
            kept = values >= threshold * values[0]
            self.map = directions[kept].T * (np.sqrt(n) / values[kept])
        else:
            self.map = np.eye(features.shape[1]) * (np.sqrt(n) / values[0])

    def transform(self, features: FloatArray) -> FloatArray:
        """Compute z of any rows.

        Parameters
        ----------
        features : ndarray of shape (n, r)
            Features of rows.

        Returns
        -------
        ndarray of shape (n, r')
            Their z.
        """
        return np.asarray((features - self.mean) @ self.map)
