"""Contexts in files: their kind and parameters, and what new rows need of a fitted one."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from contextures.contexts.base import Context
from contextures.contexts.kernel_files import describe_kernel, is_kernel, make_kernel
from contextures.contexts.registry import find_kind, key_of
from contextures.exceptions import InputError

Arrays = dict[str, np.ndarray[Any, Any]]

MOST = 10**7
"""What parameters that count may be in a file: draws, masks, neighbours."""

ABOUT_ROWS = ("input_weights_", "fitted_rows_", "n_features_in_", "context_weights_")
"""Fitted attributes that are about the fitted rows, or are written for every context."""


def describe(context: Context) -> dict[str, Any]:
    """Describe an unfitted context by its kind and parameters: plain values or contexts.

    Parameters
    ----------
    context : Context
        The context.

    Returns
    -------
    dict
        Its kind and parameters.

    Raises
    ------
    InputError
        If a parameter is of a kind that cannot be written.
    """
    return _described(context, None, "")


def construct(described: dict[str, Any], arrays: Arrays | None = None) -> Context:
    """Make the unfitted context that was described.

    Raises
    ------
    InputError
        If its kind is not known here.
    """
    kind = find_kind(str(described["kind"]))
    if kind is None:
        raise InputError(
            f"the context {described['kind']!r} is not known here; import the module that defines "
            "it first (at the command line: contextures --import MODULE ...)"
        )
    known = kind._get_param_names()
    parameters = {
        name: _restored(value, arrays or {})
        for name, value in described["parameters"].items()
        if name in known  # one of another release may be gone
    }
    _check_counts(parameters)
    made: Context = kind(**parameters)
    return made


def _check_counts(values: dict[str, Any]) -> None:
    """Refuse numbers of draws, masks or neighbours that would take for ever or all memory."""
    for name, value in values.items():
        if name.startswith("n_") and isinstance(value, int | float) and not -1 <= value <= MOST:
            raise ValueError(f"{name} is {value!r}")


def construct_known(described: dict[str, Any]) -> Context | None:
    """Make an unfitted context where its kind is known here, for whom can do without; else None."""
    return construct(described) if find_kind(str(described["kind"])) is not None else None


def describe_fitted(context: Context, arrays: Arrays, prefix: str = "context") -> dict[str, Any]:
    """Describe a fitted context, and put what new rows need among ``arrays``.

    Parameters
    ----------
    context : Context
        A fitted context.
    arrays : dict
        Filled in.
    prefix : str
        What the names of its arrays begin with.

    Returns
    -------
    dict
        Its kind, parameters and plain fitted values.

    Raises
    ------
    InputError
        If the context holds something that cannot be written, such as a trained model.
    """
    described = _described(context, arrays, prefix)
    names = context.saved
    if names is None:
        names = _learned(context)
    what = type(context).__name__
    fitted = {
        name: _writable(getattr(context, name), f"{prefix}.{name}", arrays, name, what)
        for name in names
    }
    if context.form == "transition":
        key = f"{prefix}.context_weights_"
        arrays[key] = np.ascontiguousarray(context.context_weights_)
    return {
        **described,
        "form": context.form,
        "prefix": prefix,
        "fitted": fitted,
        "n_features_in": getattr(context, "n_features_in_", None),
    }


def _learned(context: Context) -> tuple[str, ...]:
    """Name the attributes that a fit made and new rows may need, or say which would be lost."""
    own = [name for name in vars(context) if not name.startswith("_") and name not in ABOUT_ROWS]
    known = {*context._get_param_names(), "form"}
    lost = [name for name in own if not name.endswith("_") and name not in known]
    if lost:
        raise InputError(
            f"{lost[0]} of {type(context).__name__} would not be written; let the names of "
            "attributes that fit makes end in an underscore, or list in saved what new rows need"
        )
    return tuple(name for name in own if name.endswith("_"))


def restore_fitted(described: dict[str, Any], arrays: Arrays) -> Context:
    """Make the fitted context that :func:`describe_fitted` described; it holds no fitted rows."""
    if "form" not in described:
        return _restore_first(described, arrays)
    context = construct(described, arrays)
    kind = type(context)
    for name, value in described["fitted"].items():
        learned = name.endswith("_") and not name.startswith("_") and name not in ABOUT_ROWS
        if not (learned and not hasattr(kind, name) if kind.saved is None else name in kind.saved):
            raise KeyError(f"fitted value {name!r}")
        setattr(context, name, _restored(value, arrays))
        _check_counts({name: getattr(context, name)})
    absent = [name for name in kind.saved or () if name not in described["fitted"]]
    if absent:
        raise KeyError(f"no fitted value {absent[0]!r}")
    form = described["form"]
    if form not in ("transition", "kernel", "sampler"):
        raise KeyError(f"form {form!r}")
    if context.form == "data":
        context.form = form
    if context.form == "transition":
        context.context_weights_ = arrays[f"{described['prefix']}.context_weights_"]
    if described["n_features_in"] is not None:
        context.n_features_in_ = int(described["n_features_in"])
    context.mark_restored()
    return context


def _restore_first(described: dict[str, Any], arrays: Arrays) -> Context:
    """Read the layout of the first release."""
    context = construct(described)
    for name in context.saved or ():
        if f"context.{name}" in arrays:
            array = arrays[f"context.{name}"]
            setattr(context, name, array if array.ndim else array.item())
    if "algorithm_" in (context.saved or ()):
        context.algorithm_ = str(described["fitted"]["algorithm_"])
    context.context_weights_ = arrays["context.context_weights_"]
    context.mark_restored()
    return context


def _described(context: Context, arrays: Arrays | None, prefix: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    what = type(context).__name__
    for name, value in context.get_params(deep=False).items():
        if name == "random_state" and not isinstance(value, int | np.integer | None):
            value = None  # only drew what is kept
        parameters[name] = _writable(value, f"{prefix}.parameter.{name}", arrays, name, what)
    return {"kind": key_of(type(context)), "parameters": parameters}


def _writable(value: Any, key: str, arrays: Arrays | None, name: str, what: str) -> Any:
    """Give a value as JSON holds it; an array goes among ``arrays``, where there are some."""
    if isinstance(value, Context):
        if arrays is None or not value.__sklearn_is_fitted__():
            return {"context": _described(value, arrays, key)}
        return {"context": describe_fitted(value, arrays, key)}
    if is_kernel(value):
        return describe_kernel(
            value, lambda part, one: _writable(one, f"{key}.{part}", arrays, part, what)
        )
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list) and all(
        one is None or isinstance(one, bool | int | float | str) for one in value
    ):
        return {"list": list(value), "tuple": isinstance(value, tuple)}
    if arrays is not None and sparse.issparse(value):
        matrix = sparse.csr_array(value)
        for part in ("data", "indices", "indptr"):
            arrays[f"{key}.{part}"] = np.ascontiguousarray(getattr(matrix, part))
        return {"sparse": key, "shape": [int(side) for side in matrix.shape]}
    if isinstance(value, tuple) and all(isinstance(one, np.ndarray) for one in value):
        parts = enumerate(value)
        return {"parts": [_writable(one, f"{key}.{k}", arrays, name, what) for k, one in parts]}
    if arrays is not None and isinstance(value, np.ndarray):
        if value.dtype.kind in "fiub":
            arrays[key] = np.ascontiguousarray(value)
            return {"array": key}
        if value.ndim == 1 and all(isinstance(one, str) for one in value):
            return {"texts": value.tolist(), "object": value.dtype.kind == "O"}
    raise InputError(
        f"{name}={' '.join(repr(value).split())[:60]} of {what} cannot be written, and so neither "
        "can an encoder that needs it; keep numbers, texts, lists, tuples or arrays of them, "
        "sparse matrices and contexts"
    )


def _restored(value: Any, arrays: Arrays) -> Any:
    if not isinstance(value, dict):
        return value
    if "context" in value:
        inner = value["context"]
        return restore_fitted(inner, arrays) if "fitted" in inner else construct(inner, arrays)
    if "kind" in value:  # a part, in the layout of the first release
        return construct(value)
    if "kernel" in value:
        return make_kernel(value, lambda one: _restored(one, arrays))
    if "list" in value:
        return tuple(value["list"]) if value["tuple"] else list(value["list"])
    if "parts" in value:
        return tuple(_restored(one, arrays) for one in value["parts"])
    if "array" in value:
        return arrays[value["array"]]
    if "texts" in value:
        return np.array(value["texts"], dtype=object if value["object"] else str)
    key = value["sparse"]
    parts = tuple(arrays[f"{key}.{part}"] for part in ("data", "indices", "indptr"))
    n, m = (int(side) for side in value["shape"])
    matrix = sparse.csr_array(parts, shape=(n, m))
    matrix.check_format()
    return matrix
