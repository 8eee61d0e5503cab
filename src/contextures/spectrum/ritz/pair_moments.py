"""Moments of sampled pairs (x, a), and of views that share one a."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from contextures._arrays import FloatArray
from contextures.exceptions import InputError
from contextures.spectrum.ritz.moments import RitzMoments
from contextures.spectrum.ritz.problem import RitzProblem, TwoSided, Whitening
from contextures.spectrum.ritz.scatter import Centred, Scatter, blocks, copied, joined


class PairMoments(RitzMoments):
    """Moments of pairs (phi(x), psi(a)) with (x, a) from P+, for B = Cxa Caa^-1 Cax.

    Sampled pairs overstate B: with D and E functions and n pairs that have no association, s^2
    sums to about D E / n. Judge on other rows
    (:func:`contextures.evaluation.vamp2_score`).

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.spectrum.ritz import PairMoments
    >>> x = np.repeat([[-1.0], [1.0]], 5, axis=0)
    >>> a = np.where(np.arange(10)[:, None] % 5 == 0, -x, x)  # a fifth are flipped
    >>> PairMoments.of(x, a).solve(1).singular_values.round(3)
    array([0.6])
    """

    _contexts: Scatter | None = None
    _cross: Scatter | None = None

    def update(self, functions: Any, contexts: Any, weights: FloatArray | None = None) -> Self:
        """Take in a chunk of pairs.

        Parameters
        ----------
        functions : ndarray of shape (n, D)
            phi(x).
        contexts : ndarray of shape (n, E) or (n_views, n, E)
            psi(a), of one or of several independent draws of A for each x.
        weights : ndarray of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        Self
            These moments.
        """
        left, right = self._note(functions), self._note(contexts, "contexts")
        views = right if right.ndim == 3 else right[None]
        if views.shape[1] != len(left):
            raise InputError(
                f"there are {len(left)} rows of functions but {views.shape[1]} of contexts; give "
                "one context for each"
            )
        for part in blocks(len(left), left.shape[1], right.shape[-1]):
            own = None if weights is None else weights[part]
            x = Centred.of(left[part], own)
            seen = [Centred.of(view[part], own) for view in views]
            self._functions = joined(self._functions, Scatter.between(x))
            self._cross = joined(self._cross, Scatter.between(x, Centred.average(seen)))
            for a in seen:
                self._contexts = joined(self._contexts, Scatter.between(a))
        self.count += len(left)
        return self

    @property
    def context_mean(self) -> FloatArray:
        """The mean of psi, of shape (E,)."""
        self._seen()
        return self._contexts.left_mean  # type: ignore[union-attr]

    @property
    def context_covariance(self) -> FloatArray:
        """Caa, of shape (E, E)."""
        self._seen()
        return self._contexts.covariance  # type: ignore[union-attr]

    @property
    def cross_covariance(self) -> FloatArray:
        """Cxa, of shape (D, E)."""
        self._seen()
        return self._cross.covariance  # type: ignore[union-attr]

    @property
    def operator(self) -> FloatArray:
        """B = Cxa Caa^-1 Cax, of shape (D, D)."""
        white = self._context_whitening().white()
        half = self.cross_covariance @ white
        return np.asarray(half @ half.T)

    def project(
        self, coefficients: FloatArray, context_coefficients: FloatArray | None = None
    ) -> PairMoments:
        """Give the moments of phi @ coefficients and psi @ context_coefficients.

        Parameters
        ----------
        coefficients : ndarray of shape (D, d)
            Coefficients of phi.
        context_coefficients : ndarray of shape (E, e), optional
            Coefficients of psi; its functions stay as they are when None.

        Returns
        -------
        PairMoments
            Moments of the same rows.
        """
        made = PairMoments()
        made.count, made._cutoff = self.count, self._cutoff
        made._functions = self._seen().project(coefficients)
        made._cross = self._cross.project(coefficients, context_coefficients)  # type: ignore[union-attr]
        contexts: Any = self._contexts
        made._contexts = (
            contexts.copy()
            if context_coefficients is None
            else contexts.project(context_coefficients)
        )
        return made

    def problem(self) -> RitzProblem:
        """Give the two-sided problem; see :meth:`RitzMoments.problem`."""
        return TwoSided(self._whitening(), self._context_whitening(), self.cross_covariance)

    def _context_whitening(self) -> Whitening:
        return Whitening(self.context_covariance, self._cutoff, self.context_mean)

    def _merge(self, other: PairMoments) -> None:
        super()._merge(other)
        self._contexts = joined(self._contexts, copied(other._contexts))
        self._cross = joined(self._cross, copied(other._cross))


class ViewMoments(RitzMoments):
    """Moments of views phi(x), phi(x+), ... that share one a: B = E phi~(x) phi~(x+)^T.

    B is symmetrised over the order of the views and is not biased by their number. With views
    (a, a+) of one x and functions of A instead, the same gives the right singular functions.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.spectrum.ritz import ViewMoments
    >>> x = np.repeat([[-1.0], [1.0]], 5, axis=0)
    >>> other = np.where(np.arange(10)[:, None] % 5 == 0, -x, x)  # s_1^2 = 0.6
    >>> (ViewMoments.of(x, other).solve(1).singular_values ** 2).round(3)
    array([0.6])
    """

    _sums: Scatter | None = None
    _n_views: int = 0

    def update(self, *views: Any, weights: FloatArray | None = None) -> Self:
        """Take in a chunk of views.

        Parameters
        ----------
        *views : ndarray of shape (n, D)
            phi of each view; two or more.
        weights : ndarray of shape (n,), optional
            Weights of the rows.

        Returns
        -------
        Self
            These moments.
        """
        given = [self._note(view) for view in views]
        if len(given) < 2 or len({block.shape for block in given}) != 1:
            raise InputError(
                "views must be two or more arrays of the same shape; there are "
                f"{[block.shape for block in given]}"
            )
        if self._n_views not in (0, len(given)):
            raise InputError(
                f"there were {self._n_views} views of each row before and {len(given)} now; "
                "give the same number"
            )
        for block in given:
            self._functions = joined(self._functions, Scatter.of(block, None, weights))
        sums = Scatter.of(sum(given[1:], given[0]), None, weights)
        self._sums = joined(self._sums, sums)
        self.count, self._n_views = self.count + len(given[0]), len(given)
        return self

    @property
    def operator(self) -> FloatArray:
        """B, of shape (D, D), symmetric; it can have negative eigenvalues."""
        # Products of different views are those of the sum less those of each with itself.
        pairs = self._n_views * (self._n_views - 1) if self._n_views else 1
        own = self._seen()
        sums: Any = self._sums
        return np.asarray((sums.products - own.products) / (sums.weight * pairs))

    def project(self, coefficients: FloatArray) -> ViewMoments:
        """Give the moments of phi @ coefficients."""
        made = ViewMoments()
        made.count, made._cutoff, made._n_views = self.count, self._cutoff, self._n_views
        made._functions = self._seen().project(coefficients)
        made._sums = self._sums.project(coefficients)  # type: ignore[union-attr]
        return made

    def _merge(self, other: ViewMoments) -> None:
        if self._n_views not in (0, other._n_views):
            raise InputError("moments of different numbers of views do not add up")
        super()._merge(other)
        self._sums = joined(self._sums, copied(other._sums))
        self._n_views = other._n_views
