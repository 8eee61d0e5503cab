"""Do the defaults find the smooth functions of correlated Gaussian pairs?

True: s_k = rho^k and the normalised Hermite polynomials. Judged on 20,000 fresh rows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks import common
from benchmarks.ritz import canonical_correlations, hermite
from contextures.contexts import PairContext
from contextures.encoders import NeuralEncoder, RitzEncoder
from contextures.spectrum.ritz import PairMoments

RHO, D, PAIRS, FRESH = 0.8, 5, 40_000, 20_000

METHODS = ("raw x", "true functions", "degree 8", "ritz", "neural")

Coordinates = Callable[[Any], Any]


class Found(NamedTuple):
    """Singular values and a map from rows to coordinates."""

    values: Any
    coordinates: Coordinates


def pairs(n: int, seed: int) -> tuple[Any, Any, Any]:
    """Draw pairs of one column each, and fresh rows."""
    rng = np.random.default_rng(1000 + seed)
    X = rng.standard_normal((n, 1))
    A = RHO * X + (1 - RHO**2) ** 0.5 * rng.standard_normal((n, 1))
    return X, A, rng.standard_normal((FRESH, 1))


def in_span(X: Any, A: Any, degree: int, d: int) -> Found:
    """Solve in the span of the Hermite polynomials up to a degree, known to be the right ones."""
    functions = PairMoments.of(hermite(X, degree), hermite(A, degree)).solve(d)
    return Found(functions.singular_values, lambda rows: functions.left(hermite(rows, degree)))


def learn(method: str, X: Any, A: Any, seed: int) -> Found:
    """Learn by one method."""
    if method == "raw x":
        return in_span(X, A, 1, 1)
    if method == "true functions":
        return in_span(X, A, D, D)
    if method == "degree 8":
        return in_span(X, A, 8, D)
    kind = RitzEncoder if method == "ritz" else NeuralEncoder
    encoder = kind(PairContext(), D, random_state=seed).fit(X, A)
    return Found(encoder.singular_values_, encoder.transform)


def judged(method: str, n: int, seed: int) -> list[float]:
    """Give the largest error of s, the least canonical correlation and the seconds."""
    X, A, fresh = pairs(n, seed)
    started = time.perf_counter()
    found = learn(method, X, A, seed)
    seconds = time.perf_counter() - started
    values = np.zeros(D)
    values[: len(found.values)] = found.values
    error = float(np.abs(values - RHO ** np.arange(1, D + 1)).max())
    F = found.coordinates(fresh)
    # One coordinate can hold one function of five: the others count as zero.
    correlation = float(canonical_correlations(F, hermite(fresh, D)).min())
    return [error, correlation if F.shape[1] == D else 0.0, seconds]


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    arguments.add_argument("--seeds", type=int, default=5, help="how many, from 0 on")
    options = arguments.parse_args()
    n, seeds = (4_000, 2) if options.quick else (PAIRS, options.seeds)
    rows: list[list[Any]] = []
    numbers: dict[str, Any] = {}
    for method in options.methods:
        found = []
        for seed in range(seeds):
            error, correlation, seconds = judged(method, n, seed)
            found.append([error, correlation, seconds])
            rows.append([method, seed, f"{error:.4f}", f"{correlation:.4f}", f"{seconds:.1f}"])
            print(rows[-1], file=sys.stderr)
        numbers[method] = found
        mean, (worst, _, _), (_, least, _) = np.mean(found, 0), np.max(found, 0), np.min(found, 0)
        rows.append([method, "mean", *(f"{value:.4f}" for value in mean[:2]), f"{mean[2]:.1f}"])
        rows.append([method, "worst", f"{worst:.4f}", f"{least:.4f}", ""])
    head = ["method", "seed", "largest error of s", "smallest canonical correlation", "seconds"]
    common.show(common.table(head, rows), options.json, numbers)


if __name__ == "__main__":
    main()
