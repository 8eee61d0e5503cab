"""Encoders on disk: arrays as safetensors, the rest as JSON; reading one never runs code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._checks import check_not_negative
from contextures._files import (
    as_damaged,
    check_ours,
    read_pair,
    read_regular,
    to_json,
    write_together,
)
from contextures._version import __version__
from contextures.contexts.stored import (
    Arrays,
    construct_known,
    describe,
    describe_fitted,
    restore_fitted,
)
from contextures.encoders.base import Encoder
from contextures.encoders.bases.stored import (
    describe_basis,
    read_foreign,
    restore_basis,
    write_foreign,
)
from contextures.encoders.restored import check_restored
from contextures.encoders.ritz import RitzEncoder
from contextures.encoders.ritz.learner import Solved
from contextures.encoders.spectral import SpectralEncoder
from contextures.exceptions import InputError
from contextures.spectrum.reached import whole
from contextures.spectrum.ritz import RitzFunctions

FORMAT = 1
ARRAYS, DESCRIPTION, FOREIGN = "encoder.safetensors", "encoder.json", "encoder.skops"


def save_encoder(encoder: Encoder, directory: str | Path) -> None:
    """Write a fitted encoder to ``encoder.safetensors`` and ``encoder.json`` in a directory.

    A Ritz encoder whose basis has parts of scikit-learn's adds ``encoder.skops``. Of a network that
    was not chosen by name, the weights are written and the code is not.

    Parameters
    ----------
    encoder : SpectralEncoder, RitzEncoder or NeuralEncoder
        A fitted encoder. A spectral one is written with its context, which new rows need, and so
        is a neural one whose network is on A; the others over any context, without what that
        learned, and without the side of A.
    directory : str or pathlib.Path
        An existing directory. An encoder that was saved there is replaced.

    Raises
    ------
    InputError
        If the context or the basis is of a kind that cannot be written, the encoder is one of
        your own, its ``spectral_power`` is not a number of at least zero, there is no such
        directory, it is a run, or holds files of these names that are not a saved encoder's.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_wine
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import KNNContext
    >>> from contextures.encoders import save_encoder
    >>> encoder = SpectralEncoder(KNNContext(20), n_components=4).fit(load_wine().data)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_encoder(encoder, folder)
    """
    from safetensors.numpy import save

    folder = Path(directory)
    check_ours(folder, DESCRIPTION, "encoder", (ARRAYS, FOREIGN), "encoder")
    if isinstance(encoder, Encoder):
        check_is_fitted(encoder)
    power = check_not_negative(encoder.spectral_power, "spectral_power")
    arrays: Arrays = {}
    foreign: list[Any] = []
    if isinstance(encoder, RitzEncoder):
        described = _describe_ritz(encoder, arrays, foreign)
    elif isinstance(encoder, SpectralEncoder):
        described = _describe_spectral(encoder, arrays)
    else:
        described = _describe_neural(encoder, arrays)
    description = {
        "format": FORMAT,
        "version": __version__,
        "encoder": type(encoder).__name__,
        "spectral_power": power,
        **described,
    }
    contents = {
        FOREIGN: write_foreign(foreign) if foreign else None,
        ARRAYS: save(arrays),
        DESCRIPTION: to_json(description),
    }
    write_together(folder, contents)


def load_encoder(directory: str | Path, network: Any = None) -> Encoder:
    """Read an encoder that :func:`save_encoder` wrote.

    Parameters
    ----------
    directory : str or pathlib.Path
        Where it lies.
    network : torch.nn.Module, optional
        For a neural encoder whose network was not chosen by name: a module like it, which the
        weights are put in.

    Returns
    -------
    SpectralEncoder, RitzEncoder or NeuralEncoder
        An encoder that transforms new rows as the written one did, with the same
        ``spectral_power``. It holds neither the training
        rows' coordinates nor their spectrum's functions. The context of a Ritz or neural encoder
        is not fitted, unless new rows need it, and None if its parameters were not plain values or
        its kind is not known here.

    Raises
    ------
    InputError
        If the files are missing, damaged or of another layout.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_wine
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import KNNContext
    >>> from contextures.encoders import load_encoder, save_encoder
    >>> X = load_wine().data
    >>> encoder = SpectralEncoder(KNNContext(20), n_components=4).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_encoder(encoder, folder)
    ...     again = load_encoder(folder)
    >>> bool(abs(again.transform(X) - encoder.transform(X)).max() < 1e-12)
    True
    """
    from safetensors.numpy import load

    folder = Path(directory)
    where = repr(str(folder))
    description, content = read_pair(folder, DESCRIPTION, ARRAYS, "encoder", FORMAT, (FOREIGN,))
    try:
        arrays = load(content)
    except Exception as error:  # of safetensors, or of the types and shapes that it read
        raise InputError(f"the encoder in {where} cannot be read: {error}") from None
    with as_damaged(f"the encoder in {where}"):
        encoder = _restore(description, arrays, folder, network)
        power = description.get("spectral_power", 0.0)  # not in releases before it was a parameter
        encoder.spectral_power = check_not_negative(power, "spectral_power")
        check_restored(encoder, description, arrays)
    encoder._read_from = where
    return encoder


def _restore(description: dict[str, Any], arrays: Arrays, folder: Path, network: Any) -> Encoder:
    if description["encoder"] == "SpectralEncoder":
        return _restore_spectral(description, arrays)
    if description["encoder"] == "RitzEncoder":
        return _restore_ritz(description, arrays, folder)
    if description["encoder"] == "NeuralEncoder":
        from contextures.encoders.neural.storage import restore_neural

        return restore_neural(description, arrays, network)
    raise KeyError(f"encoder kind {description['encoder']!r}")


def _describe_neural(encoder: Encoder, arrays: Arrays) -> dict[str, Any]:
    # Only who made such an encoder has torch.
    if "contextures.encoders.neural.encoder" in sys.modules:
        from contextures.encoders.neural import NeuralEncoder
        from contextures.encoders.neural.storage import describe_neural

        if isinstance(encoder, NeuralEncoder):
            return describe_neural(encoder, arrays)
    raise InputError(
        f"{type(encoder).__name__} is an encoder of your own, which only your own code can write; "
        "give a SpectralEncoder, RitzEncoder or NeuralEncoder"
    )


def _describe_spectral(encoder: SpectralEncoder, arrays: Arrays) -> dict[str, Any]:
    arrays["coefficients"] = np.ascontiguousarray(whole(encoder._coefficients))
    arrays["singular_values"] = np.ascontiguousarray(encoder.singular_values_)
    arrays["offset"] = np.ascontiguousarray(encoder._offset)
    return {
        "n_components": len(encoder.singular_values_),
        "solver": encoder.spectrum_.solver if "spectrum_" in vars(encoder) else encoder._solver,
        "n_features_in": getattr(encoder, "n_features_in_", None),
        "context": describe_fitted(encoder.context_, arrays),
    }


def _restore_spectral(description: dict[str, Any], arrays: Arrays) -> SpectralEncoder:
    context = restore_fitted(description["context"], arrays)
    encoder = SpectralEncoder(context, int(description["n_components"]))
    encoder.context_ = context
    if description["n_features_in"] is not None:
        encoder.n_features_in_ = int(description["n_features_in"])
    encoder._named = context.takes != "array"
    encoder._solver = str(description["solver"])
    encoder._singular_values = arrays["singular_values"]
    encoder._coefficients = arrays["coefficients"]
    encoder._offset = arrays.get("offset", np.zeros(encoder.n_components))  # not in release 0.1
    return encoder


def _describe_ritz(encoder: RitzEncoder, arrays: Arrays, foreign: list[Any]) -> dict[str, Any]:
    functions = encoder.functions_
    for name in ("singular_values", "mean", "coefficients"):
        arrays[name] = np.ascontiguousarray(getattr(functions, name))
    basis = describe_basis(encoder.basis_, arrays, foreign, "basis")
    context = getattr(encoder, "context_", None)
    try:
        described = None if context is None else describe(context)
    except InputError:
        described = None  # new rows do not need it
    return {
        "n_components": functions.n_components,
        "n_features_in": getattr(encoder, "n_features_in_", None),
        "named_inputs": encoder._named,
        "rank": functions.rank,
        "effective_rank": functions.effective_rank,
        "ridge": encoder.ridge_,
        "score": None if np.isnan(encoder.score_) else encoder.score_,
        "context": described,
        "basis": basis,
        "n_foreign": len(foreign),
    }


def _restore_ritz(description: dict[str, Any], arrays: Arrays, folder: Path) -> RitzEncoder:
    foreign = _foreign(folder) if description["n_foreign"] else []
    basis = restore_basis(description["basis"], arrays, foreign, "basis")
    described = description["context"]
    context = None if described is None else construct_known(described)
    encoder = RitzEncoder(context, int(description["n_components"]))
    if context is not None:
        encoder.context_ = context
    encoder.basis_, encoder.context_basis_ = basis, None
    encoder._named = bool(description["named_inputs"])
    if description["n_features_in"] is not None:
        encoder.n_features_in_ = int(description["n_features_in"])
    functions = RitzFunctions(
        singular_values=arrays["singular_values"],
        mean=arrays["mean"],
        coefficients=arrays["coefficients"],
        context_mean=None,
        context_coefficients=None,
        rank=int(description["rank"]),
        effective_rank=float(description["effective_rank"]),
    )
    score = description["score"]
    encoder._solved = Solved(
        functions, float(description["ridge"]), np.nan if score is None else float(score)
    )
    return encoder


def _foreign(folder: Path) -> list[Any]:
    path = folder / FOREIGN
    if not path.is_file():
        raise InputError(
            f"{str(folder)!r} holds no whole encoder ({FOREIGN} is missing); give a directory that "
            "an encoder was saved to"
        )
    return read_foreign(read_regular(path), repr(str(folder)))
