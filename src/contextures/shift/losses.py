"""Losses as they come in, numpy's or torch's, and the distribution that they stand for."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from contextures.exceptions import InputError


class SortedLosses(NamedTuple):
    """Losses from the largest to the smallest, each with its probability.

    Attributes
    ----------
    values : ndarray or torch.Tensor of shape (n,)
        The losses; a tensor still knows where it came from, so that gradients reach the losses.
    numbers : ndarray or torch.Tensor of shape (n,)
        The same in double precision, without a gradient.
    probabilities : ndarray or torch.Tensor of shape (n,)
        Of each loss, in double precision; they sum to one.
    before : ndarray or torch.Tensor of shape (n,)
        How much probability lies before each.
    order : ndarray or torch.Tensor of shape (n,), or None
        Where each stood; None where nobody asked.
    """

    values: Any
    numbers: Any
    probabilities: Any
    before: Any
    order: Any


def library_of(values: Any) -> Any:
    """Give torch for a tensor, else numpy: the functions used here have the same names in both."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(values, torch.Tensor) else np


def check_losses(losses: Any, name: str = "losses") -> Any:
    """Give losses as an array or tensor of one dimension; refuse none, and numpy's unless finite.

    A tensor's values are not looked at, because that would wait for its device; a NaN among them
    makes the risk NaN, as everywhere in torch.
    """
    if library_of(losses) is not np:
        if losses.ndim != 1 or not len(losses) or not losses.dtype.is_floating_point:
            raise InputError(
                f"{name} must be a floating-point tensor of shape (n,) with n of at least 1; it is "
                f"{losses.dtype} of shape {tuple(losses.shape)}"
            )
        return losses
    try:
        array = np.asarray(losses, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers, one for each row") from None
    if array.ndim != 1 or not array.size:
        raise InputError(
            f"{name} must have shape (n,) with n of at least 1; the shape is {array.shape}"
        )
    if not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InputError(f"{name} must be finite; that of row {place} is {array[place]}")
    return array


def check_probabilities(sample_weight: Any, values: Any) -> Any:
    """Give weights of the losses as probabilities in double precision, beside the losses."""
    library = library_of(values)
    if library is not np:
        weights = library.as_tensor(sample_weight, dtype=library.float64, device=values.device)
        if weights.shape != values.shape:
            raise InputError(
                f"sample_weight must have a value for each of the {len(values)} losses; its shape "
                f"is {tuple(weights.shape)}"
            )
        return weights / weights.sum()
    weights = check_losses(sample_weight, "sample_weight")
    if weights.shape != values.shape:
        raise InputError(
            f"sample_weight has {len(weights)} values, but there are {len(values)} losses"
        )
    if weights.min() < 0 or weights.max() <= 0:
        raise InputError("sample_weight must not be negative, and not zero everywhere")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not np.isfinite(total):  # though each is finite
        weights = weights / len(weights)
        total = weights.sum()
    return weights / total


def sort_losses(losses: Any, sample_weight: Any = None, *, order: bool = False) -> SortedLosses:
    """Sort losses from the largest on, with their probabilities.

    Parameters
    ----------
    losses : array-like or torch.Tensor of shape (n,)
        The losses.
    sample_weight : array-like or torch.Tensor of shape (n,), optional
        How much each counts; evenly when None.
    order : bool, default=False
        Whether it must be known where each stood.

    Returns
    -------
    SortedLosses
        The losses and what belongs to each.
    """
    values = check_losses(losses)
    library = library_of(values)
    n = len(values)
    place = None
    if library is np:
        if order or sample_weight is not None:
            place = np.argsort(-values, kind="stable")
            ordered = values[place]
        else:
            ordered = np.sort(values)[::-1]
        plain = ordered
        steps = np.arange(n, dtype=np.float64)
    else:
        ordered, place = library.sort(values, descending=True, stable=True)
        plain = ordered.detach().to(library.float64)
        steps = library.arange(n, dtype=library.float64, device=values.device)
    if sample_weight is None:
        return SortedLosses(ordered, plain, library.full_like(plain, 1 / n), steps / n, place)
    probabilities = check_probabilities(sample_weight, values)[place]
    before = library.cumsum(probabilities, 0) - probabilities
    return SortedLosses(ordered, plain, probabilities, before, place)


def without_largest(given: SortedLosses, epsilon: float) -> SortedLosses:
    """Take the share ``epsilon`` of the probability from the largest losses, exactly.

    A loss at the border keeps the part of its probability that lies beyond it.
    """
    library = library_of(given.numbers)
    end = given.before + given.probabilities
    # Zero at both ends of a loss that is gone; a whole one is itself up to rounding.
    kept = (library.clip(end, epsilon, None) - library.clip(given.before, epsilon, None)) / (
        1 - epsilon
    )
    before = library.clip(given.before - epsilon, 0.0, None) / (1 - epsilon)
    return given._replace(probabilities=kept, before=before)
