"""What is added to a fit that leaves something out, so that ``fit`` and ``expand`` are enough."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray, Matrix, compact, is_tensor, to_numpy
from contextures._checks import RowsError, check_rows
from contextures.contexts.registry import is_ours
from contextures.exceptions import ContextWarning, InputError

ROUNDING = 1e-6
"""How far from one the entries of a row may sum."""

_FITTED = (
    "form",
    "fitted_rows_",
    "input_weights_",
    "context_weights_",
    "n_features_in_",
    "_restored",
)


def complete_fits(kind: type[Any]) -> None:
    """Have a class's own ``fit``, and a ``sample`` that knows numpy only, completed when called.

    Classes that are defined outside the library get their rows as arrays and have what they give
    checked too, which the library's own do themselves.

    Parameters
    ----------
    kind : type
        A subclass of Context, as it is defined.
    """
    own = vars(kind)
    if "fit" in own:
        setattr(kind, "fit", _completed(own["fit"], guarded=not is_ours(kind)))  # noqa: B010
    if "expand" in own and not is_ours(kind):
        setattr(kind, "expand", _guarded(own["expand"]))  # noqa: B010
    if "sample" in own:
        setattr(kind, "sample", _for_tensors(_viewed(own["sample"])))  # noqa: B010
    describes = next(line for line in kind.__mro__ if "expand" in vars(line)).__name__ != "Context"
    if ("sample" in own or "draw_views" in own) and "form" not in own and not describes:
        kind.form = "sampler"


def _completed(fit: Callable[..., Any], *, guarded: bool) -> Callable[..., Any]:
    @wraps(fit)
    def completed(self: Any, X: Any = None, y: Any = None, **options: Any) -> Any:
        if self.__dict__.get("_fitting"):  # a fit that calls its parent's
            return fit(self, X, y, **options)
        for name in [*_FITTED, *(self.saved or ()), *filter(_learned, list(vars(self)))]:
            self.__dict__.pop(name, None)
        self._forget_draws()
        if guarded:
            X = _rows(self, X)
            if y is None and self.needs_y:
                raise InputError(
                    f"{type(self).__name__} needs y and got none; give the labels or contexts of "
                    "the rows to fit"
                )
        self._fitting = True
        try:
            fit(self, X, y, **options)
            _complete(self, X)
        finally:
            del self._fitting
        return self

    return completed


def _learned(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _complete(context: Any, X: Any) -> None:
    """Describe the fitted rows, and weigh them evenly, where ``fit`` did not."""
    if context.form == "data":
        raise InputError(
            f"{type(context).__name__} says that its form depends on the data, and did not settle "
            "it; set form in fit"
        )
    own = context.__dict__
    if "fitted_rows_" not in own and context.form != "sampler":
        weights = own.get("input_weights_")
        expansion = _checked(context, context.expand(X), X)
        if weights is not None:
            weights = _checked_weights(context, weights, expansion.shape[0])
        if context.form == "kernel":
            _check_kernel(context, expansion, weights)
            context._set_features(expansion, weights)
        else:
            context._set_transition(expansion, weights)
    if "input_weights_" not in own:
        n = _n_rows(X)
        context.input_weights_ = np.full(n, 1.0 / n)
    if "n_features_in_" not in own and context.takes == "array" and np.ndim(X) == 2:
        context.n_features_in_ = np.shape(X)[1]


def _guarded(expand: Callable[..., Any]) -> Callable[..., Any]:
    """Have ``expand`` asked with rows like those of the fit, and what it gives checked."""

    @wraps(expand)
    def described(self: Any, X: Any = None) -> Any:
        if self.__dict__.get("_fitting"):
            return expand(self, X)
        check_is_fitted(self)
        rows = _rows(self, X, self.__dict__.get("n_features_in_"))
        return _checked(self, expand(self, rows), rows)

    return described


def _rows(context: Any, X: Any, n_features: int | None = None) -> Any:
    """Give rows of numbers as an array, whatever holds them; what else X may be as it is."""
    if context.takes != "array" or X is None:
        return X
    try:
        return check_rows(to_numpy(X) if is_tensor(X) else X, n_features)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError) and not isinstance(error, RowsError):
            raise
        name, why = type(context).__name__, str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"{name} takes rows of numbers, and X is not such ({why}); give such rows, or say "
            "takes = 'any' in the class"
        ) from None


def _n_rows(X: Any) -> int:
    return int(X.shape[0] if hasattr(X, "shape") else len(X))


def _checked(context: Any, expansion: Any, X: Any) -> Matrix:
    """Give what a context's ``expand`` gave as a matrix, or say what is wrong with it."""
    name = type(context).__name__
    if sparse.issparse(expansion):
        matrix: Matrix = sparse.csr_array(expansion).astype(np.float64)
        entries = matrix.data
    else:
        matrix = np.asarray(expansion, dtype=np.float64)
        entries = matrix
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(
            f"{name}.expand must give a matrix with a row for each row of X; its shape is "
            f"{matrix.shape}"
        )
    if X is not None and matrix.shape[0] != _n_rows(X):
        raise InputError(
            f"{name}.expand gives {matrix.shape[0]} rows for {_n_rows(X)} rows of X; give one for "
            "each, in the same order"
        )
    if not np.isfinite(entries).all():
        raise InputError(f"{name}.expand gives values that are missing or infinite")
    if context.form == "kernel":
        return matrix
    if (entries < 0).any():
        raise InputError(f"{name}.expand gives chances below zero; give P+(a | x)")
    totals = np.asarray(matrix.sum(axis=1)).ravel()
    worst = int(np.abs(totals - 1.0).argmax())
    if abs(totals[worst] - 1.0) > ROUNDING:
        raise InputError(
            f"the rows of {name}.expand must sum to one, as P+(a | x) does, but row {worst} sums "
            f"to {totals[worst]:.6g}; divide each by its sum, or say form = 'kernel'"
        )
    return compact(matrix)


