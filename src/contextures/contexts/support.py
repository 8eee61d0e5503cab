"""What contexts have in common whose A is one of the fitted rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, Matrix
from contextures._checks import check_rows, random_state_of
from contextures.contexts.averaging import Total, visible_parts
from contextures.contexts.base import Context
from contextures.exceptions import unwritten


class SupportContext(Context):
    """A context whose A is one of the fitted rows, or of a random subset of them (landmarks)."""

    on_rows = True
    mend_parts = "a larger n_neighbors (or a smaller gamma) connects them"
    same_space = True
    points_: FloatArray

    def context_values(self) -> FloatArray:
        """Give the rows that A ranges over; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return self.points_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "points_")

    def n_support(self, n: int) -> int:
        """Say how many points A ranges over.

        Parameters
        ----------
        n : int
            How many rows the context would be fitted to.

        Returns
        -------
        int
            All of them unless the class knows better.
        """
        return n

    def fit_support(self, X: FloatArray) -> Self:
        """Keep the rows that A ranges over, without describing the fitted rows yet.

        Parameters
        ----------
        X : ndarray of shape (n, p)
            Checked rows.

        Returns
        -------
        Self
            The context, with its support.
        """
        raise unwritten(self, "fit_support")

    def expand_rows(self, X: FloatArray) -> Matrix:
        """Give the transition of checked rows.

        Parameters
        ----------
        X : ndarray of shape (n, p)
            Checked rows.

        Returns
        -------
        ndarray or csr_array of shape (n, m)
            P+(a_j | x_i).
        """
        raise unwritten(self, "expand_rows")

    @classmethod
    def mean_over_masks(
        cls,
        bases: Iterable[Sequence[Any]],
        rows: FloatArray,
        points: FloatArray,
        masks: NDArray[np.bool_],
    ) -> list[Matrix]:
        """Average the transitions of rows over masks of the columns.

        Parameters
        ----------
        bases : iterable of sequence of SupportContext
            For each mask, contexts of this class with the visible columns of the points as their
            support; their number is the same for all masks.
        rows : ndarray of shape (n, p)
            The rows, all columns of them.
        points : ndarray of shape (m, p)
            The points, all columns of them.
        masks : ndarray of bool of shape (n_masks, p)
            True where a column is hidden.

        Returns
        -------
        list of ndarray or csr_array of shape (n, m)
            For each context of a mask, its mean.
        """
        totals: list[Total] = []
        for together, visible in zip(bases, visible_parts(rows, masks), strict=True):
            totals = totals or [Total() for _ in together]
            for total, found in zip(totals, cls.expand_family(together, visible), strict=True):
                total.add(found)
        return [total.mean() for total in totals]

    def check_fit(self, X: Any, y: Any = None) -> None:
        """Refuse parameters that do not suit rows; see :meth:`Context.check_fit`."""
        clone(self).fit_support(check_rows(X, least=2))

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to rows; see :meth:`Context.fit`."""
        rows = check_rows(X, least=2)
        self.fit_support(rows)
        self._set_transition(self.expand_rows(rows))
        self.n_features_in_ = rows.shape[1]
        return self

    def expand(self, X: Any) -> Matrix:
        """Describe rows by their transition; see :meth:`Context.expand`."""
        check_is_fitted(self)
        return self.expand_rows(check_rows(X, self.points_.shape[1]))


def by_points(
    contexts: Sequence[Any],
    transitions: Callable[[Sequence[Any], FloatArray], list[Matrix]],
    X: Any,
) -> list[Matrix]:
    """Give the transition of rows under contexts, those together whose A has the same points.

    Contexts that draw their landmarks need not have drawn the same ones.
    """
    groups: list[list[int]] = []
    for place, context in enumerate(contexts):
        for group in groups:
            known = contexts[group[0]].points_
            if known is context.points_ or np.array_equal(known, context.points_):
                group.append(place)
                break
        else:
            groups.append([place])
    found: list[Matrix] = [None] * len(contexts)
    for group in groups:
        together = transitions([contexts[place] for place in group], X)
        for place, transition in zip(group, together, strict=True):
            found[place] = transition
    return found


def landmarks(n: int, n_landmarks: int | None, random_state: Any) -> np.ndarray[Any, Any] | None:
    """Choose which rows are the support; None stands for all of them."""
    if n_landmarks is None or n_landmarks >= n:
        return None
    rng = random_state_of(random_state)
    return np.sort(rng.choice(n, size=n_landmarks, replace=False))
