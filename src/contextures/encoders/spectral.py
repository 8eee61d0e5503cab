"""The encoder whose coordinates are the exact singular functions of a context."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.contexts import Context
from contextures.contexts.montecarlo import with_expansion
from contextures.encoders.base import Encoder
from contextures.spectrum import Spectrum, decompose_fitted
from contextures.spectrum.reached import first

CHUNK_ENTRIES = 20_000_000
"""Entries of P+(. | x) that embedding new rows holds at a time."""


class SpectralEncoder(Encoder):
    """Embed rows by the top left singular functions mu_1, ..., mu_d of a context.

    Coordinates are ordered by singular value, centred and of unit variance on the training rows,
    and uncorrelated, so the first k of them are the best k-dimensional embedding for the context.
    New rows are embedded by mu(x) = (T nu)(x) / s, which needs only P+(. | x).

    Parameters
    ----------
    context : Context, optional
        The context; ``KNNContext()`` when None. A clone of it is fitted.
    n_components : int, default=10
        d, the number of coordinates.
    solver : {"auto", "dense", "gram", "lanczos", "propack"}, default="auto"
        See :func:`contextures.spectrum.decompose`.
    random_state : int, RandomState or None, default=None
        Draws the starting vector of the iterative solvers.
    allow_fewer : bool, default=False
        Whether d is the most that is wanted: where the context has fewer functions that do not rest
        on rounding, there are as many coordinates as those (``singular_values_`` tells how many).
    spectral_power : float, default=0.0
        p >= 0: coordinate i is s_i^p mu_i, of variance s_i^(2p); 0 leaves unit variance. High
        powers are for few labels, retrieval and clustering. It may be changed after ``fit``, by
        ``set_params`` or ``with_power``, since what is learned does not depend on it.

    Attributes
    ----------
    context_ : Context
        The fitted context.
    spectrum_ : Spectrum
        Singular values and functions on the training rows.
    singular_values_ : ndarray of shape (d,)
        s_1 >= ... >= s_d.
    n_features_in_ : int
        The number of columns of X, for contexts over rows of numbers.

    Notes
    -----
    ``fit`` costs what :func:`contextures.spectrum.decompose` costs; ``transform`` of n rows costs
    finding P+(. | x) and n K d operations.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), sections 2 and 4.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import KNNContext
    >>> X = load_iris().data
    >>> encoder = SpectralEncoder(KNNContext(n_neighbors=30), n_components=3).fit(X[::2])
    >>> encoder.transform(X[1::2]).shape
    (75, 3)
    """

    spectrum_: Spectrum
    _solver: str  # of an encoder that was read from a file, which has no spectrum

    def __init__(
        self,
        context: Context | None = None,
        n_components: int = 10,
        *,
        solver: str = "auto",
        random_state: Any = None,
        allow_fewer: bool = False,
        spectral_power: float = 0.0,
    ) -> None:
        self.context = context
        self.n_components = n_components
        self.solver = solver
        self.random_state = random_state
        self.allow_fewer = allow_fewer
        self.spectral_power = spectral_power

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the context and decompose it.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs; None stands for all nodes or rows of a graph or finite context.
        y : array-like of shape (n,), optional
            Labels, or the observed context of each row, for contexts that need them.

        Returns
        -------
        Self
            The fitted encoder.

        Raises
        ------
        InputError
            If the context cannot be fitted or has fewer than d singular functions (where fewer
            are allowed, if it has not one).
        """
        check_positive_int(self.n_components, "n_components")
        self._fit_context(X, y)
        self.spectrum_ = decompose_fitted(
            self.context_,
            self.n_components,
            self.solver,
            self.random_state,
            allow_fewer=bool(self.allow_fewer),
        )
        self._singular_values = self.spectrum_.singular_values
        self._coefficients = self.spectrum_.extension
        self._offset = self.spectrum_.offset(self.context_)
        return self

    @property
    def singular_values_(self) -> FloatArray:
        """Singular values, largest first."""
        check_is_fitted(self)
        return self._singular_values

    def _embed(self, rows: Any) -> FloatArray:
        if self._named or not self.context_.row_by_row:
            return self._project(self.context_.expand(rows))
        # In parts, because a dense context of many rows would not fit in memory at once.
        step = max(256, CHUNK_ENTRIES // self._coefficients.shape[0])
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        return np.vstack([self._project(self.context_.expand(part)) for part in parts])

    def _fitted_coordinates(self, X: Any) -> FloatArray:
        # A copy, so that changing the result in place does not change the fitted spectrum.
        return self.spectrum_.left.copy()

    def _kept_coordinates(self) -> FloatArray | None:
        return self._weighted(self.spectrum_.left) if "spectrum_" in vars(self) else None

    def _keep_first(self, n_components: int) -> None:
        if "spectrum_" in vars(self):  # not in one that was read from a file
            self.spectrum_ = self.spectrum_.truncated(n_components)
        self._singular_values = self._singular_values[:n_components]
        self._coefficients = first(self._coefficients, n_components)
        self._offset = self._offset[:n_components]

    def _fitted(self, context: Context, X: Any, y: Any) -> Context:
        return with_expansion(context, X, y)

    def _names_things(self, context: Context, X: Any) -> bool:
        return context.takes != "array"

    def _rows(self, X: Any, *, reset: bool = False) -> Any:
        # The context checks whatever is not rows of numbers.
        return X if self._named else super()._rows(X, reset=reset)

    def _project(self, expansion: Any) -> FloatArray:
        coordinates = expansion @ self._coefficients - self._offset
        return coordinates.toarray() if sparse.issparse(coordinates) else np.asarray(coordinates)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_coefficients")
