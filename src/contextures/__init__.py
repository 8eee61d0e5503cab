"""Representation learning you can reason about.

Pick a context (where the association between an input X and a context variable A comes from), pick
a class of functions, and get the contexture: the ordered top singular functions of the expectation
operator ``T g(x) = E[g(A) | x]`` (arXiv 2504.19792, 2505.01557).

Names are loaded on first use, so ``import contextures`` is quick and imports no heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from contextures._version import __version__

if TYPE_CHECKING:
    from contextures.encoders import NeuralEncoder, RitzEncoder, SpectralEncoder
    from contextures.evaluation import usefulness
    from contextures.prediction import ContextureClassifier, ContextureRegressor
    from contextures.regression import STKRClassifier, STKRRegressor
    from contextures.runs import load_run
    from contextures.selection import ContextSearch
    from contextures.spectrum import decompose

_HOME = {
    "ContextSearch": "contextures.selection",
    "ContextureClassifier": "contextures.prediction",
    "ContextureRegressor": "contextures.prediction",
    "NeuralEncoder": "contextures.encoders",
    "RitzEncoder": "contextures.encoders",
    "STKRClassifier": "contextures.regression",
    "STKRRegressor": "contextures.regression",
    "SpectralEncoder": "contextures.encoders",
    "decompose": "contextures.spectrum",
    "load_run": "contextures.runs",
    "usefulness": "contextures.evaluation",
}
_PACKAGES = frozenset(
    {
        "contexts",
        "data",
        "encoders",
        "engines",
        "evaluation",
        "exceptions",
        "objectives",
        "prediction",
        "regression",
        "report",
        "runs",
        "selection",
        "shift",
        "spectrum",
    }
)

__all__ = [
    "ContextSearch",
    "ContextureClassifier",
    "ContextureRegressor",
    "NeuralEncoder",
    "RitzEncoder",
    "STKRClassifier",
    "STKRRegressor",
    "SpectralEncoder",
    "__version__",
    "decompose",
    "load_run",
    "usefulness",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _PACKAGES:
        return import_module(f"contextures.{name}")
    raise AttributeError(f"module 'contextures' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_PACKAGES})
