"""Fitting members, several at once where that is asked for."""

from __future__ import annotations

import time
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from contextures._checks import check_jobs
from contextures.exceptions import ContextWarning, InputError
from contextures.prediction.members import FittedMember, Member, Problem

Found = tuple[FittedMember, float] | InputError
"""A fitted member and its seconds, or why rows do not suit it."""


def fit_each(
    members: list[Member], problem: Problem, n_jobs: int | None = None
) -> tuple[list[FittedMember | None], list[float | None]]:
    """Fit members; one that cannot use the rows is left out with a warning.

    Parameters
    ----------
    members : list of Member
        The members.
    problem : Problem
        What they are fitted to.
    n_jobs : int or None
        How many are fitted at once, in threads; one when None.

    Returns
    -------
    fitted : list of FittedMember or None
        In the order of ``members``; None for those left out.
    seconds : list of float or None
        What each took.

    Raises
    ------
    InputError
        If no member but the mean can be fitted, or ``n_jobs`` is no number of jobs.
    """
    check_jobs(n_jobs)
    fitted: list[FittedMember | None] = []
    seconds: list[float | None] = []
    failed: dict[str, InputError] = {}
    for member, found in zip(members, _found(members, problem, n_jobs), strict=True):
        if isinstance(found, InputError):
            warnings.warn(
                f"the member {member.name!r} is left out: {found}", ContextWarning, stacklevel=4
            )
            failed[member.name] = found
        fitted.append(None if isinstance(found, InputError) else found[0])
        seconds.append(None if isinstance(found, InputError) else found[1])
    if failed and len(failed) == sum(each.name != "mean" for each in members):
        name, why = next(iter(failed.items()))
        raise InputError(
            f"no member could be fitted ({', '.join(failed)}), of which {name!r} says: {why}"
        )
    return fitted, seconds


def _found(members: list[Member], problem: Problem, n_jobs: int | None) -> list[Found]:
    def fit(member: Member) -> Found:
        start = time.perf_counter()
        try:
            found = _checked(member, member.fit(problem), problem)
        except InputError as error:  # of rows that this member cannot use, which others can
            return error
        return found, time.perf_counter() - start

    from joblib import Parallel, cpu_count, delayed, effective_n_jobs

    jobs = min(int(effective_n_jobs(n_jobs)), len(members))
    if jobs == 1:
        return [fit(member) for member in members]
    # What members that run side by side change of the filters does not outlast them.
    with warnings.catch_warnings(), _threads_each(max(1, cpu_count() // jobs)):
        parallel = Parallel(jobs, require="sharedmem", batch_size=1)
        return list(parallel(delayed(fit)(member) for member in members))


def _threads_each(n_threads: int) -> AbstractContextManager[Any]:
    """Leave each of several members its share of the cores for products of matrices."""
    from threadpoolctl import threadpool_info, threadpool_limits

    used = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    if max(used, default=1) <= n_threads:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(n_threads, user_api="blas")
    return limits


def _checked(member: Member, found: FittedMember, problem: Problem) -> FittedMember:
    shape = np.asarray(getattr(found, "left_out", None)).shape
    if shape != problem.targets.shape:
        raise TypeError(
            f"{type(member).__name__}.fit gave left_out of shape {shape}, not "
            f"{problem.targets.shape}: one row for each labelled row, one column for each target"
        )
    return found
