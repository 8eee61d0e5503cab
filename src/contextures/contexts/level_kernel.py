"""A kernel of several levels of association between rows.

It is k(x, x') = 1 + sum_c a_c exp(-c d(x, x')) + b <x, x'> / p with
d = sum_j exp(2 t_j) (x_j - x'_j)^2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contextures._arrays import FloatArray

LEVELS = (0.1, 1.0, 8.0)
"""c: how strong the levels of association are, beside each other."""

BLOCK_ENTRIES = 65_536
"""Entries of a kernel that are worked on at a time: half a megabyte, which a cache holds."""

FAINT = 1e-38
"""What the middle level is at least: powers of less are numbers that processors are slow with."""


@dataclass(frozen=True)
class Widths:
    """The kernel's scales of columns and sizes of parts, and the noise beside it.

    Attributes
    ----------
    scales : ndarray of shape (p,)
        exp(t_j), what columns are multiplied by.
    sizes : ndarray of shape (3,)
        a, of the levels from weak to strong.
    slope : float
        b, of the linear part.
    noise : float
        The variance of targets about the function.
    """

    scales: FloatArray
    sizes: FloatArray
    slope: float
    noise: float

    def between(self, rows: FloatArray, points: FloatArray) -> FloatArray:
        """Compute the kernel between rows and points, without noise."""
        found = rows @ (points.T * (self.slope / rows.shape[1]))
        found += 1.0
        for part, place, level in self._levels(rows, points):
            level *= self.sizes[place]
            found[part] += level
        return np.asarray(found)

    def applied(self, rows: FloatArray, points: FloatArray, dual: FloatArray) -> FloatArray:
        """Compute sum_l k(x, point_l) dual_l for rows x, without holding the kernel.

        Parameters
        ----------
        rows : ndarray of shape (n, p)
            Rows.
        points : ndarray of shape (m, p)
            Points.
        dual : ndarray of shape (m, q)
            Coefficients.

        Returns
        -------
        ndarray of shape (n, q)
            The sums.
        """
        found = rows @ (points.T @ dual * (self.slope / rows.shape[1])) + dual.sum(axis=0)
        duals = [size * dual for size in self.sizes]
        for part, place, level in self._levels(rows, points):
            found[part] += level @ duals[place]
        return np.asarray(found)

    def _levels(
        self, rows: FloatArray, points: FloatArray
    ) -> Iterator[tuple[slice, int, FloatArray]]:
        """Give each level between a few rows, which a cache holds, and all points, and so on.

        A level may be changed by whoever gets it, and is gone when the next is given.
        """
        one, other = rows * self.scales, points * self.scales
        # One product gives -c d for the weakest level.
        c = LEVELS[0]
        left = np.column_stack([one, np.sum(one**2, axis=1), np.ones(len(one))])
        lengths = np.sum(other**2, axis=1)
        right = np.vstack([2.0 * c * other.T, np.full(len(other), -c), -c * lengths])
        step = max(1, BLOCK_ENTRIES // len(points))
        held = np.empty((3, min(step, len(rows)), len(points)))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            weak, middle, level = held[:, : len(left[part])]
            np.matmul(left[part], right, out=weak)
            np.exp(np.minimum(weak, 0.0, out=weak), out=weak)
            # The tenth power, and then its eighth.
            np.square(weak, out=level)
            np.square(np.square(level, out=middle), out=middle)
            np.multiply(middle, level, out=middle)
            np.maximum(middle, FAINT, out=middle)
            np.square(middle, out=level)
            for _ in range(2):
                np.square(level, out=level)
            yield from zip((part,) * 3, range(3), (weak, middle, level), strict=True)

    def diagonal(self, rows: FloatArray) -> FloatArray:
        """Compute the kernel of each row with itself."""
        linear = np.sum(rows**2, axis=1) * (self.slope / rows.shape[1])
        return np.asarray(1.0 + float(self.sizes.sum()) + linear)


def squared_distances(rows: FloatArray, points: FloatArray) -> FloatArray:
    """Compute squared distances by one product."""
    far = rows @ points.T
    far *= -2.0
    far += np.sum(rows**2, axis=1)[:, None]
    far += np.sum(points**2, axis=1)
    return np.maximum(far, 0.0, out=far)


def levels_of(far: FloatArray) -> list[FloatArray]:
    """Give exp(-c d) of ``LEVELS`` from one exponential; those of larger c are its powers."""
    weak = np.exp(-LEVELS[0] * far)
    fourth = (weak * weak) ** 2
    middle = np.maximum(fourth * fourth * weak * weak, FAINT)
    strong = middle * middle
    strong = strong * strong
    return [weak, middle, strong * strong]
