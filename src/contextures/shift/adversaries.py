"""The weights an adversary gives to sorted losses, for each kind of uncertainty.

Every risk here is sup <q, losses> over weights q near the probabilities p. The supremum is
reached, so the risk is that product, and its gradient is q (Danskin). All steps are sums over the
losses: none waits for a tensor's device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from contextures.shift.losses import SortedLosses, library_of

HALVINGS = 80
"""Of an interval of parameters, after which nothing of double precision is left of it."""

CLOSE = 1e-14
"""A parameter is known where its interval is no wider, of its size."""


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
    most = -math.log(-math.expm1(-math.log(norm) / power))
    high = library.full_like(below[:1], most)

    def weighed(log_reach: Any) -> tuple[Any, Any]:
        # 1 - below / reach, of which high orders need every digit where reach is nearly one.
        over = library.clip(1 - below - below * library.expm1(-log_reach), 0.0, None)
        tilted = p * over**power
        return tilted, (tilted * over).sum()

    def slope(log_reach: Any) -> Any:
        tilted, beyond = weighed(log_reach)
        # The slope in eta is minus this: where it falls, eta must rise.
        return norm * tilted.sum() / beyond ** (power / (power + 1)) - 1

    weights, _ = weighed(_crossing(slope, high - HALVINGS * math.log(2), high))
    return weights / weights.sum()


def entropy_weights(given: SortedLosses, rho: float) -> Any:
    """Weights of a Kullback-Leibler ball, the limit of order one: q ~ p exp(l / lambda)."""
    library = library_of(given.numbers)
    below, p = _below_largest(given), given.probabilities
    low, high = library.full_like(below[:1], -40.0), library.full_like(below[:1], 40.0)

    def left(log_scale: Any) -> Any:
        tilt = -below * library.exp(-log_scale)
        weights = p * library.exp(tilt)
        total = weights.sum()
        return rho + library.log(total) - (weights * tilt).sum() / total

    weights = p * library.exp(-below * library.exp(-_crossing(left, low, high)))
    return weights / weights.sum()


def _crossing(rising: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Find where a function rises through zero, or the lower end where it is not below zero there.

    Steps of Oliveira and Takahashi (2020), "An enhancement of the bisection method": never worse
    than halving, and a dozen of them are enough for a smooth function.
    """
    library = library_of(low)
    waits = library is not np and low.device.type != "cpu"
    width = high - low
    below, above = rising(low), rising(high)
    high = library.where(below >= 0, low, high)
    for step in range(HALVINGS):
        middle, rest = (low + high) / 2, high - low
        if not waits and rest[0] <= CLOSE * abs(middle[0]):
            break
        gap = above - below
        crossed = (low * above - high * below) / library.where(gap > 0, gap, 1.0)
        side, apart = library.sign(middle - crossed), abs(middle - crossed)
        # Past the root, if the function is straight enough: parameters are logarithms, of which
        # one is a natural unit.
        inward = rest**2 + CLOSE / 4 * abs(middle)
        tried = library.where(inward <= apart, crossed + side * inward, middle)
        # No farther from the middle than keeps up with halving.
        room = width * 2.0**-step - rest / 2
        tried = library.where(abs(tried - middle) <= room, tried, middle - side * room)
        value = rising(tried)
        up = value >= 0
        high, above = library.where(up, tried, high), library.where(up, value, above)
        low, below = library.where(up, low, tried), library.where(up, below, value)
    return high


def _below_largest(given: SortedLosses) -> Any:
    """Distance of each loss below the largest of any probability, in units of their range."""
    library = library_of(given.numbers)
    seen = given.probabilities > 0
    largest = library.where(seen, given.numbers, -math.inf).max()
    smallest = library.where(seen, given.numbers, math.inf).min()
    spread = largest - smallest
    spread = library.where(spread > 0, spread, library.ones_like(spread))
    return library.clip((largest - given.numbers) / spread, 0.0, None)
