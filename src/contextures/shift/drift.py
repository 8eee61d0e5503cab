"""Has the population moved in what tasks can feel? The maximum mean discrepancy of the context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import norm

from contextures._arrays import FloatArray
from contextures._checks import as_numbers, check_positive_int, random_state_of
from contextures.exceptions import InputError
from contextures.shift.coordinates import populations

BLOCK = 2_000_000
"""Numbers of one block of permutations."""


@dataclass(frozen=True)
class DriftTest:
    """What a drift test found.

    Attributes
    ----------
    statistic : float
        Unbiased estimate of sum_i s_i^2 m_i^2, the squared maximum mean discrepancy under the
        context's dual kernel; may be below zero.
    p_value : float
        How often pooled rows, divided anew at random, have a statistic as large.
    effect : float
        How far the means lie apart in units of the rows' spread: the root of the statistic, zero
        where it is negative, over that of sum_i s_i^2 var(mu_i). It does not grow with the number
        of rows.
    effect_interval : tuple of float
        At 95 %.
    mean_shift : ndarray of shape (d,)
        m_i: the mean of each function on new rows minus that on reference rows, in the functions'
        standard deviations.
    per_function : ndarray of shape (d,)
        What each function adds to the statistic; they sum to it.
    per_row : ndarray of shape (m,)
        The witness sum_i s_i^2 m_i mu_i of each new row, centred on the reference rows: rows with
        much of it are where the new population lies and the old one does not.
    of_reference : ndarray of shape (n,)
        The witness of each reference row.
    per_column : ndarray of shape (p,) or None
        Correlation of the witness with each column over the rows of both; None for rows that are
        not numbers.
    n_reference, n_new : int
        How many rows were compared.
    """

    statistic: float
    p_value: float
    effect: float
    effect_interval: tuple[float, float]
    mean_shift: FloatArray
    per_function: FloatArray
    per_row: FloatArray
    of_reference: FloatArray
    per_column: FloatArray | None
    n_reference: int
    n_new: int


def drift_test(
    encoder: Any,
    reference: Any,
    new: Any,
    *,
    n_permutations: int = 999,
    fitted: bool | None = None,
    random_state: Any = None,
) -> DriftTest:
    r"""Test whether new rows come from another population, in what tasks of the context can feel.

    With m the difference of means of the singular functions, the squared maximum mean discrepancy
    under the dual kernel is :math:`\sum_i s_i^2 m_i^2`: directions that no compatible task has much
    of weigh little. The p-value is exact at any size, from permutations of the pooled rows.

    Parameters
    ----------
    encoder : fitted encoder
        Gives the functions and their singular values.
    reference : array-like of shape (n, p)
        Rows of the population that the encoder was fitted to, best held-out ones.
    new : array-like of shape (m, p)
        Rows of the population in question; at least 20, as of the reference.
    n_permutations : int, default=999
        How many divisions of the pooled rows to try.
    fitted : bool, optional
        Whether the encoder was fitted to the reference rows. Then a like encoder is fitted to half
        of them, and the other half is compared: beside fitted rows, new ones of the same law look
        different. Found out when None, where the encoder keeps its rows' coordinates.
    random_state : int, numpy.random.RandomState or None
        Draws the permutations, and the halves.

    Returns
    -------
    DriftTest
        Statistic, p-value, effect, and what they come from.

    Raises
    ------
    InputError
        If there are fewer than 20 rows of either, or rows the encoder does not take.

    References
    ----------
    Gretton et al. (2012), "A kernel two-sample test"; in the contexture's coordinates derived.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures import SpectralEncoder
    >>> from contextures.contexts import KNNContext
    >>> from contextures.shift import drift_test
    >>> rows = np.random.default_rng(0).standard_normal((600, 3))
    >>> encoder = SpectralEncoder(KNNContext(10), n_components=8).fit(rows[:300])
    >>> same = drift_test(encoder, rows[300:450], rows[450:], random_state=0)
    >>> moved = drift_test(encoder, rows[300:450], rows[450:] + [0.7, 0, 0], random_state=0)
    >>> same.p_value > 0.05, moved.p_value < 0.01, int(np.argmax(np.abs(moved.per_column)))
    (True, True, 0)
    """
    rng = random_state_of(random_state)
    both = populations(encoder, reference, new, fitted, rng)
    found = coordinate_drift(
        both.reference, both.new, both.singular_values, n_permutations, random_state=rng
    )
    witness = np.concatenate([found.of_reference, found.per_row])
    return replace(found, per_column=_columns(reference, new, both.kept, witness))


def coordinate_drift(
    reference: FloatArray,
    new: FloatArray,
    singular_values: FloatArray,
    n_permutations: int = 999,
    *,
    random_state: Any = None,
) -> DriftTest:
    """Do :func:`drift_test` on coordinates that are there already.

    Parameters
    ----------
    reference, new : ndarray of shape (n, d) and (m, d)
        Coordinates mu of rows that were not learned from.
    singular_values : ndarray of shape (d,)
        Of the functions.
    n_permutations : int, default=999
        How many divisions of the pooled rows to try.
    random_state : int, numpy.random.RandomState or None
        Draws them.

    Returns
    -------
    DriftTest
        Without correlations of columns.
    """
    check_positive_int(n_permutations, "n_permutations", least=19)
    n, s = len(reference), singular_values
    weighted = np.vstack([reference, new]) * s
    terms = _terms(weighted, n)
    statistic = float(terms.sum())
    drawn = _permuted(weighted, n, n_permutations, random_state_of(random_state))
    tolerance = 1e-12 * (1 + abs(statistic))
    p_value = float((1 + np.sum(drawn >= statistic - tolerance)) / (1 + n_permutations))
    shift = new.mean(axis=0) - reference.mean(axis=0)
    effect, interval = _effect(reference * s, new * s, statistic)
    witness = np.vstack([reference, new]) @ (s**2 * shift)
    witness -= witness[:n].mean()
    return DriftTest(
        statistic,
        p_value,
        effect,
        interval,
        shift,
        terms,
        witness[n:],
        witness[:n],
        None,
        n,
        len(new),
    )


def _terms(weighted: FloatArray, n: int) -> FloatArray:
    """Give what each function adds to the unbiased statistic."""
    a, b = weighted[:n], weighted[n:]
    m = len(b)
    within = (a.sum(0) ** 2 - (a**2).sum(0)) / (n * (n - 1))
    within += (b.sum(0) ** 2 - (b**2).sum(0)) / (m * (m - 1))
    terms: FloatArray = within - 2 * a.mean(0) * b.mean(0)
    return terms


def _permuted(weighted: FloatArray, n: int, times: int, rng: Any) -> FloatArray:
    """Give the statistic of the pooled rows, divided at random again and again.

    The sum of one part is all that changes: a product of zeros and ones with the rows.
    """
    rows, m = len(weighted), len(weighted) - n
    squares = (weighted**2).sum(axis=1)
    total, all_squares = weighted.sum(axis=0), float(squares.sum())
    found = np.empty(times)
    step = max(1, BLOCK // rows)
    for start in range(0, times, step):
        count = min(step, times - start)
        chosen = np.zeros((count, rows))
        for row in chosen:
            row[rng.permutation(rows)[:n]] = 1.0
        first, own = chosen @ weighted, chosen @ squares
        second = total - first
        found[start : start + count] = (
            ((first**2).sum(1) - own) / (n * (n - 1))
            + ((second**2).sum(1) - (all_squares - own)) / (m * (m - 1))
            - 2 * (first * second).sum(1) / (n * m)
        )
    return found


def _effect(a: FloatArray, b: FloatArray, statistic: float) -> tuple[float, tuple[float, float]]:
    """Give the effect and its interval.

    The statistic is |shift|^2 without its bias, whose variance is 4 m' C m + 2 tr C^2 with C the
    covariance of the shift; the second term is what remains where nothing moved.
    """
    spread = float((a - a.mean(0)).var(axis=0).sum())
    if spread <= 0:
        return 0.0, (0.0, 0.0)
    covariance = np.atleast_2d(np.cov(a.T)) / len(a) + np.atleast_2d(np.cov(b.T)) / len(b)
    shift = b.mean(0) - a.mean(0)
    noise = float((covariance**2).sum())
    along = max(float(shift @ covariance @ shift) - noise, 0.0)
    half = float(norm.ppf(0.975)) * np.sqrt(4 * along + 2 * noise)
    low, middle, high = (
        float(np.sqrt(max(value, 0.0) / spread))
        for value in (statistic - half, statistic, statistic + half)
    )
    return middle, (low, high)


def _columns(reference: Any, new: Any, kept: Any, witness: FloatArray) -> FloatArray | None:
    """Correlate the witness with each column of the rows."""
    try:
        old, moved = (as_numbers(np.asarray(each), "rows") for each in (reference, new))
    except (InputError, TypeError, ValueError):
        return None
    if old.ndim != 2 or old.shape[1:] != moved.shape[1:]:
        return None
    columns = np.vstack([old[kept], moved])
    columns = columns - columns.mean(axis=0)
    scores = witness - witness.mean()
    sizes = np.sqrt((columns**2).sum(axis=0) * (scores @ scores))
    products = scores @ columns
    found: FloatArray = products / np.where(sizes > 0, sizes, 1.0)
    return found
