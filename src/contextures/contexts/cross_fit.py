"""Descriptions of fitted rows out of fold, for contexts that have seen their labels.

Trees describe the rows whose labels they were grown from better than new ones. What is learned on
top of such a description, and judged on the same rows, claims a fifth of its true error, or a
sixteenth. So a fitted row is described by what was fitted without its fold, wherever it is asked
for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import FloatArray, IntArray, Matrix, compact, is_tensor, to_numpy
from contextures._checks import brief, check_positive_int
from contextures.contexts.distinct import row_numbers
from contextures.exceptions import ContextWarning

FOLDS = 5
"""How many folds there are unless said."""


class Folds:
    """The folds of fitted rows, by which these are known again.

    Equal rows share a fold, each class is dealt evenly, and amounts by their order. The folds of
    the same rows and labels are always the same, so that all parts of a mix leave the same labels
    out.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The fitted rows.
    labels : ndarray of shape (n,) or (n, q)
        Their labels.
    n_folds : int
        How many folds, if there are as many different rows.

    Attributes
    ----------
    fold : ndarray of int of shape (n,)
        The fold of each fitted row.
    """

    def __init__(self, rows: FloatArray, labels: Any, n_folds: int) -> None:
        keys, first, codes = np.unique(row_numbers(rows), return_index=True, return_inverse=True)
        first_of = np.asarray(labels).reshape(len(rows), -1)[first, 0]
        ranks = np.unique(first_of, return_inverse=True)[1].ravel()
        order = np.random.default_rng(0).permutation(len(keys))
        order = order[np.argsort(ranks[order], kind="stable")]
        dealt = np.empty(len(keys), dtype=np.intp)
        dealt[order] = np.arange(len(keys)) % min(n_folds, len(keys))
        self._keys, self._dealt = keys, dealt
        self.fold: IntArray = dealt[codes.ravel()]

    def __len__(self) -> int:
        return int(self._dealt.max()) + 1

    def of(self, rows: FloatArray) -> IntArray:
        """Give the folds of rows; -1 for those that were not fitted."""
        numbers = row_numbers(rows)
        places = np.minimum(np.searchsorted(self._keys, numbers), len(self._keys) - 1)
        return np.where(self._keys[places] == numbers, self._dealt[places], -1)

    def learning(self, fold: int, labels: Any = None) -> Any:
        """Say which rows a fold's fit learns from: the others.

        Parameters
        ----------
        fold : int
            The fold.
        labels : ndarray of shape (n,), optional
            Classes: the only rows of one are learned from by all, as no fit can know it else.

        Returns
        -------
        ndarray of bool of shape (n,)
            Which.
        """
        others = self.fold != fold
        if labels is not None:
            codes, counts = np.unique(labels, return_inverse=True, return_counts=True)[1:]
            known = np.bincount(codes.ravel()[others], minlength=len(counts)) > 0
            others |= ~known[codes.ravel()]
        return others


def described(rows: Any, fold: IntArray, describe: Callable[[Any, int], Matrix]) -> Matrix:
    """Describe rows fold by fold.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        Rows.
    fold : ndarray of int of shape (n,)
        Their folds; -1 for new rows.
    describe : callable
        Describes rows by what was fitted without a fold, or for -1 by what was fitted to all.

    Returns
    -------
    ndarray or csr_array of shape (n, m)
        Their entries, in the order of the rows.
    """
    known = np.unique(fold)
    if len(known) == 1:
        return describe(rows, int(known[0]))
    places = [np.flatnonzero(fold == each) for each in known]
    parts = [describe(rows[at], int(each)) for at, each in zip(places, known, strict=True)]
    back = np.argsort(np.concatenate(places), kind="stable")
    if any(sparse.issparse(part) for part in parts):
        stacked = sparse.csr_array(sparse.vstack([sparse.csr_array(part) for part in parts]))
        return compact(sparse.csr_array(stacked[back]))
    return np.asarray(np.vstack(parts)[back])


def as_numbers(X: Any) -> FloatArray:
    """Give rows as numbers by which equal ones are known.

    Parameters
    ----------
    X : array-like of shape (n, ...)
        Rows of any kind.

    Returns
    -------
    ndarray of shape (n, p)
        The rows themselves, or where they are not numbers some that stand for them.
    """
    try:
        values = np.asarray(to_numpy(X) if is_tensor(X) else X, dtype=np.float64)
        return values.reshape(len(values), -1)
    except (TypeError, ValueError):
        rows = X.to_numpy(dtype=object) if hasattr(X, "to_numpy") else X
        said = [repr(row.tolist() if hasattr(row, "tolist") else row) for row in rows]
        digests = b"".join(blake2b(each.encode(), digest_size=8).digest() for each in said)
        return np.frombuffer(digests, dtype=np.uint16).reshape(len(said), 4).astype(np.float64)


def check_cross_fit(value: Any) -> int | None:
    """Give a number of folds of at least two, or None."""
    return None if value is None else check_positive_int(value, "cross_fit", least=2)


def warn_in_fold(what: str) -> None:
    """Say that fitted rows are described by what has seen their labels."""
    warnings.warn(
        f"{what} describes the fitted rows by their own labels (cross_fit=None): whatever is "
        "learned on top claims far less than its true error on them; judge it on other rows, or "
        "give cross_fit=5",
        ContextWarning,
        stacklevel=5,
    )


def warn_carried(mix: Any) -> None:
    """Say it where a mix carries the labels of the rows that it was fitted to."""
    if not mix.tells_labels or mix._within:
        return
    warnings.warn(
        f"{brief(mix)} describes the fitted rows by their own labels: whatever is learned on top "
        "claims far less than its true error on them; judge it on other rows, or let the labels "
        "follow neighbours, as KNNContext() @ LabelContext()",
        ContextWarning,
        stacklevel=5,
    )
