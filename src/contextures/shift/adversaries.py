"""The weights an adversary gives to sorted losses, for each kind of uncertainty.

Every risk here is sup <q, losses> over weights q near the probabilities p. The supremum is
reached, so the risk is that product, and its gradient is q (Danskin). All steps are sums over the
losses: none waits for a tensor's device.
"""

from __future__ import annotations

import math
from typing import Any

from contextures.shift.losses import SortedLosses, library_of

HALVINGS = 80
"""Of an interval of parameters, after which nothing of double precision is left of it."""


def cvar_weights(given: SortedLosses, alpha: float) -> Any:
    """Weights on the worst ``alpha`` of the probability: q <= p / alpha."""
    library = library_of(given.numbers)
    rest = library.clip(alpha - given.before, 0.0, None)
    return library.minimum(rest, given.probabilities) / alpha


def chi_square_weights(given: SortedLosses, norm: float) -> Any:
    """Weights of the chi-square ball: sum q^2 / p <= norm^2.

    The best are q = p C (l - eta)_+ / sqrt(E (l - eta)_+^2), with eta where
    E (l - eta)_+^2 = C^2 (E (l - eta)_+)^2. The losses above eta are found by trying each loss as
    eta, which cumulated sums do for all at once, and eta follows in closed form.
    """
    library = library_of(given.numbers)
    p, losses = given.probabilities, -_below_largest(given)
    first, second = library.cumsum(p * losses, 0), library.cumsum(p * losses**2, 0)
    mass = given.before + p
    excess = first - mass * losses
    squares = second - 2 * losses * first + mass * losses**2
    # Equal to the largest: excess and squares are zero, and these always belong to them.
    active = p * ((squares >= norm**2 * excess**2) | (losses == 0))
    share = active.sum()
    mean = (active * losses).sum() / share
    variance = (active * (losses - mean) ** 2).sum() / share
    room = norm**2 * share - 1
    # Without room or without variance nothing is gained by telling the active apart.
    even = (room <= 1e-12) | (variance <= 0)
    gap = library.sqrt(variance / library.where(even, library.ones_like(room), room))
    tilted = active * library.clip(losses - mean + gap, 0.0, None)
    total = tilted.sum()
    even = even | (total <= 0)
    total = library.where(even, library.ones_like(total), total)
    return library.where(even, active / share, tilted / total)


def power_weights(given: SortedLosses, rho: float, beta: float) -> Any:
    """Weights of a Cressie-Read ball of order ``beta`` > 1: q ~ p (l - eta)_+^(1 / (beta - 1))."""
    library = library_of(given.numbers)
    power = 1 / (beta - 1)  # b - 1 for b = beta / (beta - 1)
    norm = (1 + beta * (beta - 1) * rho) ** (1 / beta)
    below, p = _below_largest(given), given.probabilities
    # Here eta lies ``reach`` below the largest loss, in units of the range of the losses.
    low, high = library.zeros_like(below[:1]), library.ones_like(below[:1])
    high = high / -math.expm1(-math.log(norm) / power)
    for _ in range(HALVINGS):
        reach = (low + high) / 2
        over = library.clip(1 - below / reach, 0.0, None)
        slope = (
            norm
            * (p * over**power).sum()
            / (p * over ** (power + 1)).sum() ** (power / (power + 1))
        )
        # The slope in eta is one minus this: where it falls, eta must rise.
        low = library.where(slope < 1, reach, low)
        high = library.where(slope < 1, high, reach)
    weights = p * library.clip(1 - below / high, 0.0, None) ** power
    return weights / weights.sum()


def entropy_weights(given: SortedLosses, rho: float) -> Any:
    """Weights of a Kullback-Leibler ball, the limit of order one: q ~ p exp(l / lambda)."""
    library = library_of(given.numbers)
    below, p = _below_largest(given), given.probabilities
    low, high = library.full_like(below[:1], -40.0), library.full_like(below[:1], 40.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tilt = -below * library.exp(-middle)
        weights = p * library.exp(tilt)
        total = weights.sum()
        divergence = (weights * tilt).sum() / total - library.log(total)
        low = library.where(divergence > rho, middle, low)
        high = library.where(divergence > rho, high, middle)
    weights = p * library.exp(-below * library.exp(-high))
    return weights / weights.sum()


def _below_largest(given: SortedLosses) -> Any:
    """Distance of each loss below the largest of any probability, in units of their range."""
    library = library_of(given.numbers)
    seen = given.probabilities > 0
    largest = library.where(seen, given.numbers, -math.inf).max()
    smallest = library.where(seen, given.numbers, math.inf).min()
    spread = largest - smallest
    spread = library.where(spread > 0, spread, library.ones_like(spread))
    return library.clip((largest - given.numbers) / spread, 0.0, None)
