"""scikit-learn's Nystroem features, with the width chosen without labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from contextures._arrays import Array, FloatArray, given_back
from contextures._checks import check_positive_int
from contextures.encoders.bases.base import Basis
from contextures.encoders.bases.distances import squared_distances_between, typical_distances

_NEIGHBOR = 10


class NystroemBasis(Basis):
    """Nystroem features of a Gaussian kernel, by scikit-learn.

    The squared width is the geometric mean of the median squared distance between rows and that
    to a near neighbour. One width serves data of even density; :class:`LandmarkBasis` follows an
    uneven one.

    Parameters
    ----------
    n_landmarks : int, default=1000
        D, at most half of the rows.
    random_state : int, RandomState or None, default=0
        Draws the landmarks.

    Notes
    -----
    O(n D p + n D^2) to compute, and O(D^3) to fit.

    References
    ----------
    Williams and Seeger, "Using the Nyström method to speed up kernel machines" (2001).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.encoders.bases import NystroemBasis
    >>> rows = np.random.default_rng(0).standard_normal((100, 3))
    >>> NystroemBasis(n_landmarks=20).fit_transform(rows).shape
    (100, 20)
    """

    saved = ("components_", "normalization_", "gamma_")
    components_: FloatArray
    normalization_: FloatArray
    gamma_: float

    def __init__(self, n_landmarks: int = 1000, random_state: Any = 0) -> None:
        self.n_landmarks = n_landmarks
        self.random_state = random_state

    def fit_rows(self, rows: FloatArray) -> None:
        """Draw the landmarks; see :meth:`Basis.fit`."""
        from sklearn.kernel_approximation import Nystroem

        check_positive_int(self.n_landmarks, "n_landmarks")
        self.gamma_ = float(1.0 / np.sqrt(np.prod(typical_distances(rows, _NEIGHBOR))))
        n_landmarks = min(self.n_landmarks, (len(rows) + 1) // 2)
        features = Nystroem(
            gamma=self.gamma_, n_components=n_landmarks, random_state=self.random_state
        ).fit(rows)
        self.components_ = np.ascontiguousarray(features.components_)
        self.normalization_ = np.ascontiguousarray(features.normalization_)

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        from sklearn.kernel_approximation import Nystroem

        features = Nystroem(gamma=self.gamma_)
        features.components_ = self.components_
        features.component_indices_ = np.arange(len(self.components_))
        features.normalization_ = self.normalization_
        features._n_features_out = len(self.components_)
        return np.asarray(features.transform(rows)).astype(dtype, copy=False)

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi on a device; see :meth:`Basis.tensor_values`."""
        squared = squared_distances_between(rows, given_back(self.components_, rows))
        kernel = squared.mul_(-self.gamma_).exp_()
        return kernel @ given_back(self.normalization_, rows).T
