"""What every context promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from contextures.contexts.checks import FloatArray, Matrix, check_positive_int
from contextures.contexts.draws import (
    Constants,
    Draws,
    RowDraws,
    is_tensor,
    one_or_all,
    to_numpy,
)
from contextures.exceptions import InputError

Form = Literal["transition", "kernel", "sampler"]


class Context(BaseEstimator):
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
    """

    form: Form = "transition"
    same_space: bool = False
    """Whether A lies in the space of X, so that one encoder can serve both."""

    takes: ClassVar[Literal["array", "index", "any"]] = "array"
    """What X is: rows of numbers, indices of rows or nodes, or values of any kind."""

    mend_parts: ClassVar[str] = ""
    """What to do about several singular values of one, where one piece is expected."""

    saved: ClassVar[tuple[str, ...]] = ()
    """Fitted arrays, besides P_A, that new rows need: what is written to disk."""

    input_weights_: FloatArray
    context_weights_: FloatArray
    expansion_: Matrix
    """The fitted rows in the context's form: P (n, m) or Z (n, r)."""

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
        raise InputError(f"{type(self).__name__} is an outline; fit one of its subclasses")

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
        raise InputError(f"{type(self).__name__} is an outline; use one of its subclasses")

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
            self._held = RowDraws(self.expansion_)
        return self._draw(self._held, rows, _draws_like(X, rows, rng), n_views)

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
        draws = _draws_like(X, rows, rng)
        if "_values" not in self.__dict__:
            self._values = Constants(values)
        (held,) = self._values.on(draws)
        if held is None:
            raise InputError("A is not made of numbers, which a tensor cannot hold; encode it")
        chosen = draws.constant(rows)
        return one_or_all(held[draws.stack([chosen] * n_views)])

    def _forget_draws(self) -> None:
        for name in ("_held", "_values"):
            self.__dict__.pop(name, None)

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

    def family(self) -> tuple[Any, ...]:
        """Say which contexts share work with this one when fitted together by ``fit_family``."""
        return (type(self), id(self))

    def subsampled(self, share: float) -> Any:
        """Give the context that has the same association on a random ``share`` of the rows."""
        return clone(self)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "input_weights_")

    def __getstate__(self) -> dict[str, Any]:
        # What draws are sped up by is made again where it is needed.
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_held", "_values")}

    def _set_transition(self, transition: Matrix, input_weights: FloatArray | None = None) -> None:
        """Keep the transition of the fitted rows, and the weights that follow from it."""
        n = transition.shape[0]
        weights = np.full(n, 1.0 / n) if input_weights is None else input_weights
        self.expansion_ = transition
        self.input_weights_ = weights
        self.context_weights_ = np.asarray(transition.T @ weights, dtype=np.float64)
        self._forget_draws()


class SupportContext(Context):
    """A context whose A is one of the fitted rows, or of a random subset of them (landmarks)."""

    mend_parts = "a larger n_neighbors (or a smaller gamma) connects them"
    same_space = True
    points_: FloatArray

    def context_values(self) -> FloatArray:
        """Give the rows that A ranges over; see :meth:`Context.context_values`."""
        check_is_fitted(self)
        return self.points_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "points_")

    def fit_support(self, X: FloatArray) -> Self:
        """Keep the rows that A ranges over, without describing the fitted rows yet."""
        raise InputError(f"{type(self).__name__} is an outline; use one of its subclasses")

    def expand_rows(self, X: FloatArray) -> Matrix:
        """Give the transition of checked rows."""
        raise InputError(f"{type(self).__name__} is an outline; use one of its subclasses")

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the context to rows; see :meth:`Context.fit`."""
        from contextures.contexts.checks import check_rows

        rows = check_rows(X, least=2)
        self.fit_support(rows)
        self._set_transition(self.expand_rows(rows))
        self.n_features_in_ = rows.shape[1]
        return self

    def expand(self, X: Any) -> Matrix:
        """Describe rows by their transition; see :meth:`Context.expand`."""
        from contextures.contexts.checks import check_rows

        check_is_fitted(self)
        return self.expand_rows(check_rows(X, self.points_.shape[1]))


def _draws_like(X: Any, rows: Any, rng: Any) -> Draws:
    # Contexts over indices are fitted without X.
    like = rows if X is None else X
    return Draws(like if is_tensor(like) else np.asarray(like), rng)


def attempt_each(contexts: Sequence[Any], fit: Callable[[Any], Any]) -> list[Any]:
    """Fit clones of contexts; in place of one that fails, give its exception."""
    results: list[Any] = []
    for context in contexts:
        try:
            results.append(fit(clone(context)))
        except Exception as error:  # one bad candidate must not stop the others
            results.append(error)
    return results


def landmarks(n: int, n_landmarks: int | None, random_state: Any) -> np.ndarray[Any, Any] | None:
    """Choose which rows are the support; None stands for all of them."""
    if n_landmarks is None or n_landmarks >= n:
        return None
    from sklearn.utils import check_random_state

    rng = check_random_state(random_state)
    return np.sort(rng.choice(n, size=n_landmarks, replace=False))
