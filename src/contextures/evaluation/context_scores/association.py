"""How strongly X and its context are associated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import as_numbers, check_has
from contextures.contexts import Context
from contextures.exceptions import InputError


@dataclass(frozen=True)
class Association:
    """Measures of association, each growing with it but the decay rate.

    Attributes
    ----------
    decay : float
        Rate lambda of s_i^2 = exp(-lambda i); small when the association is strong.
    strength : float
        Sum of s_i^2 over i >= 1: the chi-square information between X and A.
    kernel_deviation : float
        E |k_X+(x, x') - 1| over independent x and x'.
    lipschitz : float
        Largest slope of k_X+ between sampled rows; NaN for inputs without a distance.
    """

    decay: float
    strength: float
    kernel_deviation: float
    lipschitz: float


def decay_rate(singular_values: ArrayLike) -> float:
    """Fit s_i^2 = exp(-lambda i) by non-linear least squares.

    Parameters
    ----------
    singular_values : array-like of shape (D,)
        s_1 >= s_2 >= ..., the trivial s_0 = 1 left out.

    Returns
    -------
    float
        lambda, at least zero; infinite when every value is zero.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), appendix F.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import decay_rate
    >>> round(decay_rate(np.exp(-0.1 * np.arange(1, 50))), 6)
    0.2
    """
    from scipy.optimize import least_squares

    squares = as_numbers(singular_values, "singular_values") ** 2
    if squares.ndim != 1 or len(squares) == 0:
        raise InputError("singular_values must be a list of at least one number")
    if squares.max() <= 0:
        return float("inf")
    order = np.arange(1, len(squares) + 1)

    def residual(log_rate: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-np.exp(log_rate[0]) * order) - squares)

    # The rate that matches the total is close; on the log scale it stays positive.
    start = np.log1p(1.0 / squares.sum())
    found = least_squares(residual, [np.log(start)], bounds=(-30, 30), xtol=1e-12, ftol=1e-12)
    return float(np.exp(found.x[0]))


def expected_kernel_deviation(context: Context, n_rows: int = 400) -> float:
    """Estimate E |k_X+(x, x') - 1| over independent rows of a fitted context.

    Parameters
    ----------
    context : Context
        A fitted context.
    n_rows : int, default=400
        How many evenly spaced fitted rows are paired, each with the others.

    Returns
    -------
    float
        Zero when X and A are independent.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), appendix F.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit()
    >>> from contextures.evaluation import expected_kernel_deviation
    >>> round(expected_kernel_deviation(context), 3)
    0.36
    >>> independent = FiniteContext([[0.25, 0.25], [0.25, 0.25]]).fit()
    >>> round(expected_kernel_deviation(independent), 3)
    0.0
    """
    rows = _some_rows(context, n_rows)
    weights = context.input_weights_[rows]
    pairs = np.outer(weights, weights)
    # A row paired with itself is not a pair of independent rows, unless rows are all there is.
    if len(rows) < len(context.input_weights_):
        np.fill_diagonal(pairs, 0.0)
    deviations = np.abs(context.fitted_kernel(rows) - 1.0)
    return float((pairs * deviations).sum() / pairs.sum())


def lipschitz_constant(context: Context, X: Any, n_rows: int = 400) -> float:
    """Estimate the Lipschitz constant of x -> k_X+(x, .) from fitted rows.

    Parameters
    ----------
    context : Context
        A fitted context.
    X : array-like of shape (n, p)
        The rows it was fitted to.
    n_rows : int, default=400
        How many evenly spaced rows are compared.

    Returns
    -------
    float
        The largest |k(x, z) - k(x', z)| / |x - x'| found: a lower bound, which for discontinuous
        kernels (nearest neighbours) grows with the number of rows looked at.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), appendix F.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import RBFContext
    >>> from contextures.evaluation import lipschitz_constant
    >>> X = np.linspace(0, 1, 50)[:, None]
    >>> wide = RBFContext(gamma=1.0).fit(X)
    >>> narrow = RBFContext(gamma=100.0).fit(X)
    >>> lipschitz_constant(wide, X) < lipschitz_constant(narrow, X)
    True
    """
    from scipy.spatial.distance import pdist

    check_has(context, "input_weights_", "the context", "a fitted context")
    values = as_numbers(X, "X")
    if values.ndim != 2 or len(values) != len(context.input_weights_):
        raise InputError(
            "X must be the rows that the context was fitted to, as an array of shape "
            f"({len(context.input_weights_)}, p); its shape is {values.shape}"
        )
    rows = _some_rows(context, n_rows)
    rises = pdist(context.fitted_kernel(rows), "chebyshev")
    runs = pdist(values[rows])
    apart = runs > 1e-9 * runs.max(initial=0.0)
    return float((rises[apart] / runs[apart]).max(initial=0.0))


def association(context: Context, singular_values: ArrayLike, X: Any = None) -> Association:
    """Measure how strongly a fitted context associates X and A.

    Parameters
    ----------
    context : Context
        A fitted context.
    singular_values : array-like of shape (D,)
        Its singular values, the trivial one left out.
    X : array-like of shape (n, p), optional
        The rows it was fitted to, for the Lipschitz constant.

    Returns
    -------
    Association
        The measures.

    Examples
    --------
    >>> from contextures.contexts import FiniteContext
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit()
    >>> from contextures.evaluation import association
    >>> found = association(context, [0.6])
    >>> round(found.strength, 3), round(found.kernel_deviation, 3)
    (0.36, 0.36)
    """
    squares = as_numbers(singular_values, "singular_values") ** 2
    return Association(
        decay=decay_rate(singular_values),
        strength=float(squares.sum()),
        kernel_deviation=expected_kernel_deviation(context),
        lipschitz=float("nan") if X is None else lipschitz_constant(context, X),
    )


def _some_rows(context: Context, n_rows: int) -> np.ndarray[Any, Any]:
    check_has(context, "input_weights_", "the context", "a fitted context")
    n = len(context.input_weights_)
    return np.unique(np.linspace(0, n - 1, min(n, n_rows)).astype(np.intp))