def _check_kernel(context: Any, features: Matrix, weights: FloatArray | None) -> None:
    """Warn where 1 + z . z' is not the dual kernel of any context on the fitted rows."""
    name, n = type(context).__name__, features.shape[0]
    shares = np.full(n, 1.0 / n) if weights is None else weights
    scaled = sparse.diags_array(np.sqrt(shares)) @ features
    if min(scaled.shape) > 2:
        start = np.random.default_rng(0).standard_normal(min(scaled.shape))
        found = sparse.linalg.svds(scaled, k=1, v0=start, return_singular_vectors=False)
    else:
        found = np.linalg.norm(scaled.toarray() if sparse.issparse(scaled) else scaled, 2)
    top = float(np.max(found)) ** 2
    centre = float(np.linalg.norm(np.asarray(features.T @ shares)))
    if centre > ROUNDING * max(np.sqrt(top), 1e-300):
        warnings.warn(
            f"the features of {name} have a mean on the fitted rows, so the mean of its kernel is "
            "not one; take the mean away in expand",
            ContextWarning,
            stacklevel=4,
        )
    elif top > 1 + ROUNDING:
        warnings.warn(
            f"the kernel of {name} has the eigenvalue {top:.6g} on the fitted rows, and no "
            f"context has one above 1; divide its features by {np.sqrt(top):.6g} or more",
            ContextWarning,
            stacklevel=4,
        )


def _checked_weights(context: Any, weights: Any, n: int) -> Any:
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n,) or not (values >= 0).all() or abs(values.sum() - 1.0) > ROUNDING:
        raise InputError(
            f"input_weights_ of {type(context).__name__} must be {n} weights of at least zero that "
            "sum to one"
        )
    return values


def _viewed(sample: Callable[..., Any]) -> Callable[..., Any]:
    """Let a ``sample`` that knows no ``n_views`` be asked for several, and check their shape."""
    parameters = signature(sample).parameters
    one_at_a_time = "n_views" not in parameters and len(parameters) == 3

    @wraps(sample)
    def drawn(self: Any, X: Any, rng: Any, n_views: int = 1) -> Any:
        if one_at_a_time:
            views = [np.asarray(sample(self, X, rng)) for _ in range(n_views)]
            found = views[0] if n_views == 1 else np.stack(views)
        else:
            found = sample(self, X, rng, n_views)
        wanted = (_n_rows(X),) if n_views == 1 else (n_views, _n_rows(X))
        if np.shape(found)[: len(wanted)] != wanted:
            raise InputError(
                f"{type(self).__name__}.sample gives an array of shape {tuple(np.shape(found))} "
                f"for n_views={n_views} and {_n_rows(X)} rows; give one of shape (n, ...), and of "
                "shape (n_views, n, ...) for more views than one"
            )
        return found

    return drawn


def _for_tensors(sample: Callable[..., Any]) -> Callable[..., Any]:
    """Let a ``sample`` that draws with numpy be asked with a tensor and torch's generator."""

    @wraps(sample)
    def drawn(self: Any, X: Any, rng: Any, n_views: int = 1) -> Any:
        if not is_tensor(X):
            return sample(self, X, rng, n_views)
        torch = sys.modules["torch"]
        if not isinstance(rng, torch.Generator):
            raise InputError(f"rng={rng!r} cannot draw for a tensor; give a torch.Generator")
        seed = int(torch.randint(2**62, (1,), generator=rng, device=rng.device))
        values = np.asarray(sample(self, to_numpy(X), np.random.default_rng(seed), n_views))
        found = torch.as_tensor(values, device=X.device)
        return found.to(X.dtype) if found.is_floating_point() else found

    return drawn
