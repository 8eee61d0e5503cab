"""The transformed kernel by sparse products with its context, without eigenvectors."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.regression.conjugate_gradients import conjugate_gradients
from contextures.regression.kernels import LinearFunctions
from contextures.regression.transforms import InverseLaplacian, Polynomial, Power, Transform
from contextures.regression.two_level import MOST_LABELLED, MOST_NUMBERS, TwoLevelSystem
from contextures.spectrum.cells import Cells, cells_of
from contextures.spectrum.counted import NOTHING
from contextures.spectrum.largest import largest_value, rough_value
from contextures.spectrum.operator import Factored, NormalizedOperator
from contextures.spectrum.solve import top_values

BLOCK = 128
"""Right-hand sides that are solved for at a time: memory is that many numbers a support point."""

ACCURACY = 1e-6
"""By which share the weight of a function may be off because lambda_1 is not known exactly."""


class PropagatedKernel:
    """K_s = F r(C) F^T, with F the centred features of rows and C = E[F^T F], by products alone.

    F(x) = E(x) sqrt(c) less its mean is a feature map of the dual kernel without its constant
    mode, so r(lambda) = s(lambda) / lambda acts between the features: by Horner's rule where s is
    a polynomial, by conjugate gradients on I - eta C where it is an inverse Laplacian. One product
    with C costs two sparse products, so each labelled row costs O(q N K) numbers for a polynomial
    of degree q, and O(N K / sqrt(1 - eta lambda_1)) for an inverse Laplacian, or some tens of
    products among many rows of a sparse context, where a coarse solution comes first
    (:class:`TwoLevelSystem`).

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
        self._described = context.describe().entries
        self._largest: dict[float, float] = {}
        self._systems: dict[float, TwoLevelSystem] = {}

    @cached_property
    def _cells(self) -> Cells | None:
        return cells_of(self._operator)

    @cached_property
    def _rough(self) -> float:
        """A number of lambda_1's size, for scale."""
        found = rough_value(self._operator)
        if not found > 1e-14:
            raise InputError(NOTHING)
        return min(found, 1.0)

    def _eta(self, transform: InverseLaplacian) -> float:
        """Give eta; a Markov kernel's lambda_1 is at most one, and need not be known below that."""
        relative, eta = transform.relative, transform.eta
        if eta is not None and eta < 1 and self._operator.holds_constant and self._rough:
            return eta
        tolerance = 1e-12 if relative is None else ACCURACY * min(1 - relative, 1e-2)
        if tolerance not in self._largest:
            if self._cells is None:
                values = top_values(self._operator, 1)
            else:
                values = largest_value(self._operator, tolerance, self._cells)
            largest = float(values[0] ** 2) if len(values) else 0.0
            if not largest > 1e-14:
                raise InputError(NOTHING)
            self._largest[tolerance] = min(largest, 1.0)
        return transform.eta_for(self._largest[tolerance])

    def factor(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give a root of K_s between rows; see :meth:`TransformedKernel.factor`."""
        values, vectors = np.linalg.eigh(self.gram(transform, rows))
        kept = values > 1e-14 * max(values[-1], 0.0)
        return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))

    def gram(self, transform: Transform, rows: IntArray) -> FloatArray:
        """Give K_s between rows; see :meth:`TransformedKernel.gram`."""
        gram = np.empty((len(rows), len(rows)))
        entries = self._entries(rows)
        step = max(1, min(BLOCK, MOST_NUMBERS // self._operator.shape[1]))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            one_each = np.eye(len(rows[part]))
            columns = self._transformed(transform, self._gathered(rows[part], one_each))
            gram[:, part] = entries @ columns - self._operator.root_a @ columns
        return np.asarray((gram + gram.T) / 2)

    def functions(self, transform: Transform, rows: IntArray, dual: FloatArray) -> LinearFunctions:
        """Give the functions of dual coefficients; see :meth:`TransformedKernel.functions`."""
        return self._linear(self._transformed(transform, self._gathered(rows, dual)))

    def mean_diagonal(
        self, transform: Transform, rows: IntArray, weights: FloatArray, n_probes: int = 64
    ) -> float:
        """Estimate the weighted mean of K_s(x_l, x_l) over rows, by random signs.

        Its standard error is a share of about sqrt(2 / (64 k)) of it for k rows of little kernel
        between them.
        """
        signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(len(rows), n_probes))
        gathered = self._gathered(rows, np.sqrt(weights)[:, None] * signs)
        total = np.sum(gathered * self._transformed(transform, gathered)) / n_probes
        return float(total / weights.sum())

    def ridge(
        self,
        transform: Transform,
        penalty: float,
        rows: IntArray,
        targets: FloatArray,
        weights: FloatArray,
    ) -> LinearFunctions:
        """Fit ridge regression with a free constant, in as many systems as there are outputs.

        For an inverse Laplacian, f = F h and |f|^2 = h^T (I - eta C) h, so that h solves one
        positive definite system of sparse products; for a polynomial the dual coefficients do.

        Parameters
        ----------
        transform : Transform
            An inverse Laplacian, or a polynomial or whole power.
        penalty : float
            What multiplies |f|^2.
        rows : ndarray of int of shape (k,)
            Which fitted rows have labels.
        targets : ndarray of shape (k, q)
            Their targets.
        weights : ndarray of shape (k,)
            Their weights.

        Returns
        -------
        LinearFunctions
            The predictions, one function for each output.
        """
        entries, roots = self._entries(rows), np.sqrt(weights)[:, None]
        unit = roots / np.linalg.norm(roots)

        def forward(inner: FloatArray) -> FloatArray:
            scaled = roots * (entries @ inner)
            return np.asarray(scaled - unit @ (unit.T @ scaled))

        def backward(dual: FloatArray) -> FloatArray:
            return np.asarray(entries.T @ (roots * (dual - unit @ (unit.T @ dual))))

        right = roots * (targets - weights @ targets / weights.sum())
        if isinstance(transform, InverseLaplacian):
            eta = self._eta(transform)
            if self._cells is not None and len(rows) <= MOST_LABELLED:
                scaled = sparse.csr_array(sparse.diags_array(roots[:, 0] / penalty**0.5) @ entries)
                system = TwoLevelSystem(self._cells, eta, scaled, unit)
                # Labels' features make the right-hand sides large beside what is to be found.
                inner = system.solve(backward(right) / penalty, tolerance=1e-12)
            else:
                diagonal = _column_squares(entries, weights) + penalty * (
                    1 - eta * self._diagonal()
                )
                inner = conjugate_gradients(
                    lambda h: backward(forward(h)) + penalty * (h - eta * self._covariance(h)),
                    backward(right),
                    diagonal,
                )
        else:
            dual = conjugate_gradients(
                lambda a: forward(self._transformed(transform, backward(a))) + penalty * a,
                right,
                np.ones(len(rows)),
            )
            inner = self._transformed(transform, backward(dual))
        found = self._linear(inner)
        fitted = np.asarray(entries @ inner) + found.start
        return found.plus(weights @ (targets - fitted) / weights.sum())

    def at(self, functions: LinearFunctions, rows: IntArray) -> FloatArray:
        """Give the values of functions on fitted rows."""
        return functions.of(self._described[rows])

    def _linear(self, inner: FloatArray) -> LinearFunctions:
        """Give x -> F(x) inner."""
        operator = self._operator
        slopes = np.zeros((operator.n_support, inner.shape[1]))
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
            eta = self._eta(transform)
            if self._cells is not None:
                if eta not in self._systems:
                    self._systems = {eta: TwoLevelSystem(self._cells, eta)}
                return self._systems[eta].solve(block)
            return conjugate_gradients(
                lambda each: each - eta * self._covariance(each), block, 1 - eta * self._diagonal()
            )
        # Powers of C / lambda_1, so that high ones do not underflow.
        coefficients = relative_coefficients(transform, self._rough)
        result = coefficients[-1] * block
        for coefficient in coefficients[-2::-1]:
            result = self._covariance(result) / self._rough
            if coefficient:
                result += coefficient * block
        return np.asarray(result)

    def _diagonal(self) -> FloatArray:
        scaled = self._operator.scaled
        scaled = scaled.whole() if isinstance(scaled, Factored) else scaled
        return _column_squares(scaled, np.ones(scaled.shape[0])) - self._operator.root_a**2


def _column_squares(entries: Matrix, weights: FloatArray) -> FloatArray:
    squares = entries.multiply(entries) if sparse.issparse(entries) else entries**2
    return np.asarray(squares.T @ weights).ravel()


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
