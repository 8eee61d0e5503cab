"""What Rayleigh-Ritz needs of rows, as sums that chunks of rows add up to."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from contextures._arrays import FloatArray, is_tensor
from contextures._checks import check_positive_int
from contextures.exceptions import InputError, unwritten
from contextures.spectrum.ritz.functions import RitzFunctions
from contextures.spectrum.ritz.problem import (
    CUTOFF,
    SINGLE_CUTOFF,
    OneSided,
    RitzProblem,
    Solution,
    Whitening,
    check_rank,
    effective_rank,
)
from contextures.spectrum.ritz.scatter import Scatter, copied, joined
from contextures.spectrum.signs import signs


class RitzMoments:
    """What Rayleigh-Ritz needs of the rows seen so far: count, means, C, and B or its factors.

    Subclasses differ in what the context gives: pairs (:class:`PairMoments`), two or more views
    of one a (:class:`ViewMoments`), a transition (:class:`TransitionMoments`) or the features of
    a kernel (:class:`KernelMoments`). ``update`` takes in a chunk of rows, in place; ``a + b``
    gives the moments of the rows of both, whatever the order and grouping.

    Attributes
    ----------
    count : int
        The number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.spectrum.ritz import PairMoments, RitzMoments
    >>> x = np.array([[-1.0], [-1.0], [1.0], [1.0]])
    >>> a = np.array([[-1.0], [1.0], [1.0], [1.0]])
    >>> parts = PairMoments.of(x[:2], a[:2]) + PairMoments.of(x[2:], a[2:])
    >>> isinstance(parts, RitzMoments), parts.count
    (True, 4)
    >>> bool(np.isclose(parts.ratio_trace(), PairMoments.of(x, a).ratio_trace()))
    True
    """

    count: int = 0
    _functions: Scatter | None = None
    _cutoff: float = CUTOFF

    @classmethod
    def of(cls, *blocks: Any, **options: Any) -> Self:
        """Compute the moments of rows at once.

        Parameters
        ----------
        *blocks, **options
            As for ``update``.

        Returns
        -------
        Self
            The moments.
        """
        return cls().update(*blocks, **options)

    def update(self, *blocks: Any, **options: Any) -> Self:
        """Take in a chunk of rows, in place.

        Parameters
        ----------
        *blocks : array-like
            Values of functions on the rows, and what the context gives for them; which, the
            subclasses say.
        **options
            Weights of the rows, where a subclass takes them.

        Returns
        -------
        Self
            These moments.
        """
        raise unwritten(self, "update")

    @property
    def mean(self) -> FloatArray:
        """The mean of phi, of shape (D,)."""
        return self._seen().left_mean

    @property
    def covariance(self) -> FloatArray:
        """C, of shape (D, D)."""
        return self._seen().covariance

    @property
    def operator(self) -> FloatArray:
        """B, of shape (D, D)."""
        raise unwritten(self, "operator")

    @property
    def context_mean(self) -> FloatArray | None:
        """The mean of psi, of shape (E,), for moments of pairs."""
        return None

    def project(self, coefficients: FloatArray) -> RitzMoments:
        """Give the moments of phi @ coefficients.

        Parameters
        ----------
        coefficients : ndarray of shape (D, d)
            The coefficients.

        Returns
        -------
        RitzMoments
            Moments of the same kind and the same rows.
        """
        raise unwritten(self, "project")

    def problem(self) -> RitzProblem:
        """Give the Ritz problem of these moments, its costly part done, to solve for any ridge.

        Returns
        -------
        RitzProblem
            With ``solve(n_components, ridge)``; what it gives is for
            :meth:`RitzMoments.functions`.
        """
        return OneSided(self._whitening(), self.operator)

    def ratio_trace(self) -> float:
        """Compute tr(C^-1 B) on these rows: for functions learned from them, biased upwards.

        For functions learned on other rows see :func:`contextures.evaluation.ratio_trace_score`.

        Returns
        -------
        float
            The ratio trace, the sum of the squared singular values of these functions.
        """
        white = self._whitening().white()
        return float(np.einsum("ij,ij->", white, self.operator @ white))

    def solve(
        self, n_components: int, ridge: float = 0.0, *, allow_fewer: bool = False
    ) -> RitzFunctions:
        """Find the ordered functions in the span of phi.

        Parameters
        ----------
        n_components : int
            d, at most the rank of C.
        ridge : float, default=0.0
            What is added to C while the span is found, in units of the variance of each
            function. Within the span the functions are ordered and scaled under C itself.
        allow_fewer : bool, default=False
            Whether d is the most that is wanted: as many come back as have an association that
            does not rest on rounding.

        Returns
        -------
        RitzFunctions
            The d functions of largest singular value.

        Raises
        ------
        RankError
            If phi has fewer than d independent functions with an association; where fewer are
            allowed, if it has not one.

        Notes
        -----
        Eigenvalues of the correlation matrix of phi below 1e-10 of the largest count as zero (1e-5
        where products were formed in float32). O(D^3) operations.

        References
        ----------
        arXiv 2505.01557 (ICML 2025), appendix D.
        """
        check_positive_int(n_components, "n_components")
        if not ridge >= 0:
            raise InputError(f"ridge={ridge!r} is not possible; give a number of at least zero")
        problem = self.problem()
        solution = problem.solve(n_components, ridge)
        found = check_rank(solution, n_components, problem.rank, allow_fewer=allow_fewer)
        return self.functions(solution, problem.rank).truncated(found)

    def functions(self, solution: Solution, rank: int) -> RitzFunctions:
        """Put a solution of :meth:`problem` together with the means, its signs fixed.

        Parameters
        ----------
        solution : Solution
            What the problem's ``solve`` gave.
        rank : int
            The rank of C.

        Returns
        -------
        RitzFunctions
            The functions.
        """
        covariance = self.covariance
        # A function's sign is that of its largest covariance with a given function, which, unlike
        # its coefficients, does not depend on how nearly dependent ones share it.
        sign = signs(covariance @ solution.left)
        return RitzFunctions(
            singular_values=np.sqrt(solution.squares),
            mean=self.mean,
            coefficients=solution.left * sign,
            context_mean=None if solution.right is None else self.context_mean,
            context_coefficients=None if solution.right is None else solution.right * sign,
            rank=rank,
            effective_rank=effective_rank(covariance),
        )

    def __add__(self, other: RitzMoments) -> RitzMoments:
        if type(other) is not type(self):
            raise InputError(
                f"moments of {type(self).__name__} and {type(other).__name__} do not add up; "
                "gather both in the same way"
            )
        return self.copy().merge(other)

    def merge(self, other: RitzMoments) -> Self:
        """Take in the moments of other rows, in place.

        Parameters
        ----------
        other : RitzMoments
            Moments of the same kind and the same functions.

        Returns
        -------
        Self
            These moments.
        """
        if type(other) is not type(self):
            return self + other  # type: ignore[return-value]
        if other.count:
            self._merge(other)
            self.count += other.count
            self._cutoff = max(self._cutoff, other._cutoff)
        return self

    def _merge(self, other: Any) -> None:
        self._functions = joined(self._functions, copied(other._functions))

    def copy(self) -> Self:
        """Give moments of the same rows that can be added to on their own.

        Returns
        -------
        Self
            A copy.
        """
        return type(self)().merge(self)

    def _whitening(self) -> Whitening:
        return Whitening(self.covariance, self._cutoff, self.mean)

    def _seen(self) -> Scatter:
        if self._functions is None:
            raise InputError("no rows were taken in yet; call update first")
        return self._functions

    def _note(self, functions: Any, what: str = "functions") -> Any:
        """Check values of functions, and remember whether products are formed in float32."""
        values: Any = functions if is_tensor(functions) else np.asarray(functions)
        if values.ndim < 2 or values.shape[-2] == 0:
            raise InputError(
                f"{what} must be an array of rows and columns; its shape is {tuple(values.shape)}"
            )
        if is_tensor(values):
            return values.double()
        if values.dtype != np.float32:
            values = values.astype(np.float64, copy=False)
        else:
            self._cutoff = SINGLE_CUTOFF
        return values
