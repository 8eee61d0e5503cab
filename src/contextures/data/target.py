"""The column to predict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures.contexts.labels import MOST_CLASSES
from contextures.data.amounts import NumberForm
from contextures.data.kinds import Hints, KindFound, kind_of
from contextures.data.plain_types import plain_columns
from contextures.data.table import check_nesting
from contextures.data.values import (
    is_wordy,
    missing_mask,
    numbers_of,
    same_words,
    undo_category,
    words_of,
)
from contextures.data.words import counted, listed, shortened
from contextures.exceptions import InputError

TaskKind = Literal["classification", "regression"]

MOST_WORDS = 50
"""Up to this many different words, or a tenth of the rows, are classes; more are free text."""

FEWEST_LABELS = 20
"""Labels that are needed to learn and to score, where there are not rows without one to predict."""

_LEAST_SPREAD, _MOST_SPREAD = 1e-140, 1e140

_SEVERAL = ("classes", "have a single row each")

FEWEST_COUNTS, MANY_VALUES, RARE, MAX_SAID = 5, 10, 5, 100
"""Of whole numbers: the fewest that may be counts, how many are many for classes, how few rows are
rare, and up to how many it is said that they are not read as classes."""


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
        How many rows have no label, or one of a class left unscored.
    note : str or None
        What was decided that the reader might not expect, in a sentence.
    unscored : list of str
        Classes of a single row, which cannot be both learnt and held out: their rows count as
        unlabelled.
    number_form : NumberForm or None
        How amounts are written, where not as a program writes them.
    """

    name: str
    task: TaskKind
    classes: list[str] | None
    n_missing: int
    note: str | None = None
    unscored: list[str] = field(default_factory=list)
    number_form: NumberForm | None = None


def check_target(
    series: pd.Series, task: str | None = None, *, decimal: str | None = None
) -> TargetInfo:
    """Find how a target is read and whether it can be used.

    Parameters
    ----------
    series : pandas.Series
        The column.
    task : {"classification", "regression"} or None
        How to read it. When None, words, booleans, columns of category dtype and up to 20
        different whole numbers are classes, unless they look like counts or grades: five or more
        of them, of which some are rare. Other numbers are amounts. Numbers stored as text are read
        as numbers.
    decimal : {".", ","} or None
        The decimal mark of numbers stored as text, where the column does not tell.

    Returns
    -------
    TargetInfo
        How it is read.

    Raises
    ------
    InputError
        If it is empty, constant, infinite, has values that are neither classes nor amounts, amounts
        too small or large to be squared, or, where most rows have a label, too few of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data import check_target
    >>> info = check_target(pd.Series(["yes", "no"] * 20, name="paid"))
    >>> info.task, info.classes
    ('classification', ['no', 'yes'])
    """
    if not isinstance(series, pd.Series):
        raise InputError(
            f"the target is expected as a pandas Series, not {type(series).__name__}; give a "
            "column of the table, such as frame['name']"
        )
    name = str(series.name)
    series = plain_columns(series.to_frame(name))[name]
    check_nesting(series.to_frame(name))
    found = kind_of(series, Hints(decimal))
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
    few = n_labels <= found.n_missing
    if n_labels < FEWEST_LABELS and not few:
        raise InputError(
            f"the target {name!r} has a label in {counted(n_labels, 'row')} only; at least "
            f"{FEWEST_LABELS} are needed to learn and to score"
        )
    if found.kind == "date":
        raise InputError(
            f"the target {name!r} holds dates; give the number of days to predict instead"
        )
    numbers = numbers_of(series, found.number_form)
    _check_finite(numbers, name)
    read: TaskKind = _task_of(series, found, numbers) if task is None else task  # type: ignore[assignment]
    if read == "regression":
        wrong = np.flatnonzero(np.isnan(numbers) & ~missing_mask(series).to_numpy())
        if len(wrong):
            raise InputError(
                f"the target {name!r} holds {shortened(series.iloc[wrong[0]])!r}, which is not a "
                "number; use --task classification or correct it"
            )
        _check_spread(numbers, name)
        note = _said_amounts(series, found, numbers, name) if task is None else None
        return TargetInfo(name, read, None, found.n_missing, note, [], found.number_form)
    classes, unscored = _classes(series, found, name, single=few)
    note = None
    if unscored:
        which = ("class", "has a single row") if len(unscored) == 1 else _SEVERAL
        note = (
            f"the {which[0]} {listed(map(shortened, unscored))} of the target {name!r} {which[1]}, "
            "which cannot be both learnt and held out: it counts as unlabelled; merge it with "
            "another class to have it scored"
        )
    return TargetInfo(name, read, classes, found.n_missing + len(unscored), note, unscored)


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
    series = plain_columns(series.to_frame(info.name))[info.name]
    if info.task == "regression":
        return numbers_of(series, info.number_form)
    words = words_of(series)
    alike = same_words({word for word in words if word is not None}, info.classes or [])
    words = np.array([alike.get(word, word) for word in words], dtype=object)
    words[np.isin(words.astype(str), info.unscored)] = None
    codes = pd.Index(info.classes or [], dtype=object).get_indexer(pd.Index(words, dtype=object))
    unknown = np.flatnonzero((codes < 0) & ~pd.isna(words))
    if len(unknown):
        raise InputError(
            f"the target {info.name!r} holds {shortened(words[unknown[0]])!r}, which is none of "
            f"its classes {listed(info.classes or [])}; correct it or leave the cell empty"
        )
    return np.asarray(codes, dtype=np.intp)


