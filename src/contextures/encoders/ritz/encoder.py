"""The encoder whose coordinates are the best contexture in the span of a basis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from contextures._arrays import FloatArray
from contextures.contexts import Context, KNNContext
from contextures.contexts.base import check_context
from contextures.encoders.base import check_kept
from contextures.encoders.bases.base import values_of
from contextures.encoders.ritz.basis_choice import Wanted
from contextures.encoders.ritz.fitting import learn, learn_chunk
from contextures.encoders.ritz.learner import CHUNK_VALUES, Learner, Solved
from contextures.encoders.ritz.parameters import Settings
from contextures.encoders.sources import DrawnSource, choose_source, is_table
from contextures.spectrum.ritz import RitzFunctions


def _streams(encoder: Any) -> bool:
    context = encoder.context
    if isinstance(context, Context) and (context.form == "sampler" or context.observed):
        return True
    raise AttributeError(
        f"partial_fit needs a context that is drawn or observed row by row, and {context!r} is "
        "defined by the whole sample; call fit"
    )


class RitzEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Embed rows by the best contexture in the span of a basis, in closed form.

    Coordinates are ordered by singular value, centred, uncorrelated and of unit variance on the
    training rows. Training rows are gone through once, chunk by chunk; what is kept is of the
    size of the basis. New rows need the basis only, not their context.

    Parameters
    ----------
    context : Context, optional
        The context, in any form; ``KNNContext()`` when None. A clone of it is fitted.
    n_components : int, default=10
        d, the number of coordinates.
    basis : "auto", str, transformer or list of these, default="auto"
        The functions phi of x. "auto" judges landmarks of several widths on held-out rows, and
        where contexts are drawn or observed polynomials of few columns too, which it prefers
        unless they do worse by more than the held-out rows leave in doubt;
        "landmarks", "fourier", "nystroem", "polynomial", "trees" and "counts" (of tokens) are one
        basis each; any scikit-learn transformer will do; of a list the functions are put side by
        side. For X that is indices or names, "auto" tells each apart.
    context_basis : "auto", str, transformer or list of these, default="auto"
        The functions psi of a, where contexts are drawn. "auto" takes the kind of ``basis``, and
        indicators where A is classes, indices or names.
    n_functions : int, default=1000
        D, for the bases that are given by name.
    ridge : "auto" or float, default="auto"
        What is added to the covariance while functions are found, in units of each function's
        variance. "auto" chooses it by the held-out score.
    n_views : "auto" or int, default="auto"
        Draws of A for each row, where contexts are drawn. "auto" takes enough for 50 pairs a
        function, at most 32.
    precision : {"auto", "double", "single"}, default="auto"
        How products are formed; they are added up in double precision either way. "auto" takes
        single precision beyond some seconds of work.
    n_jobs : int or None, default=None
        Threads that go through the rows; -1 for one a core.
    random_state : int, RandomState or None, default=None
        Draws the bases, the held-out rows and the contexts; None stands for a fixed seed.
    allow_fewer : bool, default=False
        Whether d is the most that is wanted: where fewer functions in the span of the basis have an
        association, there are as many coordinates as those (``singular_values_`` tells how many).

    Attributes
    ----------
    context_ : Context
        The fitted context.
    basis_, context_basis_ : transformer
        The fitted bases; the second is None where contexts are not drawn.
    functions_ : RitzFunctions
        Coefficients, means and ranks.
    singular_values_ : ndarray of shape (d,)
        s_1 >= ... >= s_d on the training rows. Where D is not small beside the number of rows or
        pairs they overstate the association; ``score_`` does not.
    ridge_ : float
        The ridge.
    score_ : float
        On held-out rows: the ratio trace, an estimate of s_1^2 + ... + s_d^2 (of fewer functions
        when held-out rows are few); the VAMP-2 score where contexts are drawn. NaN where no rows
        were held out.
    n_features_in_ : int
        The number of columns of X, for rows of numbers.

    Notes
    -----
    ``fit`` of n rows costs O(n D^2 + D^3), with O(D^2) memory beside a chunk; an exact transition
    with m support points holds m D numbers, and is drawn from instead when these are too many.
    ``transform`` costs computing the basis and n D d operations.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), appendix D, for the Rayleigh-Ritz step.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures.contexts import KNNContext
    >>> from contextures.encoders import RitzEncoder
    >>> X = load_iris().data
    >>> encoder = RitzEncoder(KNNContext(n_neighbors=30), n_components=3).fit(X[::2])
    >>> encoder.transform(X[1::2]).shape
    (75, 3)
    """

    context_: Context
    basis_: Any
    context_basis_: Any
    _learner: Learner
    _settings: Settings
    _solved: Solved

    def __init__(
        self,
        context: Context | None = None,
        n_components: int = 10,
        *,
        basis: Any = "auto",
        context_basis: Any = "auto",
        n_functions: int = 1000,
        ridge: Any = "auto",
        n_views: Any = "auto",
        precision: str = "auto",
        n_jobs: int | None = None,
        random_state: Any = None,
        allow_fewer: bool = False,
    ) -> None:
        self.context = context
        self.n_components = n_components
        self.basis = basis
        self.context_basis = context_basis
        self.n_functions = n_functions
        self.ridge = ridge
        self.n_views = n_views
        self.precision = precision
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.allow_fewer = allow_fewer

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the context and find its contexture in the span of the basis.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs; None stands for all nodes or rows of a graph or finite context.
        y : array-like of shape (n,) or (n, q), optional
            Labels, or the observed context of each row, for contexts that need them.

        Returns
        -------
        Self
            The fitted encoder.

        Raises
        ------
        InputError
            If the context cannot be fitted, or fewer than d functions in the span of the basis
            have an association, or not one where fewer are allowed (a RankError).
        """
        settings = Settings.of(self)
        inputs = self._fit_context(X, y)
        n = len(inputs)
        n_views = settings.n_views(n)
        source = choose_source(self.context_, inputs, settings.n_functions, n_views)
        wanted = self._wanted(settings, n * n_views if isinstance(source, DrawnSource) else n)
        if wanted.named_inputs:
            # Indicators of rows say nothing about rows held out.
            settings = replace(settings, ridge=settings.ridge or 0.0)
        weights = self.context_.input_weights_
        self._learner = learn(settings, wanted, source, inputs, weights)
        self._settings = settings
        self._keep_sides()
        self._solve(last=True)
        del self._learner
        return self

    @available_if(_streams)
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from a chunk of rows, for contexts that are drawn or observed row by row.

        The first chunk fits the context and the bases, so it must be like the others and hold
        well over D rows; the rows held out come from the first chunks too, up to 10,000. The
        functions are found when they are next asked for. Here "auto"
        stands for one view and double precision. ``fit`` keeps no sums, so that the first call
        after it begins anew.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.
        y : array-like of shape (n,) or (n, q), optional
            Labels, or the observed context of each row, for contexts that need them.

        Returns
        -------
        Self
            The encoder.
        """
        settings = Settings.of(self)
        learner = self.__dict__.get("_learner")
        inputs = self._inputs(X, reset=False) if learner else self._fit_context(X, y)
        wanted = self._wanted(settings, 0)
        self._learner = learn_chunk(learner, settings, wanted, self.context_, inputs, y)
        self._settings = settings
        self._keep_sides()
        self.__dict__.pop("_solved", None)
        return self

    def fit_transform(self, X: Any = None, y: Any = None, **fit_params: Any) -> Any:
        """Fit, and embed the training rows.

        Parameters
        ----------
        X, y
            As in ``fit``.
        **fit_params : dict
            None are taken.

        Returns
        -------
        ndarray of shape (n, d)
            The coordinates of the training rows.
        """
        return self.fit(X, y, **fit_params).transform(X)

    def transform(self, X: Any = None) -> FloatArray:
        """Embed rows, seen at fit time or new, of any context.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.

        Returns
        -------
        ndarray of shape (n, d)
            The coordinates mu_1(x), ..., mu_d(x).
        """
        check_is_fitted(self)
        inputs, functions = self._inputs(X, reset=False), self.functions_
        step = max(256, CHUNK_VALUES // len(functions.mean))
        parts = [inputs[start : start + step] for start in range(0, len(inputs), step)]
        return np.vstack(
            [functions.left(values_of(self.basis_, part, np.float64)) for part in parts]
        )

    def truncated(self, n_components: int) -> Self:
        """Give this encoder with its first coordinates only, at no cost.

        Parameters
        ----------
        n_components : int
            How many to keep, at most as many as there are.

        Returns
        -------
        Self
            A fitted encoder that shares the basis with this one.
        """
        check_kept(self, n_components)
        kept: Self = clone(self).set_params(n_components=n_components)
        for name, value in vars(self).items():
            if name.endswith("_") or name == "_named_inputs":
                setattr(kept, name, value)
        kept._solved = replace(self._solution(), functions=self.functions_.truncated(n_components))
        return kept

    @property
    def functions_(self) -> RitzFunctions:
        """Coefficients, means and ranks."""
        return self._solution().functions

    @property
    def singular_values_(self) -> FloatArray:
        """Singular values on the training rows, largest first."""
        return self._solution().functions.singular_values

    @property
    def ridge_(self) -> float:
        """The ridge."""
        return self._solution().ridge

    @property
    def score_(self) -> float:
        """The score on held-out rows."""
        return self._solution().score

    def _solution(self) -> Solved:
        check_is_fitted(self)
        if "_solved" not in self.__dict__:
            self._solve(last=False)
        return self._solved

    def _solve(self, *, last: bool) -> None:
        settings = self._settings
        self._solved = self._learner.solve(
            settings.n_components, settings.ridge, last=last, allow_fewer=settings.allow_fewer
        )

    def _keep_sides(self) -> None:
        sides = self._learner.sides
        self.basis_, self.context_basis_ = sides.basis, sides.context_basis

    def _wanted(self, settings: Settings, n_pairs: int) -> Wanted:
        return Wanted(
            self.basis,
            self.context_basis,
            settings.n_functions,
            self.context_.same_space,
            self._named_inputs,
            settings.seed,
            settings.dtype(n_pairs),
        )

    def _fit_context(self, X: Any, y: Any) -> NDArray[Any]:
        context = KNNContext() if self.context is None else self.context
        context = check_context(context).seeded(self.random_state)
        for name in ("_learner", "_solved"):
            self.__dict__.pop(name, None)
        self._named_inputs = context.takes == "index" or (
            context.takes == "any" and not is_table(X)
        )
        inputs = None if X is None else self._inputs(X, reset=True)
        given = X if self._named_inputs else inputs
        self.context_ = context.fit(given, y)
        if inputs is None:
            inputs = np.arange(len(self.context_.input_weights_))
        return inputs

    def _inputs(self, X: Any, *, reset: bool) -> NDArray[Any]:
        """Give checked rows of numbers, and indices or names as they are."""
        if not self._named_inputs:
            least = 2 if reset else 1
            return validate_data(  # type: ignore[no-any-return]
                self, X, dtype=np.float64, reset=reset, ensure_min_samples=least
            )
        if X is None:
            return np.arange(len(self.context_.input_weights_))
        return np.asarray(X)

    @property
    def _n_features_out(self) -> int:
        return self.functions_.n_components

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "basis_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.context is not None and self.context.needs_y
        return tags
