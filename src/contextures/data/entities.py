"""Columns of what rows belong to, within whose values the target hardly varies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures.contexts.labels import MOST_CLASSES
from contextures.data.account import DataWarning
from contextures.data.copies import CodedColumn

FEWEST_VALUES = 8
"""Values of at least two rows each: fewer are more likely kinds than things."""

FEWEST_EVEN = 6.0
"""One over the chance that two rows share a value, the number of values were they even: most rows
of a kind, such as a colour, are of few of them."""

FEWEST_ROWS = 2.0
"""Rows of a value, on average."""

MOSTLY = 0.5
"""The share of the labelled rows whose value has other rows."""

NEARLY_CLASSES, NEARLY_NUMBERS = 0.8, 0.95
"""The share of what the target could vary by, beyond chance, from which it hardly varies."""

CONSTANT = 1 - 1e-9

DEVIATIONS = 6.0
"""How many standard deviations from chance agreement must be."""

ORDERED = 0.5
"""The share of what the target varies by from value to value that neighbours in order explain,
from which a whole number is an amount rather than a name."""

MOST_SAID = 3


def entity_columns(
    columns: list[CodedColumn], target: CodedColumn, identifiers: set[str], copies: dict[str, str]
) -> Iterator[DataWarning]:
    """Find columns whose rows of one value all, or nearly all, have the same target.

    For classes, the agreement of a value's rows is the chance that two of them, drawn without
    replacement, are of one class; kappa compares its mean over rows with that of any two rows.
    Under chance, agreements of the pairs have that mean and are uncorrelated up to the skew of the
    classes, so that no permutation is needed. For numbers, the variance within values is compared
    with that of all rows. Numbers of few different values are compared as classes.

    Parameters
    ----------
    columns : list of CodedColumn
        The features.
    target : CodedColumn
        The column to predict.
    identifiers : set of str
        Columns of another value in every row.
    copies : dict of str to str
        The codes of warnings of columns that copy the target. A code of each class is one; things
        of another number each are not.

    Yields
    ------
    DataWarning
        For each such column, those of fewest values first.
    """
    amounts = target.found.kind == "numeric" and target.found.n_unique > MOST_CLASSES
    found = []
    for column in columns:
        code = copies.get(column.name)
        copied = code == "target-copy" or (code is not None and not amounts)
        if copied or column.name in identifiers or not _may_name(column):
            continue
        rows = (target.codes >= 0) & (column.codes >= 0)
        values, codes = np.unique(column.codes[rows], return_inverse=True)
        counts = np.bincount(codes)
        several = counts > 1
        n = int(rows.sum())
        if several.sum() < FEWEST_VALUES or n < FEWEST_ROWS * len(values):
            continue
        if np.sum((counts / n) ** 2) > 1 / FEWEST_EVEN:
            continue
        if counts[several].sum() < MOSTLY * (target.codes >= 0).sum():
            continue
        truth = np.unique(target.codes[rows], return_inverse=True)[1]
        numbers = np.asarray(target.values[target.codes[rows]], np.float64) if amounts else None
        if numbers is None:
            share, sure = _agreement(codes, counts, truth)
            nearly = NEARLY_CLASSES
        else:
            share, sure = _likeness(codes, counts, numbers)
            nearly = NEARLY_NUMBERS
        if share < nearly or not sure:
            continue
        if _is_amount(column, values, codes, truth if numbers is None else numbers, amounts):
            continue
        found.append((len(values), column.name, share))
    for count, name, share in sorted(found)[:MOST_SAID]:
        all_ = "all" if share > CONSTANT else "nearly all"
        yield DataWarning(
            name,
            "entity",
            f"rows of one value of {name!r} {all_} have the same target ({count:,} values): scores "
            f"on random rows say nothing on new values of {name!r}; if such will come, try "
            f"--group {name}.",
        )


def _may_name(column: CodedColumn) -> bool:
    if column.found.kind in ("category", "text"):
        return True
    if column.found.kind != "numeric":
        return False
    numbers = np.asarray(column.values, dtype=np.float64)
    return bool((numbers == np.floor(numbers)).all())


def _agreement(
    codes: NDArray[np.intp], counts: NDArray[np.intp], truth: NDArray[np.intp]
) -> tuple[float, bool]:
    """Give kappa of the classes of a value's rows, and whether it is far above chance."""
    width = int(truth.max()) + 1
    cells, n_cell = np.unique(codes * width + truth, return_counts=True)
    equal = np.bincount(cells // width, n_cell * (n_cell - 1.0), minlength=len(counts))
    several = counts > 1
    sizes = counts[several].astype(np.float64)
    agree = float(np.sum(equal[several] / (sizes - 1)) / sizes.sum())
    # Chance is that of the rows whose values have others.
    totals = np.bincount(truth[several[codes]]).astype(np.float64)
    n = totals.sum()
    chance = float(np.sum(totals * (totals - 1)) / (n * (n - 1)))
    if chance >= 1:
        return 0.0, False
    # The mean over rows of a value's agreement has the weights m / N and, over its m (m - 1) / 2
    # pairs, the variance chance (1 - chance) over their number.
    weights, pairs = sizes / sizes.sum(), sizes * (sizes - 1) / 2
    deviation = float(np.sqrt(chance * (1 - chance) * np.sum(weights**2 / pairs)))
    return (agree - chance) / (1 - chance), agree - chance > DEVIATIONS * deviation


def _likeness(
    codes: NDArray[np.intp], counts: NDArray[np.intp], numbers: NDArray[np.float64]
) -> tuple[float, bool]:
    """Give the share of the variance that a value explains, and whether it is far above chance."""
    several = (counts > 1)[codes]
    y = numbers[several] - numbers[several].mean()
    groups = np.unique(codes[several], return_inverse=True)[1]
    sizes = np.bincount(groups)
    means = np.bincount(groups, y) / sizes
    n, k = len(y), len(sizes)
    total = float(np.sum(y**2)) / (n - 1)
    if total <= 0:
        return 0.0, False
    within = float(np.sum((y - means[groups]) ** 2)) / (n - k)
    # Under chance the share has mean zero, and variance 2 (k - 1) / ((n - k) (n - 1)) for a target
    # without outliers, since within-value and total variance are chi-squared of these degrees.
    deviation = float(np.sqrt(2 * (k - 1) / ((n - k) * (n - 1))))
    return 1 - within / total, 1 - within / total > DEVIATIONS * deviation


def _is_amount(
    column: CodedColumn,
    values: NDArray[np.int64],
    codes: NDArray[np.intp],
    truth: NDArray[Any],
    amounts: bool,
) -> bool:
    """Tell a whole number that orders the target from a name.

    The target of an amount, such as an age, follows it from value to value. Names given in the
    order of the target do so as well, but their rows then usually lie together.
    """
    if column.found.kind != "numeric":
        return False
    if 1 + int(np.sum(np.diff(codes) != 0)) <= 1.1 * len(values):
        return False
    order = np.argsort(np.asarray(column.values[values], dtype=np.float64))
    counts = np.bincount(codes)
    if amounts:
        means = (np.bincount(codes, truth) / counts)[order]
        return bool(np.mean(np.diff(means) ** 2) < 2 * (1 - ORDERED) * means.var())
    width = int(truth.max()) + 1
    shares = np.bincount(codes * width + truth, minlength=len(counts) * width)
    common = shares.reshape(len(counts), width).argmax(axis=1)[order]
    totals = np.bincount(common).astype(np.float64)
    k = len(common)
    chance = float(np.sum(totals * (totals - 1)) / (k * (k - 1)))
    alike = float(np.mean(common[1:] == common[:-1]))
    return chance < 1 and (alike - chance) / (1 - chance) > ORDERED
