"""Convex combinations of contexts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from contextures._arrays import Array, FloatArray
from contextures._checks import check_positive_int, is_real
from contextures.contexts.algebra.columns import Columns
from contextures.contexts.algebra.mix import Mix
from contextures.contexts.algebra.operators import NEEDS_WEIGHTS, Weighted
from contextures.contexts.algebra.parts import columns_of, lead, returns
from contextures.contexts.algebra.revealed import chosen, drawn, names, table
from contextures.contexts.algebra.weighing import WAYS, find_weights
from contextures.contexts.base import Context, check_context
from contextures.contexts.draws import Draws
from contextures.exceptions import InputError

ROUNDING = 1e-6  # how far from one weights may sum


class ConvexCombination(Mix):
    """One of two contexts, chosen at random whatever X: A = (j, A_j), with j drawn by weights.

    Written ``0.5 * left + 0.5 * right``. The dual kernel is the mean of those of the parts,
    k = w_1 k_1 + w_2 k_2, so the squared singular values sum to the mean of the parts' sums, and
    where the parts share their singular functions each is the mean of the parts'. A combination of
    more than two is one of combinations; see :meth:`of`.

    This is not the mixture of P+(a|x) in which j stays hidden, which is weaker.

    Parameters
    ----------
    left, right : Context
        The parts.
    weights : tuple of two floats, or {"min-max", "pseudo-tasks", "labels"}, default=(0.5, 0.5)
        The weights, at least zero; they sum to one. Or how to find them, on 300 rows: "min-max" are
        those for which one encoder does best for the context that it serves worst, beside what is
        best for that context alone; "pseudo-tasks" have the least expected error on smooth random
        tasks, "labels" on those of ``y``, by leaving out one row at a time. Of combinations
        within this one that ask for the same all weights are found together.
    n_functions : int, default=16
        How many functions "min-max" weights are for.

    Attributes
    ----------
    left_, right_ : Context
        The fitted parts.
    weights_ : ndarray of shape (2,)
        The weights that were used.
    gap_ : float or None
        How far "min-max" weights may be from the best: the relative duality gap.

    Notes
    -----
    Of transitions a combination is a transition, whose rows are those of the parts side by side;
    with a kernel it is a kernel. It only draws if a part does; weights then rest on draws.

    References
    ----------
    "Contextures: The Mechanism of Representation Learning" (arXiv 2504.19792), chapter 4; the
    operator and its spectrum are derived.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.spectrum import decompose
    >>> strong, weak = FiniteContext([[0.5, 0], [0, 0.5]]), FiniteContext([[0.25] * 2] * 2)
    >>> mixed = 0.36 * strong + 0.64 * weak
    >>> decompose(mixed, None, 1).singular_values
    array([0.6])
    """

    sign = "+"
    rank = 2
    joined = ", or in part "
    law = "A = that of one part, drawn with the chances of the weights"
    saved = ("left_", "right_", "weights_", "gap_", "centre_", "scales_", "constant_")
    weights_: FloatArray
    gap_: float | None = None

    def __init__(
        self,
        left: Context,
        right: Context,
        weights: Sequence[float] | str = (0.5, 0.5),
        n_functions: int = 16,
    ) -> None:
        self.left = left
        self.right = right
        self.weights = weights
        self.n_functions = n_functions

    @classmethod
    def of(cls, contexts: Sequence[Context], weights: Sequence[float] | None = None) -> Context:
        """Combine any number of contexts.

        Parameters
        ----------
        contexts : sequence of Context
            The parts.
        weights : sequence of float, optional
            One for each, at least zero, that sum to one; equal ones when None.

        Returns
        -------
        Context
            A combination of combinations, or the context itself where it is the only one.

        Raises
        ------
        InputError
            If there is not one weight for each part, or they are no such numbers.
        """
        parts = [check_context(part, "a part") for part in contexts]
        if not parts:
            raise InputError("there is nothing to combine; give at least one context")
        given = [1.0 / len(parts)] * len(parts) if weights is None else weights
        values = _checked(given, len(parts))
        total, made = float(values[0]), parts[0]
        for part, weight in zip(parts[1:], values[1:], strict=True):
            made, total = _pair(made, total, part, float(weight))
        return made

    @classmethod
    def added(cls, left: Any, right: Any) -> ConvexCombination:
        """Add two terms: what ``+`` does.

        Parameters
        ----------
        left, right : weighted contexts or ConvexCombination
            The terms.

        Returns
        -------
        ConvexCombination
            Their sum; that its weights sum to one is seen when it is used.
        """
        made: ConvexCombination = _pair(*_term(left), *_term(right))[0]
        return made

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What kind of context it is, in plain words."""
        return "a convex combination"

    @property
    def label(self) -> str:
        """The context in plain words."""
        if isinstance(self.weights, str):
            return f"{self.left.label}, combined with {self.right.label}"
        terms = self.terms()
        return " + ".join(f"{weight:.3g} of ({part.label})" for weight, part in terms)

    def density(self, n: int) -> float:
        """Say how many entries describe a row: those of both parts; see :meth:`Context.density`."""
        return sum(part.density(n) for part in self._pair)

    def terms(self) -> list[tuple[float, Context]]:
        """Give the parts with their weights, those of combinations among them one by one.

        Returns
        -------
        list of tuple of float and Context
            The weight and the context of each.
        """
        found: list[tuple[float, Context]] = []
        weights = (0.5, 0.5) if isinstance(self.weights, str) else self.weights
        for weight, part in zip(weights, (self.left, self.right), strict=True):
            if isinstance(part, ConvexCombination) and _alike(self.weights, part.weights):
                found += [(weight * inner, context) for inner, context in part.terms()]
            else:
                found.append((weight, part))
        return found

    def check_parts(self) -> None:
        """Refuse parts and weights that do not suit; see :meth:`Context.check_parts`."""
        super().check_parts()
        if not isinstance(self.weights, str):
            _checked(self.weights, 2)
            return
        if self.weights not in WAYS:
            raise InputError(
                f"weights={self.weights!r} are not known; give numbers, or one of "
                f"{', '.join(map(repr, WAYS))}"
            )
        check_positive_int(self.n_functions, "n_functions")
        if self.weights == "labels" and any(part.needs_y for _, part in self.terms()):
            raise InputError(
                "weights='labels' would go to the part that has seen the labels; give the weights, "
                "or parts that need no y"
            )

    @property
    def needs_y(self) -> bool:  # type: ignore[override]
        """Whether ``fit`` needs ``y``: if a part does, or weights by labels."""
        by_labels = isinstance(self.weights, str) and self.weights == "labels"
        return by_labels or super().needs_y

    def _resolved(self, X: Any, y: Any) -> tuple[Context, Context]:
        if not isinstance(self.weights, str):
            self._used = _checked(self.weights, 2)
            return self.left, self.right
        parts = [part for _, part in self.terms()]
        found = find_weights(self.weights, parts, X, y, self.n_functions)
        made: Any = ConvexCombination.of(parts, list(found.weights))
        self.gap_, self._used = found.gap, _checked(made.weights, 2)
        return made.left, made.right

    def columns(self, X: Any = None, fold: int | None = None) -> Columns:
        """Describe rows by the columns of both parts side by side."""
        parts = [columns_of(part, X, fold) for part in self._pair]
        return Columns.beside(parts, self.weights_)

    def _fit_mix(self, X: Any, y: Any) -> None:
        self.weights_ = self._used
        super()._fit_mix(X, y)

    def context_values(self) -> Any:
        """Give (j, A_j): an indicator of each part, and the values of A of each, else zeros.

        Where the values of A of both parts are names, they are numbered.
        """
        parts = self._pair
        if all(names(np.asarray(part.context_values())) for part in parts):
            return np.arange(len(self.context_weights_))
        tables = [table(part) for part in parts]
        sizes = [len(one) for one in tables]
        indicators = np.repeat(np.eye(2), sizes, axis=0)
        values = np.zeros((sum(sizes), sum(one.shape[1] for one in tables)))
        values[: sizes[0], : tables[0].shape[1]] = tables[0]
        values[sizes[0] :, tables[0].shape[1] :] = tables[1]
        return np.hstack([indicators, values])

    def context_rows(self) -> FloatArray | None:
        """Give the values of A as rows of X, whichever part they are of."""
        rows = [part.context_rows() for part in self._pair]
        return None if rows[0] is None or rows[1] is None else np.concatenate(rows)

    def returns(self) -> bool:
        """Tell whether A can be the input of what follows: if that of both parts can."""
        return all(returns(part) for part in self._pair)

    def lead(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A as rows of X, of a part that is not told."""
        n = len(X) if rows is None else len(rows)
        one, _ = chosen(draws, self.weights_, n_views, n)
        first, second = (lead(part, X, draws, n_views, rows) for part in self._pair)
        return draws.of.where(one > 0, first, second)

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Array:
        """Draw which part is revealed, and its A; see :meth:`Context.draw_views`."""
        return self.drawn_values(X, draws, n_views, None)

    def drawn_values(self, X: Any, draws: Draws, n_views: int, rows: Any) -> Array:
        """Draw A, of shape (n_views, n, ...)."""
        n = len(X) if rows is None else len(rows)
        which = chosen(draws, self.weights_, n_views, n)
        values = [drawn(part, X, draws, n_views, rows) for part in self._pair]
        hidden = [one * value for one, value in zip(which, values, strict=True)]
        return draws.join([*which, *hidden])

    def written(self, write: Any, spaced: bool = True) -> str:
        """Write the terms with their weights."""
        if isinstance(self.weights, str):
            more = "" if self.n_functions == 16 else f", n_functions={self.n_functions!r}"
            parts = f"{self.left!r}, {self.right!r}"
            return f"ConvexCombination({parts}, weights={self.weights!r}{more})"
        sign = " + " if spaced else "+"
        times = " * " if spaced else "*"
        return sign.join(
            f"{weight:.9g}{times}{_in_brackets(part, write)}" for weight, part in self.terms()
        )


def _term(value: Any) -> tuple[Context, float]:
    if isinstance(value, Weighted):
        return value.context, float(value.weight)
    if isinstance(value, ConvexCombination) and not isinstance(value.weights, str):
        return value, float(sum(value.weights))
    raise InputError(NEEDS_WEIGHTS)


def _pair(
    left: Context, left_weight: float, right: Context, right_weight: float
) -> tuple[Any, float]:
    """Combine two terms; a combination whose weights do not yet sum to one becomes one that does.

    Gives the combination and the sum of its weights.
    """
    return (
        ConvexCombination(
            _scaled(left, left_weight), _scaled(right, right_weight), (left_weight, right_weight)
        ),
        left_weight + right_weight,
    )


def _scaled(part: Context, total: float) -> Context:
    unfinished = (
        isinstance(part, ConvexCombination)
        and not isinstance(part.weights, str)
        and total > 0
        and abs(sum(part.weights) - 1.0) > ROUNDING
        and abs(sum(part.weights) - total) <= ROUNDING
    )
    if not unfinished:
        return part
    scaled = tuple(weight / total for weight in part.weights)
    return ConvexCombination(part.left, part.right, scaled)


def _alike(weights: Any, inner: Any) -> bool:
    """Tell whether weights of a combination within another are all given, or all to be found."""
    if isinstance(weights, str) or isinstance(inner, str):
        return isinstance(weights, str) and isinstance(inner, str) and weights == inner
    return True


def _checked(weights: Any, n: int) -> FloatArray:
    """Give weights that sum to one exactly, or say what is wrong with them."""
    if isinstance(weights, str) or not hasattr(weights, "__len__"):
        raise InputError(f"weights={weights!r} are not possible; give one number for each part")
    if len(weights) != n:
        raise InputError(
            f"there are {len(weights)} weights for {n} contexts; give one weight for each"
        )
    if not all(is_real(one) and np.isfinite(one) for one in weights):
        raise InputError(f"weights={list(weights)!r} are not all numbers; give one for each part")
    values = np.array(weights, dtype=np.float64)
    if (values < 0).any():
        raise InputError(
            f"the weight {values.min():g} is below zero; give weights of at least zero that sum to "
            "one"
        )
    total = float(values.sum())
    if abs(total - 1.0) > ROUNDING:
        raise InputError(
            f"the weights {', '.join(f'{one:g}' for one in values)} sum to {total:.6g}; give "
            "weights that sum to one"
        )
    return values / total


def _in_brackets(part: Context, write: Any) -> str:
    text = str(write(part))
    return f"({text})" if isinstance(part, Mix) else text
