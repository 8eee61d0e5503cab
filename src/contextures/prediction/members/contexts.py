"""Members that predict by label-free contexts of all rows, labelled or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from contextures._arrays import FloatArray
from contextures.contexts import Context, KNNContext, RBFContext
from contextures.contexts.rbf import median_distance
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.penalized import factor_of, fit_penalized
from contextures.regression.defaults import default_context
from contextures.regression.kernels import LinearFunctions, TransformedKernel
from contextures.regression.propagation import PropagatedKernel, can_propagate
from contextures.regression.spectral import SpectralKernel
from contextures.regression.transforms import InverseLaplacian, Power, Transform

MOST_ROWS = 2000
"""Rows that contexts of several levels are fitted to: dense ones cost their square."""

MOST_LOCAL = 20_000
"""Rows that the local context is fitted to."""

N_COMPONENTS = 300

CHUNK_ENTRIES = 20_000_000
"""Entries of P+(. | x) that predicting rows holds at a time."""


class ContextMember(Member):
    """Ridge regression on K_s of contexts, each in units of its mean diagonal, evenly mixed.

    Parameters
    ----------
    contexts : sequence of Context, optional
        Contexts of the rows alone; those of several levels of association when None.
    transform : Transform, optional
        s; ``Power(1)`` when None, the kernels as they are.
    name : str
        The name on the leaderboard.
    prior : float
        The weight before labels are looked at.
    most_rows : int
        Rows that the contexts are fitted to; of more, all labelled ones (up to 2,000) and a random
        part of the others.

    References
    ----------
    arXiv 2402.00645 (spectrally transformed kernel regression).

    Examples
    --------
    >>> from contextures.contexts import KNNContext
    >>> from contextures.prediction import ContextMember
    >>> from contextures.regression import Power
    >>> ContextMember([KNNContext(20)], Power(4), name="four steps").name
    'four steps'
    """

    def __init__(
        self,
        contexts: Sequence[Context] | None = None,
        transform: Transform | None = None,
        *,
        name: str = "contexts",
        prior: float = 1.0,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self.contexts = contexts
        self.transform = transform
        self.name = name
        self.prior = prior
        self.most_rows = most_rows

    def fit(self, problem: Problem) -> FittedMember:
        """Fit the contexts to all rows and the functions to the labelled ones."""
        support = problem.support(self.most_rows)
        contexts = self.contexts
        if contexts is None:
            contexts = problem.shared(
                ("levels", len(support)), lambda: levels(problem.rows[support])
            )
        transform = self.transform or Power(1)
        fitted = [problem.fitted_context(each, support) for each in contexts]
        kind = _kernel_kind(transform)
        kernels: list[TransformedKernel] = [
            problem.shared((kind, id(each)), partial(kind, each)) for each in fitted
        ]
        core = np.arange(len(problem.core))
        factors = [each.factor(transform, core) for each in kernels]
        sizes = [float(np.mean(np.sum(each**2, axis=1))) or 1.0 for each in factors]
        # Side by side the factors of many labels would be several times wider than they are long.
        gram = sum(each @ each.T / size for each, size in zip(factors, sizes, strict=True))
        targets = problem.targets[problem.core]
        ridge = fit_penalized(factor_of(np.asarray(gram)), targets)
        functions = [
            kernel.functions(transform, core, ridge.dual / size)
            for kernel, size in zip(kernels, sizes, strict=True)
        ]
        found = _Fitted(fitted, functions, ridge.constant)
        found.left_out = with_others(found, problem, ridge.left_out)
        return found


class LocalMember(Member):
    """A strong local context, by the inverse Laplacian of q = .999.

    The context is :func:`contextures.regression.default_context`.

    Clusters and manifolds are told apart by one label each; where there are none it does harm, so
    its weight before labels are looked at is small.

    Examples
    --------
    >>> from contextures.prediction import LocalMember
    >>> LocalMember().name
    'local'
    """

    name, prior = "local", 0.3

    def fit(self, problem: Problem) -> FittedMember:
        """Fit the context to all rows, up to 20,000, and the functions to the labelled ones."""
        n = min(len(problem.rows), max(MOST_LOCAL, len(problem.core)))
        inner = ContextMember([default_context(n)], InverseLaplacian(0.999), most_rows=n)
        return inner.fit(problem)


class _Fitted(FittedMember):
    def __init__(
        self, contexts: list[Context], functions: list[LinearFunctions], constant: FloatArray
    ) -> None:
        self._contexts, self._functions, self._constant = contexts, functions, constant

    def values(self, rows: FloatArray) -> FloatArray:
        """Give the sum of the contexts' functions."""
        total = np.tile(self._constant, (len(rows), 1))
        for context, functions in zip(self._contexts, self._functions, strict=True):
            step = max(256, CHUNK_ENTRIES // max(1, len(functions.slopes)))
            for start in range(0, len(rows), step):
                part = slice(start, start + step)
                total[part] += functions.of(context.expand(rows[part]))
        return total


def levels(rows: FloatArray) -> list[Context]:
    """List contexts of strong to weak association for rows.

    10, 30, 100 and n / 4 nearest neighbours, where that is at most half of the n rows, and
    Gaussians of .25, 1 and 4 over the median squared distance.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.

    Returns
    -------
    list of Context
        Unfitted.
    """
    n = len(rows)
    ks = sorted({k for k in (10, 30, 100, n // 4) if 2 <= k <= n // 2})
    width = median_distance(rows)
    gaussians: list[Context] = [RBFContext(gamma=each / width) for each in (0.25, 1.0, 4.0)]
    return [*(KNNContext(n_neighbors=k) for k in ks), *gaussians]


def with_others(found: FittedMember, problem: Problem, left_out: FloatArray) -> FloatArray:
    """Add predictions of labelled rows that the kernel was not fitted to at all."""
    complete = np.empty_like(problem.targets)
    complete[problem.core] = left_out
    others = np.setdiff1d(np.arange(len(problem.labelled)), problem.core)
    if len(others):
        complete[others] = found.values(problem.rows[problem.labelled[others]])
    return complete


def _kernel_kind(transform: Transform) -> Callable[[Context], TransformedKernel]:
    # An inverse Laplacian costs a system for each label by products; functions serve all.
    if can_propagate(transform) and not isinstance(transform, InverseLaplacian):
        return PropagatedKernel
    return _leading


def _leading(context: Context) -> TransformedKernel:
    return SpectralKernel(context, N_COMPONENTS)
