"""Random Fourier features of several bandwidths."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.utils import check_random_state

from contextures._arrays import Array, FloatArray, given_back, side_by_side
from contextures._checks import check_positive_int
from contextures.encoders.bases.base import Basis
from contextures.encoders.bases.distances import typical_distances

_NEIGHBOR = 10


class FourierBasis(Basis):
    """cos(w . x) and sin(w . x) for random w: the features of Gaussian kernels of several widths.

    The squared widths run from half the median squared distance between rows down to half that to
    the tenth of 1,000 rows' neighbours, evenly in the logarithm.

    Parameters
    ----------
    n_functions : int, default=1000
        D; made even.
    n_widths : int, default=4
        How many widths share them.
    random_state : int, RandomState or None, default=0
        Draws w.

    Attributes
    ----------
    frequencies_ : ndarray of shape (p, D / 2)
        w.

    Notes
    -----
    O(n D p) to compute. On data without low-dimensional structure the narrow features fit the
    sample and nothing else: leave the ridge to be chosen on held-out rows.

    References
    ----------
    Rahimi and Recht, "Random features for large-scale kernel machines" (2007).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.encoders.bases import FourierBasis
    >>> rows = np.random.default_rng(0).standard_normal((100, 3))
    >>> FourierBasis(n_functions=30).fit_transform(rows).shape
    (100, 30)
    """

    saved = ("frequencies_", "centre_")
    frequencies_: FloatArray
    centre_: FloatArray

    def __init__(self, n_functions: int = 1000, n_widths: int = 4, random_state: Any = 0) -> None:
        self.n_functions = n_functions
        self.n_widths = n_widths
        self.random_state = random_state

    def fit_rows(self, rows: FloatArray) -> None:
        """Choose the widths and draw w; see :meth:`Basis.fit`."""
        check_positive_int(self.n_functions, "n_functions")
        check_positive_int(self.n_widths, "n_widths")
        near, far = typical_distances(rows, _NEIGHBOR)
        n_pairs = (self.n_functions + 1) // 2
        # gamma = 1 / far is the usual choice for exp(-gamma |x - x'|^2); w ~ N(0, 2 gamma).
        gammas = np.geomspace(1.0 / far, 1.0 / near, self.n_widths)
        scales = np.sqrt(2.0 * gammas)[np.arange(n_pairs) % self.n_widths]
        rng = check_random_state(self.random_state)
        self.frequencies_ = rng.standard_normal((rows.shape[1], n_pairs)) * scales
        self.centre_ = rows.mean(axis=0)

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        angles = ((rows - self.centre_) @ self.frequencies_).astype(dtype, copy=False)
        n_pairs = angles.shape[1]
        functions = np.empty((len(rows), 2 * n_pairs), dtype=dtype)
        np.cos(angles, out=functions[:, :n_pairs])
        np.sin(angles, out=functions[:, n_pairs:])
        return functions

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi on a device; see :meth:`Basis.tensor_values`."""
        angles = (rows - given_back(self.centre_, rows)) @ given_back(self.frequencies_, rows)
        return side_by_side([angles.cos(), angles.sin()])
