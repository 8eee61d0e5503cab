"""Contexts: where the association between an input X and a context variable A comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

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

__getattr__, __dir__ = lazy(__name__, _HOME)