def class_labels(series: pd.Series, info: TargetInfo) -> NDArray[Any]:
    """Give the labels of a target of classes as the table has them.

    Parameters
    ----------
    series : pandas.Series
        The column.
    info : TargetInfo
        How it is read.

    Returns
    -------
    ndarray of object of shape (n,)
        Text, whole numbers, numbers or booleans, one value for each of ``info.classes``; None
        where missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from contextures.data import check_target, class_labels
    >>> stars = pd.Series([3.0, 5.0, None, 3.0, None, None], name="stars")
    >>> class_labels(stars, check_target(stars)).tolist()
    [3, 5, None, 3, None, None]
    """
    codes = encode_target(series, info)
    plain = undo_category(series)
    known, first = np.unique(codes, return_index=True)
    held = [plain.iloc[place] for code, place in zip(known, first, strict=True) if code >= 0]
    if all(isinstance(value, bool | np.bool_) for value in held):
        values: list[Any] = [bool(value) for value in held]
    elif not is_wordy(plain):
        whole = all(float(value).is_integer() for value in held)
        values = [int(value) if whole else float(value) for value in held]
    else:
        values = [str(value).strip() for value in held]
    labels = np.full(len(codes), None, dtype=object)
    for code, value in zip(known[known >= 0], values, strict=True):
        labels[codes == code] = value
    return labels


def _check_finite(numbers: NDArray[np.float64], name: str) -> None:
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise InputError(
            f"the target {name!r} is infinite in row {infinite[0] + 1}; replace it by a number or "
            "leave that cell empty"
        )


def _check_spread(numbers: NDArray[np.float64], name: str) -> None:
    """Refuse values whose squares a float does not hold: scores are made of squares."""
    with np.errstate(over="ignore"):
        spread = float(np.nanmax(numbers) - np.nanmin(numbers))
    if not _LEAST_SPREAD <= spread <= _MOST_SPREAD or np.nanmax(np.abs(numbers)) > _MOST_SPREAD:
        small = spread < _LEAST_SPREAD
        raise InputError(
            f"the values of the target {name!r} {'differ by' if small else 'run to'} "
            f"{spread if small else np.nanmax(np.abs(numbers)):.3g}, too "
            f"{'little' if small else 'far'} to be squared; give them in a "
            f"{'smaller' if small else 'larger'} unit"
        )


def _task_of(series: pd.Series, found: KindFound, numbers: NDArray[np.float64]) -> TaskKind:
    # Category dtype over numbers: the author says that they are codes.
    if found.kind != "numeric" or isinstance(series.dtype, pd.CategoricalDtype):
        return "classification"
    present = numbers[~np.isnan(numbers)]
    whole = bool((present == np.floor(present)).all())
    if not whole or found.n_unique > MOST_CLASSES or found.number_form is not None:
        return "regression"
    return "regression" if _look_like_counts(present) else "classification"


def _look_like_counts(present: NDArray[np.float64]) -> bool:
    """Tell counts and grades from codes: they run on, and far values are rare.

    Codes of classes are about as common as each other, or there are few of them.
    """
    values, counts = np.unique(present, return_counts=True)
    if len(values) < FEWEST_COUNTS or np.median(np.diff(values)) > 1:
        return False
    rare = counts.min() < 0.5 * counts.mean()
    return bool(rare and (counts.min() < RARE or len(values) > MANY_VALUES))


def _said_amounts(
    series: pd.Series, found: KindFound, numbers: NDArray[np.float64], name: str
) -> str | None:
    """Say that whole numbers, which may be classes, are read as amounts."""
    present = numbers[~np.isnan(numbers)]
    if found.number_form is not None or (present != np.floor(present)).any():
        return None
    if found.n_unique > MAX_SAID:
        return None
    rare = ", some of them rare" if found.n_unique <= MOST_CLASSES else ""
    return (
        f"the target {name!r} holds {found.n_unique} different whole numbers{rare}, and is read as "
        "amounts (regression); use --task classification to have them read as classes"
    )


def _classes(
    series: pd.Series, found: KindFound, name: str, *, single: bool
) -> tuple[list[str], list[str]]:
    """Give the classes in order, and those of a single row unless such may be ``single``."""
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
    least = 1 if single else 2
    alone = sorted((str(label) for label in counts.index[counts < least]), key=_order)
    classes = sorted((str(label) for label in counts.index[counts >= least]), key=_order)
    if len(classes) < 2:
        there = f"only the class {classes[0]!r}" if classes else "no class"
        raise InputError(
            f"the target {name!r} has {there} of more than one row, so there is nothing to learn "
            "and to hold out; merge its classes"
        )
    return classes, alone


def _order(label: str) -> tuple[int, float, str]:
    """Sort numbers by value, before words by spelling."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
