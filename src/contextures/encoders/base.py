"""What every encoder promises, and what all of them do alike."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, device_of, given_back, is_tensor
from contextures._checks import (
    check_not_negative,
    check_one_device,
    check_positive_int,
    numbers_of,
    plain,
    validated,
)
from contextures._files import as_damaged
from contextures.contexts import Context, KNNContext
from contextures.contexts.base import check_context
from contextures.encoders.nearest import NearestRows
from contextures.exceptions import InputError, unwritten


class Encoder(NearestRows, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An encoder: a scikit-learn transformer whose coordinates are a contexture.

    Coordinates are ordered by singular value, centred, uncorrelated and of unit variance on the
    training rows; with a ``spectral_power`` p of another than zero, of variance s_i^(2p).

    An encoder of one's own is a subclass with four things. ``fit`` begins with
    ``rows = self._fit_context(X, y)``, which fits the context, sets ``context_`` and gives the
    checked rows, and then learns from both. ``singular_values_`` and ``_embed(rows)`` give what was
    learned, of rows that are checked already. ``_keep_first(n_components)`` cuts it to its first
    coordinates, for ``truncated``. Parameters are those of ``__init__``, as for every scikit-learn
    estimator, ``context`` and ``n_components`` among them; what is learned goes into attributes
    that end in, or begin with, an underscore. Everything else follows from these.

    Attributes
    ----------
    context : Context or None
        The context; ``KNNContext()`` when None. A clone of it is fitted.
    n_components : int
        d, the number of coordinates.
    random_state : int, RandomState or None
        Seeds whatever is random, in the context too where that has no seed of its own.
    allow_fewer : bool
        Whether d is the most that is wanted.
    spectral_power : float
        p >= 0: coordinate i is s_i^p mu_i. What is learned does not depend on it, so that a change
        by ``set_params`` needs no other fit.
    context_ : Context
        The fitted context.
    singular_values_ : ndarray of shape (d,)
        s_1 >= ... >= s_d.
    n_features_in_ : int
        The number of columns of X, for rows of numbers.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), section 2. Coifman and Lafon, "Diffusion maps" (2006), for the
    powers, which are diffusion times.

    Examples
    --------
    The best contexture among the linear functions:

    >>> from sklearn.datasets import load_iris
    >>> from contextures.contexts import KNNContext
    >>> from contextures.encoders import Encoder
    >>> from contextures.spectrum.ritz import TransitionMoments
    >>> class LinearEncoder(Encoder):
    ...     def __init__(self, context=None, n_components=2):
    ...         self.context = context
    ...         self.n_components = n_components
    ...
    ...     def fit(self, X=None, y=None):
    ...         rows = self._fit_context(X, y)
    ...         moments = TransitionMoments().update(rows, self.context_.describe().entries)
    ...         self.functions_ = moments.solve(self.n_components)
    ...         return self
    ...
    ...     @property
    ...     def singular_values_(self):
    ...         return self.functions_.singular_values
    ...
    ...     def _embed(self, rows):
    ...         return self.functions_.left(rows)
    ...
    ...     def _keep_first(self, n_components):
    ...         self.functions_ = self.functions_.truncated(n_components)
    >>> X = load_iris().data
    >>> encoder = LinearEncoder(KNNContext(n_neighbors=30), n_components=3).fit(X[::2])
    >>> encoder.truncated(2).transform(X[1::2]).shape
    (75, 2)
    """

    context: Context | None
    n_components: int
    random_state: Any = None
    allow_fewer: bool = False
    spectral_power: float = 0.0
    context_: Context
    n_features_in_: int
    _named: bool
    _read_from: str | None = None
    """Where it was read from: what then goes wrong is the file's fault, not the program's."""

    @property
    def singular_values_(self) -> FloatArray:
        """Singular values on the training rows, largest first."""
        raise unwritten(self, "singular_values_")

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Fit the context and learn the coordinates.

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
        """
        raise unwritten(self, "fit")

    def fit_transform(self, X: Any = None, y: Any = None, **fit_params: Any) -> FloatArray:
        """Fit, and embed the training rows without looking up their context again.

        Parameters
        ----------
        X, y
            As in ``fit``.
        **fit_params : dict
            None are taken.

        Returns
        -------
        ndarray or tensor of shape (n, d)
            The coordinates of the training rows; a tensor on the device of X where X is one.
        """
        # fit() stays the only place that learns; what it kept is the answer.
        coordinates = self._weighted(self.fit(X, y, **fit_params)._fitted_coordinates(X))
        found: FloatArray = given_back(coordinates, X)
        return found

    def transform(self, X: Any = None) -> FloatArray:
        """Embed rows, seen at fit time or new.

        Parameters
        ----------
        X : array-like of shape (n, p)
            The inputs.

        Returns
        -------
        ndarray or tensor of shape (n, d)
            The coordinates mu_1(x), ..., mu_d(x), each times s_i^p, in float64; a tensor on the
            device of X where X is one.

        Raises
        ------
        InputError
            If new rows need their context, and that cannot describe them, as a label context
            cannot; ``spectral_power`` is not a number of at least zero; or a coordinate is not a
            finite number.
        """
        found: FloatArray = given_back(self._coordinates(X), X)
        return found

    def with_power(self, spectral_power: float) -> Self:
        """Give this encoder with another ``spectral_power``, at no cost.

        Parameters
        ----------
        spectral_power : float
            The power, at least zero.

        Returns
        -------
        Self
            A fitted encoder that shares with this one whatever was learned.

        Raises
        ------
        InputError
            If it is not a number of at least zero.
        """
        check_is_fitted(self)
        power = check_not_negative(spectral_power, "spectral_power")
        return self._first(self._n_features_out, spectral_power=power)

    def truncated(self, n_components: int) -> Self:
        """Give this encoder with its first coordinates only, at no cost.

        Parameters
        ----------
        n_components : int
            How many to keep, at most as many as there are.

        Returns
        -------
        Self
            A fitted encoder that shares with this one whatever does not depend on their number.

        Raises
        ------
        InputError
            If there are fewer.
        """
        check_is_fitted(self)
        check_positive_int(n_components, "n_components")
        if n_components > self._n_features_out:
            raise InputError(
                f"n_components={n_components} cannot be kept: the encoder has "
                f"{self._n_features_out}; fit it again with more"
            )
        return self._first(n_components, n_components=n_components)

    def _first(self, n_kept: int, **parameters: Any) -> Self:
        """Give an encoder with other parameters, and the first coordinates of this one."""
        kept: Self = clone(self).set_params(**parameters)
        kept.__dict__.update(
            (name, value)
            for name, value in vars(self).items()
            if name.endswith("_") or name.startswith("_")
        )
        kept._keep_first(n_kept)
        return kept

    def _coordinates(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        rows = self._rows(X)
        device = device_of(X)
        if self._read_from is None:
            coordinates = self._weighted(self._embedded(rows, device))
        else:
            with as_damaged(f"the encoder in {self._read_from}"):
                coordinates = self._weighted(self._embedded(rows, device))
        wrong = ~np.isfinite(coordinates).all(axis=1)
        if wrong.any():
            raise InputError(
                f"the coordinates of row {int(wrong.argmax()) + 1:,} are no numbers: it lies too "
                "far from the fitted rows, or the encoder is damaged; leave it out, or fit again"
            )
        return coordinates

    def _weighted(self, coordinates: FloatArray) -> FloatArray:
        """Give s_i^p mu_i for mu_i."""
        power = check_not_negative(self.spectral_power, "spectral_power")
        return coordinates if power == 0 else coordinates * self.singular_values_**power

    def _embed(self, rows: Any) -> FloatArray:
        """Give the coordinates of checked rows, seen at fit time or new."""
        raise unwritten(self, "transform")

    def _embedded(self, rows: Any, device: str | None) -> FloatArray:
        """Give the coordinates of checked rows that came on a device; None for arrays."""
        return self._embed(rows)

    def _keep_first(self, n_components: int) -> None:
        """Cut what was learned to its first coordinates; called on a copy."""
        raise unwritten(self, "truncated")

    def _fitted_coordinates(self, X: Any) -> FloatArray:
        """Give the coordinates of the rows that were just learned from."""
        return self._embedded(self._rows(X), device_of(X))

    def _fit_context(self, X: Any, y: Any) -> NDArray[Any]:
        """Fit a clone of the context; give all its rows, checked."""
        check_one_device(X=X, y=y)
        y = numbers_of(y, "y") if is_tensor(y) else y
        check_not_negative(self.spectral_power, "spectral_power")
        context = KNNContext() if self.context is None else self.context
        context = check_context(context).seeded(self.random_state)
        self._named = self._names_things(context, X)
        rows = None if X is None else self._rows(X, reset=True)
        self.context_ = self._fitted(context, X if self._named else rows, y)
        return self._all_rows() if rows is None else rows

    def _fitted(self, context: Context, X: Any, y: Any) -> Context:
        """Fit a context of this encoder's own to checked rows of numbers, or to names as given."""
        return context.fit(X, y)

    def _names_things(self, context: Context, X: Any) -> bool:
        """Tell whether X is indices or names, rather than rows of numbers to check."""
        return context.takes == "index" or (context.takes == "any" and not _is_table(X))

    def _rows(self, X: Any, *, reset: bool = False) -> Any:
        """Give checked rows of numbers, and indices or names as an array; all rows for None."""
        if self._named:
            return self._all_rows() if X is None else self._as_names(X)
        least = 2 if reset else 1
        return validated(self, X, dtype=self._number_type(X), reset=reset, ensure_min_samples=least)

    def _all_rows(self) -> NDArray[Any]:
        return self._as_names(np.arange(len(self.context_.input_weights_)))

    def _as_names(self, X: Any) -> NDArray[Any]:
        return np.asarray(plain(X))

    def _number_type(self, X: Any) -> type[np.generic]:
        return np.float64

    @property
    def _n_features_out(self) -> int:
        return len(self.singular_values_)

    def __sklearn_is_fitted__(self) -> bool:
        return "context_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.context is not None and self.context.needs_y
        return tags


def _is_table(X: Any) -> bool:
    """Tell whether X is rows of numbers, rather than names, where a context takes both."""
    values = np.asarray(plain(X))
    return values.ndim == 2 and values.dtype.kind in "fiub"
