"""From values to scores, and from scores to cells of a table."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.few_labels.sources import Draw
from contextures.exceptions import ContextWarning

Result = dict[str, Any]


def measure(model: Callable[[Draw], dict[str, Any] | None], draw: Draw) -> Result:
    """Fit a model to a draw and score it; empty where it is not installed."""
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContextWarning)
        warnings.filterwarnings("ignore", module="sklearn")
        found = model(draw)
    if found is None:
        return {}
    result: Result = {"seconds": time.perf_counter() - started}
    hidden = draw.hidden
    result["unlabelled"] = score(found["fitted"][hidden], draw.truth[hidden], draw.classes)
    if "new" in found:
        result["new"] = score(found["new"], draw.new_truth, draw.classes)
        if draw.classes and found["new"].min() >= 0:  # regression values are no chances
            result["calibration"] = calibration(found["new"], draw.new_truth)
    if "covered" in found:
        result["covered"] = found["covered"]
    return result


def score(values: NDArray[Any], truth: NDArray[Any], classes: bool) -> float:
    """Give the accuracy, or R squared, at least -1: one bad draw must not outweigh the others."""
    if classes:
        return float(np.mean(values.argmax(axis=1) == truth))
    return max(-1.0, float(1 - np.mean((values - truth) ** 2) / np.var(truth)))


def calibration(chances: NDArray[Any], truth: NDArray[Any]) -> float:
    """Give the expected calibration error of the likeliest class, in ten bins of even width."""
    told = chances.max(axis=1)
    right = chances.argmax(axis=1) == truth
    bins = np.minimum((10 * told).astype(np.intp), 9)
    gaps = np.bincount(bins, weights=right - told, minlength=10)
    return float(np.abs(gaps).sum() / len(told))


def verdict(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Say who wins, by more than one standard error of the paired differences."""
    difference = np.asarray(ours) - np.asarray(theirs)
    error = difference.std(ddof=1) / len(difference) ** 0.5 if len(difference) > 1 else 0.0
    if abs(difference.mean()) <= max(error, 1e-12):
        return "tie"
    return "win" if difference.mean() > 0 else "loss"


def spread(values: Sequence[float]) -> str:
    """Write a mean and a standard deviation."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"
