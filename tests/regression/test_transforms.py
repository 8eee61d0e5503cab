"""Transforms as values, and which functions are admissible."""

from __future__ import annotations

import numpy as np
import pytest

from contextures.exceptions import InputError
from contextures.regression import (
    InverseLaplacian,
    Polynomial,
    Power,
    Truncation,
    check_admissible,
)
from contextures.regression.admissible import as_transform

VALUES = np.array([0.9, 0.5, 0.1, 0.0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("power:8", Power(8)),
        ("power:2.5", Power(2.5)),
        ("inverse-laplacian:0.999", InverseLaplacian(0.999)),
        ("truncation:20", Truncation(20)),
        ("polynomial:0,0.5,1", Polynomial((0, 0.5, 1))),
    ],
)
def test_short_names(text, value):
    assert as_transform(text) == value


@pytest.mark.parametrize(
    "transform", [Power(1), Power(64), Polynomial((0, 2.0)), InverseLaplacian(0.99)]
)
def test_the_librarys_own_are_admissible(transform):
    def of(points):
        # The spectrum decides about relative ones, so lambda_1 comes first.
        order = np.argsort(-points)
        found = np.empty(len(points))
        found[order] = transform.values(points[order])
        return found

    check_admissible(lambda points: of(np.append(points, 0.9))[:-1], VALUES)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda t: t - 0.01, "s is negative somewhere"),
        (lambda t: t + 0.1, r"s\(0\) = 0.1"),
        (lambda t: t * (1 - t), "s decreases somewhere"),
        (lambda t: t**0.9, "grows without bound"),
        (lambda t: t * np.log1p(1 / np.maximum(t, 1e-300)), "grows without bound"),
        (lambda t: 1 / (t - 0.5), "s is not finite everywhere"),
        (lambda t: 0 * t, "s is zero on the whole spectrum"),
        (lambda t: 1.0, "it gives shape"),
    ],
)
def test_functions_that_are_not_admissible(function, message):
    with np.errstate(divide="ignore"), pytest.raises(InputError, match=message):
        check_admissible(function, VALUES)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Power(0.5), "give a power from 1 to 64"),
        (lambda: Power(65), "give a power from 1 to 64"),
        (lambda: Polynomial((1.0, -1.0)), "give coefficients of at least zero"),
        (lambda: Polynomial(()), "give coefficients of at least zero"),
        (lambda: InverseLaplacian(), "needs either relative"),
        (lambda: InverseLaplacian(0.9, eta=1.0), "needs either relative"),
        (lambda: InverseLaplacian(1.0), "give a number between 0 and 1"),
        (lambda: InverseLaplacian(eta=-1.0), "above 0 and below 1 / lambda_1"),
        (lambda: InverseLaplacian(eta=1.2).values(VALUES), "is not below 1 / lambda_1 = 1.11111"),
        (lambda: Truncation(0), "n_components=0 is not possible"),
    ],
)
def test_values_that_are_not_possible(make, message):
    with pytest.raises(InputError, match=message):
        make()
