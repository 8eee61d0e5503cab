"""How well a learned encoder came out, beside the exact functions of the same context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.encoders import Encoder
from contextures.evaluation import cca_alignment
from contextures.exceptions import RankError
from contextures.runs.encoder_choice import affordable_rows
from contextures.spectrum import decompose_fitted
from contextures.spectrum.ritz.ratio_trace import ratio_trace

MOST_FRESH = 3000
"""Rows not learned from that an encoder is judged on."""


@dataclass(frozen=True)
class Judgement:
    """What a learned encoder is worth; None where it cannot be known or is too costly.

    Attributes
    ----------
    exact_values : ndarray of shape (d,) or None
        The exact singular values of the context on the rows learned from.
    alignment : float or None
        The mean squared canonical correlation with the exact functions there.
    held_out, held_out_exact : float or None
        The sum of squared singular values that the encoder, and the exact functions extended to
        new rows, attain on rows not learned from.
    effective_rank : float or None
        The effective rank of the functions that the encoder learned, before they were ordered.
    history : list of dict
        Points of the training curve.
    """

    exact_values: FloatArray | None = None
    alignment: float | None = None
    held_out: float | None = None
    held_out_exact: float | None = None
    effective_rank: float | None = None
    history: list[dict[str, Any]] = field(default_factory=list)


def judge(
    encoder: Encoder, rows: NDArray[np.float64], fresh: NDArray[np.float64] | None
) -> Judgement:
    """Compare a learned encoder with the exact functions of its fitted context.

    Parameters
    ----------
    encoder : RitzEncoder or NeuralEncoder
        A fitted encoder.
    rows : ndarray of shape (n, p)
        The rows that it was fitted to.
    fresh : ndarray of shape (m, p) or None
        Rows that it was not.

    Returns
    -------
    Judgement
        What was found.
    """
    context, d = encoder.context_, len(encoder.singular_values_)
    own: dict[str, Any] = {
        "effective_rank": getattr(encoder, "effective_rank_", None),
        "history": getattr(encoder, "history_", []),
    }
    if context.form == "sampler":
        return Judgement(**own)
    new = np.empty((0, 0)) if fresh is None else fresh[spaced(len(fresh))]
    judged = len(new) > 2 * d
    if judged:
        own["held_out"] = ratio_trace(encoder.transform(new), context, new)
    if affordable_rows(context, len(rows), "spectral") < len(rows):
        return Judgement(**own)
    try:
        exact = decompose_fitted(context, d, allow_fewer=True)
    except RankError:  # not one exact function to compare with
        return Judgement(**own)
    own["alignment"] = cca_alignment(encoder.transform(rows), exact.left)
    if judged:
        extended = context.expand(new) @ exact.extension
        own["held_out_exact"] = ratio_trace(np.asarray(extended), context, new)
    return Judgement(exact_values=exact.singular_values, **own)


def spaced(n: int) -> NDArray[np.intp]:
    """Give the numbers of the rows to judge on: evenly spaced ones when there are many."""
    return np.linspace(0, n - 1, min(n, MOST_FRESH)).astype(np.intp)
