"""Bases in saved encoders: arrays for the library's own, a skops archive for scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._archives import read_archive, write_archive
from contextures.encoders.bases import (
    Basis,
    CountBasis,
    FourierBasis,
    IndicatorBasis,
    LandmarkBasis,
    NystroemBasis,
    PolynomialBasis,
    StackedBasis,
)

Arrays = dict[str, np.ndarray[Any, Any]]

TRUSTED = ("numpy.dtype", "sklearn.tree._tree.Tree")
"""The types that an archive may hold, besides numpy's and scikit-learn's own: fixed here, so that
a changed file cannot name others. Trees are checked once they are read."""

_KINDS: dict[str, type[Basis]] = {
    kind.__name__: kind
    for kind in (CountBasis, FourierBasis, LandmarkBasis, NystroemBasis, PolynomialBasis)
}


def describe_basis(basis: Any, arrays: Arrays, foreign: list[Any], prefix: str) -> dict[str, Any]:
    """Describe a fitted basis.

    Parameters
    ----------
    basis : transformer
        The basis.
    arrays : dict
        Filled in with the arrays of the library's own bases, named after ``prefix``.
    foreign : list
        Filled in with other transformers.
    prefix : str
        Tells the parts of a list apart.

    Returns
    -------
    dict
        Its kind, parameters and plain fitted values.
    """
    if isinstance(basis, StackedBasis):
        parts = [
            describe_basis(part, arrays, foreign, f"{prefix}.{place}")
            for place, part in enumerate(basis.bases_)
        ]
        return {"kind": "StackedBasis", "n_features": basis.n_features_in_, "parts": parts}
    if isinstance(basis, IndicatorBasis):
        foreign.append(basis.encoder_)
        return {"kind": "IndicatorBasis", "place": len(foreign) - 1}
    kind = type(basis).__name__
    if _KINDS.get(kind) is not type(basis):
        foreign.append(basis)
        return {"kind": "transformer", "place": len(foreign) - 1}
    for name in basis.saved:
        arrays[f"{prefix}.{name}"] = np.asarray(getattr(basis, name), order="C")
    parameters = basis.get_params(deep=False)
    if "random_state" in parameters:
        parameters["random_state"] = None  # only drew what is kept
    return {"kind": kind, "n_features": basis.n_features_in_, "parameters": parameters}


def restore_basis(
    described: dict[str, Any], arrays: Arrays, foreign: list[Any], prefix: str
) -> Any:
    """Make the basis that :func:`describe_basis` described."""
    kind = described["kind"]
    if kind == "transformer":
        return foreign[described["place"]]
    if kind == "IndicatorBasis":
        indicators = IndicatorBasis()
        indicators.encoder_ = foreign[described["place"]]
        return indicators
    if kind == "StackedBasis":
        parts = [
            restore_basis(part, arrays, foreign, f"{prefix}.{place}")
            for place, part in enumerate(described["parts"])
        ]
        basis = StackedBasis(parts)
        basis.bases_ = parts
    else:
        basis = _KINDS[kind](**described["parameters"])
        for name in basis.saved:
            array = arrays[f"{prefix}.{name}"]
            setattr(basis, name, array if array.ndim else array.item())
    basis.n_features_in_ = int(described["n_features"])
    return basis


def write_foreign(transformers: list[Any]) -> bytes:
    """Give transformers as a skops archive, or say which of their types cannot be written."""
    names = ", ".join(type(one).__name__ for one in transformers)
    return write_archive(transformers, TRUSTED, f"the basis ({names})")


def read_foreign(archive: bytes, where: str) -> list[Any]:
    """Open an archive of transformers without running code."""
    transformers: list[Any] = read_archive(archive, TRUSTED, "encoder", where)
    return transformers
