"""A kernel between rows and points, made a context: as a walk, or centred and scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import eigh

from contextures._arrays import FloatArray, Matrix, compact
from contextures._checks import brief
from contextures.exceptions import InputError

NEGLIGIBLE = 1e-16
"""Chances below this share of a row's largest are dropped."""

ROUNDING = 1e-10
"""Eigenvalues and entries below this share of the largest rest on rounding."""

NOT_POSITIVE = 1e-6
"""Below minus this share of the largest, they do not."""


def walk(values: FloatArray, rows: FloatArray, points: FloatArray, context: Any) -> Matrix:
    """Turn a kernel into chances to go from rows to points.

    Parameters
    ----------
    values : ndarray of shape (n, m)
        The kernel; it is changed.
    rows, points : ndarray of shape (n, p) and (m, p)
        Between which.
    context : KernelContext
        For messages.

    Returns
    -------
    ndarray or csr_array of shape (n, m)
        Rows sum to one. One that is like no point at all goes to the nearest.

    Raises
    ------
    InputError
        If the kernel is below zero somewhere, or not finite.
    """
    check_walk(values, context)
    np.maximum(values, 0.0, out=values)
    top = values.max(axis=1, initial=0.0)
    lost = np.flatnonzero(~(top > 0))
    if len(lost):
        from scipy.spatial.distance import cdist

        nearest = cdist(rows[lost], points, "sqeuclidean").argmin(axis=1)
        values[lost, nearest] = top[lost] = 1.0
    values /= top[:, None]  # so that no sum is too small for a number
    values[values < NEGLIGIBLE] = 0.0
    values /= values.sum(axis=1, keepdims=True)
    return compact(values)


@dataclass(frozen=True)
class Root:
    """The root of a kernel between the points that span it: features are values @ onto.

    Attributes
    ----------
    onto : ndarray of shape (m, r)
        Eigenvectors over roots of eigenvalues.
    vectors : ndarray of shape (m, r)
        The eigenvectors.
    largest : float
        The largest eigenvalue.
    """

    onto: FloatArray
    vectors: FloatArray
    largest: float

    @classmethod
    def of(cls, inner: FloatArray, context: Any) -> Root:
        """Take the root of a kernel between points, of shape (m, m), or say that it has none."""
        roots, vectors = eigh(0.5 * (inner + inner.T))
        largest = float(np.abs(roots).max())
        if roots[0] < -NOT_POSITIVE * largest:
            raise InputError(
                f"the kernel of {brief(context)} has the eigenvalue {roots[0]:.3g} beside "
                f"{largest:.3g}, and no context has one below zero; give a kernel that is positive "
                "semidefinite"
            )
        kept = roots > ROUNDING * largest
        return cls(vectors[:, kept] / np.sqrt(roots[kept]), vectors[:, kept], largest)

    def turned(self, other: Root) -> Root:
        """Give features in the columns of another kernel's, between the same points.

        Both are turned to the symmetric root, whose columns are the points', whatever the kernel.
        """
        return Root(self.onto @ (self.vectors.T @ other.vectors), other.vectors, self.largest)


def spanned(values: FloatArray, inner: FloatArray, context: Any) -> tuple[FloatArray, FloatArray]:
    """Find features of a kernel, centred and with the top eigenvalue one on the fitted rows.

    Parameters
    ----------
    values : ndarray of shape (n, m)
        The kernel between fitted rows and the points that span it.
    inner : ndarray of shape (m, m)
        The kernel between these points.
    context : KernelContext
        For messages.

    Returns
    -------
    map : ndarray of shape (m, r)
        z(x) = k(x, points) @ map - offset.
    offset : ndarray of shape (r,)
        The features' mean.

    Raises
    ------
    InputError
        If the kernel is not positive semidefinite, not finite, or the same for all rows.
    """
    _check_finite(values, context)
    root = Root.of(inner, context)
    mean, scale = unit(values @ root.onto, root.largest, context)
    return np.ascontiguousarray(root.onto * scale), mean * scale


def unit(features: FloatArray, largest: float, context: Any) -> tuple[FloatArray, float]:
    """Find the mean of features, and what they are multiplied by for a top eigenvalue of one.

    Parameters
    ----------
    features : ndarray of shape (n, r)
        Features of the fitted rows.
    largest : float
        Beside which an eigenvalue rests on rounding.
    context : KernelContext
        For messages.

    Returns
    -------
    mean : ndarray of shape (r,)
        Theirs.
    scale : float
        The factor.
    """
    mean = features.mean(axis=0)
    centred = features - mean
    moments = centred.T @ centred / len(features)
    r = len(mean)
    top = float(eigh(moments, eigvals_only=True, subset_by_index=[r - 1, r - 1])[0]) if r else 0.0
    if not top > ROUNDING**2 * largest:
        raise InputError(
            f"the kernel of {brief(context)} is the same for all rows, so it carries no "
            "association; give one that varies"
        )
    return mean, 1.0 / float(np.sqrt(top))


def check_walk(values: FloatArray, context: Any) -> None:
    """Refuse values of a kernel that are no chances, up to a factor.

    Parameters
    ----------
    values : ndarray of shape (n, m)
        The kernel.
    context : KernelContext
        For messages.

    Raises
    ------
    InputError
        If it is below zero somewhere, or not finite.
    """
    _check_finite(values, context)
    largest = np.abs(values).max(initial=0.0)
    if values.min(initial=0.0) < -ROUNDING * largest:
        raise InputError(
            f"the kernel of {brief(context)} is {values.min():.3g} between two rows, and chances "
            "cannot be below zero; give normalization='centred', or a kernel of at least zero"
        )


def _check_finite(values: FloatArray, context: Any) -> None:
    if not np.isfinite(values).all():
        raise InputError(
            f"the kernel of {brief(context)} is infinite or no number between some rows; scale the "
            "columns, or give another kernel"
        )
