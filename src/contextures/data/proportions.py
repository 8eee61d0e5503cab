"""Coordinates of an embedding, kept in proportion to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from contextures.data.preparation import TablePreparation
from contextures.data.values import numbers_of


def keep_proportions(
    preparation: TablePreparation, frame: pd.DataFrame, names: Sequence[str]
) -> None:
    """Let columns that are coordinates of one embedding weigh as much as they vary in it.

    A preparation makes all columns of a table vary alike, as their units are arbitrary. Those of an
    embedding are not: a principal component of little variance is to stay one.

    Parameters
    ----------
    preparation : TablePreparation
        Fitted; its scales are changed, so that it is saved and loaded as any other.
    frame : pandas.DataFrame
        The rows that it was fitted to.
    names : sequence of str
        The coordinates. They keep their mean weight beside other columns.
    """
    used = [name for name in names if name in preparation.kinds_]
    if not used:
        return
    spreads = {name: float(np.nanstd(numbers_of(frame[name]))) for name in used}
    typical = float(np.sqrt(np.mean(np.square(list(spreads.values()))))) or 1.0
    factors = [
        np.full(preparation.outputs_[name], spreads[name] / typical if name in spreads else 1.0)
        for name in preparation.kinds_
    ]
    preparation.scale_ = preparation.scale_ * np.concatenate(factors)
    preparation.account_ = [
        replace(line, action="in proportion to the other coordinates, far values squashed")
        if line.column in spreads
        else line
        for line in preparation.account_
    ]
