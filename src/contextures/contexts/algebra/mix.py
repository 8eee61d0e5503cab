"""What all contexts that are made of two have in common."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Array, FloatArray, Matrix
from contextures._checks import brief
from contextures.contexts.algebra.columns import Columns, Finish, times_columns
from contextures.contexts.algebra.together import Together
from contextures.contexts.base import Context, check_context
from contextures.contexts.cross_fit import warn_carried
from contextures.contexts.declared import Form
from contextures.contexts.drawing import draws_like
from contextures.contexts.draws import Draws, one_or_all
from contextures.contexts.rows import DescribedRows
from contextures.exceptions import InputError, unwritten


class Mix(Context):
    """A context made of two others, ``left`` and ``right``, which may be mixes themselves.

    What it says of itself follows from its parts: it describes new rows if both do, needs ``y`` if
    one does, and only draws if one does.
    """

    sign: ClassVar[str]
    rank: ClassVar[int]
    """How strongly the sign binds: brackets are written around parts that bind less."""

    left: Context
    right: Context
    left_: Context
    right_: Context
    centre_: Any = None
    scales_: Any = None
    constant_: float = 1.0
    _within: bool = False
    _together: Together | None = None

    def __init__(self, left: Context, right: Context) -> None:
        self.left = left
        self.right = right

    @property
    def _pair(self) -> tuple[Context, Context]:
        own = self.__dict__
        if "right_" in own:
            return own["left_"], own["right_"]
        return check_context(self.left, "left"), check_context(self.right, "right")

    joined: ClassVar[str]
    """How the meanings of the parts are put together."""

    @property
    def meaning(self) -> str:  # type: ignore[override]
        """When two rows are alike, from what the parts say."""
        left, right = (part.meaning.rstrip(".") for part in self._pair)
        second = right.partition(" alike when ")[2]
        return f"{left}{self.joined}when {second}." if left and second else ""

    @property
    def form(self) -> Form:  # type: ignore[override]
        """Which form the context has: draws if a part only draws, as its parts allow otherwise."""
        forms = [part.form for part in self._pair]
        if "sampler" in forms:
            return "sampler"
        return "data" if "data" in forms else self._form_of(*forms)

    def _form_of(self, left: Form, right: Form) -> Form:
        """Give the form of a mix of parts that do not only draw."""
        return "transition" if left == right == "transition" else "kernel"

    @property
    def inductive(self) -> bool:  # type: ignore[override]
        """Whether it describes rows that it was not fitted to: if both parts do."""
        return all(part.inductive for part in self._pair)

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: if a part does."""
        return any(part.needs_y for part in self._pair)

    @property
    def sees_labels(self) -> bool:  # type: ignore[override]
        """Whether it learns from labels: if a part does."""
        return any(part.sees_labels for part in self._pair)

    @property
    def tells_labels(self) -> bool:
        """Whether the description of a fitted row has seen its label: if that of a part has."""
        return self.form != "sampler" and any(part.tells_labels for part in self._pair)

    @property
    def takes(self) -> Any:  # type: ignore[override]
        """What X is: what the parts take alike."""
        left, right = (part.takes for part in self._pair)
        return right if left == "any" else left

    @property
    def row_by_row(self) -> bool:  # type: ignore[override]
        """Whether a row's description depends on that row alone: if that of both parts does."""
        return all(part.row_by_row for part in self._pair)

    @property
    def added_tokens(self) -> tuple[int, ...]:
        """Tokens that A may hold and X does not: those of both parts."""
        return tuple(token for part in self._pair for token in part.added_tokens)

    @property
    def n_averaged(self) -> int:
        """How many contexts are computed: those of both parts."""
        return sum(part.n_averaged for part in self._pair)

    @property
    def n_searches(self) -> int:
        """How many times neighbours are searched for: as for both parts."""
        return sum(part.n_searches for part in self._pair)

    def check_parts(self) -> None:
        """Refuse parts that cannot be put together; see :meth:`Context.check_parts`."""
        left, right = self._pair
        for part in (left, right):
            part.check_parts()
        if len({left.takes, right.takes} - {"any"}) > 1:
            raise InputError(
                f"{brief(left)} takes {_things(left)} and {brief(right)} {_things(right)}; mix "
                "contexts over the same X"
            )
        forms = {left.form, right.form}
        if forms == {"sampler", "kernel"}:
            drawn, given = (left, right) if left.form == "sampler" else (right, left)
            raise InputError(
                f"{brief(drawn)} only draws and {brief(given)} is given by its kernel, which "
                "cannot be drawn from; wrap the first in MonteCarloContext where A takes few "
                "values, or leave one out"
            )

    def check_fit(self, X: Any, y: Any = None) -> None:
        """Refuse what a part's ``fit`` would refuse; see :meth:`Context.check_fit`."""
        self.check_parts()
        for part in self._pair:
            part.check_fit(X, y)

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit both parts to the same rows; see :meth:`Context.fit`."""
        self.check_parts()
        parts = self._resolved(X, y)
        together = self._together or Together(parts, X, y)
        # Set together, as soon as both are known: the form is told from them.
        left, right = (together.fit(part, X, y) for part in parts)
        self.left_, self.right_ = left, right
        self.check_parts()  # now that all forms are known
        self.input_weights_ = self._common_weights()
        for part in (left, right):
            if hasattr(part, "n_features_in_"):
                self.n_features_in_ = part.n_features_in_
        self._fit_mix(X, y)
        warn_carried(self)
        if self.form != "sampler":
            for part in (left, right):
                part.forget_rows()
        return self

    def _resolved(self, X: Any, y: Any) -> tuple[Context, Context]:
        """Give the parts to fit."""
        return self.left, self.right

    def _fit_mix(self, X: Any, y: Any) -> None:
        """Learn what joins the parts, and describe the fitted rows."""
        if self.form != "sampler":
            self._settle(self.columns())

    def _common_weights(self) -> FloatArray:
        """Give P_X: that of the part which has one of its own, where the other weighs alike."""
        left, right = (part.input_weights_ for part in self._pair)
        if len(left) != len(right):
            raise InputError(
                f"{brief(self.left)} has {len(left)} rows and {brief(self.right)} has "
                f"{len(right)}; mix contexts over the same rows"
            )
        if np.ptp(left) > 1e-12 and np.ptp(right) > 1e-12 and not np.allclose(left, right):
            raise InputError(
                f"{brief(self.left)} and {brief(self.right)} give the rows different "
                "probabilities; mix contexts with the same P_X"
            )
        return np.asarray(left if np.ptp(left) > 1e-12 else right)

    def _settle(self, columns: Columns, *, foreign: bool = False) -> None:
        """Keep the fitted rows, and what columns are finished by; see :meth:`Finish.to_kernel`."""
        if self.form == "transition":
            self._set_transition(
                times_columns(columns.entries, columns.weights), self.input_weights_
            )
            return
        finish = Finish.to_kernel(columns, self.input_weights_, foreign=foreign)
        self._columns = columns.weights, columns.kernel
        self.centre_, self.scales_, self.constant_ = finish.centre, finish.scales, finish.constant
        self.fitted_rows_ = self.described_by(finish.features(columns.entries))

    def columns(self, X: Any = None, fold: int | None = None) -> Columns:
        """Describe rows by columns of the parts.

        Parameters
        ----------
        X : array-like, optional
            The rows; the fitted ones when None.
        fold : int, optional
            Whose labels are not to be seen; see :meth:`Context.expand_without`.

        Returns
        -------
        Columns
            What the parts say of them.
        """
        raise unwritten(self, "columns")

    def fitted_columns(self) -> Columns:
        """Describe the fitted rows of a kernel by columns, from what was made of them.

        Returns
        -------
        Columns
            Their columns.
        """
        weights, kernel = self._columns
        scales = np.divide(1.0, self.scales_, out=0 * self.scales_, where=self.scales_ > 0)
        entries = times_columns(self.describe().entries, scales)
        return Columns(entries + self.centre_ if self.centre_.any() else entries, weights, kernel)

    def expand(self, X: Any) -> Matrix:
        """Describe rows in the mix's form; see :meth:`Context.expand`."""
        check_is_fitted(self)
        if self.form == "sampler":
            return super().expand(X)
        return self._finished(self.columns(X))

    def expand_without(self, X: Any, fold: int) -> Matrix:
        """Describe rows as though labels had not been seen; see :meth:`Context.expand_without`."""
        check_is_fitted(self)
        return self._finished(self.columns(X, fold))

    def _finished(self, columns: Columns) -> Matrix:
        if self.form == "transition":
            return times_columns(columns.entries, columns.weights)
        return Finish(self.centre_, self.scales_, self.constant_).features(columns.entries)

    def described_by(self, expansion: Matrix) -> DescribedRows:
        """Put entries together with their scales; see :meth:`Context.described_by`."""
        if self.form == "kernel":
            return DescribedRows(expansion, np.ones(expansion.shape[1]), self.constant_)
        return super().described_by(expansion)

    def sample_rows(self, X: Any, rows: Any, rng: Any, n_views: int = 1) -> Any:
        """Draw A for fitted rows; see :meth:`Context.sample_rows`."""
        if self.form != "sampler":
            return super().sample_rows(X, rows, rng, n_views)
        check_is_fitted(self)
        self._check_draws(n_views)
        return one_or_all(self.drawn_values(X, draws_like(X, rows, rng), n_views, rows))

    def drawn_values(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A, of shape (n_views, n, ...), for rows or for fitted rows by their numbers.

        Parameters
        ----------
        X : array-like or None
            The rows.
        draws : Draws
            What the values are drawn by.
        n_views : int
            How many values a row.
        rows : array-like of int, optional
            Numbers of fitted rows to draw for, instead of ``X``.

        Returns
        -------
        array of shape (n_views, n, ...)
            The values of A.
        """
        raise unwritten(self, "drawn_values")

    def context_rows(self) -> Any:
        """Give the values of A as rows of X; see :meth:`Context.context_rows`."""
        return None

    def returns(self) -> bool:
        """Tell whether A can be the input of a context that follows, before the fit.

        Returns
        -------
        bool
            Whether it can.
        """
        return False

    def lead(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A as rows of X, for what follows in a convolution: as usual unless said.

        Parameters
        ----------
        X, draws, n_views, rows
            As :meth:`drawn_values` takes them.

        Returns
        -------
        array of shape (n_views, n, ...)
            The values of A.
        """
        return self.drawn_values(X, draws, n_views, rows)

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Write the mix with its sign."""
        return self.written(repr)

    def written(self, write: Any, spaced: bool = True) -> str:
        """Write the mix with its sign.

        Parameters
        ----------
        write : callable
            Writes a part.
        spaced : bool, default=True
            Whether there are blanks around the sign.

        Returns
        -------
        str
            The parts and the sign, in brackets where they need some.
        """
        sign = f" {self.sign} " if spaced else self.sign
        # Read from the left: the part on the right needs brackets where it binds no more.
        left = _bracketed(self.left, self.rank, write)
        return f"{left}{sign}{_bracketed(self.right, self.rank + 1, write)}"


def _bracketed(part: Any, rank: int, write: Any) -> str:
    text = str(write(part))
    return f"({text})" if isinstance(part, Mix) and part.rank < rank else text


def _things(context: Context) -> str:
    return {"array": "rows of numbers", "index": "indices"}.get(context.takes, context.takes)
