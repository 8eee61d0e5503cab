"""The column to predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.contexts.labels import MOST_CLASSES
from contextures.data.kinds import KindFound, kind_of
from contextures.data.values import missing_mask, numbers_of, words_of
from contextures.data.words import counted, listed, shortened
from contextures.exceptions import InputError

TaskKind = Literal["classification", "regression"]

MOST_WORDS = 50
"""Up to this many different words, or a tenth of the rows, are classes; more are free text."""

FEWEST_LABELS = 20


@dataclass(frozen=True)
class TargetInfo:
    """How a target is read.

    Attributes
    ----------
    name : str
        The column.
    task : {"classification", "regression"}
        Whether its values are classes or amounts.
    classes : list of str or None
        The classes in order, for classification.
    n_missing : int
        How many rows have no label.
    """

    name: str
    task: TaskKind
    classes: list[str] | None
    n_missing: int


def check_target(series: pd.Series, task: str | None = None) -> TargetInfo:
    """Find how a target is read and whether it can be used.

    Parameters
    ----------
    series : pandas.Series
        The column.
    task : {"classification", "regression"} or None
        How to read it. When None, words, booleans, columns of category dtype and up to 20
        different whole numbers are classes; other numbers are amounts. Numbers stored as text are
        read as numbers.

    Returns
    -------
    TargetInfo
        How it is read.

    Raises
    ------
    InputError
        If it is empty, constant, infinite, has too few labels, a class of a single row, or values
        that are neither classes nor amounts.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data import check_target
    >>> info = check_target(pd.Series(["yes", "no"] * 20, name="paid"))
    >>> info.task, info.classes
    ('classification', ['no', 'yes'])
    """
    name = str(series.name)
    found = kind_of(series)
    if task not in (None, "classification", "regression"):
        raise InputError(f"the task {task!r} is not known; give classification or regression")
    n_labels = len(series) - found.n_missing
    if found.kind == "empty":
        raise InputError(f"the target {name!r} has no values; give a column with labels")
    if found.n_unique < 2:
        raise InputError(
            f"the target {name!r} has one value only, so there is nothing to predict; "
            "give a column that varies"
        )
    if n_labels < FEWEST_LABELS:
        raise InputError(
            f"the target {name!r} has a label in {counted(n_labels, 'row')} only; at least "
            f"{FEWEST_LABELS} are needed to learn and to score"
        )
    if found.kind == "date":
        raise InputError(
            f"the target {name!r} holds dates; give the number of days to predict instead"
        )
    _check_finite(series, name)
    read: TaskKind = _task_of(series, found) if task is None else task  # type: ignore[assignment]
    if read == "regression":
        numbers = numbers_of(series)
        wrong = np.flatnonzero(np.isnan(numbers) & ~missing_mask(series).to_numpy())
        if len(wrong):
            raise InputError(
                f"the target {name!r} holds {str(series.iloc[wrong[0]])!r}, which is not a "
                "number; use --task classification or correct it"
            )
        return TargetInfo(name, read, None, found.n_missing)
    return TargetInfo(name, read, _classes(series, found, name), found.n_missing)


def encode_target(series: pd.Series, info: TargetInfo) -> NDArray[Any]:
    """Give the target as numbers, or as codes of its classes.

    Parameters
    ----------
    series : pandas.Series
        The column.
    info : TargetInfo
        How it is read.

    Returns
    -------
    ndarray of shape (n,)
        Floats with NaN where missing, or integer places in ``info.classes`` with -1 there.

    Raises
    ------
    InputError
        If a value is neither missing nor one of the classes.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data import check_target, encode_target
    >>> paid = pd.Series(["yes", "no"] * 20, name="paid")
    >>> encode_target(paid, check_target(paid))[:4]
    array([1, 0, 1, 0])
    """
    if info.task == "regression":
        return numbers_of(series)
    words = words_of(series)
    codes = pd.Index(info.classes or [], dtype=object).get_indexer(pd.Index(words, dtype=object))
    unknown = np.flatnonzero((codes < 0) & ~pd.isna(words))
    if len(unknown):
        raise InputError(
            f"the target {info.name!r} holds {shortened(words[unknown[0]])!r}, which is none of "
            f"its classes {listed(info.classes or [])}; correct it or leave the cell empty"
        )
    return np.asarray(codes, dtype=np.intp)


def _check_finite(series: pd.Series, name: str) -> None:
    infinite = np.flatnonzero(np.isinf(numbers_of(series)))
    if len(infinite):
        raise InputError(
            f"the target {name!r} is infinite in row {infinite[0] + 1}; replace it by a number or "
            "leave that cell empty"
        )


def _task_of(series: pd.Series, found: KindFound) -> TaskKind:
    # Category dtype over numbers: the author says that they are codes.
    if found.kind != "numeric" or isinstance(series.dtype, pd.CategoricalDtype):
        return "classification"
    numbers = numbers_of(series)
    present = numbers[~np.isnan(numbers)]
    whole = bool((present == np.floor(present)).all())
    return "classification" if whole and found.n_unique <= MOST_CLASSES else "regression"


def _classes(series: pd.Series, found: KindFound, name: str) -> list[str]:
    n_labels = len(series) - found.n_missing
    if found.n_unique > max(MOST_WORDS, n_labels // 10):
        many = f"the target {name!r} has {found.n_unique:,} different values, too many for classes"
        if found.kind == "numeric":
            raise InputError(f"{many}; use --task regression")
        raise InputError(
            f"{many}: it looks like free text or an identifier; give a column of classes or of "
            "numbers"
        )
    words = pd.Series(words_of(series)).dropna()
    counts = words.value_counts()
    single = sorted(str(label) for label in counts.index[counts < 2])
    if single:
        more = f" (and {len(single) - 1} more {'does' if len(single) == 2 else 'do'})"
        amounts = "; if the values are amounts, use --task regression"
        raise InputError(
            f"the class {shortened(single[0])!r} of the target {name!r} has a single row"
            f"{more if len(single) > 1 else ''}, so it cannot be both learnt and held out; merge "
            "it with another class or leave its row's target empty"
            f"{amounts if found.kind == 'numeric' else ''}"
        )
    return sorted((str(label) for label in counts.index), key=_order)


def _order(label: str) -> tuple[int, float, str]:
    """Sort numbers by value, before words by spelling."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
