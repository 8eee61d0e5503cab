"""Which basis: by name, as given, or candidates to be judged on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

from sklearn.base import clone

from contextures.encoders.bases.counts import CountBasis
from contextures.encoders.bases.fourier import FourierBasis
from contextures.encoders.bases.landmarks import LandmarkBasis
from contextures.encoders.bases.nystroem import NystroemBasis
from contextures.encoders.bases.polynomial import PolynomialBasis
from contextures.encoders.bases.stacked import StackedBasis
from contextures.exceptions import InputError

NAMES = ("auto", "landmarks", "fourier", "nystroem", "polynomial", "trees", "counts")

SHARES = (0.01, 0.03, 0.1)
"""Widths of the landmark bases that "auto" judges."""

HIGHEST_DEGREE, N_DEGREES = 8, 3
"""The highest degree of polynomials that "auto" judges, and how many degrees."""

_LEAVES = 32


def candidate_bases(basis: Any, n_functions: int, seed: int, what: str) -> list[Any]:
    """Give the bases to judge for rows of numbers: one, unless ``basis`` is "auto".

    Parameters
    ----------
    basis : str, transformer or sequence of these
        What the caller asked for.
    n_functions : int
        D, for the bases that are given by name.
    seed : int
        Draws what is random in them.
    what : str
        The parameter's name, for messages.

    Returns
    -------
    list of transformers
        Unfitted.
    """
    if isinstance(basis, str) and basis == "auto":
        return [LandmarkBasis(n_functions, share, seed) for share in SHARES]
    return [_one(basis, n_functions, seed, what)]


def polynomial_degrees(columns: Sequence[Sequence[int]], n_components: int, most: int) -> list[int]:
    """Give the degrees of polynomials worth judging beside landmarks, lowest first.

    Parameters
    ----------
    columns : sequence of sequences of int
        How many columns each part of each side has.
    n_components : int
        d: the lowest degree makes at least as many functions on every side.
    most : int
        How many functions a polynomial may have on either side.

    Returns
    -------
    list of int
        Up to three degrees; none where the columns are too many.
    """
    degrees = [
        degree
        for degree in range(1, HIGHEST_DEGREE + 1)
        if all(
            n_components <= sum(comb(p + degree, degree) - 1 for p in parts) <= most
            for parts in columns
        )
    ]
    return degrees[:N_DEGREES]


def _one(basis: Any, n_functions: int, seed: int, what: str) -> Any:
    if isinstance(basis, list | tuple):
        if not basis:
            raise InputError(f"{what} is an empty list; give at least one basis")
        share = max(1, n_functions // len(basis))
        return StackedBasis([_one(part, share, seed, what) for part in basis])
    if basis in ("auto", "landmarks"):
        return LandmarkBasis(n_functions, random_state=seed)
    if basis == "fourier":
        return FourierBasis(n_functions, random_state=seed)
    if basis == "nystroem":
        return NystroemBasis(n_functions, random_state=seed)
    if basis == "counts":
        return CountBasis(n_functions)
    if basis == "polynomial":
        return PolynomialBasis()
    if basis == "trees":
        from sklearn.ensemble import RandomTreesEmbedding

        leaves = min(_LEAVES, n_functions)
        return RandomTreesEmbedding(
            max(1, n_functions // leaves),
            max_depth=None,
            max_leaf_nodes=max(2, leaves),
            random_state=seed,
        )
    if isinstance(basis, str):
        raise InputError(f"{what}={basis!r} is not known; give one of {NAMES} or a transformer")
    if not (hasattr(basis, "fit") and hasattr(basis, "transform")):
        raise InputError(
            f"{what}={basis!r} is not a scikit-learn transformer; give one, a list of them, or "
            f"one of {NAMES}"
        )
    return clone(basis)
