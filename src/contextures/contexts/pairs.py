"""Observed pairs as a context."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Matrix
from contextures.contexts.base import Context
from contextures.contexts.declared import Form
from contextures.contexts.distinct import distinct_rows, match_rows
from contextures.exceptions import InputError


class PairContext(Context):
    """Pairs (x, a) drawn from the joint law: ``fit(X, A)``.

    When A takes few values the empirical joint law of the distinct x and a is a transition. When
    A is continuous (numbers that are not whole, or rows of numbers, most of them different) there
    is no transition: the pairs are kept for encoders that learn from pairs.

    Parameters
    ----------
    handle_unknown : {"ignore", "error"}, default="ignore"
        What to do with an x never seen at fit time. "ignore" takes P_A for its law, so that all
        its coordinates are zero, the mean.

    Attributes
    ----------
    discrete_ : bool
        Whether A takes few values, so that there is a transition.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 2; arXiv 2504.19792, chapter 1 (pairs such as captions).

    Examples
    --------
    >>> from contextures.contexts import PairContext
    >>> context = PairContext().fit(["a", "a", "b", "b"], [0, 1, 1, 1])
    >>> context.transition(["a", "c"]).toarray()
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """

    form: Form = "data"
    needs_y = True
    observed = True
    takes = "any"
    kind = "observed pairs"
    meaning = "Inputs are alike when they were observed with the same things."
    law = "P+(a | x) = the share of the observations of x that came with a"
    label = "observed pairs"
    saved = ("discrete_", "values_", "_distinct", "_conditional")
    values_: Any = None
    _distinct: Any = None
    _conditional: Any = None
    # The last three are None where A is continuous, so that there is no law of new rows to keep.

    def __init__(self, handle_unknown: Literal["ignore", "error"] = "ignore") -> None:
        self.handle_unknown = handle_unknown

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to pairs.

        Parameters
        ----------
        X : array-like of shape (n,) or (n, p)
            The input of each pair.
        y : array-like of shape (n,) or (n, q)
            A, the context of each pair.

        Returns
        -------
        Self
            The fitted context.
        """
        if self.handle_unknown not in ("ignore", "error"):
            raise InputError(
                f"handle_unknown={self.handle_unknown!r} is not known; give 'ignore' or 'error'"
            )
        if y is None:
            raise InputError("a pair context needs the context of every input; call fit(X, A)")
        inputs, contexts = _values(X, "X"), _values(y, "A")
        if len(inputs) != len(contexts):
            raise InputError(
                f"X has {len(inputs)} rows but A has {len(contexts)}; give one context per input"
            )
        if len(inputs) < 2:
            raise InputError(f"at least 2 pairs are needed; there is {len(inputs)} sample")
        n = len(inputs)
        self.input_weights_ = np.full(n, 1.0 / n)
        self.discrete_ = not _is_continuous(contexts)
        self.form = "transition" if self.discrete_ else "sampler"
        if not self.discrete_:
            self.contexts_ = np.asarray(y)
            self._forget_draws()
            return self
        self._distinct, codes = _distinct(inputs)
        values, context_codes = _distinct(contexts)
        self.values_ = values
        counts = sparse.csr_array(
            (np.ones(n), (codes, context_codes)), shape=(len(self._distinct), len(values))
        )
        counts.sum_duplicates()
        per_input = np.asarray(counts.sum(axis=1))
        self._conditional = sparse.csr_array(sparse.diags_array(1.0 / per_input) @ counts)
        self._set_transition(self._conditional[codes])
        return self

    def sample_rows(self, X: Any, rows: Any, rng: Any, n_views: int = 1) -> Any:
        """Give the observed contexts of fitted pairs; see :meth:`Context.sample_rows`."""
        check_is_fitted(self)
        if self.discrete_:
            return super().sample_rows(X, rows, rng, n_views)
        return self._observed(self.contexts_, X, rows, rng, n_views)

    def sample(self, X: Any, rng: Any, n_views: int = 1) -> Any:
        """Draw A for inputs, where A takes few values; see :meth:`Context.sample`."""
        check_is_fitted(self)
        if not self.discrete_:
            raise InputError(
                "A is continuous here, so contexts are known for the fitted pairs only; learn from "
                "sample_rows(X, rows, rng) with RitzEncoder or NeuralEncoder, or group A into bins"
            )
        return super().sample(X, rng, n_views)

    def context_values(self) -> Any:
        """Give the distinct values of A; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return np.asarray(self.values_)

    def expand(self, X: Any) -> Matrix:
        """Give the empirical law of A for each x; see :meth:`Context.expand`."""
        check_is_fitted(self)
        if not self.discrete_:
            raise InputError(
                "A is continuous here, so these pairs have no transition; group A into bins, or "
                "give contexts with repeated values"
            )
        rows = _values(X, "X")
        codes = _places(self._distinct, rows)
        unknown = np.flatnonzero(codes < 0)
        if len(unknown) == 0:
            return self._conditional[codes]
        if self.handle_unknown == "error":
            raise InputError(
                f"the input {rows[unknown[0]]!r} at row {unknown[0]} was never seen in a pair; "
                "leave it out or set handle_unknown='ignore'"
            )
        law = sparse.csr_array(self.context_weights_[None, :])
        stacked = sparse.vstack([self._conditional, law], format="csr")
        return sparse.csr_array(stacked[codes])


def _values(values: Any, name: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of several lengths
        raise InputError(f"{name} must be rows of one length; give an array") from None
    if array.dtype.kind == "O" and not all(isinstance(v, Hashable) for v in array.ravel()):
        raise InputError(f"{name} must be numbers or names, not lists or dicts; give a name each")
    if array.dtype.kind == "U":
        array = array.astype(object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or len(array) == 0:
        raise InputError(f"{name} must have one or two dimensions and a row; shape {array.shape}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise InputError(f"{name} has missing values; leave those pairs out")
    return array


def _is_continuous(contexts: NDArray[Any]) -> bool:
    if contexts.dtype.kind not in "fiu":
        return False
    # Whole numbers alone may be names; rows of them are pixels or counts when few repeat.
    if contexts.ndim == 1 and np.array_equal(contexts, np.floor(contexts)):
        return False
    return len(np.unique(contexts, axis=0)) > max(20, len(contexts) // 2)


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Give the distinct rows in order of appearance, and the place of each row among them."""
    if values.dtype.kind in "fiub":
        return distinct_rows(values)
    places: dict[Any, int] = {}
    codes = np.array([places.setdefault(key, len(places)) for key in _keys(values)])
    first = np.full(len(places), len(values))
    np.minimum.at(first, codes, np.arange(len(values)))
    return values[first], codes


def _places(known: NDArray[Any], rows: NDArray[Any]) -> NDArray[np.intp]:
    """Give the place of each row among distinct ones; -1 for one that is not there."""
    if known.shape[1:] != rows.shape[1:]:
        return np.full(len(rows), -1)
    if known.dtype.kind in "fiub" and rows.dtype.kind in "fiub":
        return match_rows(known, rows)
    places = {key: place for place, key in enumerate(_keys(known))}
    return np.array([places.get(key, -1) for key in _keys(rows)])


def _keys(values: NDArray[Any]) -> list[Any]:
    rows = values.tolist()
    return rows if values.ndim == 1 else [tuple(row) for row in rows]
