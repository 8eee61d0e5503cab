"""Which of several embeddings predicts a few labels best, each label left out in turn."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int
from contextures.evaluation.embeddings.comparison import check_embeddings, of_unit_size
from contextures.evaluation.intervals import paired_hits_interval, paired_mean_interval
from contextures.exceptions import ContextWarning, InputError
from contextures.regression.classifier import STKRClassifier
from contextures.regression.probabilities import class_prior, logits
from contextures.regression.regressor import STKRRegressor
from contextures.regression.targets import check_length, read_classes, read_numbers

MOST_ROWS = 5_000
"""Rows that the models are fitted to, the labelled ones first."""


@dataclass(frozen=True)
class LabelledPair:
    """The best embedding on some labels and another one.

    Attributes
    ----------
    best, other : str
        Their names.
    difference : float
        The score of the best less that of the other, on the same labelled rows.
    interval : tuple of float
        Its interval: exact for accuracies, Student's over rows for R^2.
    labels_needed : int or None
        About how many labels would tell a difference of this size, where these do not.
    """

    best: str
    other: str
    difference: float
    interval: tuple[float, float]
    labels_needed: int | None

    @property
    def told(self) -> bool:
        """Whether the interval is above zero, so that the best is better."""
        return self.interval[0] > 0


@dataclass(frozen=True)
class LabelComparison:
    """How well embeddings predict labels, each label left out in turn.

    Attributes
    ----------
    task : {"classification", "regression"}
        What is predicted.
    scores : dict of str to float
        The leave-one-out accuracy, or R^2, of each embedding.
    pairs : list of LabelledPair
        The best beside each other one, nearest first.
    level : float
        How often the intervals of all pairs hold together, at least.
    n_labelled, n_used : int
        How many labels there are, and how many rows with and without were used.
    """

    task: Literal["classification", "regression"]
    scores: dict[str, float]
    pairs: list[LabelledPair]
    level: float
    n_labelled: int
    n_used: int

    @property
    def best(self) -> str:
        """The name of the embedding with the highest score."""
        return self.pairs[0].best


def compare_on_labels(
    embeddings: Mapping[str, Any],
    y: Any,
    *,
    task: Literal["classification", "regression"] = "classification",
    level: float = 0.95,
    most_rows: int = MOST_ROWS,
    random_state: int = 0,
) -> LabelComparison:
    """Compare embeddings of the same rows by how well they predict a few labels.

    :class:`STKRClassifier` or :class:`STKRRegressor` is fitted to each embedding, labelled rows
    and others, with its own choice of everything. Each labelled row is then predicted by the other
    labels, in closed form, and embeddings are compared row by row.

    Parameters
    ----------
    embeddings : mapping of str to array-like of shape (n, d)
        Two or more embeddings by their names, of the same rows in the same order.
    y : array-like of shape (n,)
        Labels; None or NaN for none.
    task : {"classification", "regression"}, default="classification"
        Whether labels are classes or numbers.
    level : float, default=0.95
        How often the intervals of all pairs hold together, at least: with several pairs each one
        is wider (Bonferroni's rule over all pairs, as the best is not known beforehand).
    most_rows : int, default=5_000
        With more rows, labelled ones are drawn first and then others.
    random_state : int, default=0
        Draws rows.

    Returns
    -------
    LabelComparison
        The scores, and whether the best is told apart from each other one.

    Raises
    ------
    InputError
        If embeddings and labels are not of the same rows, values are missing or infinite, there
        are fewer than two labels, or classes, or no class has two labels.

    Notes
    -----
    Settings are chosen with all labels, as leaving each out again would cost a fit a label; that
    favours no embedding. Left out exactly are the label itself, its part in the mean and in the
    class shares.

    References
    ----------
    arXiv 2402.00645 (spectrally transformed kernel regression).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from contextures.regression import compare_on_labels
    >>> X, y = load_iris(return_X_y=True)
    >>> known = np.where(np.arange(150) % 5 == 0, y.astype(float), np.nan)
    >>> noise = np.random.default_rng(0).normal(size=(150, 3))
    >>> found = compare_on_labels({"flowers": X, "noise": noise}, known)
    >>> found.best, found.pairs[0].told, found.n_labelled
    ('flowers', True, 30)
    """
    check_positive_int(most_rows, "most_rows")
    if task not in ("classification", "regression"):
        raise InputError(f"task={task!r} is not known; give 'classification' or 'regression'")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not possible; give a share between 0 and 1")
    arrays = check_embeddings(embeddings)
    labels, known = _read(y, task)
    check_length(len(labels), len(next(iter(arrays.values()))))
    used = _drawn(known, most_rows, random_state)
    labels, rows = labels[used], np.flatnonzero(known[used])
    terms = {
        name: _row_scores(of_unit_size(name, values[used]).astype(np.float64), labels, rows, task)
        for name, values in arrays.items()
    }
    offset = 1.0 if task == "regression" else 0.0
    scores = {name: offset + float(own.mean()) for name, own in terms.items()}
    best = max(scores, key=lambda name: scores[name])
    n_pairs = len(terms) * (len(terms) - 1) // 2
    each = 1 - (1 - level) / n_pairs
    pairs = [_pair(best, name, terms, task, each) for name in terms if name != best]
    pairs.sort(key=lambda pair: pair.difference)
    return LabelComparison(task, scores, pairs, level, len(rows), len(used))


def _read(y: Any, task: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Give labels (codes of classes, -1 for none, or numbers) and which are known."""
    if task == "regression":
        numbers = read_numbers(y)
        if numbers.ndim != 1:
            raise InputError(f"y must have one number a row; its shape is {numbers.shape}")
        known = ~np.isnan(numbers)
        if np.ptp(numbers[known]) == 0:
            raise InputError(
                f"all {int(known.sum())} labels are {numbers[known][0]:g}, so there is nothing to "
                "predict; give labels that vary"
            )
        return numbers, known
    classes, codes = read_classes(y, None)
    if np.bincount(codes[codes >= 0], minlength=len(classes)).max() < 2:
        raise InputError(
            f"each of the {len(classes)} classes has one label only, so none can be left out and "
            "predicted by others; label two rows of a class or more"
        )
    return codes, codes >= 0


def _drawn(known: NDArray[np.bool_], most: int, seed: int) -> IntArray:
    """Draw rows, labelled ones first, in order."""
    order = np.random.default_rng(seed).permutation(len(known))
    first = order[np.argsort(~known[order], kind="stable")][:most]
    return np.sort(first)


def _row_scores(rows: FloatArray, labels: NDArray[Any], known: IntArray, task: str) -> FloatArray:
    """Give what each labelled row adds to the score: a hit, or less its share of the variance."""
    with warnings.catch_warnings():
        # Rows that no label reaches are predicted by the mean: part of what is compared.
        warnings.simplefilter("ignore", ContextWarning)
        if task == "regression":
            left_out = STKRRegressor(random_state=0).fit(rows, labels).left_out_values_
            squares = (labels[known] - left_out[known]) ** 2
            return np.asarray(-squares / labels[known].var())
        return _hits(STKRClassifier(random_state=0).fit(rows, labels), labels, known)


def _hits(model: STKRClassifier, codes: IntArray, known: IntArray) -> FloatArray:
    """Say which labelled rows the other labels predict right."""
    own = np.searchsorted(model.classes_, codes[known])
    indicators = np.eye(len(model.classes_))[own]
    n = len(known)
    # A label's own part in the class shares would tell it.
    shares = (indicators.sum(axis=0) - indicators) / (n - 1)
    prior = np.array([class_prior(each, n - 1) for each in shares])
    found = logits(model.left_out_values_[known], shares, prior, model._factor)
    return np.asarray(found.argmax(axis=1) == own, dtype=np.float64)


def _pair(
    best: str, other: str, terms: dict[str, FloatArray], task: str, level: float
) -> LabelledPair:
    apart = terms[best] - terms[other]
    difference = float(apart.mean())
    if task == "regression":
        low, high = paired_mean_interval(apart, level=level)
    else:
        low, high = paired_hits_interval(terms[best] > 0.5, terms[other] > 0.5, level=level)
    needed = None
    if low <= 0 < difference and np.isfinite(low):
        # Intervals shrink as the square root of the number of labels.
        needed = int(np.ceil(len(apart) * max((difference - low) / difference, 1.0) ** 2))
    return LabelledPair(best, other, difference, (low, high), needed)
