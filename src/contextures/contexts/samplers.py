"""What contexts that only draw have in common."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import Array, FloatArray
from contextures._checks import check_rows
from contextures.contexts.base import Context
from contextures.contexts.draws import Constants, Draws
from contextures.exceptions import InputError, unwritten


class SamplerContext(Context):
    """A context given by a recipe that draws A from x, for rows seen at fit time or new.

    Learned encoders need no more than draws. Where A takes few values,
    :func:`contextures.spectrum.decompose` counts draws; see
    :class:`contextures.contexts.MonteCarloContext`.
    """

    form = "sampler"
    same_space = True
    saved = ("constants_",)
    constants_: tuple[NDArray[Any], ...] = ()
    """What draws need of the fitted rows."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to rows; see :meth:`Context.fit`."""
        self._check()
        rows = check_rows(X, least=2)
        self._learn(rows)
        self.n_features_in_ = rows.shape[1]
        self.input_weights_ = np.full(len(rows), 1.0 / len(rows))
        return self

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Array:
        """Draw A for rows; see :meth:`Context.draw_views`."""
        check_width(self, X)
        return self._draw_floats(draws.floats(X), draws, n_views)

    @property
    def _constants(self) -> Constants:
        # Converted once for every device and precision.
        if "_converted" not in self.__dict__:
            self._converted = Constants(*self.constants_)
        return self._converted

    def _check(self) -> None:
        """Refuse parameters that are not possible."""

    def _learn(self, X: FloatArray) -> None:
        """Learn what draws need from checked rows; nothing unless a subclass says so."""

    def _draw_floats(self, X: Array, draws: Draws, n_views: int) -> Array:
        """Draw A, of shape (n_views, n, ...), for rows of floating-point numbers."""
        raise unwritten(self, "draw_views")


def check_width(context: Context, X: Any) -> None:
    """Check that rows to draw for have the columns of the fit."""
    wanted = context.n_features_in_
    if X.ndim != 2 or X.shape[1] != wanted:
        raise InputError(
            f"X has shape {tuple(X.shape)}, but this context was fitted with {wanted} features; "
            f"give rows of the same {wanted} columns in the same order"
        )


def check_rate(value: Any, name: str) -> float:
    """Give ``value`` as a share strictly between zero and one, or say what is wrong with it."""
    # NaN fails the comparison too.
    if isinstance(value, bool) or not np.isreal(value) or not 0 < value < 1:
        raise InputError(f"{name}={value!r} is not possible; give a share between 0 and 1")
    return float(value)
