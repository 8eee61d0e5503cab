"""Is a task compatible with a context? Estimated from a few labelled rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse, stats
from sklearn.utils.validation import check_is_fitted

from contextures._arrays import FloatArray
from contextures.contexts import Context
from contextures.evaluation.arrays import representation, unit_variance
from contextures.evaluation.hsic import LEAST_ROWS, jackknifed_hsic
from contextures.evaluation.targets import Kind, as_outputs
from contextures.evaluation.tasks.compatibility import Compatibility
from contextures.exceptions import InputError


def estimate_compatibility(
    source: Any,
    target: Any,
    X: Any = None,
    *,
    singular_values: Any = None,
    kind: Kind | None = None,
    level: float = 0.95,
) -> Compatibility:
    """Estimate the compatibility of a task with a context from a few labelled rows.

    What the context is was learned from rows without labels; the labelled rows, drawn from P_X on
    their own, say how a target goes with it. With F the values of s_i mu_i (or all of T at once,
    see ``source``), rho^2 = |Cov(F, y)|^2 / Var(y), each part without bias: the first is a
    U-statistic, so that no row is paired with itself and unrelated targets give about zero.

    Parameters
    ----------
    source : encoder, Context or array-like of shape (n, d)
        A fitted encoder with ``singular_values_``; a fitted context in transition or kernel form,
        which stands for all of its functions; or values of mu_1, ..., mu_d on the labelled rows.
    target : array-like of shape (n,) or (n, q)
        The labels: numbers, several outputs, or classes.
    X : array-like of shape (n, p), optional
        The labelled rows, where ``source`` is an encoder or a context.
    singular_values : array-like of shape (d,), optional
        s_1, ..., s_d, where ``source`` is an array.
    kind : {"classification", "regression"}, optional
        What the target is; when None, numbers are regression and all else are classes, so it must
        be given for classes that are named by numbers.
    level : float, default=0.95
        How often the interval should cover.

    Returns
    -------
    Compatibility
        rho, its interval and rho of each output. An estimate of rho^2 below zero counts as zero,
        and one above one as one.

    Raises
    ------
    InputError
        If there are fewer than five labelled rows, the target is constant on them, or the parts
        do not match.

    Notes
    -----
    **Noise lowers it.** With y = f(x) + noise this is rho of y itself, which is
    rho(f) sqrt(Var f / Var y): labels that are half noise halve rho^2.

    **Functions left out or learned badly lower it**, when there are d of them: exact functions
    beyond d would add at most s_d^2 times the variance of y that the d do not explain. The
    interval is about what the d functions give.

    The interval is rho^2 plus or minus Student's t times the jackknife's standard error, cut to
    [0, 1]. It is about the draw of the labelled rows, not about errors of the functions. It covers
    less often with fewer than about 50 labels, where few pairs of rows share a context, or for
    targets that a few extreme values dominate. For an unrelated target the standard error of rho^2
    is about sqrt(2 (s_1^4 + s_2^4 + ...)) / n.

    O(n d q): leaving out each row in turn costs no more than the estimate.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definition 13; the estimate is derived, as the U-statistic of
    Song et al., "Feature selection via dependence maximization", JMLR 13 (2012), for k_X+ on one
    side and the inner product of targets on the other.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.evaluation import estimate_compatibility
    >>> context = FiniteContext([[0.4, 0.1], [0.1, 0.4]]).fit(None)  # s_1 = 0.6
    >>> x = np.random.default_rng(0).integers(0, 2, 200)
    >>> round(estimate_compatibility(context, 5.0 * x, x).value, 2)
    0.6
    """
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not possible; give a number between 0 and 1")
    features = _features(source, X, singular_values)
    n = features.shape[0]
    if n <= LEAST_ROWS:
        raise InputError(f"{n} labelled rows are too few for an interval; give five or more")
    given = as_outputs(target, n, kind)
    outputs = given - given.mean(axis=0)
    spread = np.sqrt((outputs**2).sum(axis=0))
    varies = spread > 1e-12 * np.sqrt(n) * np.abs(given).max(axis=0)
    if not varies.any():
        raise InputError("target is constant on the labelled rows; give rows where it varies")
    outputs = outputs[:, varies] / spread.max()
    square, without = _shares(features, outputs)
    error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    per_output = np.full(len(varies), np.nan)
    per_output[varies] = [_root(_shares(features, column[:, None])[0]) for column in outputs.T]
    return Compatibility(_root(square), (_root(square - reach), _root(square + reach)), per_output)


def _features(source: Any, X: Any, singular_values: Any) -> Any:
    """Give F on the labelled rows, with F F^T the dual kernel up to a constant."""
    if isinstance(source, Context):
        return _context_features(source, X)
    mu = representation(unit_variance(source), X, "source", least=1)
    values = mu.astype(np.float64, copy=False)
    if singular_values is None and hasattr(source, "singular_values_"):
        singular_values = source.singular_values_
    if singular_values is None:
        raise InputError(
            "singular_values are needed to weigh the functions of an array; give those that "
            "belong to its columns"
        )
    weights = np.asarray(singular_values, dtype=np.float64)
    if weights.shape != (values.shape[1],) or not ((weights >= 0) & (weights <= 1 + 1e-9)).all():
        raise InputError(
            f"singular_values must be {values.shape[1]} numbers between 0 and 1, one for each "
            f"function; their shape is {weights.shape}"
        )
    return values * weights


def _context_features(context: Context, X: Any) -> Any:
    check_is_fitted(context)
    if context.form == "sampler":
        raise InputError(
            f"{type(context).__name__} only draws, so its kernel is not known; give an encoder "
            "learned from it"
        )
    if X is None:
        raise InputError("source is a context, so the labelled rows are needed; give them as X")
    rows = context.describe(X)
    roots = np.sqrt(rows.scales)
    if sparse.issparse(rows.entries):
        return sparse.csr_array(rows.entries @ sparse.diags_array(roots))
    return np.asarray(rows.entries * roots)


def _shares(features: Any, outputs: FloatArray) -> tuple[float, FloatArray]:
    """Estimate rho^2, from all rows and without each of them."""
    n = len(outputs)
    own = np.einsum("ij,ij->i", outputs, outputs)
    covered, covered_without = jackknifed_hsic(features, outputs)
    total = own.sum()
    variances = (total - own * n / (n - 1)) / (n - 2)
    # Only one row differs where leaving it out leaves nothing that varies.
    shares = np.divide(covered_without, variances, out=np.zeros(n), where=variances > 1e-12 * total)
    return float(covered / (total / (n - 1))), shares


def _root(square: float) -> float:
    return float(np.sqrt(np.clip(square, 0.0, 1.0)))
