"""The rows that a fitted context describes, and the dual kernel between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, Matrix
from contextures.contexts.declared import Declared
from contextures.contexts.rows import DescribedRows
from contextures.exceptions import InputError, unwritten


class Described(Declared):
    """What a fitted context knows of rows, by the entries that :meth:`Context.expand` gives."""

    input_weights_: FloatArray
    context_weights_: FloatArray
    fitted_rows_: DescribedRows

    def expand(self, X: Any) -> Matrix:
        """Describe rows in the context's form; see :meth:`Context.expand`."""
        if self.form == "sampler":
            check_is_fitted(self)
            raise InputError(
                f"{type(self).__name__} only draws A and has no transition; wrap it in "
                "MonteCarloContext where A takes few values, or learn from draws with RitzEncoder "
                "or NeuralEncoder"
            )
        raise unwritten(self, "expand")

    def expand_without(self, X: Any, fold: int) -> Matrix:
        """Describe rows as though the labels of a fold had not been seen.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows, seen at fit time or new.
        fold : int
            The fold of fitted rows; -1 for none.

        Returns
        -------
        ndarray or csr_array of shape (n, m)
            As from ``expand``, in the same columns. For a context that sees no labels it is that.
        """
        return self.expand(X)

    def describe(self, X: Any = None) -> DescribedRows:
        """Describe rows by their entries and scales, whatever the form.

        Parameters
        ----------
        X : array-like of shape (n, p), optional
            Rows, seen at fit time or new; when None, those that the context was fitted to,
            without looking up their context again.

        Returns
        -------
        DescribedRows
            The rows.

        Raises
        ------
        InputError
            If the context only draws, cannot describe new rows, or was read from a file and so
            does not hold the rows that it was fitted to.
        """
        check_is_fitted(self)
        if X is not None:
            return self.described_by(self.expand(X))
        if not self.has_rows:
            if self.form == "sampler":
                self.expand(None)  # which says that there are draws only
            raise InputError(
                f"this {type(self).__name__} does not hold the rows that it was fitted to, as one "
                "read from a file does not; fit it again, or give rows"
            )
        return self.fitted_rows_

    def described_by(self, expansion: Matrix) -> DescribedRows:
        """Put what ``expand`` gave together with the scales of the fitted context.

        Parameters
        ----------
        expansion : ndarray or csr_array of shape (n, m)
            P+(a_j | x_i), or z_j(x_i).

        Returns
        -------
        DescribedRows
            The rows.
        """
        if self.form == "kernel":
            return DescribedRows.by_features(expansion)
        return DescribedRows.by_transition(expansion, self.context_weights_)

    @property
    def has_rows(self) -> bool:
        """Whether the context holds the description of the rows that it was fitted to."""
        return "fitted_rows_" in self.__dict__

    @property
    def expansion_(self) -> Matrix:
        """The fitted rows in the context's form: P (n, m) or z (n, r)."""
        if not self.has_rows:
            raise AttributeError(f"{type(self).__name__} holds no description of fitted rows")
        return self.fitted_rows_.entries

    def _forget_draws(self) -> None:
        """Let go of what was kept to draw faster."""

    def mark_restored(self) -> None:
        """Count as fitted although the fitted rows are not held: as one read from a file."""
        self._restored = True

    def forget_rows(self) -> None:
        """Let go of the description of the fitted rows, the largest part of a fitted context."""
        self.__dict__.pop("fitted_rows_", None)

    def transition(self, X: Any) -> sparse.csr_array:
        """Give P+(a_j | x_i) for rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The rows.

        Returns
        -------
        csr_array of shape (n, m)
            Rows sum to one.

        Raises
        ------
        InputError
            If the context is given by a kernel, or only draws, and so has no transition.
        """
        check_is_fitted(self)
        if self.form == "kernel":
            raise InputError(
                f"{type(self).__name__} is given by its kernel and has no transition matrix here; "
                "use dual_kernel(X)"
            )
        return sparse.csr_array(self.expand(X))

    def dual_kernel(self, X: Any, Y: Any = None) -> FloatArray:
        """Compute the dual kernel k_X+(x, x') = E_A[P+(A|x) P+(A|x') / P_A(A)^2].

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows.
        Y : array-like of shape (m, p), optional
            Other rows; X itself when None.

        Returns
        -------
        ndarray of shape (n, m)
            The kernel; its mean over x' ~ P_X is one (arXiv 2505.01557, section 2).
        """
        check_is_fitted(self)
        rows = self.described_by(self.expand(X))
        return rows.kernel(None if Y is None else self.described_by(self.expand(Y)))

    def fitted_kernel(self, rows: Any = None) -> FloatArray:
        """Compute the dual kernel between fitted rows, without looking up their context again.

        Parameters
        ----------
        rows : array-like of int, optional
            Which of the fitted rows; all of them when None.

        Returns
        -------
        ndarray of shape (k, k)
            The kernel.
        """
        described = self.describe()
        return (described if rows is None else described.take(rows)).kernel()

    def excess(self, left: FloatArray, right: FloatArray, values: FloatArray) -> FloatArray:
        """Say by how much squared singular values are too large by how the context was found.

        Parameters
        ----------
        left : ndarray of shape (n, d)
            mu on the fitted rows.
        right : ndarray of shape (m, d)
            nu on the support.
        values : ndarray of shape (d,)
            Singular values.

        Returns
        -------
        ndarray of shape (d,)
            What to take away from their squares: zero unless the transition was counted.
        """
        return np.zeros(len(values))

    def held_out(self, left: FloatArray) -> FloatArray:
        """Say how much of squared singular values draws of their own confirm.

        Parameters
        ----------
        left : ndarray of shape (n, d)
            mu on the fitted rows.

        Returns
        -------
        ndarray of shape (d,)
            Infinite where nothing rests on draws.
        """
        return np.full(left.shape[1], np.inf)

    def _set_transition(self, transition: Matrix, input_weights: FloatArray | None = None) -> None:
        """Keep the transition of the fitted rows, and the weights that follow from it."""
        n = transition.shape[0]
        weights = np.full(n, 1.0 / n) if input_weights is None else input_weights
        self.input_weights_ = weights
        self.context_weights_ = np.asarray(transition.T @ weights, dtype=np.float64)
        self.fitted_rows_ = DescribedRows.by_transition(transition, self.context_weights_)

    def _set_features(self, features: Matrix, input_weights: FloatArray | None = None) -> None:
        """Keep the features z of the fitted rows' kernel."""
        n = features.shape[0]
        self.input_weights_ = np.full(n, 1.0 / n) if input_weights is None else input_weights
        self.fitted_rows_ = DescribedRows.by_features(features)
        self._forget_draws()
