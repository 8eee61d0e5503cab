"""Moments of functions under an exact transition, and under a kernel given by its features."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, Matrix, given_back, is_tensor, tensor_of, to_numpy
from contextures.contexts import DescribedRows
from contextures.exceptions import InputError
from contextures.spectrum.ritz.moments import RitzMoments
from contextures.spectrum.ritz.scatter import BLOCK_VALUES, Scatter, copied, joined


class TransitionMoments(RitzMoments):
    """Moments of functions under rows P+(a_j | x_i): B = G^T D_a^-1 G with G = P^T D_x F~, exactly.

    Memory is O(m D) for m support points beside O(D^2); no n x n matrix is formed.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.spectrum.ritz import TransitionMoments
    >>> transition = np.array([[0.8, 0.2], [0.2, 0.8]])  # s_1 = 0.6
    >>> TransitionMoments.of(np.array([[-1.0], [1.0]]), transition).solve(1).singular_values
    array([0.6])
    """

    _sums: FloatArray | None = None
    """sum_i w_i P_ij (f_i - origin), of shape (m, D)."""

    _reached: FloatArray | None = None
    """sum_i w_i P_ij, of shape (m,)."""

    _origin: FloatArray
    """The mean of the first rows: near enough to every mean that nothing cancels."""

    def update(self, functions: Any, transition: Matrix, weights: FloatArray | None = None) -> Self:
        """Take in a chunk of rows.

        Parameters
        ----------
        functions : ndarray of shape (n, D)
            phi(x_i).
        transition : ndarray or csr_array of shape (n, m)
            P+(a_j | x_i): the same m support points for every chunk.
        weights : ndarray of shape (n,), optional
            Weights of the rows, P_X up to a factor; one each when None.

        Returns
        -------
        Self
            These moments.
        """
        values = self._note(functions)
        n, m = transition.shape
        if n != len(values):
            raise InputError(
                f"there are {len(values)} rows of functions but {n} of the transition; give one "
                "for each"
            )
        scatter = Scatter.of(values, None, weights)
        if self._sums is None or self._reached is None:
            self._sums, self._reached = np.zeros((m, values.shape[1])), np.zeros(m)
            self._origin = scatter.left_mean
        self._check_support(m)
        self._functions = joined(self._functions, scatter)
        self.count += n
        weights = np.ones(n) if weights is None else weights
        self._reached += weights @ transition
        origin, weights, backward = self._origin, weights[:, None], transition.T
        if is_tensor(values):
            origin, weights = given_back(origin, values), given_back(weights, values)
            backward = tensor_of(backward, str(values.device))
        elif sparse.issparse(transition):
            backward = backward.tocsr()
        step = max(16, BLOCK_VALUES // max(n, m))
        for start in range(0, values.shape[1], step):
            part = slice(start, start + step)
            centred = (values[:, part] - origin[part]) * weights
            self._sums[:, part] += to_numpy(backward @ centred)
        return self

    @property
    def operator(self) -> FloatArray:
        """B, of shape (D, D)."""
        weight, shift = self._seen().weight, self.mean - self._origin
        sums, reached = self._parts()
        inverse = np.divide(1.0, reached, out=np.zeros_like(reached), where=reached > 0)
        total = np.zeros((len(shift), len(shift)))
        step = max(256, BLOCK_VALUES // len(shift))
        for start in range(0, len(reached), step):
            part = slice(start, start + step)
            half = sums[part] - reached[part, None] * shift
            half *= np.sqrt(inverse[part] / weight)[:, None]
            total += half.T @ half
        return total

    def project(self, coefficients: FloatArray) -> TransitionMoments:
        """Give the moments of phi @ coefficients."""
        sums, reached = self._parts()
        made = TransitionMoments()
        made.count, made._cutoff = self.count, self._cutoff
        made._functions = self._seen().project(coefficients)
        made._sums, made._reached = sums @ coefficients, reached.copy()
        made._origin = self._origin @ coefficients
        return made

    def _parts(self) -> tuple[FloatArray, FloatArray]:
        if self._sums is None or self._reached is None:
            raise InputError("no rows were taken in yet; call update first")
        return self._sums, self._reached

    def _check_support(self, m: int) -> None:
        _, reached = self._parts()
        if len(reached) != m:
            raise InputError(
                f"the transition had {len(reached)} support points before and {m} now; give the "
                "same for every chunk"
            )

    def _merge(self, other: TransitionMoments) -> None:
        sums, reached = other._parts()
        if self._sums is None or self._reached is None:
            super()._merge(other)
            self._sums, self._reached = sums.copy(), reached.copy()
            self._origin = other._origin
            return
        self._check_support(len(reached))
        super()._merge(other)
        shift = other._origin - self._origin
        step = max(256, BLOCK_VALUES // len(shift))
        for start in range(0, len(reached), step):
            part = slice(start, start + step)
            self._sums[part] += sums[part] + reached[part, None] * shift
        self._reached += reached


class KernelMoments(RitzMoments):
    """Moments of functions under k(x, x') = 1 + z(x) . z(x'): B = E[f~ z] E[f~ z]^T.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.spectrum.ritz import KernelMoments
    >>> x = np.array([[-1.0], [1.0]])
    >>> KernelMoments.of(x, 0.6 * x).solve(1).singular_values
    array([0.6])
    """

    _cross: Scatter | None = None

    def update(self, functions: Any, features: Matrix, weights: FloatArray | None = None) -> Self:
        """Take in a chunk of rows.

        Parameters
        ----------
        functions : ndarray of shape (n, D)
            phi(x_i).
        features : ndarray or csr_array of shape (n, r)
            z(x_i), or z(x_i) and a constant: their mean is taken away.
        weights : ndarray of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        Self
            These moments.
        """
        if sparse.issparse(features) and len(functions) == features.shape[0]:
            values, step = self._note(functions), max(64, BLOCK_VALUES // features.shape[1])
            for start in range(0, len(values), step):
                part = slice(start, start + step)
                shares = None if weights is None else weights[part]
                self.update(values[part], features[part].toarray(), shares)
            return self
        values, z = self._note(functions), np.asarray(features, dtype=np.float64)
        z = given_back(z, values)
        if z.ndim != 2 or len(z) != len(values):
            raise InputError(
                f"there are {len(values)} rows of functions, but the kernel's features have shape "
                f"{tuple(z.shape)}; give one row for each"
            )
        self._functions = joined(self._functions, Scatter.of(values, None, weights))
        self._cross = joined(self._cross, Scatter.of(values, z, weights))
        self.count += len(values)
        return self

    @property
    def operator(self) -> FloatArray:
        """B, of shape (D, D)."""
        self._seen()
        half = self._cross.covariance  # type: ignore[union-attr]
        return np.asarray(half @ half.T)

    def project(self, coefficients: FloatArray) -> KernelMoments:
        """Give the moments of phi @ coefficients."""
        made = KernelMoments()
        made.count, made._cutoff = self.count, self._cutoff
        made._functions = self._seen().project(coefficients)
        made._cross = self._cross.project(coefficients)  # type: ignore[union-attr]
        return made

    def _merge(self, other: KernelMoments) -> None:
        super()._merge(other)
        self._cross = joined(self._cross, copied(other._cross))


def moments_like(rows: DescribedRows) -> TransitionMoments | KernelMoments:
    """Give moments of no rows, of the kind that rows described like these are taken in by."""
    return KernelMoments() if rows.constant else TransitionMoments()
