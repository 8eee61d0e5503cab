"""What regression and classification by transformed kernels share."""

from __future__ import annotations

import numbers
import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, IntArray
from contextures._checks import check_positive_int, validated
from contextures.contexts import Context
from contextures.contexts.base import check_context
from contextures.contexts.montecarlo import with_expansion
from contextures.exceptions import ContextWarning, InputError
from contextures.regression.admissible import as_transform
from contextures.regression.choice import Chooser
from contextures.regression.defaults import choose_solver, default_context
from contextures.regression.direct import MANY, DirectFit
from contextures.regression.kernels import LinearFunctions, TransformedKernel
from contextures.regression.parts import unreached, with_prior
from contextures.regression.propagation import PropagatedKernel
from contextures.regression.spectral import SpectralKernel
from contextures.regression.targets import check_length
from contextures.regression.transforms import Transform

CHUNK_ENTRIES = 20_000_000
"""Entries of P+(. | x) that predicting new rows holds at a time."""


class TransformedRegression(BaseEstimator):
    """The common part of :class:`STKRClassifier` and :class:`STKRRegressor`."""

    context: Any
    spectral_transform: Any
    alpha: Any
    n_components: int
    solver: str
    random_state: Any
    context_: Context

    def _check_parameters(self) -> None:
        check_positive_int(self.n_components, "n_components")
        if self.solver not in ("auto", "spectral", "propagation"):
            raise InputError(
                f"solver={self.solver!r} is not known; give 'auto', 'spectral' or 'propagation'"
            )
        self._alpha: float | None = None
        if not (isinstance(self.alpha, str) and self.alpha == "auto"):
            real = isinstance(self.alpha, numbers.Real) and not isinstance(self.alpha, bool)
            if not (real and self.alpha > 0):
                raise InputError(
                    f"alpha={self.alpha!r} is not possible; give 'auto', a number above zero or "
                    "np.inf"
                )
            self._alpha = float(self.alpha)
        auto = isinstance(self.spectral_transform, str) and self.spectral_transform == "auto"
        self._transform: Transform | None = None if auto else as_transform(self.spectral_transform)

    def _check_rows(self, X: Any) -> Any:
        """Check rows of numbers, before y, and that the context can be fitted to rows alone."""
        if self.context is None or check_context(self.context).takes == "array":
            X = validated(self, X, dtype=np.float64, ensure_min_samples=2)
        if self.context is not None and self.context.needs_y:
            raise InputError(
                f"context={self.context!r} needs a label or an observed context of every row, but "
                "here y is what is to be predicted; give a context of the rows alone, such as "
                "KNNContext()"
            )
        return X

    def _fit_context(self, X: Any, n_labels: int) -> int:
        """Fit the context to all rows, and give their number."""
        if X is not None:
            check_length(n_labels, len(X))
        context = default_context(n_labels) if self.context is None else self.context
        self.context_ = with_expansion(context.seeded(self.random_state), X)
        n = len(self.context_.describe())
        check_length(n_labels, n)
        return n

    def _make_kernel(self, n_rows: int, n_labelled: int) -> TransformedKernel:
        self.solver_ = self.solver
        if self.solver == "auto":
            self.solver_ = choose_solver(n_rows, n_labelled, self._transform)
        if self.solver_ == "propagation":
            return PropagatedKernel(self.context_)
        return SpectralKernel(self.context_, self.n_components)

    def _make_chooser(
        self,
        kernel: TransformedKernel,
        rows: IntArray,
        targets: FloatArray,
        weights: FloatArray,
    ) -> Chooser | DirectFit:
        given = self._transform is not None and self._alpha is not None and self._alpha < np.inf
        if given and isinstance(kernel, PropagatedKernel) and len(rows) >= MANY:
            return DirectFit(kernel, rows, targets, weights)
        return Chooser(kernel, rows, targets, weights)

    def _reach(self, functions: LinearFunctions, rows: IntArray, prior: Any) -> LinearFunctions:
        """Let parts of the context without a label be predicted by the prior, and say so."""
        alone, values = unreached(self.context_, rows)
        if not alone.any():
            return functions
        warnings.warn(
            f"{int(alone.sum())} of {len(alone)} rows lie in parts of the context that no label "
            f"reaches, and are predicted by the labels' mean; label a row of each part, or take "
            "a context that joins them, such as KNNContext with more neighbours",
            ContextWarning,
            stacklevel=4,
        )
        return with_prior(functions, values, prior)

    def _solve(
        self, chooser: Chooser | DirectFit, rows: IntArray, labels_each: float
    ) -> tuple[LinearFunctions, list[Any]]:
        settings = chooser.settings(self._transform, self._alpha, labels_each)
        functions = chooser.functions(settings)
        return self._reach(functions, rows, chooser.mean), settings

    def _fitted_values(self) -> FloatArray:
        return self._functions.of(self.context_.describe().entries)

    def _values(self, X: Any) -> FloatArray:
        """Give the functions on rows, seen at fit time or new."""
        check_is_fitted(self)
        context = self.context_
        if context.takes == "array":
            X = validated(self, X, dtype=np.float64, reset=False)
        if context.takes != "array" or not context.row_by_row:
            return self._functions.of(context.expand(X))
        # In parts, because a dense context of many rows would not fit in memory at once.
        step = max(256, CHUNK_ENTRIES // max(1, len(self._functions.slopes)))
        parts = [X[start : start + step] for start in range(0, len(X), step)]
        return np.vstack([self._functions.of(context.expand(part)) for part in parts])

    _functions: LinearFunctions

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_functions")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
