"""How a context is drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import is_tensor, to_numpy
from contextures._checks import check_positive_int
from contextures.contexts.described import Described
from contextures.contexts.draws import Constants, Draws, RowDraws, one_or_all
from contextures.exceptions import InputError, unwritten

KEPT = ("_held", "_values", "_converted")
"""Attributes that speed draws up, made where they are first needed."""


class Drawing(Described):
    """The draws of a :class:`Context`: from its transition, or as a subclass says."""

    def sample(self, X: Any, rng: Any, n_views: int = 1) -> Any:
        """Draw A from P+(. | x) for rows, seen at fit time or new.

        Parameters
        ----------
        X : ndarray or torch.Tensor of shape (n, p)
            The rows.
        rng : numpy.random.Generator or torch.Generator
            Where randomness comes from: torch's, on the device of X, if X is a tensor.
        n_views : int, default=1
            How many independent draws for every row.

        Returns
        -------
        ndarray or torch.Tensor of shape (n, ...) or (n_views, n, ...)
            What was drawn, of the kind of X; with several views they come first. A tensor holds
            numbers only: where A's values are none, the place of each in ``context_values()``.

        Raises
        ------
        InputError
            If the context is given by a kernel, which cannot be drawn from.
        """
        check_is_fitted(self)
        self._check_draws(n_views)
        rows = X if is_tensor(X) else np.asarray(X)
        draws = Draws(rows, rng)
        if self.form == "sampler":
            return one_or_all(self.draw_views(rows, draws, n_views))
        held = RowDraws(self.expand(to_numpy(X)))
        return self._draw(held, np.arange(len(rows)), draws, n_views)

    def draw_views(self, X: Any, draws: Draws, n_views: int) -> Any:
        """Draw A for rows: what a context in sampler form has in place of a transition.

        Parameters
        ----------
        X : ndarray or torch.Tensor of shape (n, p)
            The rows.
        draws : Draws
            Random numbers of the kind of X.
        n_views : int
            How many independent draws for every row.

        Returns
        -------
        ndarray or torch.Tensor of shape (n_views, n, ...)
            What was drawn.
        """
        raise unwritten(self, "draw_views")

    def sample_rows(self, X: Any, rows: Any, rng: Any, n_views: int = 1) -> Any:
        """Draw A for fitted rows, given by their numbers; see :meth:`sample`.

        Parameters
        ----------
        X : ndarray or torch.Tensor of shape (N, p)
            The rows that the context was fitted to.
        rows : ndarray or torch.Tensor of int of shape (n,)
            Which of them.
        rng, n_views
            As in :meth:`sample`.

        Returns
        -------
        ndarray or torch.Tensor
            As from :meth:`sample`.
        """
        check_is_fitted(self)
        if self.form == "sampler":
            return self.sample(X[rows], rng, n_views)
        self._check_draws(n_views)
        if "_held" not in self.__dict__:
            self._held = RowDraws(self.describe().entries)
        return self._draw(self._held, rows, draws_like(X, rows, rng), n_views)

    def context_values(self) -> Any:
        """Give the values of A on the support of a context in transition form.

        Returns
        -------
        ndarray of shape (m, ...)
            The value at each column of the transition; the column's number where A is no more
            than that.
        """
        check_is_fitted(self)
        return np.arange(len(self.context_weights_))

    def context_rows(self) -> Any:
        """Give the values of A as rows of X, for what follows in a convolution.

        Returns
        -------
        ndarray of shape (m, ...) or None
            They; None where A lies in no space of X.
        """
        return self.context_values() if self.same_space or self.takes == "index" else None

    def _check_draws(self, n_views: int) -> None:
        check_positive_int(n_views, "n_views")
        if self.form == "kernel":
            raise InputError(
                f"{type(self).__name__} is given by its kernel and cannot be drawn from; "
                "use dual_kernel(X)"
            )

    def _draw(self, held: RowDraws, rows: Any, draws: Draws, n_views: int) -> Any:
        columns = held.columns(rows, draws, n_views)
        if "_values" not in self.__dict__:
            self._values = Constants(self.context_values())
        (values,) = self._values.on(draws)
        return one_or_all(columns if values is None else values[columns])

    def _observed(self, values: Any, X: Any, rows: Any, rng: Any, n_views: int) -> Any:
        """Give what was observed with fitted rows: the same in every view."""
        check_is_fitted(self)
        check_positive_int(n_views, "n_views")
        draws = draws_like(X, rows, rng)
        if "_values" not in self.__dict__:
            self._values = Constants(values)
        (held,) = self._values.on(draws)
        if held is None:
            raise InputError("A is not made of numbers, which a tensor cannot hold; encode it")
        chosen = draws.constant(rows)
        return one_or_all(held[draws.of.stack([chosen] * n_views)])

    def _forget_draws(self) -> None:
        for name in KEPT:
            self.__dict__.pop(name, None)


def draws_like(X: Any, rows: Any, rng: Any) -> Draws:
    """Give random numbers of the kind of X, or of the numbers of rows where there is no X."""
    # Contexts over indices are fitted without X.
    like = rows if X is None else X
    return Draws(like if is_tensor(like) else np.asarray(like), rng)
