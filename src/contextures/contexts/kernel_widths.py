"""Widths of any kernel of scikit-learn's, learned from labels or from tasks at random."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.gaussian_process import kernels

from contextures._arrays import FloatArray
from contextures.contexts.algebra.weighing import RIDGES, expected_error, pseudo_tasks
from contextures.contexts.evidence import (
    JITTER,
    LEAST_NOISE,
    LOOSE,
    NEVER,
    SHIFT,
    column_slopes,
    evidence_of,
    most_evident,
)
from contextures.contexts.rbf import median_distance
from contextures.exceptions import InputError

STEP = 1e-4
"""By which logarithms of scales are moved to see how the kernel changes."""

STARTS = np.log(2.0) * np.arange(-6.0, 5.0)
"""Common scales that are tried first, over the one at which the median distance is one."""

EXPECTED = np.log([0.8, 0.2])
"""Logarithms of the kernel's size and of the noise before labels are looked at."""

_ROUND = (
    kernels.RBF,
    kernels.Matern,
    kernels.RationalQuadratic,
    kernels.ExpSineSquared,
    kernels.ConstantKernel,
    kernels.WhiteKernel,
)


class Scales(NamedTuple):
    """What columns are multiplied by before the kernel sees them, and the noise beside it.

    Attributes
    ----------
    scales : ndarray of shape (p,)
        Above zero.
    noise : float
        The variance of targets about the function, beside the targets' own; NaN where there were
        no targets.
    """

    scales: FloatArray
    noise: float


def learn_scales(
    kernel: Any, rows: FloatArray, targets: FloatArray, *, by_column: bool, most_steps: int = 60
) -> Scales:
    """Learn one scale for all columns, or one for each, by the evidence of labels.

    Parameters
    ----------
    kernel : kernel of scikit-learn's
        The kernel; its own parameters stay as they are.
    rows : ndarray of shape (n, p)
        Rows; n^3 is what a step costs. Where the kernel is not one of the distance alone, each
        column costs two kernels a step.
    targets : ndarray of shape (n, q)
        Their targets, about mean zero.
    by_column : bool
        Whether each column has a scale of its own.
    most_steps : int
        Steps of L-BFGS.

    Returns
    -------
    Scales
        Those of largest evidence times a wide prior on logarithms. The noise is never below
        ``LEAST_NOISE`` of the targets' variance.

    References
    ----------
    Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), section 5.4.
    """
    scaled = targets / (np.sqrt(np.mean(targets**2)) or 1.0)
    begin = np.full(rows.shape[1], -0.5 * np.log(median_distance(rows)))

    def common(found: FloatArray) -> tuple[float, FloatArray]:
        return _evidence(kernel, found, begin, rows, scaled, by_column=False)

    starts = [np.append(EXPECTED, shift) for shift in STARTS]
    # Most of what is far off is seen from the evidence alone, by a third of the rows.
    few = slice(None, None, 3)
    heights = [
        _evidence(kernel, one, begin, rows[few], scaled[few], by_column=False)[0] for one in starts
    ]
    if min(heights) >= NEVER:
        raise _no_kernel(kernel)
    first = starts[int(np.argmin(heights))]
    wide = np.full(3, LOOSE)
    found = most_evident(common, first, first, wide, most_steps)
    if not by_column:
        return Scales(np.exp(begin + found[-1]), float(np.exp(found[1])) + LEAST_NOISE)
    start = np.append(found[:2], begin + found[-1])

    def own(found: FloatArray) -> tuple[float, FloatArray]:
        return _evidence(kernel, found, np.zeros(len(begin)), rows, scaled, by_column=True)

    wide = np.append(wide[:2], np.full(len(begin), SHIFT))
    found = most_evident(own, start, np.append(EXPECTED, start[2:]), wide, most_steps)
    return Scales(np.exp(found[2:]), float(np.exp(found[1])) + LEAST_NOISE)


