"""What is added to a fit that leaves something out, so that ``fit`` and ``expand`` are enough."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import Matrix, compact, is_tensor, to_numpy
from contextures.exceptions import InputError

ROUNDING = 1e-6
"""How far from one the entries of a row may sum."""

_FITTED = ("form", "fitted_rows_", "input_weights_", "context_weights_", "_restored")


def complete_fits(kind: type[Any]) -> None:
    """Have a class's own ``fit``, and a ``sample`` that knows numpy only, completed when called.

    Parameters
    ----------
    kind : type
        A subclass of Context, as it is defined.
    """
    own = vars(kind)
    if "fit" in own:
        setattr(kind, "fit", _completed(own["fit"]))  # noqa: B010
    if "sample" in own:
        setattr(kind, "sample", _for_tensors(own["sample"]))  # noqa: B010
    describes = next(line for line in kind.__mro__ if "expand" in vars(line)).__name__ != "Context"
    if ("sample" in own or "draw_views" in own) and "form" not in own and not describes:
        kind.form = "sampler"


def _completed(fit: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(fit)
    def completed(self: Any, X: Any = None, y: Any = None, **options: Any) -> Any:
        if self.__dict__.get("_fitting"):  # a fit that calls its parent's
            return fit(self, X, y, **options)
        for name in [*_FITTED, *(self.saved or ()), *filter(_learned, list(vars(self)))]:
            self.__dict__.pop(name, None)
        self._forget_draws()
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
        expansion = _checked(context, context.expand(X))
        if weights is not None:
            weights = _checked_weights(context, weights, expansion.shape[0])
        if context.form == "kernel":
            context._set_features(expansion, weights)
        else:
            context._set_transition(expansion, weights)
    if "input_weights_" not in own:
        n = len(X)
        context.input_weights_ = np.full(n, 1.0 / n)
    if "n_features_in_" not in own and context.takes == "array" and np.ndim(X) == 2:
        context.n_features_in_ = np.shape(X)[1]


def _checked(context: Any, expansion: Any) -> Matrix:
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


def _checked_weights(context: Any, weights: Any, n: int) -> Any:
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n,) or not (values >= 0).all() or abs(values.sum() - 1.0) > ROUNDING:
        raise InputError(
            f"input_weights_ of {type(context).__name__} must be {n} weights of at least zero that "
            "sum to one"
        )
    return values


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
