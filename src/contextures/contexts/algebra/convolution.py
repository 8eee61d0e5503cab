"""Convolutions of contexts."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from contextures._arrays import Array, FloatArray, Matrix, compact, svd, to_numpy
from contextures._checks import brief, labels_of
from contextures.contexts.algebra.columns import Columns, product, times_columns
from contextures.contexts.algebra.combination import ConvexCombination
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.algebra.parts import columns_of, entries_of, lead, returns
from contextures.contexts.base import Context
from contextures.contexts.cross_fit import FOLDS, Folds, as_numbers, check_cross_fit, described
from contextures.contexts.declared import Form
from contextures.contexts.distinct import match_rows
from contextures.contexts.drawing import draws_like
from contextures.contexts.draws import Draws
from contextures.contexts.rows import DescribedRows, ProductRows
from contextures.exceptions import InputError

MOST_SIDE = 2000
"""Features of a kernel up to which what follows it is turned to as few features."""


class Convolution(Mix):
    """One context after another: x leads to x' by the first, and x' to A by the second.

    Written ``left @ right``; its operator is T_1 T_2. No singular value is above the smaller of
    the factors' (that of the second under the law of x'), so the association grows weaker. Order
    matters, grouping does not.

    Parameters
    ----------
    left : Context
        The first. Its A lies in the space of X, as for neighbours and corruption; or it is given
        by its kernel, which acts as T_k f(x) = E[k(x, X') f(X')].
    right : Context
        The second.
    cross_fit : int or None, default=5
        Where the second has seen labels: in how many folds fitted rows are described, wherever they
        are asked for, each by what was fitted without its label. None describes a row by its own
        label among its neighbours', and warns: what is learned on top may then be judged on other
        rows only.

    Attributes
    ----------
    left_, right_ : Context
        The fitted parts.
    through_ : ndarray or csr_array of shape (m_1, m)
        What the second says of each value of the first's A, or of each feature of its kernel.

    Notes
    -----
    Of transitions this is their product, which from 5,000 rows on is formed only where asked for or
    where it has fewer entries than both: functions are found by applying both. After a kernel of
    r features there are no more than r, and no n x n matrix is formed. A second context that cannot
    describe new rows, such as labels, may follow one whose A is a fitted row: what the convolution
    says of a row then rests on its neighbours' labels, of a fitted row on those of other folds.

    References
    ----------
    "Contextures: The Mechanism of Representation Learning" (arXiv 2504.19792), chapter 4; the
    spectrum is derived, by Horn's inequality.

    Examples
    --------
    Two noisy channels one after another:

    >>> from contextures.contexts import FiniteContext
    >>> from contextures.spectrum import decompose
    >>> one, other = FiniteContext([[0.4, 0.1], [0.1, 0.4]]), FiniteContext([[0.45, 0.05]] * 1 +
    ...                                                                     [[0.05, 0.45]])
    >>> decompose(one @ other, None, 1).singular_values  # 0.6 * 0.8
    array([0.48])
    """

    sign = "@"
    rank = 3
    joined = ", or to rows so found "
    law = "P+(a | x) = Σ P₁(x' | x) P₂(a | x') over what the first part gives"
    saved = (
        "left_",
        "right_",
        "through_",
        "weights_",
        "kernel_",
        "centre_",
        "scales_",
        "constant_",
    )
    through_: Any = None
    weights_: Any = None
    kernel_: Any = None
    _folds: Folds | None = None

    def __init__(self, left: Context, right: Context, cross_fit: int | None = FOLDS) -> None:
        super().__init__(left, right)
        self.cross_fit = cross_fit

    @property
    def tells_labels(self) -> bool:
        """Whether the description of a fitted row has seen its label."""
        left, right = self._pair
        if self.form == "sampler" or left.tells_labels or (right.inductive and right.tells_labels):
            return super().tells_labels
        return right.sees_labels and (self.cross_fit is None or left.takes != "array")

    def _resolved(self, X: Any, y: Any) -> tuple[Context, Context]:
        """Give the parts to fit, in the same folds as this."""
        found = self.right.get_params()
        folds = {
            name: self.cross_fit
            for name in found
            if name.split("__")[-1] == "cross_fit" and found[name] is not None
        }
        changed = bool(self.cross_fit and folds)
        return self.left, clone(self.right).set_params(**folds) if changed else self.right

    @property
    def inductive(self) -> bool:  # type: ignore[override]
        """Whether it describes rows that it was not fitted to: if the first does."""
        left, right = self._pair
        if "sampler" in (left.form, right.form):
            return bool(left.inductive and right.inductive)
        return left.inductive

    @property
    def same_space(self) -> bool:  # type: ignore[override]
        """Whether A lies in the space of X: as for the second."""
        return self._pair[1].same_space

    @property
    def tells_hidden(self) -> bool:  # type: ignore[override]
        """Whether draws say what is hidden: as for the second."""
        return self._pair[1].tells_hidden

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What kind of context it is, in plain words."""
        return "a convolution"

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"{self.left.label}, then {self.right.label}"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: the product of the parts' at most."""
        left, right = (part.density(n) for part in self._pair)
        return min(left * right, max(float(n), right))

    @property
    def n_searches(self) -> int:
        """How many times neighbours are searched for: twice more by the first for each fold."""
        left, right = (part.n_searches for part in self._pair)
        folds = self.cross_fit if self._pair[1].sees_labels and self.cross_fit else 0
        return (1 + 2 * folds) * left + (1 + folds) * right

    def check_parts(self) -> None:
        """Refuse a first context that nothing can follow; see :meth:`Context.check_parts`."""
        super().check_parts()
        check_cross_fit(self.cross_fit)
        left, right = self._pair
        ends = left.form in ("sampler", "transition") and not returns(left)
        if ends or (right.takes == "index" != left.takes):
            mend = "let it return first, as left.round_trip() @ right"
            if left.form == "sampler":  # there is no law of x given A to return by
                mend = "put it last, as right @ left"
            raise InputError(
                f"A of {brief(left)} does not lie in the space of X, where {brief(right)} would "
                f"begin; {mend}"
            )

    def _form_of(self, left: Form, right: Form) -> Form:
        return "kernel" if left == "kernel" else right

    def _common_weights(self) -> FloatArray:
        left = self.left_
        # After a transition the second begins under the law of the first's A, whatever its own.
        return super()._common_weights() if left.form == "kernel" else left.input_weights_

    def _fit_mix(self, X: Any, y: Any) -> None:
        left, right = self._pair
        if self.form == "sampler":
            first = np.zeros(1, dtype=np.intp)
            draws = draws_like(X, first, np.random.default_rng(0))
            self._check_columns(X, lead(left, X, draws, 1, first)[0])
            return
        kernel = left.form == "kernel"
        crossed = right.sees_labels and not left.tells_labels and not self.tells_labels
        self._folds = Folds(as_numbers(X), y, self.cross_fit or FOLDS) if crossed else None
        # New rows are led to rows that are described as those are to which a fold's are led.
        whole = -1 if crossed and right.inductive else None
        at = self._after_kernel() if kernel else self._described_at(left, X, whole)
        self.through_, self.weights_, self.kernel_ = at.entries, at.weights, at.kernel
        if self._folds is None:
            if self.form == "transition" and self._settle_product(left.describe().entries, at):
                return
            self._settle(at.after(left.describe().entries), foreign=True)
            return
        self._parts = [self._without(fold, X, y) for fold in range(len(self._folds))]
        self._settle(self.columns(X), foreign=True)

    def _check_columns(self, X: Any, values: Any) -> None:
        """Refuse values of the first's A that are no rows of X, whatever it says of itself."""
        found, wanted = np.shape(values)[1:], np.shape(X)[1:]
        if found != wanted and X is not None:
            raise InputError(
                f"A of {brief(self.left)} has {_columns(found)} and {brief(self.right)} begins at "
                f"rows of {_columns(wanted)}; let the second begin where the first ends"
            )

    def _settle_product(self, first: Matrix, at: Columns) -> bool:
        """Keep both transitions where their product is larger, and say whether it is."""
        then = times_columns(at.entries, at.weights)
        weights = np.asarray(then.T @ (first.T @ self.input_weights_), dtype=np.float64)
        rows = ProductRows.if_smaller(first, then, weights)
        if rows is not None:
            self.context_weights_, self.fitted_rows_ = weights, rows
        return rows is not None

    def _without(self, fold: int, X: Any, y: Any) -> tuple[Context, Any]:
        """Give the first context, and what the second says where it leads, without a fold."""
        assert self._folds is not None
        others = np.flatnonzero(self._folds.learning(fold))
        if self.left_.form == "kernel":
            return self.left_, self._after_kernel(X, others, fold).entries
        rows = _safe_indexing(X, others)
        left = clone(self.left).fit(rows, None if y is None else labels_of(y)[others])
        at = self._described_at(left, X, fold)
        left.forget_rows()
        return left, at.entries

    def _described_at(self, left: Context, X: Any, fold: int | None = None) -> Columns:
        """Describe by the second context the values of a first one's A."""
        right = self.right_
        if isinstance(left, ConvexCombination):  # which part led there does not matter
            parts = [self._described_at(part, X, fold) for part in (left.left_, left.right_)]
            entries = [sparse.csr_array(part.entries) for part in parts]
            stacked = compact(sparse.csr_array(sparse.vstack(entries)))
            return Columns(stacked, parts[0].weights, parts[0].kernel)
        values = left.context_rows()
        by_number = left.takes == "index"
        if by_number and X is None and len(values) != len(right.describe()):
            raise InputError(
                f"A of {brief(left)} takes {len(values)} values and {brief(right)} begins at "
                f"{len(right.describe())}; let the second begin where the first ends"
            )
        if not by_number:
            self._check_columns(X, values)
        known = X is None if by_number else np.array_equal(values, to_numpy(X))
        # Fitted rows are described already; by labels, only they are.
        if right.inductive and fold is not None:
            return columns_of(right, values, fold)
        if known or by_number or right.inductive:
            return columns_of(right, None if known else values)
        found = columns_of(right)
        places = match_rows(to_numpy(X), values)
        if (places < 0).any():
            columns_of(right, values)  # which says why it cannot describe them
        return Columns(found.entries[places], found.weights, found.kernel)

    def _after_kernel(self, X: Any = None, rows: Any = None, fold: int = -1) -> Columns:
        """Describe the features of the first's kernel by the second, by as many at most."""
        left, right = (part.describe() for part in self._pair)
        weights = self.input_weights_
        if rows is not None:
            given = _safe_indexing(X, rows)
            inductive = self.right_.inductive
            said = self.right_.expand_without(given, fold) if inductive else right.entries[rows]
            right, left = DescribedRows(said, right.scales), left.take(rows)
            weights = weights[rows] / weights[rows].sum()
        second = right.entries * np.sqrt(right.scales)[None, :]
        scaled = left.entries.T * weights[None, :]
        through = product(sparse.csr_array(scaled) if sparse.issparse(scaled) else scaled, second)
        if left.entries.shape[1] < min(through.shape[1], MOST_SIDE):
            dense = through.toarray() if sparse.issparse(through) else through
            if rows is None:
                side, values, self._turn = svd(dense)
                through = side * values
            else:  # in the same columns
                through = dense @ self._turn.T
        return Columns.of(through, kernel=True)

    def columns(self, X: Any = None, fold: int | None = None) -> Columns:
        """Describe rows by where the first leads."""
        made = Columns(self.through_, self.weights_, self.kernel_)
        if X is None:
            return made.after(self.left_.describe().entries)
        if self._folds is None:
            return made.after(entries_of(self.left_, X, fold))
        places = np.arange(len(X))
        of = self._folds.of(as_numbers(X)) if fold is None else np.full(len(X), fold)
        entries = described(places, of, lambda at, one: self._led(_safe_indexing(X, at), one))
        return Columns(entries, self.weights_, self.kernel_)

    def _led(self, X: Any, fold: int) -> Matrix:
        """Say where rows are led to without a fold, or for -1 where new rows are."""
        left, through = (self.left_, self.through_) if fold < 0 else self._parts[fold]
        return product(left.expand(X), through)

    def context_values(self) -> Any:
        """Give the values of A: those of the second."""
        return self._pair[1].context_values()

    def returns(self) -> bool:
        """Tell whether A can be the input of what follows: if that of the second can."""
        return returns(self._pair[1])

    def lead(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A as rows of X."""
        return self._onward(X, draws, n_views, rows, lead)

    def context_rows(self) -> Any:
        """Give the values of A as rows of X: those of the second."""
        return self._pair[1].context_rows()

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Array:
        """Draw x', and A from there; see :meth:`Context.draw_views`."""
        return self.drawn_values(X, draws, n_views, None)

    def drawn_values(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A, of shape (n_views, n, ...)."""
        return self._onward(X, draws, n_views, rows, _last)

    def _onward(self, X: Any, draws: Draws, n_views: int, rows: Any, last: Any) -> Array:
        left, right = self._pair
        between = lead(left, X, draws, n_views, rows)
        n = between.shape[1]
        onward = between.reshape((n_views * n, *between.shape[2:]))
        found = last(right, onward, draws, 1)[0]
        return found.reshape((n_views, n, *found.shape[1:]))


def _columns(shape: tuple[int, ...]) -> str:
    return f"shape {shape}" if len(shape) != 1 else f"{shape[0]} column{'s' * (shape[0] != 1)}"


def _last(context: Context, X: Any, draws: Draws, n_views: int) -> Array:
    return context.sample(X, draws.rng)[None]
