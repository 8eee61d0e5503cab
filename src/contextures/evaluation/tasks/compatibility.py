"""Is a task compatible with a context? Exactly, for a target known on every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray
from contextures._repr import short_repr
from contextures.contexts import Context
from contextures.evaluation.targets import Kind, as_outputs
from contextures.exceptions import InputError
from contextures.spectrum import Spectrum
from contextures.spectrum.operator import NormalizedOperator


@dataclass(frozen=True)
class Compatibility:
    """How well a context determines a target.

    Attributes
    ----------
    value : float
        rho(f), from 0 (A tells nothing about the target, in mean square) to s_1. For several
        outputs, or the indicators of several classes, rho^2 is their mean, weighted by variance.
    interval : tuple of float
        What rho lies between: where it is exact, the value twice.
    per_output : ndarray of shape (q,)
        rho of each output or class alone; NaN for a constant one.
    """

    __repr__ = short_repr

    value: float
    interval: tuple[float, float]
    per_output: FloatArray


def compatibility(
    source: Context | Spectrum, target: Any, kind: Kind | None = None
) -> Compatibility:
    """Compute the compatibility rho(f) of a target with a context, on the rows it was fitted to.

    rho(f) is the largest correlation of f with T g over functions g of A, times |T g| / |g|, or

        rho(f)^2 = |T* f|^2 / |f|^2 = sum_i s_i^2 <f, mu_i>^2 / |f|^2

    for the centred f: how much of f is left after it was averaged over the context.

    Parameters
    ----------
    source : Context or Spectrum
        A fitted context, in transition or kernel form, whose T* is applied to the target; or its
        spectrum.
    target : array-like of shape (n,) or (n, q)
        f on the fitted rows: numbers, several outputs, or labels of classes.
    kind : {"classification", "regression"}, optional
        What the target is; when None, numbers are regression and all else are classes, so it must
        be given for classes that are named by numbers.

    Returns
    -------
    Compatibility
        rho. From a context it is exact. From a spectrum that is cut off, ``value`` counts the
        functions that are there, and ``interval`` ends at what rho would be if all the rest of
        the target had the last singular value.

    Raises
    ------
    InputError
        If the context only draws, the target does not match its rows, or it is constant.

    Notes
    -----
    O(nnz(P) q) from a context and O(n d q) from a spectrum. Rows of a sample are part of the
    context of that sample: pure noise has rho^2 of about (s_1^2 + s_2^2 + ...) / n, which is near
    one for a strong association. For the rho that holds on other rows, and for few labels, see
    :func:`estimate_compatibility`.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 13.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import LabelContext
    >>> from contextures.evaluation import compatibility
    >>> context = LabelContext().fit(np.zeros((4, 1)), ["a", "a", "b", "b"])
    >>> round(compatibility(context, [0.0, 2.0, 4.0, 6.0]).value ** 2, 6)
    0.8
    """
    weights = _input_weights(source)
    given = as_outputs(target, len(weights), kind)
    outputs = given - weights @ given
    variances = weights @ outputs**2
    variances[np.sqrt(variances) <= 1e-12 * np.abs(given).max(axis=0)] = 0.0
    total = float(variances.sum())
    if total == 0:
        raise InputError("target is constant on these rows, so no context says anything about it")
    if isinstance(source, Context):
        kept = _averaged(source, outputs)
        most = kept
    else:
        kept, most = _by_functions(source, outputs, variances)
    kept, most = np.clip(kept, 0.0, variances), np.clip(most, 0.0, variances)
    with np.errstate(invalid="ignore"):
        per_output = np.sqrt(kept / variances)
    rho, highest = (float(np.sqrt(squares.sum() / total)) for squares in (kept, most))
    return Compatibility(rho, (rho, max(rho, highest)), per_output)


def _input_weights(source: Context | Spectrum) -> FloatArray:
    if isinstance(source, Spectrum):
        return source.input_weights
    if not isinstance(source, Context):
        raise InputError(
            f"source is a {type(source).__name__}; give a fitted context or its spectrum (of an "
            "encoder, encoder.context_)"
        )
    check_is_fitted(source)
    if source.form == "sampler":
        raise InputError(
            f"{type(source).__name__} only draws, so T* is not known exactly; give an encoder "
            "learned from it to estimate_compatibility"
        )
    if not source.has_rows:
        raise InputError(
            f"{type(source).__name__} does not hold the rows that it was fitted to; fit it again"
        )
    return source.input_weights_


def _averaged(context: Context, outputs: FloatArray) -> FloatArray:
    """Compute |T* f|^2 of centred targets."""
    operator = NormalizedOperator(context)
    means = np.asarray(operator.scaled.T @ (outputs * operator.root_x[:, None]))
    squares = np.asarray((means**2).sum(axis=0))
    if context.counted:
        averages = np.zeros((operator.n_support, outputs.shape[1]))
        averages[operator.kept] = means * operator.root_scales[:, None]
        squares -= context.excess(outputs, averages, np.ones(outputs.shape[1]))
    return squares


def _by_functions(
    spectrum: Spectrum, outputs: FloatArray, variances: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Compute sum_i s_i^2 <f, mu_i>^2, and what it is at most with the functions left out."""
    products = (spectrum.left * spectrum.input_weights[:, None]).T @ outputs
    kept = np.asarray(spectrum.singular_values**2 @ products**2)
    if spectrum.n_components >= _most_functions(spectrum):
        return kept, kept
    rest = np.clip(variances - (products**2).sum(axis=0), 0.0, None)
    return kept, kept + spectrum.singular_values[-1] ** 2 * rest


def _most_functions(spectrum: Spectrum) -> int:
    """Give the number of functions above which there are none."""
    rows = int(np.count_nonzero(spectrum.input_weights)) - 1
    if spectrum.context_weights is None:
        return min(rows, len(spectrum.right))
    return min(rows, int(np.count_nonzero(spectrum.context_weights)) - 1)
