"""Gradients by the rows of a batch that are linear in the rows."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Term(NamedTuple):
    """The part scale (rows - centre) slope of a gradient.

    The slope is a matrix, the diagonal of one, a number, or None where there is no such part.
    """

    rows: Tensor
    centre: Tensor
    slope: Tensor | None
    scale: float


def row_gradient(terms: list[Term], constant: Tensor | None = None) -> Tensor:
    """Add up terms and a constant row, in one array of n d numbers.

    Parameters
    ----------
    terms : list of Term
        The terms, of rows of equal width.
    constant : torch.Tensor of shape (d,), optional
        Added to every row.

    Returns
    -------
    torch.Tensor of shape (n, d)
        The sum.
    """
    # Products come last: they add to an array more cheaply than anything is added to them.
    ordered = sorted(
        ((term, term.slope) for term in terms if term.slope is not None),
        key=lambda pair: pair[1].ndim,
    )
    if not ordered:
        rows = terms[0].rows
        return torch.zeros_like(rows) if constant is None else constant.repeat(len(rows), 1)
    offset = constant
    for (_, centre, _, scale), slope in ordered:
        moved = torch.mv(slope.T, centre) if slope.ndim == 2 else centre * slope
        offset = moved.mul_(-scale) if offset is None else offset.sub(moved, alpha=scale)
    assert offset is not None
    total: Tensor | None = None
    for (rows, _, _, scale), slope in ordered:
        product = slope.ndim == 2
        if total is None:
            total = (
                torch.addmm(offset, rows, slope, alpha=scale)
                if product
                else torch.addcmul(offset, rows, slope, value=scale)
            )
        elif product:
            total = total.addmm_(rows, slope, alpha=scale)
        else:
            total = total.addcmul_(rows, slope, value=scale)
    assert total is not None
    return total
