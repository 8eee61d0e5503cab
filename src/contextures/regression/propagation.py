"""The transformed kernel by sparse products with its context, without eigenvectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.regression.conjugate_gradients import conjugate_gradients
from contextures.regression.kernels import LinearFunctions
from contextures.regression.transforms import InverseLaplacian, Polynomial, Power, Transform
from contextures.spectrum.counted import NOTHING
from contextures.spectrum.operator import NormalizedOperator
from contextures.spectrum.solve import top_values

BLOCK = 128
"""Right-hand sides that are solved for at a time: memory is that many numbers a support point."""


class PropagatedKernel:
    """K_s = F r(C) F^T, with F the centred features of rows and C = E[F^T F], by products alone.

    F(x) = E(x) sqrt(c) less its mean is a feature map of the dual kernel without its constant
    mode, so r(lambda) = s(lambda) / lambda acts between the features: by Horner's rule where s is
    a polynomial, by conjugate gradients on I - eta C where it is an inverse Laplacian. One product
    with C costs two sparse products, so each labelled row costs O(q N K) numbers for a polynomial
    of degree q, and O(N K / sqrt(1 - eta lambda_1)) for an inverse Laplacian.

    Parameters
    ----------
    context : Context
        A fitted context.

    References
    ----------
    arXiv 2402.00645, Algorithms 1 and 2, which iterate by Richardson's rule on all rows' kernel;
    that the transform can act between features, where C need not be formed, is derived.
    """

    def __init__(self, context: Context) -> None:
        self._operator = NormalizedOperator(context)
        self._largest: float | None = None

    @property
    def largest(self) -> float:
        """lambda_1."""
        if self._largest is None:
            values = top_values(self._operator, 1)
            self._largest = float(values[0] ** 2) if len(values) else 0.0
            if not self._largest > 1e-14:
                raise InputError(NOTHING)
            self._largest = min(self._largest, 1.0)
        return self._largest

    def factor(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give a root of K_s between rows; see :meth:`TransformedKernel.factor`."""
        gram = np.empty((len(rows), len(rows)))
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            one_each = np.eye(len(rows[part]))
            columns = self._transformed(transform, self._gathered(rows[part], one_each))
            gram[:, part] = self._entries(rows) @ columns - self._operator.root_a @ columns
        values, vectors = np.linalg.eigh((gram + gram.T) / 2)
        kept = values > 1e-14 * max(values[-1], 0.0)
        return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))

    def functions(self, transform: Transform, rows: IntArray, dual: FloatArray) -> LinearFunctions:
        """Give the functions of dual coefficients; see :meth:`TransformedKernel.functions`."""
        operator = self._operator
        inner = self._transformed(transform, self._gathered(rows, dual))
        slopes = np.zeros((operator.n_support, dual.shape[1]))
        slopes[operator.kept] = operator.root_scales[:, None] * inner
        return LinearFunctions(slopes, -(operator.root_a @ inner))

    def _entries(self, rows: IntArray) -> Matrix:
        """Give E(x_l) sqrt(c) of rows, of shape (k, m')."""
        inverse = 1.0 / self._operator.root_x[rows]
        chosen = self._operator.scaled[rows]
        if sparse.issparse(chosen):
            return sparse.csr_array(sparse.diags_array(inverse) @ chosen)
        return np.asarray(chosen * inverse[:, None])

    def _gathered(self, rows: IntArray, dual: FloatArray) -> FloatArray:
        """Give sum_l F(x_l) dual_l, of shape (m', q)."""
        gathered = self._entries(rows).T @ dual
        return np.asarray(gathered - np.outer(self._operator.root_a, dual.sum(axis=0)))

    def _covariance(self, block: FloatArray) -> FloatArray:
        return self._operator.apply_adjoint(self._operator.apply(block))

    def _transformed(self, transform: Transform, block: FloatArray) -> FloatArray:
        """Compute r(C) of a block of features."""
        if isinstance(transform, InverseLaplacian):
            eta = transform.eta_for(self.largest)
            return conjugate_gradients(
                lambda each: each - eta * self._covariance(each), block, 1 - eta * self._diagonal()
            )
        # Powers of C / lambda_1, so that high ones do not underflow.
        coefficients = relative_coefficients(transform, self.largest)
        result = coefficients[-1] * block
        for coefficient in coefficients[-2::-1]:
            result = self._covariance(result) / self.largest
            if coefficient:
                result += coefficient * block
        return np.asarray(result)

    def _diagonal(self) -> FloatArray:
        scaled = self._operator.scaled
        squares = scaled.multiply(scaled) if sparse.issparse(scaled) else scaled**2
        return np.asarray(squares.sum(axis=0)).ravel() - self._operator.root_a**2


def relative_coefficients(transform: Transform, largest: float) -> FloatArray:
    """Give the coefficients of s in powers of lambda / lambda_1, from the first power on.

    Parameters
    ----------
    transform : Transform
        A polynomial or a whole power.
    largest : float
        lambda_1.

    Returns
    -------
    ndarray of shape (q,)
        Scaled so that they sum to one.
    """
    if isinstance(transform, Power) and float(transform.p).is_integer():
        return np.asarray(np.eye(int(transform.p))[-1])
    if isinstance(transform, Polynomial):
        given = np.asarray(transform.coefficients)
        scaled = given * largest ** np.arange(len(given))
        return np.asarray(scaled / scaled.sum())
    raise InputError(
        f"solver='propagation' takes polynomials, whole powers and inverse Laplacians, not "
        f"{transform!r}; give one of these, or solver='spectral'"
    )


def can_propagate(transform: Any) -> bool:
    """Tell whether a transform needs no eigenvectors."""
    if isinstance(transform, Power):
        return float(transform.p).is_integer()
    return isinstance(transform, Polynomial | InverseLaplacian)
