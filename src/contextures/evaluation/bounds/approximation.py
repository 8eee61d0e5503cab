"""How much of a context any encoder has captured, and what it can miss because of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from contextures._arrays import FloatArray
from contextures._checks import check_not_negative, check_positive_int
from contextures._repr import short_repr
from contextures.contexts import Context
from contextures.evaluation.arrays import check_eps, check_singular_values
from contextures.evaluation.bounds.encoder_span import encoder_basis, finite_operator
from contextures.evaluation.bounds.worst_case import missed_square
from contextures.spectrum.solve import choose_solver, top_triplets


@dataclass(frozen=True)
class Approximation:
    """What an encoder has captured of a context, and what it misses.

    Attributes
    ----------
    ritz_values : ndarray of shape (r,)
        The squared singular values of T* on the encoder's span, largest first: the eigenvalues of
        C^-1 B. The i-th is at most s_i^2, and equal to it for all i iff the encoder has learned
        the contexture. r is below the number of outputs where those depend on each other.
    singular_values : ndarray of shape (r + 1,)
        s_1, ..., s_{r+1} of the context.
    missed : float
        tau, the largest |T* f| over unit f that are uncorrelated with the encoder.
    strength : float
        The sum of all s_i^2, i >= 1.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definitions 21 and 23; tau and the average error are derived.
    """

    __repr__ = short_repr

    ritz_values: FloatArray
    singular_values: FloatArray
    missed: float
    strength: float

    @property
    def ratio_trace(self) -> float:
        """tr(C^-1 B), at most s_1^2 + ... + s_r^2."""
        return float(self.ritz_values.sum())

    @property
    def trace_gap(self) -> float:
        """The smallest s_1^2 + ... + s_{k+1}^2 - RT(f_1, ..., f_k) over functions in the span.

        It is at least ``missed ** 2``, and s_{r+1}^2 for an encoder that has learned the
        contexture. The printed definition has the covariance of f under P_A where that of T* f is
        meant. No function at all (k = 0) is a choice too.
        """
        squares = self.singular_values**2
        behind = np.concatenate([[0.0], np.cumsum(squares[:-1] - self.ritz_values)])
        return max(float((squares + behind).min()), 0.0)

    @property
    def average_error(self) -> float:
        """The mean squared error of a linear probe on f = T g, over g drawn as white noise.

        It is the sum of s_i^2 less the ratio trace; the mean variance of such tasks is
        ``strength``.
        """
        return max(self.strength - self.ratio_trace, 0.0)

    def bound(self, eps: float) -> float:
        """Bound the worst error of a probe over F_eps; see :func:`worst_case_bound`.

        Parameters
        ----------
        eps : float
            How compatible the tasks of F_eps are.

        Returns
        -------
        float
            The bound.
        """
        return worst_case_bound(eps, self.singular_values[0], self.missed)

    def loose_bound(self, eps: float) -> float:
        """Bound it in algebraic form; see :func:`algebraic_worst_case_bound`.

        Parameters
        ----------
        eps : float
            How compatible the tasks of F_eps are.

        Returns
        -------
        float
            The bound.
        """
        return algebraic_worst_case_bound(eps, self.singular_values[0], self.missed)


def approximation(values: ArrayLike, context: Context) -> Approximation:
    """Measure how much of a context any encoder has captured, exactly.

    Parameters
    ----------
    values : array-like of shape (n, d)
        The encoder's outputs on the rows that the context was fitted to. Only their span counts.
    context : Context
        A fitted context in transition or kernel form.

    Returns
    -------
    Approximation
        Ratio trace, trace gap, what is missed, and the bounds that follow.

    Raises
    ------
    InputError
        If the context can only be drawn from, or the rows differ.

    Notes
    -----
    These are the values under the fitted context's own law. An encoder fitted to the same rows
    looks better on them than on others; for rows it has not seen use
    ``contextures.spectrum.ritz.ratio_trace.ratio_trace``, which is unbiased there.

    Cost O(nnz(P) d + n d^2) and d + 2 singular functions. For a sparse transition of more than
    500 rows no n x n matrix is formed.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Definitions 21 and 23.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.evaluation import approximation
    >>> context = FiniteContext(np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 18).fit()
    >>> found = approximation([[1.0], [0.0], [-1.0]], context)  # s_1 = s_2 = 1 / 2
    >>> round(found.ratio_trace, 6), round(found.trace_gap, 6), round(found.average_error, 6)
    (0.25, 0.25, 0.25)
    """
    operator = finite_operator(context)
    basis = encoder_basis(values, operator.input_weights)
    image = operator.apply_adjoint(basis)
    ritz_values = np.clip(np.linalg.svd(image, compute_uv=False), 0.0, 1.0) ** 2
    wanted = basis.shape[1] + 1
    most = min(wanted, *operator.shape)
    solver = choose_solver("auto", operator, most)
    _, found, _ = top_triplets(operator, most, solver, np.random.default_rng(0))
    found = np.clip(found, 0.0, 1.0)
    squares = operator.scaled.power(2) if operator.is_sparse else operator.scaled**2
    # |M|^2 without its constant part, by Pythagoras.
    constant = operator.root_a @ operator.root_a
    return Approximation(
        ritz_values=np.pad(ritz_values, (0, basis.shape[1] - len(ritz_values))),
        singular_values=np.pad(found, (0, wanted - len(found))),
        missed=float(np.sqrt(missed_square(operator, basis))),
        strength=float(max(squares.sum() - constant, 0.0)),
    )


@dataclass(frozen=True)
class OptimalError:
    """The smallest worst-case error that an encoder of d dimensions can have over F_eps.

    Attributes
    ----------
    error : float
        The worst error of the encoder that has learned the contexture, a squared error in units
        of the task's variance. No encoder of d dimensions has less.
    eps_range : tuple of float
        1 - s_1 and 1 - sqrt((s_1^2 + s_2^2) / 2), between which the theorem is stated.
    within_range : bool
        Whether eps lies between them. Beyond, the error is the smallest all the same (see the
        notes of :func:`optimal_error`), though other encoders may have it too.
    """

    error: float
    eps_range: tuple[float, float]
    within_range: bool


def optimal_error(singular_values: ArrayLike, n_components: int, eps: float) -> OptimalError:
    """Compute the smallest worst-case error over F_eps that d dimensions allow.

    (s_1^2 - (1 - eps)^2) / (s_1^2 - s_{d+1}^2), at most one: the error of the encoder that has
    learned the contexture.

    Parameters
    ----------
    singular_values : array-like of shape (D,)
        s_1 >= s_2 >= ..., the trivial s_0 = 1 left out. Values after the last are taken as zero.
    n_components : int
        d.
    eps : float
        From 1 - s_1 to 1.

    Returns
    -------
    OptimalError
        The error, and the range that the theorem is stated for.

    Raises
    ------
    InputError
        If no task is that compatible.

    Notes
    -----
    Why no encoder does better, whatever eps: among mu_1, ..., mu_{d+1} lies a unit f_0 that it
    misses, f_0 = cos(a) mu_1 + sin(a) w with 0 <= a <= pi / 2. A task cos(t) mu_1 + sin(t) w is
    in F_eps while sin(t)^2 <= x, where x is at least the error above, because |T* w| is at least
    s_{d+1}; and the encoder's error on it is at least cos(t - a)^2. With the largest t allowed
    that is x or more.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 16; that it holds beyond the printed range of eps is
    derived.

    Examples
    --------
    >>> from contextures.evaluation import optimal_error
    >>> round(optimal_error([0.9, 0.5, 0.3], n_components=2, eps=0.2).error, 3)
    0.236
    """
    check_positive_int(n_components, "n_components")
    values = np.append(check_singular_values(singular_values), 0.0)
    check_eps(eps, values[0])
    following = values[min(n_components, len(values) - 1)]
    excess = max(values[0] ** 2 - (1 - eps) ** 2, 0.0)
    room = values[0] ** 2 - following**2
    last = 1.0 - float(np.sqrt((values[0] ** 2 + values[1] ** 2) / 2))
    first = 1.0 - float(values[0])
    error = 1.0 if excess >= room else excess / room
    return OptimalError(float(error), (first, last), bool(eps <= last + 1e-12))


def worst_case_bound(eps: float, largest: float, missed: float) -> float:
    """Bound the worst error over F_eps of any encoder by what it misses.

    sin^2(min(pi / 2, arctan(tau / s_1) + arccos((1 - eps) / sqrt(s_1^2 + tau^2)))).

    Parameters
    ----------
    eps : float
        From 1 - s_1 to 1.
    largest : float
        s_1.
    missed : float
        tau: the largest |T* f| over unit f that the encoder misses, or the square root of the
        trace gap, which is no smaller.

    Returns
    -------
    float
        Between zero and one; at one the bound says nothing.

    References
    ----------
    Derived; arXiv 2505.01557 (ICML 2025), Theorem 24 corrected: its proof bounds tau^2 by the
    trace gap and then takes the gap for tau.

    Examples
    --------
    >>> from contextures.evaluation import worst_case_bound
    >>> round(worst_case_bound(eps=1 - 0.03**0.5, largest=0.2, missed=0.02**0.5), 3)  # truth: 0.5
    0.971
    """
    check_eps(eps, largest)
    check_not_negative(missed, "missed")
    ratio = min((1.0 - eps) / max(np.hypot(largest, missed), np.finfo(float).tiny), 1.0)
    angle = np.arctan2(missed, largest) + np.arccos(ratio)
    return float(np.sin(min(angle, np.pi / 2)) ** 2)


def algebraic_worst_case_bound(eps: float, largest: float, missed: float) -> float:
    """Bound the worst error over F_eps without angles: looser than :func:`worst_case_bound`.

    (s_1^2 - (1 - eps)^2 + s_1 tau) / (s_1^2 - tau^2), at most one.

    Parameters
    ----------
    eps, largest, missed : float
        As in :func:`worst_case_bound`.

    Returns
    -------
    float
        Between zero and one; one, which says nothing, where tau is s_1 or more.

    References
    ----------
    arXiv 2505.01557 (ICML 2025), Theorem 24, with the square root of the trace gap for the gap.

    Examples
    --------
    >>> from contextures.evaluation import algebraic_worst_case_bound, worst_case_bound
    >>> round(worst_case_bound(0.1, 0.95, 0.2), 3)
    0.311
    >>> round(algebraic_worst_case_bound(0.1, 0.95, 0.2), 3)
    0.328
    """
    check_eps(eps, largest)
    check_not_negative(missed, "missed")
    room = largest**2 - missed**2
    excess = max(largest**2 - (1.0 - eps) ** 2, 0.0) + largest * missed
    return 1.0 if excess >= room else float(excess / room)
