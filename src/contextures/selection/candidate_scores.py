"""Judging one candidate context by its spectrum."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.evaluation import (
    Association,
    PseudoTaskScore,
    Usefulness,
    association,
    decay_rate,
    usefulness,
)
from contextures.exceptions import RankError
from contextures.selection.held_rows import HeldRows, expanded, extended
from contextures.selection.label_scores import FUNCTIONS as SEEN
from contextures.selection.label_scores import Labels, LabelScore, score_labels
from contextures.spectrum import Spectrum, leading_functions, singular_values

HELD_VIEWS = 8
"""Draws of A for each held-out row."""

FUNCTIONS = 300
"""Functions on either side that a context which only draws is judged by: more of them take longer,
and on the rows of a search find hardly more (measured with 300 to 1,000)."""


@dataclass(frozen=True)
class Judged:
    """What was found about one candidate."""

    singular_values: FloatArray | None
    usefulness: Usefulness | None
    association: Association | None
    seconds: float
    error: str | None = None
    pseudo: PseudoTaskScore | None = None
    labels: LabelScore | None = None


def judge_group(
    contexts: list[Context],
    rows: Any,
    y: Any,
    d0: int,
    beta: float,
    held: HeldRows | None = None,
    labels: Labels | None = None,
) -> list[Judged]:
    """Fit contexts of one family to the same rows and judge each.

    Parameters
    ----------
    contexts : list of Context
        Contexts that share what they can; see :meth:`Context.family`.
    rows : array-like of shape (n, p)
        The rows.
    y : array-like of shape (n,) or None
        Labels, for contexts that need them.
    d0, beta
        As for :func:`contextures.evaluation.usefulness`.
    held : HeldRows, optional
        Rows held back, for the error on pseudo-tasks; without them the spectrum alone counts.
    labels : Labels, optional
        Labels of some of the rows, to score contexts by that have not seen them.

    Returns
    -------
    list of Judged
        In the same order.
    """
    from threadpoolctl import threadpool_limits

    started = time.perf_counter()
    # More BLAS threads than cores cost far more than they give.
    with threadpool_limits(limits=1):
        fitted = type(contexts[0]).fit_family(contexts, rows, y)
        described = [None] * len(fitted) if held is None else expanded(fitted, held.rows)
        shared = (time.perf_counter() - started) / len(contexts)
        judged = []
        for _ in contexts:
            # Taken out, because transitions are what fills the memory.
            context, expansion = fitted.pop(0), described.pop(0)
            judged.append(_judge_one(context, rows, d0, beta, shared, held, expansion, labels))
        return judged


def _judge_one(
    context: Context | Exception,
    rows: Any,
    d0: int,
    beta: float,
    shared: float,
    held: HeldRows | None,
    expansion: Any,
    labels: Labels | None,
) -> Judged:
    started = time.perf_counter()
    coordinates = None
    found = None
    try:
        if isinstance(context, Exception):
            raise context
        if context.needs_y:
            labels = None  # its functions repeat what they would be judged by
        if context.form == "sampler":
            values, encoder = _learned(context, rows, d0)
            if held is not None:
                none = np.zeros((len(held.rows), 0))
                coordinates = none if encoder is None else encoder.transform(held.rows)
            measures = Association(
                decay_rate(values), float((values**2).sum()), float("nan"), float("nan")
            )
            if labels is not None and encoder is not None:
                mu = encoder.transform(rows[labels.rows])
                found = score_labels(mu, values[: mu.shape[1]], labels)
        else:
            if expansion is None and labels is None:
                values = singular_values(context, d0 + 1)
            else:
                values, spectrum = _with_functions(context, max(d0 + 1, SEEN))
                values = values[: d0 + 1]
                if expansion is not None:
                    coordinates = extended(context, spectrum.truncated(d0), expansion)
                if labels is not None:
                    mu = spectrum.left[labels.rows]
                    found = score_labels(mu, spectrum.singular_values, labels)
            measures = association(context, values, rows if _are_numbers(rows) else None)
            context.forget_rows()  # the largest part; nothing after this needs it
        score = usefulness(values, d0, beta)
        pseudo = None
        if held is not None and coordinates is not None:
            pseudo = held.score(coordinates)
        seconds = shared + time.perf_counter() - started
        return Judged(values, score, measures, seconds, None, pseudo, found)
    except Exception as error:  # one bad candidate must not stop the others
        message = str(error) or type(error).__name__
        return Judged(None, None, None, shared + time.perf_counter() - started, message)


def _are_numbers(rows: Any) -> bool:
    return isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind == "f"


def _with_functions(context: Context, d: int) -> tuple[FloatArray, Spectrum]:
    """Give the top singular values, and the functions that belong to them."""
    spectrum = leading_functions(context, d)
    values = spectrum.singular_values if spectrum.n_components else np.zeros(1)
    if context.counted:  # whose values want correction
        values = singular_values(context, d)
    return values, spectrum


def held_out_values(context: Context, rows: FloatArray, d0: int) -> FloatArray:
    """Estimate the singular values of a context that only draws, on rows not learned from.

    Functions of both sides are learned in closed form from half of the rows; the singular values
    are their correlations on the other half, because those on the half learned from overstate a
    weak association.

    Parameters
    ----------
    context : Context
        A context in sampler form.
    rows : ndarray of shape (n, p)
        The rows.
    d0 : int
        The largest dimension considered.

    Returns
    -------
    ndarray of shape (d,)
        Singular values in [0, 1], largest first.
    """
    return _learned(context, rows, d0)[0]


def _learned(context: Context, rows: FloatArray, d0: int) -> tuple[FloatArray, Any]:
    """Learn functions from half of the rows; give their values on the rest, and the encoder."""
    from contextures.encoders import RitzEncoder
    from contextures.encoders.bases.base import values_of

    half = np.random.default_rng(0).permutation(len(rows))
    learned, held = rows[half[::2]], rows[half[1::2]]
    d = min(d0 + 1, len(held) // 4, FUNCTIONS // 2)
    encoder = RitzEncoder(context, d, n_functions=FUNCTIONS, random_state=0, allow_fewer=True)
    try:
        encoder.fit(learned)
    except RankError:  # not one function was found
        return np.zeros(1), None
    views = encoder.context_.sample(held, np.random.default_rng(1), HELD_VIEWS)
    basis = encoder.context_basis_
    other = np.stack([encoder.functions_.right(values_of(basis, view, float)) for view in views])
    mu = encoder.transform(held)
    mu -= mu.mean(axis=0)
    other -= other.mean(axis=(0, 1))
    covariances = np.einsum("ij,vij->j", mu, other) / (HELD_VIEWS * len(held))
    spread = mu.std(axis=0) * other.std(axis=(0, 1))
    values = np.divide(covariances, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.sort(np.clip(values, 0.0, 1.0))[::-1], encoder
