"""Contexts in saved encoders: their kind and plain parameters, and what new rows need of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import contextures.contexts
from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.exceptions import InputError

Arrays = dict[str, np.ndarray[Any, Any]]

_FITTED: dict[str, type[Context]] = {
    kind.__name__: kind for kind in (KNNContext, RBFContext, MaskContext)
}
"""Contexts that can be written with what they learned from rows."""


def describe_fitted(context: Context, arrays: Arrays) -> dict[str, Any]:
    """Describe a fitted context, and put what new rows need among ``arrays``.

    Parameters
    ----------
    context : Context
        A fitted context of rows.
    arrays : dict
        Filled in.

    Returns
    -------
    dict
        Its kind, parameters and plain fitted values.
    """
    kind = type(context).__name__
    if kind not in _FITTED:
        raise InputError(
            f"an encoder over {kind} cannot be written; over {', '.join(_FITTED)} it can"
        )
    for name in (*context.saved, "context_weights_"):
        arrays[f"context.{name}"] = np.asarray(getattr(context, name), order="C")
    return {
        **describe(context),
        "fitted": {"algorithm_": context.algorithm_} if isinstance(context, KNNContext) else {},
    }


def restore_fitted(described: dict[str, Any], arrays: Arrays) -> Context:
    """Make the fitted context that :func:`describe_fitted` described."""
    if described["kind"] not in _FITTED:
        raise KeyError(f"context kind {described['kind']!r}")
    context = construct(described)
    for name in context.saved:
        array = arrays[f"context.{name}"]
        setattr(context, name, array if array.ndim else array.item())
    for name, value in described["fitted"].items():
        if name != "algorithm_":
            raise KeyError(f"fitted value {name!r}")
        setattr(context, name, value)
    context.context_weights_ = arrays["context.context_weights_"]
    return context


def describe(context: Context) -> dict[str, Any]:
    """Describe a context by its kind and parameters, which must be plain values or contexts."""
    parameters: dict[str, Any] = {}
    for name, value in context.get_params(deep=False).items():
        if isinstance(value, Context):
            parameters[name] = describe(value)
        elif isinstance(value, np.generic):
            parameters[name] = value.item()
        elif value is None or isinstance(value, bool | int | float | str):
            parameters[name] = value
        elif name == "random_state":
            parameters[name] = None  # only drew what is kept
        else:
            raise InputError(f"{name}={value!r} of {type(context).__name__} cannot be written")
    return {"kind": type(context).__name__, "parameters": parameters}


def construct(described: dict[str, Any]) -> Context:
    """Make the unfitted context that :func:`describe` described, of the library's own kinds."""
    kind = described["kind"]
    made = getattr(contextures.contexts, kind) if kind in contextures.contexts.__all__ else None
    if not (isinstance(made, type) and issubclass(made, Context)):
        raise KeyError(f"context kind {kind!r}")
    parameters = {
        name: construct(value) if isinstance(value, dict) else value
        for name, value in described["parameters"].items()
    }
    return made(**parameters)
