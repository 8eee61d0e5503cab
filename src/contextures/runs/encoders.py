"""Which encoder a run fits, on how many rows, and with how many coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.contexts import Context, KNNContext, MaskContext, RBFContext
from contextures.contexts.checks import DENSE_SHARE
from contextures.encoders import RitzEncoder, SpectralEncoder
from contextures.exceptions import InputError
from contextures.runs.progress import Progress

KINDS = ("auto", "spectral", "ritz", "neural")

MOST_ROWS = 20_000
MOST_ENTRIES = 9_000_000
"""Entries of a transition that one exact decomposition takes in seconds."""

MOST_STORED = 150_000_000
"""Entries of a transition that are held while an encoder learns from it."""

KEPT_COMPONENTS = 128


def choose_kind(asked: str, context: Context, n: int) -> str:
    """Choose the kind of encoder for a context of ``n`` rows.

    Parameters
    ----------
    asked : {"auto", "spectral", "ritz", "neural"}
        What was asked for. "auto" takes the exact functions while they are affordable on all
        rows, and the closed-form encoder beyond and for contexts that only draw.
    context : Context
        The context.
    n : int
        The number of rows.

    Returns
    -------
    {"spectral", "ritz", "neural"}
        The kind.
    """
    if asked != "auto":
        return asked
    exact = context.form != "sampler" and affordable_rows(context, n, "spectral") == n
    return "spectral" if exact else "ritz"


def check_kind(asked: str, context: Context | None) -> None:
    """Refuse a kind of encoder that cannot be, before any work.

    Parameters
    ----------
    asked : str
        The kind asked for.
    context : Context or None
        The context, if it is known already.

    Raises
    ------
    InputError
        If there is no such kind, its libraries are missing, or exact functions are asked of a
        context that only draws.
    """
    from importlib.util import find_spec

    if asked == "spectral" and context is not None and context.form == "sampler":
        raise InputError(
            "--encoder spectral needs a context with a transition, and this one only draws; give "
            "--encoder ritz, neural or auto"
        )
    if asked not in KINDS:
        raise InputError(f"--encoder {asked!r} is not known; give {', '.join(KINDS)}")
    missing = [name for name in ("torch", "lightning_fabric") if find_spec(name) is None]
    if asked == "neural" and missing:
        raise InputError(
            "--encoder neural needs torch, which is not installed; run: pip install "
            "'contextures[neural]'"
        )


def affordable_rows(context: Context, n: int, kind: str) -> int:
    """Say on how many of ``n`` rows an encoder of a kind can be fitted.

    An exact decomposition is to take seconds. Other encoders need the transition in memory, which
    Gaussian contexts keep small by themselves; a context that only draws sets no limit.
    """
    masked = isinstance(context, MaskContext) and context.base is not None
    base = context.base if isinstance(context, MaskContext) and masked else context
    if context.form == "sampler" or (kind != "spectral" and isinstance(base, RBFContext)):
        return n
    if isinstance(context, KNNContext):
        density = min(1.0, context.n_neighbors / n)
    elif isinstance(context, MaskContext) and isinstance(base, KNNContext):
        # Masks see different neighbours; few are shared.
        density = min(1.0, base.n_neighbors * context.n_masks / n)
    else:
        density = 1.0
    if density > DENSE_SHARE:
        density = 1.0  # it is stored, and decomposed, as a dense array
    # The neighbours under every mask take too long for more rows, whatever is made of them.
    if kind == "spectral" or masked:
        return min(n, MOST_ROWS, int(np.sqrt(MOST_ENTRIES / density)))
    return min(n, int(np.sqrt(MOST_STORED / density)))


def fit_encoder(
    kind: str,
    context: Context,
    rows: NDArray[np.float64],
    n_components: int | None,
    predicted: int,
    seed: int,
    progress: Progress,
) -> Any:
    """Fit an encoder with the number of coordinates asked for, or with as many as are sound.

    Parameters
    ----------
    kind : {"spectral", "ritz", "neural"}
        The kind.
    context : Context
        The context.
    rows : ndarray of shape (n, p)
        The rows.
    n_components : int or None
        The number of coordinates; chosen when None.
    predicted : int
        The number that the score predicts: at least so many are kept, if there are.
    seed : int
        Seeds what is random in the fit.
    progress : Progress
        Told how far the training of a network is.

    Returns
    -------
    SpectralEncoder, RitzEncoder or NeuralEncoder
        The fitted encoder.
    """
    if n_components is not None:
        return _make(kind, context, n_components, seed, progress, allow_fewer=False).fit(rows)
    wanted = max(min(KEPT_COMPONENTS, len(rows) // 4), min(predicted, len(rows) // 2), 2)
    return fit_up_to(kind, context, rows, wanted, seed, progress)


def fit_up_to(
    kind: str,
    context: Context,
    rows: NDArray[np.float64],
    wanted: int,
    seed: int,
    progress: Progress,
) -> Any:
    """Fit an encoder with up to ``wanted`` coordinates: as many as there are and are sound.

    Parameters
    ----------
    kind, context, rows, seed, progress
        As for :func:`fit_encoder`.
    wanted : int
        The largest number of coordinates.

    Returns
    -------
    SpectralEncoder, RitzEncoder or NeuralEncoder
        The fitted encoder.
    """
    return _make(kind, context, wanted, seed, progress, allow_fewer=True).fit(rows)


def _make(
    kind: str,
    context: Context,
    n_components: int,
    seed: int,
    progress: Progress,
    *,
    allow_fewer: bool,
) -> Any:
    if kind == "spectral":
        return SpectralEncoder(context, n_components, allow_fewer=allow_fewer)
    if kind == "ritz":
        return RitzEncoder(context, n_components, random_state=seed, allow_fewer=allow_fewer)
    from contextures.encoders import NeuralEncoder

    return NeuralEncoder(context, n_components, random_state=seed, allow_fewer=allow_fewer)
