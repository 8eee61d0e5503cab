"""What every context promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

from sklearn.base import BaseEstimator, clone

from contextures._arrays import Matrix
from contextures._repr import html_table
from contextures.contexts.algebra.operators import Combining
from contextures.contexts.completion import complete_fits
from contextures.contexts.drawing import KEPT, Drawing
from contextures.contexts.registry import register
from contextures.exceptions import InputError, unwritten


class Context(Combining, Drawing, BaseEstimator):
    """A context: the joint law of an input X and a context variable A.

    A fitted context describes the law on a sample in one of three forms. In *transition* form it
    gives rows P+(a_j | x) over a finite support of contexts. In *kernel* form it gives features
    z(x) whose dual kernel is k_X+(x, x') = 1 + z(x) . z(x'). In *sampler* form it only draws A
    from P+(. | x). A context in transition form draws too.

    A context of one's own is a subclass with ``fit`` and either ``expand`` (transition form;
    kernel form where the class says ``form = "kernel"``) or ``sample`` (sampler form). Parameters
    are those of ``__init__``, as for every scikit-learn estimator; what is learned goes into
    attributes that end in an underscore, which is also what is saved. Everything below has a
    default and is true before ``fit``; see the page "Your own context, objective or network".

    Attributes
    ----------
    form : {"transition", "kernel", "sampler", "data"}
        Which form the context has; "data" where the data it is fitted to decide.
    inductive : bool
        Whether it describes rows that it was not fitted to.
    needs_y : bool
        Whether ``fit`` needs ``y``.
    observed : bool
        Whether A was observed with each row, so that without a transition, which mixes what was
        observed with equal rows, further draws of it are the same.
    label : str
        The context in plain words.
    input_weights_ : ndarray of shape (n,)
        P_X on the fitted rows; sums to one. Uniform unless ``fit`` sets it.
    context_weights_ : ndarray of shape (m,)
        P_A on the support, for the transition form; sums to one.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import Context
    >>> from contextures.spectrum import decompose
    >>> class SameBin(Context):
    ...     def __init__(self, n_bins=4):
    ...         self.n_bins = n_bins
    ...
    ...     def fit(self, X, y=None):
    ...         self.edges_ = np.quantile(X[:, 0], np.linspace(0, 1, self.n_bins + 1)[1:-1])
    ...         return self
    ...
    ...     def expand(self, X):
    ...         return np.eye(self.n_bins)[np.searchsorted(self.edges_, X[:, 0])]
    >>> decompose(SameBin(), np.random.default_rng(0).normal(size=(100, 2)), 3).singular_values
    array([1., 1., 1.])
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        complete_fits(cls)
        register(cls)

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
            linear in these: mu(x) = expand(x) @ (right / s), less its mean.
        """
        return super().expand(X)

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

    def __sklearn_is_fitted__(self) -> bool:
        return "input_weights_" in self.__dict__ or "_restored" in self.__dict__

    def _html_repr(self) -> str:
        """Show the context in a notebook, in place of scikit-learn's drawing and its script."""
        facts = {"context": repr(self)}
        # A class of one's own may say these only once it is fitted; what can be shown is.
        with suppress(Exception):
            facts |= {"in words": self.label} if self.label != repr(self) else {}
            facts |= {"alike": self.meaning} if self.meaning else {}
            facts |= {"law": self.law} if self.law else {}
            facts["form"] = str(self.form)
        if self.__sklearn_is_fitted__():
            weights = self.__dict__.get("input_weights_")
            facts["fitted"] = "yes" if weights is None else f"to {len(weights):,} rows"
        else:
            facts["fitted"] = "not yet"
        return html_table(facts)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in KEPT}


def check_context(value: Any, name: str = "context") -> Context:
    """Give ``value`` as a context, or say what to give."""
    if isinstance(value, Context):
        return value
    what = f"{value.__name__}, a class" if isinstance(value, type) else repr(value)
    if isinstance(value, str):
        raise InputError(
            f"{name}={what} is not a context; give KNNContext() or another, or make one of a "
            "short form, such as contextures.selection.parse_context('knn:30')"
        )
    raise InputError(
        f"{name}={what} is not a context; give KNNContext() or another, or an instance of a "
        "subclass of contextures.contexts.Context"
    )


def attempt_each(contexts: Sequence[Any], fit: Callable[[Any], Any]) -> list[Any]:
    """Fit clones of contexts; in place of one that fails, give its exception."""
    results: list[Any] = []
    for context in contexts:
        try:
            results.append(fit(clone(context)))
        except Exception as error:  # one bad candidate must not stop the others
            results.append(error)
    return results
