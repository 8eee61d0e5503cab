"""Encoders on disk: arrays as safetensors, the rest as JSON; reading one never runs code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from contextures._files import read_pair, to_json, write_whole
from contextures._version import __version__
from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.encoders.spectral import SpectralEncoder
from contextures.exceptions import InputError

FORMAT = 1
ARRAYS, DESCRIPTION = "encoder.safetensors", "encoder.json"
_KINDS: dict[str, type[Context]] = {
    kind.__name__: kind for kind in (KNNContext, RBFContext, MaskContext)
}


def save_encoder(encoder: SpectralEncoder, directory: str | Path) -> None:
    """Write a fitted encoder to ``encoder.safetensors`` and ``encoder.json`` in a directory.

    Parameters
    ----------
    encoder : SpectralEncoder
        A fitted encoder over a context of rows (nearest neighbours, Gaussian, or these masked).
    directory : str or pathlib.Path
        An existing directory.

    Raises
    ------
    InputError
        If the context is of a kind that cannot be written.
    """
    from safetensors.numpy import save

    context = encoder.context_
    arrays = {
        "coefficients": np.ascontiguousarray(encoder._coefficients),
        "singular_values": np.ascontiguousarray(encoder.singular_values_),
    }
    described = _describe(context, arrays)
    description = {
        "format": FORMAT,
        "version": __version__,
        "encoder": "SpectralEncoder",
        "n_components": int(encoder.n_components),
        "solver": encoder.spectrum_.solver,
        "n_features_in": int(encoder.n_features_in_),
        "context": described,
    }
    folder = Path(directory)
    write_whole(folder / ARRAYS, save(arrays))
    write_whole(folder / DESCRIPTION, to_json(description))


def load_encoder(directory: str | Path) -> SpectralEncoder:
    """Read an encoder that :func:`save_encoder` wrote.

    Parameters
    ----------
    directory : str or pathlib.Path
        Where it lies.

    Returns
    -------
    SpectralEncoder
        An encoder that transforms new rows as the written one did. It holds neither the training
        rows' coordinates nor their spectrum's functions.

    Raises
    ------
    InputError
        If the files are missing, damaged or of another layout.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    folder = Path(directory)
    description, content = read_pair(folder, DESCRIPTION, ARRAYS, "encoder", FORMAT)
    try:
        arrays = load(content)
    except SafetensorError as error:
        raise InputError(f"the encoder in {str(folder)!r} cannot be read: {error}") from None
    try:
        context = _restore(description["context"], arrays)
        encoder = SpectralEncoder(context, int(description["n_components"]))
        encoder.context_ = context
        encoder.n_features_in_ = int(description["n_features_in"])
        encoder.singular_values_ = arrays["singular_values"]
        encoder._coefficients = arrays["coefficients"]
        encoder._offset = np.zeros(encoder.n_components)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"the encoder in {str(folder)!r} is damaged ({error}); fit it again"
        ) from None
    return encoder


def _describe(context: Context, arrays: dict[str, Any]) -> dict[str, Any]:
    kind = type(context).__name__
    if kind not in _KINDS:
        raise InputError(
            f"an encoder over {kind} cannot be written; over {', '.join(_KINDS)} it can"
        )
    for name in (*context.saved, "context_weights_"):
        arrays[f"context.{name}"] = np.ascontiguousarray(getattr(context, name))
    return {
        "kind": kind,
        "parameters": _plain_parameters(context),
        "fitted": _plain_fitted(context),
    }


def _plain_parameters(context: Context) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for name, value in context.get_params(deep=False).items():
        if isinstance(value, Context):
            parameters[name] = {
                "kind": type(value).__name__,
                "parameters": _plain_parameters(value),
            }
        elif isinstance(value, np.generic):
            parameters[name] = value.item()
        elif value is None or isinstance(value, bool | int | float | str):
            parameters[name] = value
        elif name == "random_state":
            parameters[name] = None  # only drew the landmarks, which are kept
        else:
            raise InputError(f"{name}={value!r} of {type(context).__name__} cannot be written")
    return parameters


def _plain_fitted(context: Context) -> dict[str, Any]:
    return {"algorithm_": context.algorithm_} if isinstance(context, KNNContext) else {}


def _construct(described: dict[str, Any]) -> Context:
    kind = described["kind"]
    if kind not in _KINDS:
        raise KeyError(f"context kind {kind!r}")
    parameters = {
        name: _construct(value) if isinstance(value, dict) else value
        for name, value in described["parameters"].items()
    }
    return _KINDS[kind](**parameters)


def _restore(described: dict[str, Any], arrays: dict[str, Any]) -> Context:
    context = _construct(described)
    for name in context.saved:
        array = arrays[f"context.{name}"]
        setattr(context, name, array if array.ndim else array.item())
    for name, value in described["fitted"].items():
        if name != "algorithm_":
            raise KeyError(f"fitted value {name!r}")
        setattr(context, name, value)
    context.context_weights_ = arrays["context.context_weights_"]
    return context
