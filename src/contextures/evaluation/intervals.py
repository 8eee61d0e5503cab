"""How sure a held-out score is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import check_length, numbered_groups
from contextures.evaluation.metrics import Metric, read_predictions
from contextures.evaluation.resampled import Weighing, weighing


def bootstrap_interval(
    metric: Metric,
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
    classes: Any = None,
    positive: Any = None,
    groups: ArrayLike | None = None,
) -> tuple[float, float]:
    """Compute a percentile interval of a score by resampling the test rows.

    Parameters
    ----------
    metric : {"accuracy", "balanced-accuracy", "roc-auc", "average-precision", "log-loss", "r2", \
"mae", "rmse"}
        The score.
    truth : array-like of shape (n,)
        Targets of the test rows.
    predicted : array-like of shape (n,) or (n, q)
        What was predicted for them: numbers, labels, or for classes the chances of all q of them,
        which the metrics from ROC AUC to log loss ask for.
    level : float, default=0.95
        How often such intervals should cover.
    n_resamples : int, default=1000
        How many times the rows are drawn, with replacement.
    seed : int, default=0
        Draws them. With the same seed, intervals of two predictions use the same rows.
    classes : array-like of shape (q,), optional
        What the columns of chances are of; by default the classes of ``truth``, sorted.
    positive : label, optional
        Of two classes, the one that average precision is of; by default the rarer in ``truth``.
    groups : array-like of shape (n,), optional
        The group of each row. Groups are then drawn whole, since rows of one are alike and do not
        count as many; of few groups such intervals are still too narrow.

    Returns
    -------
    tuple of float
        The ends of the interval, over the resamples for which the score is defined; NaN where it
        is for none.

    Raises
    ------
    InputError
        If there is not one group for each row, or a row has none.

    Examples
    --------
    >>> from contextures.evaluation import bootstrap_interval
    >>> truth = [0] * 50 + [1] * 50
    >>> predicted = [0] * 45 + [1] * 55
    >>> low, high = bootstrap_interval("accuracy", truth, predicted)
    >>> round(low, 2), round(high, 2)
    (0.91, 0.99)
    """
    read = read_predictions(metric, truth, predicted, classes, positive)
    return _percentiles(weighing(metric, read), len(read.truth), level, n_resamples, seed, groups)


def paired_bootstrap_interval(
    metric: Metric,
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
    classes: Any = None,
    positive: Any = None,
    groups: ArrayLike | None = None,
) -> tuple[float, float]:
    """Compute a percentile interval of how much larger one score is than another of the same rows.

    Parameters
    ----------
    metric : str
        The score; see :func:`bootstrap_interval`.
    truth : array-like of shape (n,)
        Targets of the test rows.
    first, second : array-like of shape (n,) or (n, q)
        What two models predicted for them.
    level, n_resamples, seed, classes, positive, groups
        See :func:`bootstrap_interval`; both scores are of the same rows in every resample.

    Returns
    -------
    tuple of float
        The ends of the interval of the first score less the second.

    Examples
    --------
    >>> from contextures.evaluation import paired_bootstrap_interval
    >>> truth = [0, 1] * 40
    >>> low, high = paired_bootstrap_interval("accuracy", truth, truth, [0] * 80)
    >>> low > 0.3, high < 0.7
    (True, True)
    """
    reads = [read_predictions(metric, truth, told, classes, positive) for told in (first, second)]
    ours, theirs = (weighing(metric, read) for read in reads)
    n = len(reads[0].truth)

    def ahead(counts: FloatArray) -> FloatArray:
        return ours(counts) - theirs(counts)

    return _percentiles(ahead, n, level, n_resamples, seed, groups)


def _percentiles(
    score: Weighing, n: int, level: float, n_resamples: int, seed: int, groups: ArrayLike | None
) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    scores = np.empty(n_resamples)
    group_of = None
    n_units = n
    if groups is not None:
        check_length(groups, n, "groups")
        names, group_of = numbered_groups(groups)
        n_units = len(names)
    step = max(1, 2_000_000 // n)
    for start in range(0, n_resamples, step):
        count = min(step, n_resamples - start)
        drawn = rng.integers(0, n_units, (count, n_units)) + n_units * np.arange(count)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=count * n_units).reshape(count, n_units)
        if group_of is not None:
            counts = counts[:, group_of]
        scores[start : start + count] = score(counts.astype(np.float64))
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def paired_hits_interval(
    first: ArrayLike, second: ArrayLike, *, level: float = 0.95
) -> tuple[float, float]:
    """Compute an exact interval of the difference of two accuracies on the same rows.

    Only rows on which one is right and the other wrong say anything. Of these, the chance that it
    is the first that is right has the interval of Clopper and Pearson, which holds however few
    rows there are; the number of such rows is taken as it is.

    Parameters
    ----------
    first, second : array-like of bool of shape (n,)
        Which rows each has right.
    level : float, default=0.95
        How often such intervals should cover, at least.

    Returns
    -------
    tuple of float
        The ends of the interval of the accuracy of the first less that of the second. It holds
        zero exactly where the two-sided exact McNemar test does not reject at 1 - level.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26; McNemar (1947), Psychometrika 12.

    Examples
    --------
    >>> from contextures.evaluation import paired_hits_interval
    >>> low, high = paired_hits_interval([True] * 9 + [False], [True] + [False] * 9)
    >>> round(low, 2), round(high, 2)
    (0.21, 0.8)
    >>> paired_hits_interval([True] * 4, [False] * 4)[0] < 0  # four rows do not tell
    True
    """
    from scipy.stats import beta

    one, other = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    wins, losses = int((one & ~other).sum()), int((other & ~one).sum())
    apart = wins + losses
    if not apart:
        return 0.0, 0.0
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, wins, losses + 1)) if wins else 0.0
    high = float(beta.ppf(1 - tail, wins + 1, losses)) if losses else 1.0
    share = apart / len(one)
    return share * (2 * low - 1), share * (2 * high - 1)


def paired_mean_interval(differences: ArrayLike, *, level: float = 0.95) -> tuple[float, float]:
    """Compute Student's interval of a mean of paired differences.

    Parameters
    ----------
    differences : array-like of shape (n,)
        One for each row.
    level : float, default=0.95
        How often such intervals should cover.

    Returns
    -------
    tuple of float
        The ends of the interval; all numbers where there is one difference only.

    Examples
    --------
    >>> from contextures.evaluation import paired_mean_interval
    >>> low, high = paired_mean_interval([0.1, 0.3, 0.2, 0.2])
    >>> round(low, 2), round(high, 2)
    (0.07, 0.33)
    """
    from scipy.stats import t

    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2:
        return -np.inf, np.inf
    reach = float(t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1)) / len(values) ** 0.5
    return float(values.mean()) - reach, float(values.mean()) + reach
