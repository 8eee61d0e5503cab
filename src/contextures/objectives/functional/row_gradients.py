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
    offset, total = constant, None
    for _, centre, slope, scale in terms:
        if slope is not None:
            moved = torch.mv(slope.T, centre) if slope.ndim == 2 else centre * slope
            offset = moved.mul_(-scale) if offset is None else offset.sub(moved, alpha=scale)
    if offset is None:
        return torch.zeros_like(terms[0].rows)
    for rows, _, slope, scale in terms:
        if slope is not None:
            total = _added(offset if total is None else total, rows, slope, scale, total is None)
    return offset.repeat(len(terms[0].rows), 1) if total is None else total


def _added(onto: Tensor, rows: Tensor, slope: Tensor, scale: float, first: bool) -> Tensor:
    """Add scale rows slope to an array in place, or to the constant row at first."""
    if slope.ndim == 2:
        if first:
            return torch.addmm(onto, rows, slope, alpha=scale)
        return onto.addmm_(rows, slope, alpha=scale)
    if first:
        return torch.addcmul(onto, rows, slope, value=scale)
    return onto.addcmul_(rows, slope, value=scale)
