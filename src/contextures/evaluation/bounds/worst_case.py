"""The worst error of a linear probe on an encoder, over all tasks compatible with a context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator, eigsh

from contextures._arrays import FloatArray
from contextures._repr import short_repr
from contextures.contexts import Context
from contextures.evaluation.arrays import check_eps
from contextures.evaluation.bounds.encoder_span import encoder_basis, finite_operator
from contextures.spectrum.operator import NormalizedOperator

MOST_DENSE_ROWS = 300
"""Up to here the forms are kept as matrices; beyond, only products with vectors are formed."""

TOLERANCE = 1e-12
"""How far the error may be from its value."""

_LARGEST_MULTIPLIER = 1e8
_MOST_CUTS = 80


@dataclass(frozen=True)
class WorstCase:
    """The worst compatible task for an encoder.

    Attributes
    ----------
    error : float
        The largest squared error of a linear probe, in units of the task's variance.
    task : ndarray of shape (n,)
        A centred task of unit variance, in F_eps, that has this error.
    eps : float
        How far from perfectly compatible tasks may be.
    """

    __repr__ = short_repr

    error: float
    task: FloatArray
    eps: float


def worst_case_error(values: ArrayLike, context: Context, eps: float) -> WorstCase:
    """Compute the exact worst error of a linear probe on any encoder over F_eps.

    F_eps holds the centred tasks f with compatibility at least 1 - eps:
    sum_i s_i^2 u_i^2 >= (1 - eps)^2 sum_i u_i^2 with u_i = <f, mu_i>. The probe is the best linear
    function of the encoder's values, with an intercept, for a task that is known on every row.

    Parameters
    ----------
    values : array-like of shape (n, d)
        The encoder's outputs on the rows that the context was fitted to. Only their span counts.
    context : Context
        A fitted context in transition or kernel form.
    eps : float
        From 1 - s_1 (below that no task is in the class) to 1.

    Returns
    -------
    WorstCase
        The error, between zero and one, and a task that attains it.

    Raises
    ------
    InputError
        If no task is that compatible, the context can only be drawn from, or the rows differ.

    Notes
    -----
    Two quadratic forms on the unit sphere: the largest <f, Q f> subject to <f, T T* f> >= c, with
    Q the projection off the span and c = (1 - eps)^2, equals the smallest over multipliers
    lambda >= 0 of the top eigenvalue of Q + lambda (T T* - c). There is no gap: the pairs of
    values of two forms on a sphere are a convex set (in the plane, an ellipse, whose extreme
    points are enough). The function of lambda is convex and its tangents are known, so its
    minimum is enclosed from both sides to 1e-12; at eps = 1 - s_1 itself, where lambda grows
    without bound, to about 1e-7. One eigenvector a step, some 25 steps: O(n^3) each up to 300
    rows, and Lanczos products with the operator beyond.

    References
    ----------
    The class: arXiv 2505.01557 (ICML 2025), Theorems 14 and 16. The dual for an arbitrary encoder
    is derived; the convexity is Brickman, "On the field of values of a matrix" (1961).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.contexts import FiniteContext
    >>> from contextures.evaluation import worst_case_error
    >>> context = FiniteContext(np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 18).fit()
    >>> encoder = [[1.0], [0.0], [-1.0]]  # one of two functions with s = 1 / 2
    >>> worst_case_error(encoder, context, eps=0.5).error
    1.0
    """
    operator = finite_operator(context)
    basis = encoder_basis(values, operator.input_weights)
    forms = _Forms(operator, basis)
    top, first = forms.strongest(outside=False)
    eps = check_eps(eps, float(np.sqrt(top)))
    least = min((1.0 - eps) ** 2, top)
    n_directions = len(operator.root_x) - 1
    if basis.shape[1] >= n_directions:
        return WorstCase(0.0, _signed(first / operator.root_x), eps)
    missed, vector = forms.strongest(outside=True)
    if missed >= least:
        return WorstCase(1.0, _signed(vector / operator.root_x), eps)
    low, high = _enclose(forms, least, _Cut(0.0, 1.0, missed - least, vector))
    task = low.vector if high is None else _mixed(forms, least, low, high)
    error = low.value if high is None else min(low.value, high.value)
    return WorstCase(float(np.clip(error, 0.0, 1.0)), _signed(task / operator.root_x), eps)


def missed_square(operator: NormalizedOperator, basis: FloatArray) -> float:
    """Compute the largest |T* f|^2 over unit f off the constant and the basis."""
    if basis.shape[1] >= len(operator.root_x) - 1:
        return 0.0
    return float(np.clip(_Forms(operator, basis).strongest(outside=True)[0], 0.0, 1.0))


class _Cut(NamedTuple):
    """The dual function at a multiplier, its slope there, and the eigenvector behind both."""

    multiplier: float
    value: float
    slope: float
    vector: FloatArray


class _Forms:
    """The forms <f, Q f> and <f, T T* f>, on vectors sqrt(p_x) f(x)."""

    def __init__(self, operator: NormalizedOperator, basis: FloatArray) -> None:
        self._operator = operator
        self._constant = operator.root_x
        # The constant function counts as seen: probes have an intercept.
        self._seen = np.column_stack([self._constant, basis])
        n = len(self._constant)
        self._matrices: tuple[FloatArray, FloatArray] | None = None
        if n <= MOST_DENSE_ROWS:
            half = operator.dense()
            self._matrices = np.eye(n) - self._seen @ self._seen.T, half @ half.T

    def error(self, vector: FloatArray) -> float:
        """Give <f, Q f>."""
        off = self._off(vector)
        return float(off @ off)

    def strength(self, vector: FloatArray) -> float:
        """Give <f, T T* f>."""
        image = self._operator.apply_adjoint(vector[:, None])[:, 0]
        return float(image @ image)

    def strongest(self, *, outside: bool) -> tuple[float, FloatArray]:
        """Find the largest <f, T T* f> over unit f, off what the probe sees or among all."""
        seen = self._seen if outside else self._constant[:, None]

        def off(v: FloatArray) -> FloatArray:
            return np.asarray(v - seen @ (seen.T @ v))

        if self._matrices is not None:
            half = off(self._operator.dense())
            # Lowered along what is seen, so that the vector found lies off it in every case.
            vector = _top(half @ half.T - seen @ seen.T)
        else:
            vector = self._lanczos(lambda v: off(self._square(off(v))) - seen @ (seen.T @ v))
        vector = off(vector)
        vector /= np.linalg.norm(vector)
        return self.strength(vector), vector

    def cut(self, multiplier: float, least: float) -> _Cut:
        """Find the top eigenvector of Q + multiplier (T T* - least)."""
        if self._matrices is not None:
            projection, square = self._matrices
            vector = _top(projection + multiplier * square)
        else:
            vector = self._lanczos(lambda v: self._off(v) + multiplier * self._square(v))
        slope = self.strength(vector) - least
        return _Cut(multiplier, self.error(vector) + multiplier * slope, slope, vector)

    def _off(self, vector: FloatArray) -> FloatArray:
        return np.asarray(vector - self._seen @ (self._seen.T @ vector))

    def _square(self, vector: FloatArray) -> FloatArray:
        return self._operator.apply(self._operator.apply_adjoint(vector[:, None]))[:, 0]

    def _lanczos(self, product: Callable[[FloatArray], FloatArray]) -> FloatArray:
        n = len(self._constant)
        form = LinearOperator((n, n), matvec=product, dtype=np.float64)
        start = np.random.default_rng(0).standard_normal(n)
        _, vectors = eigsh(form, k=1, which="LA", v0=start, ncv=min(n, 40), tol=1e-11)
        return np.asarray(vectors[:, 0])


def _enclose(forms: _Forms, least: float, low: _Cut) -> tuple[_Cut, _Cut | None]:
    """Find cuts on either side of the smallest value, so near that it is known.

    The second is None where the function still falls at the largest multiplier tried.
    """
    multiplier = 1.0
    while True:
        high = forms.cut(multiplier, least)
        if high.slope >= 0:
            break
        low = high
        if multiplier >= _LARGEST_MULTIPLIER:
            return low, None
        multiplier *= 8.0
    for _ in range(_MOST_CUTS):
        # Where the tangents meet they are below the function, on both sides.
        rise = high.slope - low.slope
        step = (low.value - high.value + high.slope * (high.multiplier - low.multiplier)) / rise
        step = min(max(step, 0.0), high.multiplier - low.multiplier)
        if min(low.value, high.value) - (low.value + low.slope * step) <= TOLERANCE:
            break
        cut = forms.cut(low.multiplier + step, least)
        if cut.slope >= 0:
            high = cut
        else:
            low = cut
    return low, high


def _mixed(forms: _Forms, least: float, low: _Cut, high: _Cut) -> FloatArray:
    """Give the mixture of two eigenvectors that is just compatible enough, and worse to probe."""
    one = high.vector
    other = low.vector - (one @ low.vector) * one
    size = np.linalg.norm(other)
    if size < 1e-9:
        return one
    other = other / size
    # <f, (T T* - c) f> = a + 2 b t + d t^2 for f = one + t other: zero somewhere, as it is at
    # least zero for one cut and less for the other.
    a, d = high.slope, forms.strength(other) - least
    b = (forms.strength(one + other) - 2 * least - a - d) / 2
    q = -(b + np.copysign(np.sqrt(max(b * b - a * d, 0.0)), b))
    roots = [top / bottom for top, bottom in ((a, q), (q, d)) if bottom != 0]
    mixtures = [(one + t * other) / np.hypot(1.0, t) for t in roots]
    return max(mixtures, key=forms.error, default=one)


def _top(matrix: FloatArray) -> FloatArray:
    # All eigenvectors: asked for the last alone, LAPACK has been seen to give none where
    # eigenvalues are close to each other, as those of a projection are.
    return np.asarray(np.linalg.eigh(matrix)[1][:, -1])


def _signed(function: FloatArray) -> FloatArray:
    return np.asarray(function * (-1.0 if function[np.argmax(np.abs(function))] < 0 else 1.0))
