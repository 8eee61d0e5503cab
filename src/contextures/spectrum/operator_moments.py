"""Moments of functions under an exact transition, and under a kernel given by its features."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from contextures.contexts.checks import FloatArray, Matrix
from contextures.exceptions import InputError
from contextures.spectrum.moments import RitzMoments
from contextures.spectrum.scatter import BLOCK_VALUES, Scatter, joined


class TransitionMoments(RitzMoments):
    """Moments of functions under rows P+(a_j | x_i): B = G^T D_a^-1 G with G = P^T D_x F~, exactly.

    Memory is O(m D) for m support points beside O(D^2); no n x n matrix is formed.
    """

    _sums: FloatArray | None = None
    _reached: FloatArray | None = None

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
        if transition.shape[0] != len(values):
            raise InputError(
                f"there are {len(values)} rows of functions but {transition.shape[0]} of the "
                "transition; give one for each"
            )
        chunk = type(self)()
        chunk._functions = Scatter.of(values, None, weights)
        chunk._sums = np.zeros((transition.shape[1], values.shape[1]))
        chunk._reached = np.zeros(transition.shape[1])
        mean = chunk._functions.left_mean
        step = max(256, BLOCK_VALUES // values.shape[1])
        for start in range(0, len(values), step):
            part = slice(start, start + step)
            centred = values[part] - mean
            rows = transition[part]
            if weights is None:
                chunk._reached += np.asarray(rows.sum(axis=0)).ravel()
            else:
                centred *= weights[part, None]
                chunk._reached += weights[part] @ rows
            chunk._sums += rows.T @ centred
        chunk.count = len(values)
        return self.merge(chunk)

    @property
    def operator(self) -> FloatArray:
        """B, of shape (D, D)."""
        weight = self._seen().weight
        sums, reached = self._parts()
        kept = reached > 0
        half = sums[kept] / np.sqrt(reached[kept] * weight)[:, None]
        return np.asarray(half.T @ half)

    def project(self, coefficients: FloatArray) -> TransitionMoments:
        """Give the moments of phi @ coefficients."""
        sums, reached = self._parts()
        made = TransitionMoments()
        made.count, made._cutoff = self.count, self._cutoff
        made._functions = self._seen().project(coefficients)
        made._sums, made._reached = sums @ coefficients, reached.copy()
        return made

    def _parts(self) -> tuple[FloatArray, FloatArray]:
        if self._sums is None or self._reached is None:
            raise InputError("no rows were taken in yet; call update first")
        return self._sums, self._reached

    def _merge(self, other: TransitionMoments) -> None:
        sums, reached = other._parts()
        if self._sums is None or self._reached is None:
            super()._merge(other)
            self._sums, self._reached = sums.copy(), reached.copy()
            return
        if len(self._reached) != len(reached):
            raise InputError(
                f"the transition had {len(self._reached)} support points before and "
                f"{len(reached)} now; give the same for every chunk"
            )
        before = self._seen().left_mean
        super()._merge(other)
        after = self._seen().left_mean
        # Both sums were taken about their own rows' mean.
        self._sums += self._reached[:, None] * (before - after)
        self._sums += sums
        self._sums += reached[:, None] * (other._seen().left_mean - after)
        self._reached += reached


class KernelMoments(RitzMoments):
    """Moments of functions under k(x, x') = 1 + z(x) . z(x'): B = E[f~ z] E[f~ z]^T."""

    _cross: Scatter | None = None

    def update(
        self, functions: Any, features: FloatArray, weights: FloatArray | None = None
    ) -> Self:
        """Take in a chunk of rows.

        Parameters
        ----------
        functions : ndarray of shape (n, D)
            phi(x_i).
        features : ndarray of shape (n, r)
            z(x_i).
        weights : ndarray of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        Self
            These moments.
        """
        values, z = self._note(functions), np.asarray(features, dtype=np.float64)
        if z.ndim != 2 or len(z) != len(values):
            raise InputError(
                f"there are {len(values)} rows of functions, but the kernel's features have shape "
                f"{z.shape}; give one row for each"
            )
        chunk = type(self)()
        chunk._functions = Scatter.of(values, None, weights)
        chunk._cross = Scatter.of(values, z, weights)
        chunk.count = len(values)
        return self.merge(chunk)

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
        self._cross = joined(self._cross, other._cross)
