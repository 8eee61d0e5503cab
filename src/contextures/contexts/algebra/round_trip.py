"""The way from x to A and back."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, Matrix, compact, divide_rows, to_numpy
from contextures._checks import brief, check_positive_int
from contextures.contexts.algebra.columns import product, times_columns
from contextures.contexts.base import Context, check_context
from contextures.contexts.declared import Form
from contextures.contexts.registry import ShortForm
from contextures.exceptions import InputError


class RoundTrip(Context):
    """From x to A by a context, and from A back to a row that could have led there: T T*.

    A of this context is a fitted row, so that another context can follow whatever the base's A is:
    ``LabelContext().round_trip() @ KNNContext()`` goes to a row of the same class first. Its
    operator is self-adjoint, and its singular values are the squares of the base's; those of p
    round trips one after another s^(2p). Written ``context.round_trip(power)``.

    Parameters
    ----------
    base : Context
        The context.
    power : int, default=1
        p, how many round trips follow one another.

    Attributes
    ----------
    base_ : Context
        The fitted base.

    Notes
    -----
    For a transition P the round trip is P diag(1 / P_A) P^T diag(P_X), n x n, and sparse while that
    is the smaller form. For a kernel it is a kernel with as many features as the base's.

    References
    ----------
    Derived: the dual kernel of (T T*)^p is the kernel of (T T*)^(2p); "Spectrally Transformed
    Kernel Regression" (arXiv 2402.00645) for powers of it.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.spectrum import decompose
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]])  # s = 0.6
    >>> decompose(context.round_trip(), None, 1).singular_values
    array([0.36])
    """

    short = ShortForm("roundtrip", "power", int, "d", inner="base")
    saved = ("base_", "values_", "back_", "on_", "root_")
    base_: Context
    values_: Any = None
    back_: Any = None
    on_: Any = None
    root_: Any = None

    def __init__(self, base: Context, power: int = 1) -> None:
        self.base = base
        self.power = power

    @property
    def _part(self) -> Context:
        own: Context | None = self.__dict__.get("base_")
        return check_context(self.base, "base") if own is None else own

    @property
    def form(self) -> Form:  # type: ignore[override]
        """Which form the context has: that of the base."""
        return self._part.form

    @property
    def inductive(self) -> bool:  # type: ignore[override]
        """Whether it describes new rows: as for the base."""
        return self._part.inductive

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: as for the base."""
        return self._part.needs_y

    @property
    def sees_labels(self) -> bool:  # type: ignore[override]
        """Whether it learns from labels: as for the base."""
        return self._part.sees_labels

    @property
    def tells_labels(self) -> bool:
        """Whether the description of a fitted row has seen its label: as for the base."""
        return self._part.tells_labels

    @property
    def takes(self) -> Any:  # type: ignore[override]
        """What X is: as for the base."""
        return self._part.takes

    @property
    def row_by_row(self) -> bool:  # type: ignore[override]
        """Whether a row's description depends on that row alone: as for the base."""
        return self._part.row_by_row

    @property
    def same_space(self) -> bool:  # type: ignore[override]
        """Whether A lies in the space of X: it is a fitted row."""
        return bool(self.takes != "index")

    @property
    def n_searches(self) -> int:
        """How many times neighbours are searched for: as for the base."""
        return self._part.n_searches

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What kind of context it is, in plain words."""
        return f"round trips of {self.base.kind or type(self.base).__name__}"

    @property
    def meaning(self) -> str:  # type: ignore[override]
        """When two rows are alike: as by the base, through what they share."""
        base = self.base.meaning.rstrip(".")
        return f"{base}, or are linked by rows that are." if base else ""

    law = "P+(x' | x) = Σ P+(a | x) P(x' | a) over the base's A"

    @property
    def label(self) -> str:
        """The context in plain words."""
        times = "and back" if self.power == 1 else f"and back, {self.power} times"
        return f"{self.base.label}, {times}"

    def check_parts(self) -> None:
        """Refuse a base with no way back; see :meth:`Context.check_parts`."""
        self._part.check_parts()
        if self._part.form == "sampler":
            raise InputError(
                f"{brief(self.base)} only draws A, so there is no law of x given A to return by; "
                "wrap it in MonteCarloContext where A takes few values"
            )

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the base to rows; see :meth:`Context.fit`."""
        check_positive_int(self.power, "power")
        self.check_parts()
        self.base_ = clone(self.base).fit(X, y)
        self.check_parts()
        weights = self.input_weights_ = self.base_.input_weights_
        if hasattr(self.base_, "n_features_in_"):
            self.n_features_in_ = self.base_.n_features_in_
        rows = self.base_.describe()
        if self.form == "kernel":
            features = rows.entries.toarray() if sparse.issparse(rows.entries) else rows.entries
            mean = weights @ features
            cross = ((features - mean) * weights[:, None]).T @ (features - mean)
            values, vectors = np.linalg.eigh(cross)
            powers = np.clip(values, 0.0, None) ** (self.power - 0.5)
            self.on_, self.root_ = mean, (vectors * powers) @ vectors.T
            self._set_features((features - mean) @ self.root_, weights)
        else:
            self.values_ = None if X is None or self.takes == "index" else np.array(to_numpy(X))
            reached = times_columns(rows.entries, rows.scales)
            self.back_ = _times_rows(reached, weights).T
            self.back_ = self.back_.tocsr() if sparse.issparse(self.back_) else self.back_
            self._set_transition(self._returned(rows.entries, rows.entries), weights)
        self.base_.forget_rows()
        return self

    def _returned(self, entries: Matrix, fitted: Matrix) -> Matrix:
        step = product(entries, self.back_)
        if self.power > 1:
            once = product(fitted, self.back_)
            self.on_ = once
            for _ in range(1, self.power - 1):
                self.on_ = product(self.on_, once)
            step = product(step, self.on_)
        return step

    def expand(self, X: Any) -> Matrix:
        """Describe rows by the rows that they lead back to; see :meth:`Context.expand`."""
        check_is_fitted(self)
        return self._back(self.base_.expand(X))

    def expand_without(self, X: Any, fold: int) -> Matrix:
        """Describe rows as though labels had not been seen; see :meth:`Context.expand_without`."""
        check_is_fitted(self)
        return self._back(self.base_.expand_without(X, fold))

    def _back(self, entries: Matrix) -> Matrix:
        if self.form == "kernel":
            dense = entries.toarray() if sparse.issparse(entries) else entries
            return (dense - self.on_) @ self.root_
        step = product(entries, self.back_)
        step = step if self.on_ is None else product(step, self.on_)
        # What a row of the base's lacks, as where A is unknown, is missing here too.
        totals = np.asarray(step.sum(axis=1), dtype=np.float64)
        return compact(divide_rows(step, totals))

    def context_values(self) -> Any:
        """Give the fitted rows, or their numbers; see :meth:`Context.context_values`."""
        return super().context_values() if self.values_ is None else self.values_


def _times_rows(matrix: Matrix, weights: FloatArray) -> Matrix:
    if sparse.issparse(matrix):
        return sparse.csr_array(sparse.diags_array(weights) @ matrix)
    return matrix * weights[:, None]
