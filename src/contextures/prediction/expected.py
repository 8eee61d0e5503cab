"""How long a fit will take, said before it starts."""

from __future__ import annotations

import logging
import sys
import time

import numpy as np

from contextures.contexts.evidence import MOST_COLUMNS
from contextures.prediction.members import (
    BoostedMember,
    ContextMember,
    ForestMember,
    KernelMember,
    Member,
    Problem,
    SparseMember,
    WidthMember,
)
from contextures.prediction.members.base import MOST_LABELLED
from contextures.prediction.members.contexts import LocalMember
from contextures.prediction.members.width_ridge import MOST_EXACT, N_LANDMARKS

LOG = logging.getLogger("contextures.prediction")

ROUNDS = 250
"""Rounds of boosting that are usual."""

N_PATHS = 16
"""Paths of the lasso that a sparse member fits for each output."""

STEPS = 40
"""Steps towards the widths of largest evidence that are usual."""

SIZE = 400
"""Of the product by which the machine's speed is told: 128 million operations, milliseconds."""


def say_expected(members: list[Member], problem: Problem, *, aloud: bool) -> float:
    """Log how long a fit is expected to take, and print it to standard error when asked.

    Parameters
    ----------
    members : list of Member
        What will be fitted.
    problem : Problem
        To what.
    aloud : bool
        Whether to print it.

    Returns
    -------
    float
        Seconds, right to a factor of three or so; members of one's own are not counted.
    """
    speed = operations_a_second()
    seconds = sum(seconds_of(each, problem, speed) for each in members)
    said = (
        f"fitting {len(members)} members to {len(problem.labelled):,} labels among "
        f"{len(problem.rows):,} rows of {problem.rows.shape[1]:,} columns: about {seconds:.0f} s"
    )
    if problem.rows.shape[1] > MOST_COLUMNS and any(each.name == "widths" for each in members):
        said += f"; over {MOST_COLUMNS} columns, all share one width"
    LOG.info(said)
    if aloud:
        print(said, file=sys.stderr, flush=True)
    return seconds


def operations_a_second() -> float:
    """Time a product, the best of three."""
    one = np.ones((SIZE, SIZE))
    times = []
    for _ in range(3):
        started = time.perf_counter()
        one @ one
        times.append(time.perf_counter() - started)
    return 2.0 * SIZE**3 / max(min(times), 1e-6)


def seconds_of(member: Member, problem: Problem, speed: float) -> float:
    """Estimate the seconds of one member; 0 for the mean and members of one's own."""
    (n, p), (k, q) = problem.rows.shape, problem.targets.shape
    core = min(k, MOST_LABELLED)
    if isinstance(member, WidthMember):
        half = min(k / 2, member.most_learning)
        steps = STEPS * (2 if member.name == "widths" and p <= MOST_COLUMNS else 1)
        learning = 2 * steps * (4 * half**3 + half**2 * (8 * p + 120))
        fits = 2 * k**3 if k <= MOST_EXACT else 3 * k * N_LANDMARKS**2
        return float(learning + 2 * fits) / (0.5 * speed)
    if isinstance(member, BoostedMember):
        grown = ROUNDS * member.n_folds * (q if problem.classes and q > 2 else 1)
        return float(grown * (3e-4 + 1.5e-8 * k * p))
    if isinstance(member, ForestMember):
        return float(200 * (1e-3 + 1e-7 * k * np.log2(k) * np.sqrt(p)))
    if isinstance(member, LocalMember):
        return float(60 * core**3 + 2000.0 * n * max(p, 50)) / speed
    if isinstance(member, ContextMember):
        return float(250 * min(max(core, n), MOST_LABELLED) ** 2 * core + 1e3 * n * p) / speed
    if isinstance(member, KernelMember):
        if member.name == "linear" and p < core:
            return float(30 * core * p**2) / speed
        return float(40 * core**3 + 30 * core**2 * p) / speed
    if isinstance(member, SparseMember):
        return float(N_PATHS * q * (1e-4 + 1e-7 * core * p))
    return 0.0
