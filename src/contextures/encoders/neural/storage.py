"""Neural encoders in files: weights and numbers as arrays, the rest as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from contextures.contexts import Context
from contextures.contexts.stored import (
    Arrays,
    construct,
    construct_known,
    describe,
    describe_fitted,
    restore_fitted,
)
from contextures.encoders.neural.embedding import Map
from contextures.encoders.neural.encoder import NeuralEncoder
from contextures.encoders.neural.networks import KINDS, Network
from contextures.encoders.neural.tensors import Codes
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzFunctions

MOST_DRAWS = 2**16
"""Draws of a row that a file may ask for."""

_FUNCTIONS = ("singular_values", "mean", "coefficients")


def describe_neural(encoder: NeuralEncoder, arrays: Arrays) -> dict[str, Any]:
    """Describe a fitted neural encoder, and put its numbers among ``arrays``.

    Parameters
    ----------
    encoder : NeuralEncoder
        A fitted encoder.
    arrays : dict
        Filled in.

    Returns
    -------
    dict
        Plain values.

    Raises
    ------
    InputError
        If new rows need a context that cannot be written.
    """
    found, functions = encoder._map, encoder.functions_
    for name, values in found.network.state_dict().items():
        arrays[f"network.{name}"] = np.ascontiguousarray(values.cpu().numpy())
    for name in _FUNCTIONS:
        arrays[name] = np.ascontiguousarray(getattr(functions, name))
    for name, offsets in _offsets(encoder).items():
        if offsets is not None:
            arrays[name] = np.ascontiguousarray(offsets)
    known = encoder._codes.known if encoder._codes is not None else None
    names = None
    if known is not None and known.dtype.kind in "iufb":
        arrays["codes"] = np.ascontiguousarray(known)
    elif known is not None:
        names = [str(name) for name in known]
    network = found.network
    own = isinstance(network, Network)
    return {
        "parameters": _plain_parameters(encoder),
        "n_components": functions.n_components,
        "n_features_in": getattr(encoder, "n_features_in_", None),
        "named": encoder._named,
        "names": names,
        "network": {
            "kind": network.kind if isinstance(network, Network) else None,
            "plan": network.plan if isinstance(network, Network) else None,
            "class": type(network).__name__,
        },
        "foreign": not own,
        "rank": functions.rank,
        "effective_rank": functions.effective_rank,
        "ridge": encoder.ridge_,
        "score": None if np.isnan(encoder.score_) else encoder.score_,
        "averages": _describe_averages(found, arrays),
        "context": _describe_context(encoder),
    }


def restore_neural(description: dict[str, Any], arrays: Arrays, network: Any) -> NeuralEncoder:
    """Make the encoder that :func:`describe_neural` described.

    Parameters
    ----------
    description : dict
        Plain values.
    arrays : dict
        Numbers.
    network : torch.nn.Module or None
        A module like the one that was trained, for a network that was not chosen by name.

    Returns
    -------
    NeuralEncoder
        It transforms new rows as the written one did.
    """
    module = _restore_network(description, arrays, network)
    functions = RitzFunctions(
        **{name: arrays[name] for name in _FUNCTIONS},
        context_mean=None,
        context_coefficients=None,
        rank=int(description["rank"]),
        effective_rank=float(description["effective_rank"]),
    )
    described = description["context"]
    context = None if described is None else construct_known(described)
    encoder = NeuralEncoder(context, int(description["n_components"]))
    encoder.set_params(**description["parameters"])
    # Encoders of releases that shifted nothing have none.
    encoder._offsets = arrays.get("offsets")
    averaged = description["averages"]
    if averaged is None:
        encoder._map = Map(module, functions)
        encoder.network_, encoder.context_network_ = module, None
    else:
        fitted = _restore_averaged(averaged, arrays)
        n_draws, seed = int(averaged["n_draws"]), int(averaged["seed"])
        if not 1 <= n_draws <= MOST_DRAWS or seed < 0:
            raise ValueError(f"it averages {n_draws} draws from the seed {seed}")
        offsets = encoder._offsets, arrays.get("context_offsets")
        encoder._map = Map(module, functions, fitted, n_draws, seed, *offsets)
        encoder.context_ = fitted
        encoder.network_, encoder.context_network_ = None, module
    encoder._named = bool(description["named"])
    encoder._codes = None
    if encoder._named:
        names = description["names"]
        encoder._codes = Codes(arrays["codes"] if names is None else np.array(names, dtype=object))
    if description["n_features_in"] is not None:
        encoder.n_features_in_ = int(description["n_features_in"])
    score = description["score"]
    encoder.ridge_ = float(description["ridge"])
    encoder.score_ = np.nan if score is None else float(score)
    return encoder


def _offsets(encoder: NeuralEncoder) -> dict[str, Any]:
    return {"offsets": encoder._offsets, "context_offsets": encoder._map.context_offsets}


def _restore_network(description: dict[str, Any], arrays: Arrays, network: Any) -> nn.Module:
    told = description["network"]
    if description["foreign"]:
        if not isinstance(network, nn.Module):
            raise InputError(
                f"this encoder's network is a {told['class']} of your own, whose code is not "
                "saved; give load_encoder(directory, network=module) one like it"
            )
        made = network
    else:
        kind, plan = KINDS[told["kind"]], told["plan"]
        _check_plan(plan, arrays)
        with torch.device("meta"):  # without its weights, of which a changed plan may have too many
            _check_shapes(kind.build(plan), arrays)
        made = kind.build(plan)
    state = {
        name.removeprefix("network."): torch.as_tensor(values)
        for name, values in arrays.items()
        if name.startswith("network.")
    }
    try:
        made.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"the saved weights are not those of such a network: {error}") from None
    if isinstance(made, Network):
        made.check_restored()
    return made.eval()


def _check_plan(plan: dict[str, Any], arrays: Arrays) -> None:
    """Refuse a plan that counts more of anything than there are weights, before it is built."""
    most = sum(array.size for name, array in arrays.items() if name.startswith("network."))
    counts = [value for value in plan.values() if not isinstance(value, str | bool | None)]
    while counts:
        count = counts.pop()
        if isinstance(count, list | tuple):
            counts += count
        elif isinstance(count, dict):
            counts += count.values()
        elif isinstance(count, int | float) and not isinstance(count, bool) and abs(count) > most:
            raise ValueError(f"its network counts to {count}, but has {most} weights")

    if plan.get("depth", 0) > len(arrays):
        raise ValueError(f"its network has {plan['depth']} layers, but {len(arrays)} arrays")


def _check_shapes(network: nn.Module, arrays: Arrays) -> None:
    for name, wanted in network.state_dict().items():
        found = arrays.get(f"network.{name}")
        if found is None or found.shape != tuple(wanted.shape):
            raise ValueError(f"its weights {name} are not of such a network")


def _describe_averages(found: Map, arrays: Arrays) -> dict[str, Any] | None:
    context = found.context
    if context is None:
        return None
    return {
        "n_draws": found.n_draws,
        "seed": found.seed,
        "context": describe_fitted(context, arrays),
    }


def _restore_averaged(averaged: dict[str, Any], arrays: Arrays) -> Context:
    if not averaged.get("recipe"):
        return restore_fitted(averaged["context"], arrays)
    # In the first release: a context that draws whatever the rows were.
    context = construct(averaged["context"])
    context.n_features_in_ = int(averaged["n_features_in"])
    context.mark_restored()
    return context


def _describe_context(encoder: NeuralEncoder) -> dict[str, Any] | None:
    try:
        return describe(encoder.context_)
    except (AttributeError, InputError):
        return None  # a network on X embeds new rows without it


def _plain_parameters(encoder: NeuralEncoder) -> dict[str, Any]:
    # What is written says how many coordinates there are, and their weights for every encoder.
    left_out = (
        "context",
        "n_components",
        "allow_fewer",
        "spectral_power",
        "checkpoint",
        "progress",
        "loggers",
    )
    return {
        name: value
        for name, value in encoder.get_params(deep=False).items()
        if name not in left_out and (value is None or isinstance(value, bool | int | float | str))
    }
