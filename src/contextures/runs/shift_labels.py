"""Labels beside predictions: both in the same words, what each prediction loses, what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data.kinds import Hints, kind_of
from contextures.data.values import numbers_of, same_words, words_of
from contextures.data.words import listed
from contextures.exceptions import InputError
from contextures.runs.new_rows import how_read


def labels_as_told(run: Path, series: pd.Series, told: NDArray[Any], task: str) -> NDArray[Any]:
    """Give labels in the terms of predictions.

    Parameters
    ----------
    run : pathlib.Path
        The run, which knows how numbers are written.
    series : pandas.Series
        The labels.
    told : ndarray of shape (n,)
        What was predicted.
    task : {"classification", "regression"}
        What the labels are.

    Returns
    -------
    ndarray of shape (n,)
        Numbers, NaN where there is no label, or words, None where there is none.

    Raises
    ------
    InputError
        If numbers were predicted and a label is none.
    """
    if task == "regression":
        found = kind_of(series, Hints(how_read(run).decimal))
        numbers = numbers_of(series, found.number_form)
        bad = np.flatnonzero(np.isnan(numbers) & ~pd.isna(series).to_numpy())
        if len(bad) and len(bad) == len(series) - int(pd.isna(series).sum()):
            raise InputError(
                f"--target {str(series.name)!r} holds {str(series.iloc[bad[0]])!r}, which is not a "
                "number as the run predicts; name the column that holds them"
            )
        return numbers
    words = words_of(series)
    alike = same_words({word for word in words if word is not None}, words_as_told(told))
    return np.array([w if w is None else alike.get(w, w) for w in words], dtype=object)


def words_as_told(told: Any) -> list[str]:
    """Give predicted classes as words."""
    return [str(word) for word in words_of(pd.Series(told, dtype=object))]


def losses_of(run: Path, series: pd.Series, told: NDArray[Any], task: str) -> FloatArray:
    """Give the loss of each prediction: 1 for a wrong class, or the squared error.

    Parameters
    ----------
    run, series, told, task
        As for :func:`labels_as_told`.

    Returns
    -------
    ndarray of shape (n,)
        Losses, NaN where there is no label.

    Raises
    ------
    InputError
        If numbers were predicted and a label is none.
    """
    labels = labels_as_told(run, series, told, task)
    if task == "regression":
        losses: FloatArray = (labels - told.astype(np.float64)) ** 2
        return losses
    wrong = [
        np.nan if w is None else float(w != t)
        for w, t in zip(labels, words_as_told(told), strict=True)
    ]
    return np.array(wrong, dtype=np.float64)


def unseen_classes(series: pd.Series, classes: list[str]) -> list[str]:
    """Say which labels are of no class that was learned, so that no prediction can be right.

    Parameters
    ----------
    series : pandas.Series
        The labels.
    classes : list of str
        What can be predicted.

    Returns
    -------
    list of str
        A note, or none.

    Raises
    ------
    InputError
        If that is so of all of them: then they are most likely of another column.
    """
    words = [word for word in words_of(series) if word is not None]
    learned = {word for word in words_of(pd.Series(classes, dtype=object)) if word is not None}
    known = {*learned, *same_words(set(words), learned)}
    unseen = [word for word in words if word not in known]
    if not unseen:
        return []
    which = list(dict.fromkeys(unseen))
    if len(unseen) == len(words):
        raise InputError(
            f"--target {str(series.name)!r} holds {which[0]!r}, and no label that the run can "
            f"predict ({listed(sorted(classes))}); name the column that holds them"
        )
    return [
        f"{len(unseen):,} of the {len(words):,} labels in {str(series.name)!r} are of no class "
        f"that the run learned ({listed(which)}): every prediction of them counts as wrong"
    ]
