"""Contexts: where the association between an input X and a context variable A comes from."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextures.contexts.base import Context
    from contextures.contexts.corruption import MaskContext
    from contextures.contexts.finite import FiniteContext
    from contextures.contexts.graphs import GraphContext
    from contextures.contexts.labels import LabelContext
    from contextures.contexts.neighbors import KNNContext
    from contextures.contexts.pairs import PairContext
    from contextures.contexts.rbf import RBFContext
    from contextures.contexts.teachers import TeacherContext

_HOME = {
    "Context": "base",
    "FiniteContext": "finite",
    "GraphContext": "graphs",
    "KNNContext": "neighbors",
    "LabelContext": "labels",
    "MaskContext": "corruption",
    "PairContext": "pairs",
    "RBFContext": "rbf",
    "TeacherContext": "teachers",
}

__all__ = [
    "Context",
    "FiniteContext",
    "GraphContext",
    "KNNContext",
    "LabelContext",
    "MaskContext",
    "PairContext",
    "RBFContext",
    "TeacherContext",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"contextures.contexts.{_HOME[name]}"), name)
    raise AttributeError(f"module 'contextures.contexts' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
