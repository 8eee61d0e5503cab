"""Concatenations of contexts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from contextures._arrays import Array, FloatArray, Matrix, compact
from contextures._checks import brief
from contextures.contexts.algebra.columns import Columns
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.algebra.parts import entries_of
from contextures.contexts.algebra.revealed import drawn, names, table
from contextures.contexts.declared import Form
from contextures.contexts.draws import Draws
from contextures.exceptions import InputError

MOST_ENTRIES = 100_000_000
"""Entries of all rows together up to which a concatenation is described (1.6 GB)."""


class Concatenation(Mix):
    """Both contexts at once: A = (A_1, A_2), drawn independently of each other given X.

    Written ``left | right``. Who knows both knows more, so each singular value is at least the
    larger of the parts': the association grows stronger. Where what is meant is to learn an encoder
    of each context and join their coordinates, use scikit-learn's ``FeatureUnion`` of two encoders.

    Parameters
    ----------
    left, right : Context
        The parts. They have a transition or only draw: kernels have no joint one.

    Attributes
    ----------
    left_, right_ : Context
        The fitted parts.

    Notes
    -----
    A row has as many entries as the product of the parts' (K_1 K_2 for neighbours). Pairs of values
    that one fitted row alone reaches say the same, that it is this row, and are counted as one.
    A pair that no fitted row reaches is left out of the law of a new row; one that reaches no other
    is described by A_1 alone.

    References
    ----------
    "Contextures: The Mechanism of Representation Learning" (arXiv 2504.19792), chapter 4; the
    operator and its spectrum are derived.

    Examples
    --------
    Two independent looks through a channel that erases X with chance 0.4 and tells it otherwise:

    >>> from contextures.contexts import FiniteContext
    >>> from contextures.spectrum import decompose
    >>> erased = FiniteContext([[0.3, 0.0, 0.2], [0.0, 0.3, 0.2]])
    >>> decompose(erased | erased, None, 1).singular_values ** 2  # 1 - 0.4 ** 2
    array([0.84])
    """

    sign = "|"
    rank = 1
    joined = ", and at once "
    law = "A = the pair of both parts' A, drawn independently given x"
    saved = ("left_", "right_", "keys_", "places_", "first_")
    keys_: Any = None
    places_: Any = None
    first_: Any = None

    @property
    def observed(self) -> bool:  # type: ignore[override]
        """Whether A was observed with each row: if that of both parts was."""
        return all(part.observed for part in self._pair)

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What kind of context it is, in plain words."""
        return "a concatenation"

    @property
    def label(self) -> str:
        """The context in plain words."""
        return f"{self.left.label}, and {self.right.label}"

    def density(self, n: int) -> float:
        """Say how many entries describe a row: the product of the parts' numbers."""
        left, right = self._pair
        return left.density(n) * right.density(n)

    def check_parts(self) -> None:
        """Refuse kernels, which have no joint law; see :meth:`Context.check_parts`."""
        super().check_parts()
        for part in self._pair:
            if part.form == "kernel":
                raise InputError(
                    f"{brief(part)} is given by its kernel, and a kernel has no joint law with "
                    "another context; give a convex combination, or join encoders by FeatureUnion"
                )

    def _form_of(self, left: Form, right: Form) -> Form:
        return "transition"

    def _fit_mix(self, X: Any, y: Any) -> None:
        if self.form == "sampler":
            return
        left, right = (part.describe().entries for part in self._pair)
        pairs = _pairs(left, right)
        keys, codes = _numbered(pairs.keys)
        # A pair that one row alone reaches tells that row, and so do all such pairs of it.
        shared = np.bincount(codes, minlength=len(keys)) > 1
        row_of = np.zeros(len(keys), dtype=np.int64)
        row_of[codes] = pairs.rows
        alone = np.zeros(left.shape[0], dtype=bool)
        alone[row_of[~shared]] = True
        places = np.empty(len(keys), dtype=np.int64)
        n_shared = int(shared.sum())
        places[shared] = np.arange(n_shared)
        places[~shared] = n_shared - 1 + np.cumsum(alone)[row_of[~shared]]
        first = np.empty(n_shared + int(alone.sum()), dtype=np.int64)
        first[places[::-1]] = keys[::-1]  # the first of those that share a place
        self.keys_, self.places_, self.first_ = keys, places, first
        entries = _gathered(pairs, places[codes], left.shape[0], len(first))
        self._settle(Columns.of(entries, kernel=False))

    def columns(self, X: Any = None, fold: int | None = None) -> Columns:
        """Describe rows by the products of the parts' entries."""
        if X is None:
            return Columns.of(self.describe().entries, kernel=False)
        left, right = (entries_of(part, X, fold) for part in self._pair)
        pairs = _pairs(left, right)
        at = np.minimum(np.searchsorted(self.keys_, pairs.keys), len(self.keys_) - 1)
        known = self.keys_[at] == pairs.keys
        law = _gathered(
            pairs.where(known), self.places_[at[known]], left.shape[0], len(self.first_)
        )
        totals = np.asarray(law.sum(axis=1), dtype=np.float64)
        if (np.abs(totals - 1.0) > 1e-12).any():
            law = self._completed(sparse.csr_array(law), totals, left)
        return Columns.of(compact(law), kernel=False)

    def _completed(self, law: Matrix, totals: FloatArray, left: Matrix) -> Matrix:
        """Leave out pairs that no fitted row reaches; a row with no other has the law given A_1."""
        lost = np.flatnonzero(totals <= 0)
        kept = sparse.diags_array(np.divide(1.0, totals, where=totals > 0, out=0 * totals)) @ law
        if not len(lost):
            return sparse.csr_array(kept)
        m = len(self.first_)
        weights = self.context_weights_
        first = self.first_ // self.right_.context_weights_.shape[0]
        joint = sparse.csr_array((weights, (first, np.arange(m))), shape=(left.shape[1], m))
        law_of = sparse.diags_array(1.0 / np.maximum(joint.sum(axis=1), 1e-300)) @ joint
        given = sparse.csr_array(sparse.csr_array(left[lost]) @ law_of)
        reached = np.asarray(given.sum(axis=1))
        nowhere = sparse.csr_array((reached <= 0).astype(np.float64)[:, None])
        given = sparse.diags_array(1.0 / np.where(reached > 0, reached, 1.0)) @ given
        given = given + nowhere @ sparse.csr_array(weights[None, :])
        spread = sparse.csr_array(
            (np.ones(len(lost)), (lost, np.arange(len(lost)))), shape=(law.shape[0], len(lost))
        )
        return sparse.csr_array(kept + spread @ given)

    def context_values(self) -> Any:
        """Give (A_1, A_2) side by side; pairs of names are numbered."""
        left, right = self._pair
        if all(names(np.asarray(part.context_values())) for part in (left, right)):
            return np.arange(len(self.context_weights_))
        one, other = np.divmod(self.first_, len(right.context_weights_))
        return np.hstack([table(left)[one], table(right)[other]])

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Array:
        """Draw A of both parts; see :meth:`Context.draw_views`."""
        return self.drawn_values(X, draws, n_views, None)

    def drawn_values(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A, of shape (n_views, n, ...)."""
        return draws.join([drawn(part, X, draws, n_views, rows) for part in self._pair])


class _Pairs:
    """The pairs of values that rows reach, their keys and chances, row by row."""

    def __init__(self, rows: Any, keys: Any, chances: FloatArray) -> None:
        self.rows, self.keys, self.chances = rows, keys, chances

    def where(self, known: NDArray[np.bool_]) -> _Pairs:
        """Give some of them."""
        return _Pairs(self.rows[known], self.keys[known], self.chances[known])


def _pairs(left: Matrix, right: Matrix) -> _Pairs:
    one, other = sparse.csr_array(left), sparse.csr_array(right)
    first, second = np.diff(one.indptr).astype(np.int64), np.diff(other.indptr).astype(np.int64)
    counts = first * second
    total = int(counts.sum())
    if total > MOST_ENTRIES:
        raise InputError(
            f"the concatenation has {total:,} entries, more than can be held; give parts with "
            "fewer entries a row, such as fewer neighbours or landmarks"
        )
    rows = np.repeat(np.arange(len(counts)), counts)
    # Each entry of the one beside all of the row's of the other.
    widths = np.repeat(second, first)
    begins = np.repeat(other.indptr[:-1].astype(np.int64), first) - (np.cumsum(widths) - widths)
    to = np.arange(total) + np.repeat(begins, widths)
    keys = np.repeat(one.indices.astype(np.int64) * right.shape[1], widths) + other.indices[to]
    return _Pairs(rows, keys, np.repeat(one.data, widths) * other.data[to])


def _numbered(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the distinct keys in order, and which of them each is, as numpy's ``unique`` does.

    Where a key and its place fit into one number, these are sorted in half the time.
    """
    bits = max(len(keys) - 1, 1).bit_length()
    if int(keys.max(initial=0)).bit_length() + bits > 63:
        found, numbers = np.unique(keys, return_inverse=True)
        return found, numbers
    ordered = np.sort((keys << bits) | np.arange(len(keys)))
    places = ordered & ((1 << bits) - 1)
    ordered >>= bits
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    codes = np.empty(len(keys), dtype=np.int64)
    codes[places] = np.cumsum(fresh) - 1
    return ordered[fresh], codes


def _gathered(pairs: _Pairs, columns: Any, n: int, m: int) -> Matrix:
    # Pairs come row by row, so where each row begins is all that is to be counted.
    starts = np.concatenate([[0], np.cumsum(np.bincount(pairs.rows, minlength=n))])
    law = sparse.csr_array((pairs.chances, columns, starts), shape=(n, m))
    law.sum_duplicates()
    return compact(law)
