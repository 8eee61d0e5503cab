"""A context given in full, by its joint probabilities."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import Matrix, divide_rows, mean_entries
from contextures._checks import check_indices, check_matrix
from contextures.contexts.base import Context
from contextures.exceptions import InputError


class FiniteContext(Context):
    """An explicit joint law of finitely many inputs and contexts; X is the row index.

    Parameters
    ----------
    joint : array-like or sparse matrix of shape (n, m)
        P(X = i, A = j), at least zero and summing to one (counts are refused, so that a matrix
        given the wrong way is noticed; divide them by their total).

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.spectrum import decompose
    >>> joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    >>> decompose(FiniteContext(joint), None, 1).singular_values
    array([0.6])
    """

    takes = "index"
    kind = "a joint law"
    meaning = (
        "Inputs are alike when they go with the same contexts about as often, by the "
        "table of chances that was given."
    )
    law = "P+(a | x) = P(x, a) / P(x)"
    saved = ("_conditional",)

    def __init__(self, joint: Any) -> None:
        self.joint = joint

    @property
    def label(self) -> str:
        """The context in plain words."""
        n, m = np.shape(self.joint)
        return f"a joint law of {n:,} inputs and {m:,} contexts"

    def density(self, n: int) -> float:
        """Say how many entries describe a row; see :meth:`Context.density`."""
        return mean_entries(self.joint)

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the context to row indices, all of them when None; see :meth:`Context.fit`."""
        joint = check_matrix(self.joint, "joint")
        total = float(joint.sum())
        if abs(total - 1.0) > 1e-6:
            raise InputError(
                f"joint must sum to one but sums to {total:.6g}; divide it by its total"
            )
        chances = np.asarray(joint.sum(axis=1), dtype=np.float64)
        rows = check_indices(X, joint.shape[0], "row")
        empty = rows[chances[rows] == 0]
        if len(empty):
            raise InputError(
                f"the row {empty[0]} of joint has probability zero; leave it out of joint"
            )
        self._conditional = divide_rows(joint, chances)
        self._set_transition(self._conditional[rows], chances[rows] / chances[rows].sum())
        return self

    def expand(self, X: Any) -> Matrix:
        """Give the conditional law of rows; see :meth:`Context.expand`."""
        check_is_fitted(self)
        return self._conditional[check_indices(X, self._conditional.shape[0], "row")]
