"""The encoder whose coordinates are the best contexture in the span of a basis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, device_of, on_device, to_numpy
from contextures.contexts import Context
from contextures.contexts.algebra.layout import pieces_of
from contextures.encoders.bases.base import values_of
from contextures.encoders.gather import CHUNK_VALUES
from contextures.encoders.ritz.chunks import ChunkLearner
from contextures.encoders.ritz.in_parts import learned_from_iterator, learned_in_parts
from contextures.encoders.ritz.learner import Solved, learn
from contextures.encoders.ritz.parameters import Settings
from contextures.encoders.sources import DrawnSource, choose_source
from contextures.engines.sources import as_parts
from contextures.exceptions import InputError
from contextures.spectrum.ritz import RitzFunctions


class RitzEncoder(ChunkLearner):
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
        indicators where A is classes, indices or names. Given by name it is one basis for each part
        of a mix, fitted to that part's A.
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
    spectral_power : float, default=0.0
        p >= 0: coordinate i is s_i^p mu_i, of variance s_i^(2p); 0 leaves unit variance. High
        powers are for few labels, retrieval and clustering. It may be changed after ``fit``, by
        ``set_params`` or ``with_power``, since what is learned does not depend on it.

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
        spectral_power: float = 0.0,
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
        self.spectral_power = spectral_power

    def fit(self, X: Any = None, y: Any = None, *, engine: Any = None) -> Self:
        """Fit the context and find its contexture in the span of the basis.

        Parameters
        ----------
        X : array-like of shape (n, p), or rows in parts
            The inputs; of a torch tensor, functions and their products are computed on its device,
            in float64. None stands for all nodes or rows of a graph or finite context. Rows in
            parts are never all in memory: a Dask DataFrame or Array, a
            ``pyarrow.dataset.Dataset``, :class:`contextures.engines.Parts`, or an iterator of
            tables or of pairs (X, y), which is gone through once. They are learned from as by
            ``partial_fit``, so that the context must be drawn or observed row by row.
        y : array-like of shape (n,) or (n, q), optional
            Labels, or the observed context of each row, for contexts that need them. Beside a
            Dask collection one with the same parts, or the name of a column of X; beside a data
            set the name.
        engine : None, "processes", dask.distributed.Client or str, default=None
            What goes through rows in parts: this process, ``n_jobs`` processes of this machine, or
            a Dask cluster, also by its scheduler's address.

        Returns
        -------
        Self
            The fitted encoder.

        Raises
        ------
        InputError
            If the context cannot be fitted, or not in parts; a part is wrong; or fewer than d
            functions in the span of the basis have an association, or not one where fewer are
            allowed (a RankError).
        """
        settings = Settings.of(self)
        if self._fit_in_parts(X, y, engine):
            return self
        inputs = self._fit_context(X, y)
        n = len(inputs)
        n_views = settings.n_views(n)
        source = choose_source(self.context_, inputs, settings.n_functions, n_views)
        drawn = isinstance(source, DrawnSource)
        pieces = pieces_of(self.context_, inputs) if drawn else ()
        wanted = self._wanted(settings, n * n_views if drawn else n, pieces, device_of(X))
        if wanted.named_inputs:
            # Indicators of rows say nothing about rows held out.
            settings = replace(settings, ridge=settings.ridge or 0.0)
        weights = self.context_.input_weights_
        self._learner = learn(settings, wanted, source, inputs, weights)
        self._settings = settings
        self._keep_bases()
        try:
            self._solve(last=True)
        finally:
            del self._learner
        return self

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

    def _fit_context(self, X: Any, y: Any) -> NDArray[Any]:
        for name in ("_learner", "_solved"):
            self.__dict__.pop(name, None)
        return super()._fit_context(X, y)

    def _fit_in_parts(self, X: Any, y: Any, engine: Any) -> bool:
        """Learn from rows in parts, if X is such; nothing is kept of a fit that fails."""
        parts, iterator = as_parts(X, y), hasattr(X, "__next__")
        if parts is None and not iterator:
            if engine is not None:
                raise InputError(
                    "engine is for rows in parts; give X as a Dask collection, a data set or "
                    "contextures.engines.Parts, or leave engine out"
                )
            return False
        try:
            self.partial_fit  # noqa: B018 - that it is there says that the context streams
        except AttributeError as error:
            raise InputError(
                f"context={self.context!r} is defined by all rows together, which parts never are; "
                "give a context that is drawn or observed row by row, such as NoiseContext, "
                "RandomMaskContext, SCARFContext, LabelContext or PairContext"
            ) from error
        if parts is not None:
            learned = learned_in_parts(self, parts, engine)
        elif engine is None and y is None:
            learned = learned_from_iterator(self, X)
        else:
            raise InputError(
                "X is an iterator, whose chunks all pass through this process; give "
                "contextures.engines.Parts for an engine, and pairs (X, y) where y is observed"
            )
        self.__dict__.update(vars(learned))
        self.__dict__.pop("_learner", None)
        return True

    def _fitted_coordinates(self, X: Any) -> FloatArray:
        if as_parts(X) is not None or hasattr(X, "__next__"):
            raise InputError(
                "the coordinates of rows in parts may not fit in memory; call fit, and transform "
                "for each part, such as X.map_partitions(encoder.transform)"
            )
        return super()._fitted_coordinates(X)

    def _embed(self, rows: NDArray[Any]) -> FloatArray:
        functions = self.functions_
        step = max(256, CHUNK_VALUES // len(functions.mean))
        found = np.empty((len(rows), len(functions.singular_values)))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            found[part] = functions.left(values_of(self.basis_, rows[part], np.float64))
        return found

    def _embedded(self, rows: NDArray[Any], device: str | None) -> FloatArray:
        if device is None or self._named:
            return self._embed(rows)
        functions = self.functions_
        mean, coefficients = (
            on_device(each, device) for each in (functions.mean, functions.coefficients)
        )
        step = max(256, CHUNK_VALUES // len(functions.mean))
        found = np.empty((len(rows), len(functions.singular_values)))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            values = values_of(self.basis_, rows[part], np.float64, device)
            found[part] = to_numpy((values - mean) @ coefficients)
        return found

    def _keep_first(self, n_components: int) -> None:
        solved = self._solution()
        self._solved = replace(solved, functions=solved.functions.truncated(n_components))
        # The sums belong to the encoder that goes on learning.
        self.__dict__.pop("_learner", None)

    def __sklearn_is_fitted__(self) -> bool:
        return "_solved" in vars(self) or "_learner" in vars(self)
