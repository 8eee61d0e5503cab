"""Gaussian bumps at landmarks whose widths follow the density."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.utils import check_random_state

from contextures._arrays import Array, FloatArray, given_back
from contextures._checks import check_positive_int, check_positive_real
from contextures.encoders.bases.base import Basis
from contextures.encoders.bases.distances import squared_distances, squared_distances_between
from contextures.exceptions import InputError

_SMALLEST = 1e-6
"""The smallest width, as a share of the largest."""


class LandmarkBasis(Basis):
    """phi_l(x) = exp(-|x - l|^2 / (r(x) r(l))) for landmarks l, with local widths r.

    r is the distance to a near landmark, the ``share`` of them counted from the nearest, so that
    bumps are narrow where rows are dense and wide where they are rare. Contexts of neighbours
    resolve rows in the same way, which one width for all cannot follow.

    Parameters
    ----------
    n_landmarks : int, default=1000
        D, how many distinct rows become landmarks; at most half of the rows, because a basis as
        large as the sample fits its noise.
    share : float, default=0.03
        Which landmark's distance is the width: this share of their number. The larger, the
        smoother the functions.
    random_state : int, RandomState or None, default=0
        Draws the landmarks.

    Attributes
    ----------
    landmarks_ : ndarray of shape (D, p)
        The landmarks.
    radii_ : ndarray of shape (D,)
        Their widths.

    Notes
    -----
    O(n D p) to compute.

    References
    ----------
    Zelnik-Manor and Perona, "Self-tuning spectral clustering" (2004), for the local scaling.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.encoders.bases import LandmarkBasis
    >>> rows = np.random.default_rng(0).standard_normal((100, 3))
    >>> LandmarkBasis(n_landmarks=20).fit_transform(rows).shape
    (100, 20)
    """

    saved = ("landmarks_", "radii_", "neighbor_")
    landmarks_: FloatArray
    radii_: FloatArray
    neighbor_: int

    def __init__(self, n_landmarks: int = 1000, share: float = 0.03, random_state: Any = 0) -> None:
        self.n_landmarks = n_landmarks
        self.share = share
        self.random_state = random_state

    def fit_rows(self, rows: FloatArray) -> None:
        """Draw the landmarks; see :meth:`Basis.fit`."""
        check_positive_int(self.n_landmarks, "n_landmarks")
        if check_positive_real(self.share, "share") > 1:
            raise InputError(f"share={self.share!r} is not possible; give a share from 0 to 1")
        rng = check_random_state(self.random_state)
        most = min(self.n_landmarks, (len(rows) + 1) // 2)
        # Copies of one landmark would be the same function.
        found = np.unique(rows[rng.choice(len(rows), most, replace=False)], axis=0)
        if len(found) < most:
            distinct = np.unique(rows, axis=0)
            wanted = min(most, len(distinct))
            found = distinct[np.sort(rng.choice(len(distinct), wanted, replace=False))]
        self.landmarks_ = found
        self.neighbor_ = min(max(2, round(self.share * len(found))), len(found) - 1)
        squared = squared_distances(found, found, found.mean(axis=0))
        radii = _near(squared, self.neighbor_)
        self.radii_ = np.maximum(radii, _SMALLEST * radii.max())

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        squared = squared_distances(rows, self.landmarks_, self.landmarks_.mean(axis=0))
        scaled = squared.astype(dtype, copy=False)
        radii = np.maximum(_near(scaled, self.neighbor_), _SMALLEST * self.radii_.max())
        scaled *= (-1.0 / radii).astype(dtype)[:, None]
        scaled *= (1.0 / self.radii_).astype(dtype)
        np.exp(scaled, out=scaled)
        return scaled

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi on a device; see :meth:`Basis.tensor_values`."""
        landmarks, widths = (given_back(each, rows) for each in (self.landmarks_, self.radii_))
        scaled = squared_distances_between(rows, landmarks)
        radii = rows.new_ones(len(rows))
        if self.neighbor_ >= 1:
            radii = scaled.kthvalue(self.neighbor_ + 1, dim=1).values.sqrt()
        radii = radii.clamp(min=_SMALLEST * float(self.radii_.max()))
        return scaled.mul_((-1.0 / radii)[:, None]).mul_(1.0 / widths).exp_()


def _near(squared: NDArray[Any], neighbor: int) -> FloatArray:
    """Give the distance to a near landmark from squared distances to all; one if there is none."""
    if neighbor < 1:
        return np.ones(len(squared))
    return np.sqrt(np.partition(squared, neighbor, axis=1)[:, neighbor].astype(np.float64))
