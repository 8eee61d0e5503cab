"""How many directions does a representation use? Label-free ranks, for comparison.

Each of them is at most min(n - 1, d) for n rows of d coordinates (RankMe, which does not centre,
at most min(n, d)), so compare representations on the same rows, several times as many as there
are coordinates. None of them knows the context: a representation of full rank may have learned
nothing of it, which :func:`contextures.evaluation.ratio_trace_score` tells.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures._checks import check_positive_real, check_type
from contextures.evaluation.arrays import Columns, representation, triangle, triangle_of
from contextures.exceptions import ContextWarning, InputError
from contextures.spectrum.ritz import problem as rayleigh
from contextures.spectrum.ritz.scatter import Scatter, blocks


def effective_rank(F: Any, X: Any = None) -> float:
    """Compute the exponential of the entropy of the eigenvalues of the covariance.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        The representation.
    X : array-like of shape (n, p), optional
        The rows, where F is a transformer.

    Returns
    -------
    float
        From 1 (one direction holds all variance) to min(n - 1, d) (all alike); 0 when nothing
        varies.

    Raises
    ------
    InputError
        If F is not an array of finite numbers with two rows.

    Warns
    -----
    ContextWarning
        If there are so few rows that they, not the encoder, limit the rank.

    References
    ----------
    Roy and Vetterli, "The effective rank: a measure of effective dimensionality" (2007), with the
    eigenvalues of the covariance as the distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import effective_rank, participation_ratio
    >>> F = np.random.default_rng(0).standard_normal((10_000, 4)) * [1.0, 1.0, 0.1, 0.0]
    >>> round(effective_rank(F), 1), round(participation_ratio(F), 1)
    (2.1, 2.0)
    """
    return rayleigh.effective_rank(_covariance(F, X))


def participation_ratio(F: Any, X: Any = None) -> float:
    """Compute (sum of eigenvalues)^2 / (sum of squared eigenvalues) of the covariance.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        The representation.
    X : array-like of shape (n, p), optional
        The rows, where F is a transformer.

    Returns
    -------
    float
        From 1 to min(n - 1, d), at most :func:`effective_rank`; 0 when nothing varies.

    Raises
    ------
    InputError
        If F is not an array of finite numbers with two rows.

    Warns
    -----
    ContextWarning
        If there are so few rows that they, not the encoder, limit the rank.

    References
    ----------
    Gao, Trautmann, Yu, Santhanam, Ryu, Shenoy and Ganguli, "A theory of multineuronal
    dimensionality, dynamics and measurement" (bioRxiv 214262, 2017).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import participation_ratio
    >>> F = np.random.default_rng(0).normal(size=(1000, 4))
    >>> round(participation_ratio(F), 1)
    4.0
    >>> round(participation_ratio(F * [10.0, 1.0, 1.0, 1.0]), 1)
    1.1
    """
    covariance = _covariance(F, X)
    squares = float((covariance**2).sum())
    return float(np.trace(covariance)) ** 2 / squares if squares > 0 else 0.0


def rankme(F: Any, X: Any = None) -> float:
    """Compute the exponential of the entropy of the singular values of the representation.

    Parameters
    ----------
    F : array-like of shape (n, d) or fitted transformer
        The representation. It is not centred.
    X : array-like of shape (n, p), optional
        The rows, where F is a transformer. The authors take 25,600 of them.

    Returns
    -------
    float
        From 1 to min(n, d); 0 when all values are zero.

    Raises
    ------
    InputError
        If F is not an array of finite numbers with two rows.

    Warns
    -----
    ContextWarning
        If there are so few rows that they, not the encoder, limit the rank.

    Notes
    -----
    The authors add 1e-7 to each share of the singular values, which only keeps the logarithm of
    zero away; a share of zero counts as nothing here.

    References
    ----------
    Garrido, Balestriero, Najman and LeCun, arXiv 2210.02885, equation 1.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import rankme
    >>> F = np.random.default_rng(0).normal(size=(1000, 4))
    >>> round(rankme(F), 1)
    4.0
    >>> round(rankme(F * [10.0, 1.0, 1.0, 1.0]), 1)
    2.2
    """
    values = representation(F, X, "F")
    _warn_of_few_rows(len(values), values.shape[1], 3)
    factor = triangle_of(values[part].astype(np.float64) for part in blocks(*values.shape))
    return _exponential_entropy(np.linalg.svd(factor, compute_uv=False))


def lidar(views: Any, delta: float = 1e-4) -> float:
    """Compute the effective rank of what distinguishes rows, beside what views of a row vary by.

    Parameters
    ----------
    views : array-like of shape (n_views, n, d)
        The representation of two or more draws of A for each of n rows, such as
        ``[encoder.transform(a) for a in context.sample(X, rng, n_views)]`` for an encoder of A.
    delta : float, default=1e-4
        What is added to the variances within rows. It has the units of the representation
        squared, so it must be small beside the variances.

    Returns
    -------
    float
        The exponential of the entropy of the eigenvalues of W^(-1/2) B W^(-1/2), where B is the
        covariance of the rows' mean representations and W the mean covariance within rows: from 1
        to min(n - 1, d), whatever the number of views; 0 when all rows are alike.

    Raises
    ------
    InputError
        If there are not two views of two rows, or values are missing or infinite.

    Warns
    -----
    ContextWarning
        If there are so few rows that they, not the encoder, limit the rank.

    References
    ----------
    Thilak, Huang, Saremi, Dinh, Goh, Nakkiran, Susskind and Littwin, arXiv 2312.04000, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import lidar
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(1000, 4)) * [1.0, 1.0, 0.0, 0.0]
    >>> views = [rows + 0.1 * rng.normal(size=rows.shape) for _ in range(2)]
    >>> round(lidar(views), 1)
    2.1
    """
    check_positive_real(delta, "delta")
    check_type(views, (list, tuple, np.ndarray), "views", "a list of representations")
    given = [representation(view, None, f"views[{place}]") for place, view in enumerate(views)]
    if len(given) < 2 or len({view.shape for view in given}) != 1:
        raise InputError(
            "views must be two or more arrays of the same shape; there are "
            f"{[view.shape for view in given]}"
        )
    n, d = given[0].shape
    _warn_of_few_rows(n - 1, d, 3)
    mean: FloatArray = np.mean(given, axis=0, dtype=np.float64)
    between = Scatter.of(mean).covariance
    within = delta * np.eye(d)
    for view in given:
        for part in blocks(n, d):
            off = view[part] - mean[part]
            within += off.T @ off / (n * len(given))
    return _exponential_entropy(scipy.linalg.eigh(between, within, eigvals_only=True))


def _covariance(F: Any, X: Any) -> FloatArray:
    values: NDArray[Any] = representation(F, X, "F")
    _warn_of_few_rows(len(values) - 1, values.shape[1], 4)
    columns = Columns(values)
    if not columns.width:
        return np.zeros((1, 1))
    factor = triangle(columns)
    return np.asarray(factor.T @ factor / len(values))


def _exponential_entropy(values: NDArray[Any]) -> float:
    shares = values[values > 0]
    if not len(shares):
        return 0.0
    shares = shares / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _warn_of_few_rows(most: int, d: int, level: int) -> None:
    if most < d:
        warnings.warn(
            f"this rank is at most {most} on so few rows, whatever the {d} coordinates are; give "
            "several times as many rows as coordinates",
            ContextWarning,
            stacklevel=level,
        )
