"""Singular values counted from draws, less what counting adds to them."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from contextures.contexts import Context
from contextures.exceptions import ContextWarning, RankError
from contextures.spectrum.result import Spectrum
from contextures.spectrum.solve import NEGLIGIBLE

NOTHING = (
    "the context carries nothing on X: not one of its singular values is above zero; give another "
    "context"
)

CONFIRMED = 0.9
"""Singular values that draws of their own confirm to less than this share are doubtful."""


def corrected(spectrum: Spectrum, context: Context, *, allow_fewer: bool) -> Spectrum:
    """Take from counted singular values what counting adds to them, and order by what is left."""
    counted = spectrum.singular_values
    squares = counted**2 - context.excess(spectrum.left, spectrum.right, counted)
    order = np.argsort(-squares, kind="stable")
    mend = context.mend_excess
    positive = int(np.count_nonzero(squares > NEGLIGIBLE))
    if allow_fewer and positive == 0:
        raise RankError(f"{NOTHING}, or {mend}", 0)
    if allow_fewer:
        order = order[:positive]
    squares = squares[order]
    if positive < len(squares):
        raise RankError(
            f"n_components={len(squares)} is more than the draws can tell from none: only "
            f"{positive} singular values are above zero; give n_components={positive} or less, or "
            f"{mend}",
            positive,
        )
    confirmed = context.held_out(spectrum.left[:, order])
    doubtful = np.flatnonzero(np.sqrt(confirmed) < CONFIRMED * np.sqrt(squares))
    if len(doubtful):
        worst = doubtful[np.argmin(confirmed[doubtful] / squares[doubtful])]
        warnings.warn(
            f"{len(doubtful)} of {len(squares)} singular values are uncertain by the few draws "
            f"behind them: number {worst + 1} lies between about {np.sqrt(confirmed[worst]):.2f} "
            f"and {np.sqrt(squares[worst]):.2f}; {mend}",
            ContextWarning,
            stacklevel=4,
        )
    return replace(
        spectrum,
        singular_values=np.sqrt(np.clip(squares, 0.0, 1.0)),
        left=spectrum.left[:, order],
        right=spectrum.right[:, order],
        counted_values=counted[order],
    )
