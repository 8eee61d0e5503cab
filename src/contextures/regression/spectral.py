"""The transformed kernel by the top singular functions of its context."""

from __future__ import annotations

import numpy as np

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.regression.kernels import LinearFunctions
from contextures.regression.transforms import Transform
from contextures.spectrum import leading_functions
from contextures.spectrum.counted import NOTHING


class SpectralKernel:
    """K_s(x, x') = sum_{i <= d} s(s_i^2) mu_i(x) mu_i(x').

    Parameters
    ----------
    context : Context
        A fitted context.
    n_components : int
        d, at most; as many functions as there are where there are fewer.

    Raises
    ------
    InputError
        If X and A are independent, so that there is not one function.
    """

    def __init__(self, context: Context, n_components: int) -> None:
        self.spectrum = leading_functions(context, n_components)
        if not self.spectrum.n_components:
            raise InputError(NOTHING)
        self.eigenvalues: FloatArray = self.spectrum.singular_values**2
        self._coefficients = self.spectrum.extension
        self._offset = self.spectrum.offset(context)

    def factor(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give mu sqrt(s) on rows; see :meth:`TransformedKernel.factor`."""
        return np.asarray(self.spectrum.left[rows] * np.sqrt(self._weights(transform)))

    def gram(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give K_s between rows; see :meth:`TransformedKernel.gram`."""
        factor = self.factor(transform, rows)
        return np.asarray(factor @ factor.T)

    def functions(self, transform: Transform, rows: IntArray, dual: FloatArray) -> LinearFunctions:
        """Give the functions of dual coefficients; see :meth:`TransformedKernel.functions`."""
        weights = self._weights(transform)
        inner = weights[:, None] * (self.spectrum.left[rows].T @ dual)
        return LinearFunctions(self._coefficients @ inner, -(self._offset @ inner))

    def _weights(self, transform: Transform) -> FloatArray:
        values = transform.values(self.eigenvalues)
        if not (np.isfinite(values).all() and (values >= 0).all() and values[0] > 0):
            raise InputError(
                f"the transform {transform!r} is not admissible: its values on the spectrum must "
                "be finite and at least zero, and the first above zero"
            )
        # High powers of a weak association would underflow in products.
        return np.asarray(values / values[0])
