"""The encoder whose coordinates are the exact singular functions of a context."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.contexts import Context, KNNContext
from contextures.contexts.base import check_context
from contextures.contexts.montecarlo import with_expansion
from contextures.encoders.base import check_kept
from contextures.spectrum import Spectrum, decompose_fitted

CHUNK_ENTRIES = 20_000_000
"""Entries of P+(. | x) that embedding new rows holds at a time."""


class SpectralEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
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

    def __init__(
        self,
        context: Context | None = None,
        n_components: int = 10,
        *,
        solver: str = "auto",
        random_state: Any = None,
        allow_fewer: bool = False,
    ) -> None:
        self.context = context
        self.n_components = n_components
        self.solver = solver
        self.random_state = random_state
        self.allow_fewer = allow_fewer

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
        context = KNNContext() if self.context is None else self.context
        context = check_context(context).seeded(self.random_state)
        if context.takes == "array":
            X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self.context_ = with_expansion(context, X, y)
        self._keep(
            decompose_fitted(
                self.context_,
                self.n_components,
                self.solver,
                self.random_state,
                allow_fewer=bool(self.allow_fewer),
            )
        )
        return self

    def fit_transform(self, X: Any = None, y: Any = None, **fit_params: Any) -> Any:
        """Fit, and embed the training rows without looking up their context again.

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
        # fit() stays the only place that learns; what it kept is the answer.
        return self.fit(X, y, **fit_params)._training_coordinates()

    def transform(self, X: Any = None) -> FloatArray:
        """Embed rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.

        Returns
        -------
        ndarray of shape (n, d)
            The coordinates mu_1(x), ..., mu_d(x).

        Raises
        ------
        InputError
            If the context cannot describe new rows, as a label context cannot.
        """
        check_is_fitted(self)
        if self.context_.takes == "array":
            X = validate_data(self, X, dtype=np.float64, reset=False)
        if self.context_.takes != "array" or not self.context_.row_by_row:
            return self._project(self.context_.expand(X))
        # In parts, because a dense context of many rows would not fit in memory at once.
        step = max(256, CHUNK_ENTRIES // len(self._coefficients))
        parts = [X[start : start + step] for start in range(0, len(X), step)]
        return np.vstack([self._project(self.context_.expand(part)) for part in parts])

    def truncated(self, n_components: int) -> Self:
        """Give this encoder with its first coordinates only, at no cost.

        Parameters
        ----------
        n_components : int
            How many to keep, at most as many as there are.

        Returns
        -------
        Self
            A fitted encoder that shares the context with this one.
        """
        check_kept(self, n_components)
        kept = clone(self).set_params(n_components=n_components)
        kept.context_ = self.context_
        if hasattr(self, "n_features_in_"):
            kept.n_features_in_ = self.n_features_in_
        kept._keep(self.spectrum_.truncated(n_components), self._offset[:n_components])
        return kept  # type: ignore[no-any-return]

    def _training_coordinates(self) -> FloatArray:
        # A copy, so that changing the result in place does not change the fitted spectrum.
        return self.spectrum_.left.copy()

    def _keep(self, spectrum: Spectrum, offset: FloatArray | None = None) -> None:
        self.spectrum_ = spectrum
        self.singular_values_ = spectrum.singular_values
        self._coefficients = spectrum.coefficients
        self._offset = spectrum.offset(self.context_) if offset is None else offset

    def _project(self, expansion: Any) -> FloatArray:
        coordinates = expansion @ self._coefficients - self._offset
        return coordinates.toarray() if sparse.issparse(coordinates) else np.asarray(coordinates)

    @property
    def _n_features_out(self) -> int:
        return int(self._coefficients.shape[1])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_coefficients")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.context is not None and self.context.needs_y
        return tags