def _evidence(
    kernel: Any,
    logarithms: FloatArray,
    begin: FloatArray,
    rows: FloatArray,
    targets: FloatArray,
    *,
    by_column: bool,
) -> tuple[float, FloatArray]:
    """Compute the negative logarithm of the evidence, and its slopes by size, noise and scales."""
    size, noise = np.exp(logarithms[:2])
    own = np.exp(begin + logarithms[2:])  # one shift moves all
    level = size * between(kernel, rows * own, rows * own)
    gram = 1.0 + level
    gram.flat[:: len(rows) + 1] += noise + LEAST_NOISE + JITTER
    found = evidence_of(gram, targets) if np.isfinite(gram).all() else None
    if found is None:
        return NEVER, np.zeros(len(logarithms))
    value, outer = found
    slopes = [float(np.sum(outer * level)), noise * float(np.trace(outer))]
    if not by_column:
        slopes.append(size * float(np.sum(outer * _change(kernel, rows * own, None))))
    elif is_round(kernel):
        # One change of all scales tells the derivative by the distance, and so by each scale.
        near = rows * own
        far = np.maximum(_squared(near), 1e-300)
        pull = outer * _change(kernel, near, None) / far
        np.fill_diagonal(pull, 0.0)
        slopes += list(size * column_slopes(pull, near))
    else:
        changes = (_change(kernel, rows * own, column) for column in range(rows.shape[1]))
        slopes += [size * float(np.sum(outer * change)) for change in changes]
    return value, np.array(slopes)


def is_round(kernel: Any) -> bool:
    """Tell whether a kernel is a function of the distance between rows alone."""
    if isinstance(kernel, kernels.KernelOperator):
        return is_round(kernel.k1) and is_round(kernel.k2)
    if isinstance(kernel, kernels.Exponentiation):
        return is_round(kernel.kernel)
    return type(kernel) in _ROUND and np.ndim(getattr(kernel, "length_scale", 1.0)) == 0


def between(kernel: Any, rows: FloatArray, points: FloatArray) -> FloatArray:
    """Compute a kernel between rows and points, all counted as different ones.

    Raises
    ------
    InputError
        If it gives no number for each pair.
    """
    try:
        found = np.asarray(kernel(rows, points), dtype=np.float64)
    except (TypeError, ValueError) as error:
        why = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"kernel={kernel!r} cannot be computed between rows of {rows.shape[1]} columns ({why});"
            " give one length scale, or one for each column"
        ) from None
    if found.shape != (len(rows), len(points)):
        raise InputError(
            f"kernel={kernel!r} gives values of shape {found.shape} for {len(rows)} rows and "
            f"{len(points)} points; give a kernel with one number for each pair"
        )
    return found


def widths_for_tasks(kernel: Any, rows: FloatArray) -> FloatArray:
    """Find scales of least expected error on smooth random tasks, without labels.

    Columns are brought to unit variance, as the tasks see them, and share the scale that is found.

    Parameters
    ----------
    kernel : kernel of scikit-learn's
        The kernel.
    rows : ndarray of shape (n, p)
        Rows; n^3 is what a step costs.

    Returns
    -------
    ndarray of shape (p,)
        What columns are multiplied by.

    Raises
    ------
    InputError
        If it is no kernel between the rows at any width.
    """
    from scipy.optimize import minimize

    spread = rows.std(axis=0)
    scales = 1.0 / np.where(spread > 0, spread, 1.0)
    scales /= np.sqrt(median_distance(rows * scales))
    targets = pseudo_tasks(rows)

    def error(found: FloatArray) -> float:
        near = rows * (scales * np.exp(found[0]))
        values = between(kernel, near, near)
        if not np.isfinite(values).all():
            return NEVER
        try:
            value = expected_error(values, float(np.exp(found[1])), targets)
        except np.linalg.LinAlgError:
            return NEVER
        return value if np.isfinite(value) else NEVER

    start = min((np.array([shift, ridge]) for shift in STARTS for ridge in RIDGES), key=error)
    if error(start) >= NEVER:
        raise _no_kernel(kernel)
    bounds = [(STARTS[0], STARTS[-1]), (RIDGES[0], RIDGES[-1])]
    found = minimize(error, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 20})
    return np.asarray(scales * np.exp(found.x[0]))


def _no_kernel(kernel: Any) -> InputError:
    return InputError(
        f"kernel={kernel!r} is no kernel between these rows, at no width; give one that is "
        "positive semidefinite"
    )


def _change(kernel: Any, rows: FloatArray, column: int | None) -> FloatArray:
    """Give the kernel's derivative by the logarithm of one column's scale, or of all together."""
    moved = slice(None) if column is None else column
    factors = np.ones((2, rows.shape[1]))
    factors[0, moved], factors[1, moved] = np.exp(STEP), np.exp(-STEP)
    more, less = (between(kernel, rows * each, rows * each) for each in factors)
    return np.asarray((more - less) / (2.0 * STEP))


def _squared(rows: FloatArray) -> FloatArray:
    from scipy.spatial.distance import pdist, squareform

    return np.asarray(squareform(pdist(rows, "sqeuclidean")))
