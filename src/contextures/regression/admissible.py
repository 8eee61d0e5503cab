"""Functions of eigenvalues, and short names, as transforms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures._checks import as_numbers
from contextures.exceptions import InputError
from contextures.regression.transforms import (
    InverseLaplacian,
    Polynomial,
    Power,
    Transform,
    Truncation,
)

KNOWN = "'power:8', 'inverse-laplacian:0.999', 'truncation:20' or 'polynomial:0,0.5,0.5'"


@dataclass(frozen=True)
class FromFunction(Transform):
    """A function of eigenvalues as a transform, checked wherever it is used."""

    function: Callable[[FloatArray], Any]

    def values(self, eigenvalues: FloatArray) -> FloatArray:
        """Compute and check s; see :meth:`Transform.values`."""
        check_admissible(self.function, eigenvalues)
        return np.asarray(self.function(eigenvalues), dtype=np.float64)


def check_admissible(function: Callable[[FloatArray], Any], eigenvalues: FloatArray) -> None:
    """Check that s >= 0, s(0) = 0, s does not decrease and s(lambda) <= M lambda for some M.

    Parameters
    ----------
    function : callable
        s, of an array of eigenvalues.
    eigenvalues : ndarray of shape (d,)
        lambda_1 >= lambda_2 >= ... >= 0. It is checked on these and on numbers between zero and
        lambda_1.

    Raises
    ------
    InputError
        If one of the conditions fails.

    References
    ----------
    arXiv 2402.00645, Theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.regression import check_admissible
    >>> check_admissible(np.square, np.array([0.9, 0.1]))
    >>> check_admissible(np.sqrt, np.array([0.9, 0.1]))
    Traceback (most recent call last):
        ...
    contextures.exceptions.InputError: the transform s is not admissible: s(lambda) / lambda grows \
without bound as lambda falls to 0; give a function that is at most a multiple of lambda
    """
    if not callable(function):
        raise InputError(
            f"the transform is a {type(function).__name__}; give a function of an array of numbers"
        )
    eigenvalues = as_numbers(eigenvalues, "eigenvalues")
    if eigenvalues.ndim != 1 or len(eigenvalues) == 0:
        raise InputError(
            "eigenvalues must be a list of at least one number, the largest first; their shape is "
            f"{eigenvalues.shape}"
        )
    largest = float(eigenvalues[0])
    probes = largest * np.geomspace(1e-12, 1.0, 49)
    points = np.unique(np.concatenate([[0.0], probes, eigenvalues]))
    values = np.asarray(function(points), dtype=np.float64)
    if values.shape != points.shape:
        wrong = f"it gives shape {values.shape} for {points.shape}; give a function of arrays"
    elif not np.isfinite(values).all():
        wrong = "s is not finite everywhere on [0, lambda_1]; give a function that is"
    elif (values < 0).any():
        wrong = "s is negative somewhere; give a function of at least zero"
    elif values[0] != 0:
        wrong = f"s(0) = {values[0]:.6g}; give a function with s(0) = 0"
    elif (np.diff(values) < -1e-12 * values.max()).any():
        wrong = "s decreases somewhere; give a function that does not"
    elif not values.max() > 0:
        wrong = "s is zero on the whole spectrum; give a function that is not"
    else:
        low, high = np.asarray(function(probes[[0, 12]]), dtype=np.float64)
        # s <= M lambda means that s falls at least as fast as lambda does, a slope of one.
        if not low > 0 or np.log(high / low) >= (1 - 1e-3) * np.log(probes[12] / probes[0]):
            return
        wrong = (
            "s(lambda) / lambda grows without bound as lambda falls to 0; give a function that is "
            "at most a multiple of lambda"
        )
    raise InputError(f"the transform s is not admissible: {wrong}")


def as_transform(value: Any) -> Transform:
    """Give a transform, its short name or a function of eigenvalues as a transform."""
    if isinstance(value, Transform):
        return value
    if isinstance(value, str):
        return _parsed(value)
    if callable(value) and not isinstance(value, type):
        return FromFunction(value)
    raise InputError(
        f"spectral_transform={value!r} is not a transform; give 'auto', {KNOWN}, or a "
        "function s(lambda)"
    )


def _parsed(text: str) -> Transform:
    name, _, rest = text.partition(":")
    try:
        numbers_given = [float(each) for each in rest.split(",")]
    except ValueError:
        numbers_given = []
    one = len(numbers_given) == 1
    if name == "power" and one:
        return Power(numbers_given[0])
    if name == "inverse-laplacian" and one:
        return InverseLaplacian(numbers_given[0])
    if name == "truncation" and one and numbers_given[0].is_integer():
        return Truncation(int(numbers_given[0]))
    if name == "polynomial" and numbers_given:
        return Polynomial(tuple(numbers_given))
    raise InputError(f"spectral_transform={text!r} is not known; give 'auto', {KNOWN}")
