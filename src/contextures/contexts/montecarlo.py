"""The transition of a context that only draws, counted from its draws."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any, NoReturn, Self

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray, Matrix
from contextures._checks import check_positive_int, random_state_of
from contextures.contexts.base import Context, check_context
from contextures.contexts.counting import count_draws, merge_counts
from contextures.contexts.distinct import distinct_rows, match_rows
from contextures.exceptions import ContextWarning, InputError

ALL_DRAWS = 1_000_000
FEWEST_DRAWS, MOST_DRAWS = 20, 10_000

LEAST_DRAWS = 1000
"""So many draws without a single value twice are enough to see that none will repeat."""

LEAST_COVERAGE = 0.5
"""Below this the support is mostly unknown, and a spectrum would be one of accidents."""


MOST_ALONE = 0.9
"""Where more of the draws gave a value to one row only, the context is nearly the identity."""


class MonteCarloContext(Context):
    """A sampler context whose A takes few values, by the frequencies of its draws.

    For every fitted row A is drawn R times; the values drawn are the support, and P+(a|x) is the
    share of the draws of x that gave a. Equal rows share their draws.

    Parameters
    ----------
    base : Context
        A context that only draws, such as ``SCARFContext()`` over columns of few values.
    n_draws : int, optional
        R. When None, as many as make a million in all: at least 20 and at most 10,000 a row.
    random_state : int, RandomState or None, default=None
        Draws A; None stands for the seed of whatever fits the context, or a fixed one.

    Attributes
    ----------
    base_ : Context
        The fitted base.
    n_draws_ : int
        The R that was used.
    values_ : ndarray of shape (m, ...)
        The support.
    coverage_ : float
        About how much of P_A the support holds: one less the share of draws whose value was drawn
        no second time (Good and Turing's estimate).

    Notes
    -----
    Frequencies are unbiased for P, but their squares are not, so the singular values of counted
    transitions are too large: s^2 of a function f by

        sum_ij w_i^2 P_ij (1 - P_ij) (f(x_i) - (T* f)(a_j))^2 / ((R_i - 1) P_A(a_j)),

    to first order in 1/R, with R_i the draws and w_i the weight of the distinct row i; about
    m / (n R) where the association is weak. :func:`contextures.spectrum.decompose` takes this
    away, which is exact enough where every value was drawn often. Where most were drawn a few
    times only, what is left is still too large, and the other side is told by draws of their own:
    T* f learned from one half of the draws explains no more than the truth in the other half.
    ``decompose`` warns where the two are far apart. A value that new rows draw and that the support
    lacks is left out of their law. Cost: n R draws and sorting them.

    References
    ----------
    Derived, by the delta method; Good (Biometrika 1953) for the coverage.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import MonteCarloContext, SCARFContext
    >>> rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> context = MonteCarloContext(SCARFContext(0.4), n_draws=20_000).fit(rows)
    >>> np.sort(context.transition(rows[:1]).data).round(2)
    array([0.04, 0.16, 0.16, 0.64])
    """

    counted = True
    law = "P+(a | x) = the share of the draws of A given x that gave a"
    row_by_row = False
    saved = ("base_", "n_draws_", "values_", "coverage_", "_seed", "_distinct", "_conditional")
    base_: Context
    values_: Any

    def __init__(self, base: Context, n_draws: int | None = None, random_state: Any = None) -> None:
        self.base = base
        self.n_draws = n_draws
        self.random_state = random_state

    @property
    def meaning(self) -> str:  # type: ignore[override]
        """When two rows are alike: as by the base."""
        return self.base.meaning

    @property
    def same_space(self) -> bool:  # type: ignore[override]
        """Whether A lies in the space of X: as for the base."""
        return self.base.same_space

    @property
    def takes(self) -> str:  # type: ignore[override]
        """What X is: as for the base."""
        return self.base.takes

    @property
    def tells_hidden(self) -> bool:  # type: ignore[override]
        """Whether draws say what is hidden: as for the base."""
        return self.base.tells_hidden

    @property
    def added_tokens(self) -> tuple[int, ...]:
        """Tokens that A may hold and X does not: as for the base."""
        return self.base.added_tokens

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: as for the base."""
        return self.base.needs_y

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What kind of context it is, in plain words."""
        return f"counted {self.base.kind or type(self.base).__name__}"

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"{self.base.label}, counted from draws"

    @property
    def mend_excess(self) -> str:  # type: ignore[override]
        """What to do about singular values that few draws leave uncertain."""
        return f"give a larger n_draws than {self.n_draws_:,} to MonteCarloContext"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: one a draw at most; see :meth:`Context.density`."""
        return float(self._draws_for(n))

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the base to rows and count its draws; see :meth:`Context.fit`."""
        self.base_ = clone(check_context(self.base, "base")).fit(X, y)
        return self._count(X)

    @classmethod
    def of_fitted(cls, base: Context, X: Any) -> Self:
        """Count the draws of a context that is fitted already.

        Parameters
        ----------
        base : Context
            A fitted context in sampler form.
        X : array-like of shape (n, p)
            The rows that it was fitted to.

        Returns
        -------
        Self
            The fitted context.
        """
        made = cls(base)
        made.base_ = base
        return made._count(X)

    def _count(self, X: Any) -> Self:
        if self.base_.form != "sampler":
            raise InputError(
                f"base={self.base!r} has its {self.base_.form} already; decompose it as it is"
            )
        rows = np.asarray(X)
        n = len(rows)
        self.n_draws_ = self._draws_for(n)
        self._seed = int(random_state_of(self.random_state).randint(2**31 - 1))
        self._distinct, codes = distinct_rows(rows)
        weights = np.full(n, 1.0 / n)
        group_weights = np.bincount(codes, weights)
        rng = np.random.default_rng(self._seed)
        first = self._draw_parts(rows, codes, rng, self.n_draws_ // 2)
        second = self._draw_parts(rows, codes, rng, self.n_draws_ - self.n_draws_ // 2)
        self.values_, parts = merge_counts(first + second)
        self._halves = [_total(parts[: len(first)]), _total(parts[len(first) :])]
        counts = self._halves[0] + self._halves[1]
        self._check_coverage(counts)
        self._totals = counts.sum(axis=1)
        self._conditional = sparse.csr_array(sparse.diags_array(1.0 / self._totals) @ counts)
        self._codes, self._group_weights = codes, group_weights
        self._set_transition(self._conditional[codes], weights)
        if hasattr(self.base_, "n_features_in_"):
            self.n_features_in_ = self.base_.n_features_in_
        return self

    def expand(self, X: Any) -> sparse.csr_array:
        """Give the frequencies of rows: those of the fit, or of new draws for new rows."""
        check_is_fitted(self)
        rows = np.asarray(X)
        known = match_rows(self._distinct, rows)
        new = np.flatnonzero(known < 0)
        if len(new) == 0:
            return self._conditional[known]
        rng = np.random.default_rng(self._seed)
        parts = self._draw_parts(rows[new], np.arange(len(new)), rng, self.n_draws_)
        values, added = merge_counts(parts)
        counts = _total(added)
        places = match_rows(self.values_, values)
        found = counts[:, np.flatnonzero(places >= 0)].tocoo()
        columns = places[places >= 0][found.col]
        shape = (len(new), len(self.values_))
        law = sparse.csr_array((found.data, (found.row, columns)), shape=shape)
        law.sort_indices()
        totals = law.sum(axis=1)
        law = sparse.csr_array(sparse.diags_array(1.0 / np.maximum(totals, 1)) @ law)
        # A row none of whose values is known has the law of A, the mean of all rows.
        mean = sparse.csr_array(self.context_weights_[None, :])
        stacked = sparse.csr_array(sparse.vstack([self._conditional, law, mean]))
        places = known.copy()
        first = len(self._distinct)
        places[new] = np.where(totals > 0, first + np.arange(len(new)), first + len(new))
        return sparse.csr_array(stacked[places])

    def context_values(self) -> Any:
        """Give the values that were drawn; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return self.values_

    def excess(self, left: FloatArray, right: FloatArray, values: FloatArray) -> FloatArray:
        """Compute by how much counting draws enlarges squared singular values.

        Parameters
        ----------
        left : ndarray of shape (n, d)
            mu on the fitted rows.
        right : ndarray of shape (m, d)
            nu on the support.
        values : ndarray of shape (d,)
            Singular values of the counted transition.

        Returns
        -------
        ndarray of shape (d,)
            What to take away from their squares.
        """
        spread = self._conditional.copy()
        per_row = np.diff(spread.indptr)
        scale = self._group_weights**2 / np.maximum(self._totals - 1, 1)
        spread.data *= (1 - spread.data) * np.repeat(scale, per_row)
        spread.data /= self.context_weights_[spread.indices]
        functions = self._by_distinct_row(left)
        means = right * values
        cross = np.einsum("ik,ik->k", functions, spread @ means)
        return np.asarray(
            spread.sum(axis=1) @ functions**2 - 2 * cross + spread.sum(axis=0) @ means**2
        )

    def held_out(self, left: FloatArray) -> FloatArray:
        """Compute squared singular values that each half of the draws confirms of the other.

        Parameters
        ----------
        left : ndarray of shape (n, d)
            mu on the fitted rows.

        Returns
        -------
        ndarray of shape (d,)
            The squared correlation of mu(X) with T* mu of the other half's draws at A: not above
            s^2 but for the noise of this half, and the nearer to it the more often values were
            drawn.
        """
        functions = self._by_distinct_row(left)
        squares = np.zeros(left.shape[1])
        for learned, judged in (self._halves, self._halves[::-1]):
            means = (learned.T @ functions) / np.maximum(learned.sum(axis=0), 1)[:, None]
            chances = judged.sum(axis=0) / judged.sum()
            products = ((judged.T @ functions) * means).sum(axis=0) / judged.sum()
            norms = chances @ means**2
            squares += np.divide(
                np.maximum(products, 0) ** 2, norms, out=np.zeros_like(norms), where=norms > 0
            )
        return squares / 2

    def _draws_for(self, n: int) -> int:
        if self.n_draws is None:
            return min(max(FEWEST_DRAWS, ALL_DRAWS // n), MOST_DRAWS)
        return check_positive_int(self.n_draws, "n_draws", least=2)

    def _by_distinct_row(self, left: FloatArray) -> FloatArray:
        # Equal rows have equal functions.
        functions = np.empty((len(self._distinct), left.shape[1]))
        functions[self._codes] = left
        return functions

    def _draw_parts(
        self, rows: Any, codes: IntArray, rng: np.random.Generator, n_draws: int
    ) -> list[tuple[Any, Matrix]]:
        parts = []
        width = max(1, rows.size // len(rows))
        draw = partial(self.base_.sample, rows, rng)
        for values, counts in count_draws(draw, codes, n_draws, width):
            total = counts.sum()
            if len(values) == total >= LEAST_DRAWS:
                self._refuse(total, 1.0)
            parts.append((values, counts))
        return parts

    def _check_coverage(self, counts: Any) -> None:
        per_value = counts.sum(axis=0)
        self.coverage_ = float(1 - np.count_nonzero(per_value == 1) / per_value.sum())
        if self.coverage_ < LEAST_COVERAGE:
            self._refuse(per_value.sum(), 1 - self.coverage_)
        alone = per_value[np.bincount(counts.indices, minlength=len(per_value)) == 1].sum()
        if alone > MOST_ALONE * per_value.sum():
            warnings.warn(
                f"{alone / per_value.sum():.0%} of the draws of {self.base!r} gave a value that no "
                "other row drew, so A tells rows apart rather than what they share, as columns of "
                "continuous values do; use columns of few values or more corruption",
                ContextWarning,
                stacklevel=4,
            )

    def _refuse(self, n_draws: int, share: float) -> NoReturn:
        raise InputError(
            f"A of {self.base!r} takes too many values to count: {share:.0%} of {n_draws:,.0f} "
            "draws gave a value that came once only; learn from draws with RitzEncoder or "
            "NeuralEncoder, or use columns of few values"
        )


def _total(parts: list[Matrix]) -> Matrix:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def with_expansion(context: Context, X: Any, y: Any = None) -> Context:
    """Fit a clone of a context; where it only draws, count its draws."""
    fitted: Context = clone(context).fit(X, y)
    return MonteCarloContext.of_fitted(fitted, X) if fitted.form == "sampler" else fitted
