"""Which encoder a run fits, on how many rows, and with how many coordinates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import DENSE_SHARE
from contextures._lazy import missing
from contextures.contexts import Context
from contextures.encoders import Encoder, RitzEncoder, SpectralEncoder
from contextures.exceptions import InputError

KINDS = ("auto", "spectral", "ritz", "neural")

MOST_ROWS = 20_000
MOST_ENTRIES = 9_000_000
"""Entries of a transition that one exact decomposition takes in seconds."""

MOST_STORED = 50_000_000
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
    absent = [name for name in ("torch", "lightning_fabric") if find_spec(name) is None]
    if asked == "neural" and absent:
        raise missing(absent[0], "--encoder neural")


def affordable_rows(context: Context, n: int, kind: str) -> int:
    """Say on how many of ``n`` rows an encoder of a kind can be fitted.

    An exact decomposition is to take seconds. Other encoders need the transition in memory, which
    Gaussian contexts keep small by themselves; a context that only draws sets no limit.
    """
    if context.form == "sampler":
        return n

    exact = kind == "spectral"
    limit = MOST_ENTRIES if exact else MOST_STORED

    def affordable(m: int) -> bool:
        """Say whether the entries that describe m of the rows are few enough."""
        entries = min(m, context.subsampled(m / n).density(m))
        # Beyond this share they are stored, and decomposed, as a dense array.
        return m * (m if entries > DENSE_SHARE * m else entries) <= limit

    # Searching neighbours over and over takes too long for more rows, whatever is made of them.
    most = min(n, MOST_ROWS) if exact or context.n_searches > 1 else n
    return (
        most
        if affordable(most)
        else bisect_left(range(1, most), True, key=lambda m: not affordable(m))
    )


def fit_encoder(
    kind: str,
    context: Context,
    rows: NDArray[np.float64],
    n_components: int | None,
    predicted: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Encoder:
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
    progress : callable, optional
        Told how many steps of a network's training are done, and how many there may be.

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
    progress: Callable[[int, int], None] | None = None,
) -> Encoder:
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
    progress: Callable[[int, int], None] | None,
    *,
    allow_fewer: bool,
) -> Encoder:
    if kind == "spectral":
        return SpectralEncoder(context, n_components, random_state=seed, allow_fewer=allow_fewer)
    if kind == "ritz":
        return RitzEncoder(context, n_components, random_state=seed, allow_fewer=allow_fewer)
    from contextures.encoders import NeuralEncoder

    def told(done: int, total: int, metrics: dict[str, Any]) -> None:
        if progress is not None:
            progress(done, total)

    return NeuralEncoder(
        context, n_components, random_state=seed, progress=told, allow_fewer=allow_fewer
    )
