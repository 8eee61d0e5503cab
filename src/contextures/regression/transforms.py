"""Transforms s of the eigenvalues lambda = s_i^2 of a dual kernel, as values."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.exceptions import InputError, unwritten

MOST_POWER = 64.0
"""The highest power: what it leaves of a spectrum is a handful of functions anyway."""


class Transform:
    """A spectral transform s: K_s(x, x') = sum_i s(lambda_i) mu_i(x) mu_i(x').

    The base of :class:`Power`, :class:`Polynomial`, :class:`InverseLaplacian` and
    :class:`Truncation`; a transform of one's own is a plain function of eigenvalues, which the
    estimators take too, or a subclass with :meth:`values`.

    References
    ----------
    arXiv 2402.00645, Theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import Power, Transform
    >>> isinstance(Power(2), Transform), Power(2).values(np.array([1.0, 0.5, 0.1]))
    (True, array([1.  , 0.25, 0.01]))
    """

    def values(self, eigenvalues: FloatArray) -> FloatArray:
        """Compute s of a spectrum.

        Parameters
        ----------
        eigenvalues : ndarray of shape (d,)
            lambda_1 >= lambda_2 >= ... >= 0, the constant mode left out.

        Returns
        -------
        ndarray of shape (d,)
            s(lambda_i), up to one positive factor: the estimators measure their ridge in units
            of the kernel that follows.

        Raises
        ------
        InputError
            If s is not admissible on this spectrum.
        """
        raise unwritten(self, "values")


@dataclass(frozen=True)
class Power(Transform):
    """s(lambda) = lambda^p: the kernel K^p of p steps through the context.

    Attributes
    ----------
    p : float
        From 1 to 64. The higher, the more weight on the smoothest functions. Without
        eigenvectors (``solver="propagation"``) it must be whole.

    References
    ----------
    arXiv 2402.00645, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import Power
    >>> Power(3).values(np.array([1.0, 0.5]))
    array([1.   , 0.125])
    """

    p: float

    def __post_init__(self) -> None:
        if not _is_real(self.p) or not 1 <= self.p <= MOST_POWER:
            raise InputError(
                f"Power({self.p!r}) is not admissible; give a power from 1 to {MOST_POWER:.0f} "
                "(below 1, s(lambda) is not bounded by a multiple of lambda)"
            )

    def values(self, eigenvalues: FloatArray) -> FloatArray:
        """Compute lambda^p; see :meth:`Transform.values`."""
        return np.asarray(eigenvalues**self.p)


@dataclass(frozen=True)
class Polynomial(Transform):
    """s(lambda) = sum_{p >= 1} pi_p lambda^p, a power series that ends.

    Attributes
    ----------
    coefficients : tuple of float
        pi_1, pi_2, ..., at least zero and not all zero.

    References
    ----------
    arXiv 2402.00645, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import Polynomial
    >>> Polynomial((0.0, 0.5, 0.5)).values(np.array([1.0, 0.5]))
    array([1.    , 0.1875])
    """

    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        given = self.coefficients
        if not isinstance(given, Sequence) or not all(_is_real(each) for each in given):
            raise InputError(f"Polynomial({given!r}) needs a sequence of numbers pi_1, pi_2, ...")
        if not (min(given, default=0) >= 0 and max(given, default=0) > 0):
            raise InputError(
                f"Polynomial({given!r}) is not admissible; give coefficients of at least zero, one "
                "of them above it"
            )
        object.__setattr__(self, "coefficients", tuple(float(each) for each in given))

    def values(self, eigenvalues: FloatArray) -> FloatArray:
        """Compute the polynomial; see :meth:`Transform.values`."""
        powers = np.polynomial.polynomial.polyval(eigenvalues, [0.0, *self.coefficients])
        return np.asarray(powers, dtype=np.float64)


@dataclass(frozen=True)
class InverseLaplacian(Transform):
    """s(lambda) = lambda / (1 - eta lambda), whose inverse is 1 / lambda - eta.

    Without the ridge this is Laplace learning for the Laplacian 1 / lambda - eta, and in the limit
    of infinite ridge Poisson learning.

    Attributes
    ----------
    relative : float, optional
        q = eta lambda_1, between 0 and 1: how near eta is to where the transform ends.
    eta : float, optional
        eta itself, above 0 and below 1 / lambda_1. Give one of the two.

    References
    ----------
    arXiv 2402.00645, section 3; the relation to Poisson learning is derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import InverseLaplacian
    >>> InverseLaplacian(0.9).values(np.array([1.0, 0.5])).round(3)
    array([10.   ,  0.909])
    >>> InverseLaplacian(eta=1.0).values(np.array([0.8, 0.5])).round(3)
    array([4., 1.])
    """

    relative: float | None = None
    eta: float | None = None

    def __post_init__(self) -> None:
        if (self.relative is None) == (self.eta is None):
            raise InputError(
                "InverseLaplacian needs either relative, between 0 and 1, or eta; give one of them"
            )
        if self.relative is not None and not (_is_real(self.relative) and 0 < self.relative < 1):
            raise InputError(
                f"InverseLaplacian(relative={self.relative!r}) is not admissible; give a number "
                "between 0 and 1, such as 0.999"
            )
        if self.eta is not None and not (_is_real(self.eta) and self.eta > 0):
            raise InputError(
                f"InverseLaplacian(eta={self.eta!r}) is not admissible; give a number above 0 and "
                "below 1 / lambda_1"
            )

    def eta_for(self, largest: float) -> float:
        """Give eta for a kernel.

        Parameters
        ----------
        largest : float
            lambda_1, the largest eigenvalue without the constant mode.

        Returns
        -------
        float
            eta, below 1 / lambda_1.
        """
        eta = float(self.relative / largest if self.eta is None else self.eta)  # type: ignore[operator]
        if not eta * largest < 1:
            raise InputError(
                f"eta={eta:.6g} is not below 1 / lambda_1 = {1 / largest:.6g} of this context; "
                "give a smaller eta, or relative=0.999"
            )
        return eta

    def values(self, eigenvalues: FloatArray) -> FloatArray:
        """Compute lambda / (1 - eta lambda); see :meth:`Transform.values`."""
        eta = self.eta_for(float(eigenvalues[0]))
        return np.asarray(eigenvalues / (1 - eta * eigenvalues))


@dataclass(frozen=True)
class Truncation(Transform):
    """s(lambda) = 1 for the first d functions and 0 beyond: ridge regression on d coordinates.

    Attributes
    ----------
    n_components : int
        d.

    References
    ----------
    arXiv 2402.00645, section 3 (kernel principal components).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import Truncation
    >>> Truncation(2).values(np.array([0.9, 0.5, 0.1]))
    array([1., 1., 0.])
    """

    n_components: int

    def __post_init__(self) -> None:
        check_positive_int(self.n_components, "n_components")

    def values(self, eigenvalues: FloatArray) -> FloatArray:
        """Mark the first d; see :meth:`Transform.values`."""
        return (np.arange(len(eigenvalues)) < self.n_components).astype(np.float64)


def _is_real(value: Any) -> bool:
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return real and bool(np.isfinite(float(value)))
