"""Fitted SquashingScalers of skrub's: what they do, quickly, and many columns' as one."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.data.without_home import load_skrub

FloatArray = NDArray[np.float64]


class Learned:
    """What a scaler of skrub's learned, by the same names, read from a file without skrub."""


class SquashingScaler(Learned):
    """What skrub's SquashingScaler learned, which is all that :func:`squash` asks of it."""


def as_skrub(scaler: Any) -> Any:
    """Give a scaler as skrub's own, with whatever it learned."""
    if type(scaler) is not SquashingScaler:
        return scaler
    load_skrub()
    import skrub._squashing_scaler as home

    made = _like(scaler, home.SquashingScaler)
    if made.minmax_scaler_ is not None:
        made.minmax_scaler_ = _like(made.minmax_scaler_, home._MinMaxScaler)
    return made


def _like(one: Any, kind: type[Any]) -> Any:
    made: Any = object.__new__(kind)
    made.__dict__.update(vars(one))
    return made


def squash(scaler: Any, values: FloatArray) -> FloatArray:
    """Scale columns robustly and clip them softly, as ``scaler.transform`` does.

    Checks of the input take skrub and scikit-learn half a millisecond a column, which is all that
    predicting a single row would wait for.

    Parameters
    ----------
    scaler : SquashingScaler
        A fitted scaler.
    values : ndarray of shape (n, c)
        Finite numbers, or NaN where missing.

    Returns
    -------
    ndarray of shape (n, c)
        The scaled numbers.
    """
    scaled = np.array(values, dtype=np.float64)
    robust, minmax, zero = scaler.robust_cols_, scaler.minmax_cols_, scaler.zero_cols_
    if robust.any():
        inner = scaler.robust_scaler_
        scaled[:, robust] = (values[:, robust] - inner.center_) / inner.scale_
    if minmax.any():
        inner = scaler.minmax_scaler_
        scaled[:, minmax] = inner.scale_ * (values[:, minmax] - inner.median_)
    if zero.any():
        scaled[:, zero] = np.where(np.isfinite(values[:, zero]), 0.0, values[:, zero])
    return np.asarray(scaled / np.sqrt(1 + (scaled / scaler.max_absolute_value) ** 2))


_INNER = {"robust": ("center_", "scale_"), "minmax": ("median_", "scale_")}
_MASKS = ("robust_cols_", "minmax_cols_", "zero_cols_")


def apart(scaler: Any, widths: Sequence[int]) -> list[Any]:
    """Give the scalers of consecutive columns, ``widths`` of them each, from one of them all."""
    ends = np.cumsum(widths)
    return [_part(scaler, slice(end - width, end)) for end, width in zip(ends, widths, strict=True)]


def together(scalers: Sequence[Any]) -> Any:
    """Give one scaler of all columns of several; :func:`apart` undoes it."""
    made = copy(scalers[0])
    for name in _MASKS:
        setattr(made, name, np.concatenate([getattr(each, name) for each in scalers]))
    made.n_features_in_ = len(made.zero_cols_)
    for kind, learned in _INNER.items():
        inner = [each for each in (getattr(s, f"{kind}_scaler_") for s in scalers) if each]
        joined: Any = copy(inner[0]) if inner else None
        for name in learned if inner else ():
            setattr(joined, name, np.concatenate([getattr(each, name) for each in inner]))
        if hasattr(joined, "n_features_in_"):
            joined.n_features_in_ = len(joined.scale_)
        setattr(made, f"{kind}_scaler_", joined)
    return made


def _part(scaler: Any, columns: slice) -> Any:
    made = copy(scaler)
    for name in _MASKS:
        setattr(made, name, getattr(scaler, name)[columns])
    made.n_features_in_ = len(made.zero_cols_)
    for kind, learned in _INNER.items():
        mask, inner = getattr(scaler, f"{kind}_cols_"), getattr(scaler, f"{kind}_scaler_")
        before = int(mask[: columns.start].sum())
        count = int(mask[columns].sum())
        part: Any = copy(inner) if count else None
        for name in learned if count else ():
            setattr(part, name, getattr(inner, name)[before : before + count])
        if hasattr(part, "n_features_in_"):
            part.n_features_in_ = count
        setattr(made, f"{kind}_scaler_", part)
    return made
