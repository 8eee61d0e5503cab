"""Members that predict by label-free contexts of all rows, labelled or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

import numpy as np

from contextures._arrays import FloatArray, Matrix
from contextures.contexts import Context, KNNContext, RBFContext
from contextures.contexts.rbf import median_distance
from contextures.prediction.members.base import FittedMember, Member, Problem
from contextures.prediction.members.directions import HUBS, ByDirection, hubness, turned
from contextures.prediction.members.penalized import (
    Penalized,
    between,
    fit_fixed,
    fit_penalized,
)
from contextures.regression.choice import DEFAULT_ALPHA, trust
from contextures.regression.defaults import default_context
from contextures.regression.kernels import LinearFunctions, TransformedKernel, sum_of
from contextures.regression.propagation import PropagatedKernel, can_propagate
from contextures.regression.spectral import SpectralKernel
from contextures.regression.transforms import InverseLaplacian, Power, Transform

MOST_ROWS = 2000
"""Rows that contexts of several levels are fitted to: dense ones cost their square."""

MOST_LOCAL = 20_000
"""Rows that the local context is fitted to."""

N_COMPONENTS = 300

LOW_POWER = 4
"""Up to this power products are quicker than functions, and exact."""

FEW_ROWS = 256
"""Rows whose descriptions are kept until all members have seen them."""

CHUNK_ENTRIES = 20_000_000
"""Entries of P+(. | x) that predicting rows holds at a time."""


_SHARED: ContextVar[dict[tuple[int, int], Matrix] | None] = ContextVar("_SHARED", default=None)


@contextmanager
def shared_descriptions(n_rows: int) -> Iterator[None]:
    """Let members that share a context describe the same few rows by it once."""
    token = _SHARED.set({} if n_rows <= FEW_ROWS else None)
    try:
        yield
    finally:
        _SHARED.reset(token)


class ContextMember(Member):
    """Ridge regression on K_s of contexts, each in units of its mean diagonal, evenly mixed.

    Parameters
    ----------
    contexts : sequence of Context, optional
        Contexts of the rows alone; those of several levels of association when None.
    transform : Transform or sequence of Transform, optional
        s, or several that are evenly mixed too; ``Power(1)`` when None, the kernels as they are.
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
        transform: Transform | Sequence[Transform] | None = None,
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
        given = self.transform or Power(1)
        transforms = list(given) if isinstance(given, Sequence) else [given]
        kernels: list[_Kernel] = []
        for context in contexts:
            fitted = problem.fitted_context(context, support)
            for transform in transforms:
                kind = _kernel_kind(transforms)
                found = problem.shared((kind, id(fitted)), partial(kind, fitted))
                kernels.append(_Kernel(fitted, found, transform))
        core = np.arange(len(problem.core))
        gram, sizes = np.zeros((len(core), len(core))), []
        for each in kernels:
            one = each.kernel.gram(each.transform, core)
            sizes.append(float(np.mean(np.diag(one))) or 1.0)
            gram += one / sizes[-1]
        ridge = self._ridge(gram, problem)
        functions: dict[int, tuple[Context, LinearFunctions]] = {}
        for each, size in zip(kernels, sizes, strict=True):
            made = each.kernel.functions(each.transform, core, ridge.dual / size)
            known = functions.get(id(each.context))
            made = made if known is None else sum_of([known[1], made])
            functions[id(each.context)] = (each.context, made)
        fitted_contexts, each_functions = zip(*functions.values(), strict=True)
        result = _Fitted(list(fitted_contexts), list(each_functions), ridge.constant)
        result.left_out = with_others(result, problem, ridge.left_out)
        return result

    def _ridge(self, gram: FloatArray, problem: Problem) -> Penalized:
        return fit_penalized(gram, problem.targets[problem.core])


class LocalMember(ContextMember):
    """Strong local contexts, smoothed far: K^16 and the inverse Laplacian of q = .999, mixed.

    The contexts are :func:`contextures.regression.default_context` and the one of half its
    neighbours. Below five labels a class the ridge is fixed at one. Where a few rows are
    neighbours of very many others, and of fewer if each row is divided by its length, neighbours
    are nearest in angle.

    Clusters and manifolds are told apart by one label each; where there are none it does harm, so
    its weight before labels are looked at is small, and in proportion to the number of classes: two
    may be the sides of anything, many are seldom told apart but by clusters. With very few labels a
    class it has all of it.

    Examples
    --------
    >>> from contextures.prediction import LocalMember
    >>> LocalMember().name
    'local'
    """

    name, prior, few = "local", 0.3, 1.0

    def __init__(self) -> None:
        self.contexts = None
        self.transform = [Power(16), InverseLaplacian(0.999)]
        self.most_rows = MOST_LOCAL

    def prior_among(self, n_classes: int) -> float:
        """Give the prior weight; see :meth:`Member.prior_among`."""
        return self.prior * max(1.0, n_classes / 2)

    def fit(self, problem: Problem) -> FittedMember:
        """Fit the contexts to all rows, up to 20,000, and the functions to the labelled ones."""
        n = min(len(problem.rows), max(MOST_LOCAL, len(problem.core)))
        whole = default_context(n)
        half = KNNContext(n_neighbors=max(2, whole.n_neighbors // 2))
        self.contexts = [whole, half] if half.n_neighbors < whole.n_neighbors else [whole]
        self.most_rows = n
        support = problem.support(n)
        hubs = hubness(problem.fitted_context(whole, support))
        if hubs > HUBS:
            angles = turned(problem)
            if hubness(angles.fitted_context(whole, support)) < hubs:
                return ByDirection(super().fit(angles))
        return super().fit(problem)

    def _ridge(self, gram: FloatArray, problem: Problem) -> Penalized:
        chosen = super()._ridge(gram, problem)
        if not problem.classes:
            return chosen
        targets = problem.targets[problem.core]
        fixed = fit_fixed(gram, targets, DEFAULT_ALPHA)
        return between(fixed, chosen, trust(len(targets) / targets.shape[1]))


@dataclass(frozen=True)
class _Kernel:
    context: Context
    kernel: TransformedKernel
    transform: Transform


class _Fitted(FittedMember):
    def __init__(
        self, contexts: list[Context], functions: list[LinearFunctions], constant: FloatArray
    ) -> None:
        self._contexts, self._functions, self._constant = contexts, functions, constant

    def values(self, rows: FloatArray) -> FloatArray:
        """Give the sum of the contexts' functions."""
        total = np.tile(self._constant, (len(rows), 1))
        shared = _SHARED.get()
        for context, functions in zip(self._contexts, self._functions, strict=True):
            step = max(256, CHUNK_ENTRIES // max(1, len(functions.slopes)))
            for start in range(0, len(rows), step):
                part = slice(start, start + step)
                if shared is None or len(rows) > step:
                    total[part] += functions.of(context.expand(rows[part]))
                    continue
                key = (id(context), id(rows))
                if key not in shared:
                    shared[key] = context.expand(rows)
                total += functions.of(shared[key])
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


def _kernel_kind(transforms: Sequence[Transform]) -> Callable[[Context], TransformedKernel]:
    # High powers and inverse Laplacians cost many products for each label; functions serve all.
    low = all(isinstance(each, Power) and each.p <= LOW_POWER for each in transforms)
    return PropagatedKernel if low and all(map(can_propagate, transforms)) else _leading


def _leading(context: Context) -> TransformedKernel:
    return SpectralKernel(context, N_COMPONENTS)
