"""Several bases side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from sklearn.base import clone

from contextures._arrays import Array, FloatArray, side_by_side, to_numpy
from contextures.encoders.bases.base import Basis, values_of


class StackedBasis(Basis):
    """The functions of several bases, or other transformers, together.

    Parameters
    ----------
    bases : sequence of transformers
        The bases; clones of them are fitted.

    Attributes
    ----------
    bases_ : list of transformers
        The fitted bases.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.decomposition import PCA
    >>> from contextures.encoders.bases import LandmarkBasis, StackedBasis
    >>> rows = np.random.default_rng(0).standard_normal((100, 3))
    >>> StackedBasis([LandmarkBasis(20), PCA(2)]).fit_transform(rows).shape
    (100, 22)
    """

    bases_: list[Any]

    def __init__(self, bases: Sequence[Any]) -> None:
        self.bases = bases

    def fit_rows(self, rows: FloatArray) -> None:
        """Fit each; see :meth:`Basis.fit`."""
        self.bases_ = [clone(basis).fit(rows) for basis in self.bases]

    def values(self, rows: FloatArray, dtype: DTypeLike) -> NDArray[Any]:
        """Compute phi; see :meth:`Basis.values`."""
        return np.hstack([values_of(basis, rows, dtype) for basis in self.bases_])

    def tensor_values(self, rows: Array) -> Array:
        """Compute phi on a device; see :meth:`Basis.tensor_values`."""
        host, device = to_numpy(rows), str(rows.device)
        return side_by_side([values_of(each, host, np.float64, device) for each in self.bases_])
