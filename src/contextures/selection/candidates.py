"""Candidate contexts, laid out over levels of association."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from contextures.contexts import Context, KNNContext, LabelContext, MaskContext, RBFContext
from contextures.contexts.checks import FloatArray
from contextures.contexts.rbf import median_distance
from contextures.exceptions import InputError

FEWEST_NEIGHBORS = 5
WIDEST_GAMMA = 0.05
GAMMA_STEP = 4.0
"""Gamma times the median squared distance starts here and grows so: nine levels run from hardly any
association to nearly the identity. Powers of two let a family share its exponentials."""

_FAMILIES = {
    KNNContext: "nearest neighbours",
    RBFContext: "Gaussian",
    LabelContext: "labels",
}


@dataclass(frozen=True)
class Candidate:
    """A context to try.

    Attributes
    ----------
    context : Context
        The context, for all the rows.
    family : str
        What kind it is, in words.
    inductive : bool
        Whether it describes new rows, so that it can be chosen.
    """

    context: Context
    family: str
    inductive: bool = True


def as_candidate(context: Context) -> Candidate:
    """Describe a context of the caller's own."""
    if not isinstance(context, Context):
        raise InputError(
            f"the candidate {context!r} is not a context; give KNNContext() or another"
        )
    return Candidate(context, family_name(context), not isinstance(context, LabelContext))


def family_name(context: Context) -> str:
    """Say in words what kind of context this is."""
    if isinstance(context, MaskContext) and context.base is not None:
        return f"masked {family_name(context.base)}"
    return _FAMILIES.get(type(context), type(context).__name__)


def default_candidates(X: FloatArray, n_levels: int = 9) -> list[Candidate]:
    """Lay out nearest-neighbour and Gaussian contexts, plain and masked, over association levels.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        The rows.
    n_levels : int, default=9
        How many levels each of the four families has. K runs geometrically from half the rows
        down to 5, gamma times the median squared distance from 0.05 up by fours.

    Returns
    -------
    list of Candidate
        ``4 * n_levels`` of them; half when there is one feature, which cannot be masked, and
        fewer when there are too few rows for different K.
    """
    n, p = X.shape
    largest = max(2, n // 2)
    fewest = min(FEWEST_NEIGHBORS, largest)
    counts = np.unique(np.geomspace(largest, fewest, n_levels).round().astype(int))[::-1]
    scale = median_distance(X)
    widest = float(f"{WIDEST_GAMMA / scale:.4g}")
    gammas = [widest * GAMMA_STEP**level for level in range(n_levels)]
    plain: list[KNNContext | RBFContext] = [KNNContext(n_neighbors=int(k)) for k in counts]
    plain += [RBFContext(gamma=gamma) for gamma in gammas]
    contexts: list[Context] = list(plain)
    if p > 1:
        contexts += [MaskContext(base) for base in plain]
    return [as_candidate(context) for context in contexts]


def parse_context(text: str) -> Context:
    """Build a context from its short form.

    Parameters
    ----------
    text : str
        ``knn:30``, ``rbf:0.5`` or ``rbf``; ``mask+knn:30`` and ``mask:0.4+rbf`` hide a share of
        the features (0.2 unless given).

    Returns
    -------
    Context
        The context.

    Raises
    ------
    InputError
        If the text is none of these.

    Examples
    --------
    >>> from contextures.selection import parse_context
    >>> parse_context("mask:0.4+knn:30")
    MaskContext(base=KNNContext(), mask_rate=0.4)
    """
    found = re.fullmatch(
        r"(?:(mask)(?::([^+:]+))?\+)?(knn|rbf)(?::([^+:]+))?", text.strip().lower()
    )
    if found is None:
        raise InputError(
            f"the context {text!r} is not known; give auto, knn:30, rbf, rbf:0.5, mask+knn:30 "
            "or mask:0.4+rbf:0.5"
        )
    masked, rate, kind, value = found.groups()
    base: KNNContext | RBFContext
    if kind == "knn":
        base = KNNContext(n_neighbors=_number(value, int, text) if value else 30)
    else:
        base = RBFContext(gamma=_number(value, float, text) if value else None)
    if not masked:
        return base
    return MaskContext(base, mask_rate=_number(rate, float, text) if rate else 0.2)


def short_form(context: Context) -> str:
    """Write a context as :func:`parse_context` reads it; its ``repr`` when it has no short form."""
    if isinstance(context, MaskContext) and context.base is not None:
        return f"mask:{context.mask_rate:g}+{short_form(context.base)}"
    if isinstance(context, KNNContext):
        return f"knn:{context.n_neighbors}"
    if isinstance(context, RBFContext):
        return "rbf" if context.gamma is None else f"rbf:{context.gamma:.6g}"
    return repr(context)


def _number(value: str, kind: type[int] | type[float], text: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InputError(f"{value!r} in the context {text!r} is not {what}") from None
