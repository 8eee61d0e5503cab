"""Are bounds ever violated, and how tight are they? Random finite contexts, encoders and tasks.

What is bounded is computed anew from the joint law; what the tests check on some of the contexts is
checked here on all. A bound says something where it is below what is known anyway: one for an
error in units of the task's variance, s_1^2 or one for tau^2, R^2 for a regression. Ratios are over
such cases.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "evaluation"))
import bound_trials

QUANTILES = (0.1, 0.5, 0.9)


def summary(name: str, found: np.ndarray) -> dict[str, Any]:
    """Count violations of a claim, and measure how far its limit is from what it limits."""
    limited, limit, known = found.T
    anyway = bool(np.isfinite(known).all())
    says = limit < known * (1 - 1e-9)
    ratios = limit[says & (limited > 1e-9)] / limited[says & (limited > 1e-9)]
    return {
        "claim": name,
        "cases": len(found),
        "violations": int((limited > limit + bound_trials.ROUNDING).sum()),
        "excess": float((limited - limit).max()),
        "says something": float(says.mean()) if anyway else None,
        "ratios": np.quantile(ratios, QUANTILES).tolist() if len(ratios) else None,
        "equality": bool((limit == bound_trials.EQUAL).all()),
    }


def shown(made: dict[str, Any]) -> list[str]:
    """Lay out one row."""
    ratios = None if made["equality"] else made["ratios"]
    return [
        made["claim"],
        f"{made['cases']:,}",
        str(made["violations"]),
        f"{made['excess']:.0e}" if made["excess"] > 0 else "none",
        "-" if made["says something"] is None else f"{made['says something']:.0%}",
        *(["-"] * len(QUANTILES) if ratios is None else [f"{r:.3g}" for r in ratios]),
    ]


def main() -> None:
    """Run and print."""
    arguments = common.parser(__doc__ or "")
    arguments.add_argument("--contexts", type=int, default=10_000)
    options = arguments.parse_args()
    n = min(options.contexts, 300) if options.quick else options.contexts
    claims: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for seed in range(n):
        for name, claim in bound_trials.trial(seed).items():
            claims[name].append(claim)
        if (seed + 1) % 1000 == 0:
            print(f"{seed + 1:,} contexts done", file=sys.stderr)
    made = [summary(name, np.array(found)) for name, found in claims.items()]
    head = ["what is limited: by what", "cases", "violations", "largest excess", "says something"]
    head += [f"limit over it, {q:.0%}" for q in QUANTILES]
    total = sum(row["violations"] for row in made)
    text = f"{n:,} random contexts of 3 to 8 inputs, {total} violations.\n\n"
    common.show(text + common.table(head, [shown(row) for row in made]), options.json, made)


if __name__ == "__main__":
    main()
