"""What every context promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from contextures.contexts.checks import FloatArray, Matrix
from contextures.contexts.drawing import KEPT, Drawing
from contextures.exceptions import InputError, unwritten


class Context(Drawing, BaseEstimator):
    """A context: the joint law of an input X and a context variable A.

    A fitted context describes the law on a sample in one of three forms. In *transition* form it
    gives rows P+(a_j | x) over a finite support of contexts. In *kernel* form it gives features
    z(x) whose dual kernel is k_X+(x, x') = 1 + z(x) . z(x'). In *sampler* form it only draws A
    from P+(. | x). A context in transition form draws too.

    Attributes
    ----------
    form : {"transition", "kernel", "sampler"}
        Which form the context has once it is fitted.
    input_weights_ : ndarray of shape (n,)
        P_X on the fitted rows; sums to one.
    context_weights_ : ndarray of shape (m,)
        P_A on the support, for the transition form; sums to one.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 2.

    Examples
    --------
    >>> from contextures.contexts import Context, KNNContext
    >>> context = KNNContext(2).fit([[0.0], [1.0], [3.0]])
    >>> isinstance(context, Context), context.form
    (True, 'transition')
    >>> context.expand([[0.4]]).tolist()
    [[0.5, 0.5, 0.0]]
    """

    same_space: bool = False
    """Whether A lies in the space of X, so that one encoder can serve both."""

    takes: ClassVar[Literal["array", "index", "any"]] = "array"
    """What X is: rows of numbers, indices of rows or nodes, or values of any kind."""

    mend_parts: ClassVar[str] = ""
    """What to do about several singular values of one, where one piece is expected."""

    saved: ClassVar[tuple[str, ...]] = ()
    """Fitted arrays, besides P_A, that new rows need: what is written to disk."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to rows.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.
        y : array-like of shape (n,), optional
            What the context needs besides X: labels, or the observed context of each row.

        Returns
        -------
        Self
            The fitted context.
        """
        raise unwritten(self, "fit")

    def expand(self, X: Any) -> Matrix:
        """Describe rows in the context's form.

        Parameters
        ----------
        X : array-like of shape (n, p)
            Rows, seen at fit time or new.

        Returns
        -------
        ndarray or csr_array of shape (n, m)
            P+(a_j | x_i) in transition form, z_j(x_i) in kernel form. The singular functions are
            linear in these: mu(x) = expand(x) @ (right / s).
        """
        raise InputError(f"{type(self).__name__} cannot describe rows it was not fitted with")

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
        left = self.expand(X)
        return self._kernel(left, left if Y is None else self.expand(Y))

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
        check_is_fitted(self)
        if self.form == "sampler":
            self.expand(rows)  # which says that there are draws only
        expansion = self.expansion_ if rows is None else self.expansion_[rows]
        return self._kernel(expansion, expansion)

    def _kernel(self, left: Matrix, right: Matrix) -> FloatArray:
        if self.form == "kernel":
            return np.asarray(1.0 + left @ right.T)
        inverse = np.divide(
            1.0,
            self.context_weights_,
            out=np.zeros_like(self.context_weights_),
            where=self.context_weights_ > 0,
        )
        product = (left * inverse[None, :]) @ right.T
        return product.toarray() if sparse.issparse(product) else np.asarray(product)

    @classmethod
    def fit_family(cls, contexts: Sequence[Any], X: Any, y: Any = None) -> list[Any]:
        """Fit clones of several contexts of this class to the same rows, sharing what they can.

        Parameters
        ----------
        contexts : sequence of Context
            Contexts of this class.
        X, y
            As in ``fit``.

        Returns
        -------
        list of Context
            Fitted clones in the same order; in place of one that failed, its exception.
        """
        return attempt_each(contexts, lambda context: context.fit(X, y))

    @classmethod
    def expand_family(cls, contexts: Sequence[Any], X: Any) -> list[Matrix]:
        """Describe rows under several fitted contexts of one family, sharing what they can.

        Parameters
        ----------
        contexts : sequence of Context
            Contexts of this class, fitted to the same rows.
        X : array-like of shape (n, p)
            Rows, seen at fit time or new.

        Returns
        -------
        list of ndarray or csr_array of shape (n, m)
            What ``expand`` of each gives, in the same order.
        """
        return [context.expand(X) for context in contexts]

    def family(self) -> tuple[Any, ...]:
        """Say which contexts share work with this one when fitted together by ``fit_family``.

        Returns
        -------
        tuple
            Equal for contexts of one family.
        """
        return (type(self), id(self))

    def subsampled(self, share: float) -> Any:
        """Give the context that has the same association on a random ``share`` of the rows.

        Parameters
        ----------
        share : float
            The share of the rows, above 0 and at most 1.

        Returns
        -------
        Context
            An unfitted context.
        """
        return clone(self)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "input_weights_")

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in KEPT}

    def _set_transition(self, transition: Matrix, input_weights: FloatArray | None = None) -> None:
        """Keep the transition of the fitted rows, and the weights that follow from it."""
        n = transition.shape[0]
        weights = np.full(n, 1.0 / n) if input_weights is None else input_weights
        self.expansion_ = transition
        self.input_weights_ = weights
        self.context_weights_ = np.asarray(transition.T @ weights, dtype=np.float64)
        self._forget_draws()


def attempt_each(contexts: Sequence[Any], fit: Callable[[Any], Any]) -> list[Any]:
    """Fit clones of contexts; in place of one that fails, give its exception."""
    results: list[Any] = []
    for context in contexts:
        try:
            results.append(fit(clone(context)))
        except Exception as error:  # one bad candidate must not stop the others
            results.append(error)
    return results
