"""Contexts: where the association between an input X and a context variable A comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.contexts.algebra.combination import ConvexCombination
    from contextures.contexts.algebra.concatenation import Concatenation
    from contextures.contexts.algebra.convolution import Convolution
    from contextures.contexts.algebra.round_trip import RoundTrip
    from contextures.contexts.base import Context
    from contextures.contexts.boosted import BoostedTreesContext
    from contextures.contexts.corruption import CutMixContext, RandomMaskContext, SCARFContext
    from contextures.contexts.finite import FiniteContext
    from contextures.contexts.graphs import GraphContext
    from contextures.contexts.images import ImageContext, rotated_images
    from contextures.contexts.kernels import KernelContext
    from contextures.contexts.labels import LabelContext
    from contextures.contexts.masked import MaskContext
    from contextures.contexts.montecarlo import MonteCarloContext
    from contextures.contexts.neighbors import KNNContext
    from contextures.contexts.noise import DiffusionContext, NoiseContext
    from contextures.contexts.pairs import PairContext
    from contextures.contexts.rbf import RBFContext
    from contextures.contexts.registry import ShortForm
    from contextures.contexts.rows import DescribedRows
    from contextures.contexts.series import NextWindowContext
    from contextures.contexts.teachers import TeacherContext
    from contextures.contexts.tokens import (
        MaskedTokensContext,
        NextTokensContext,
        TextTokenizer,
    )

_HOME = {
    "BoostedTreesContext": "boosted",
    "Concatenation": "algebra.concatenation",
    "Context": "base",
    "ConvexCombination": "algebra.combination",
    "Convolution": "algebra.convolution",
    "CutMixContext": "corruption",
    "DescribedRows": "rows",
    "DiffusionContext": "noise",
    "FiniteContext": "finite",
    "GraphContext": "graphs",
    "ImageContext": "images",
    "KNNContext": "neighbors",
    "KernelContext": "kernels",
    "LabelContext": "labels",
    "MaskContext": "masked",
    "MaskedTokensContext": "tokens",
    "MonteCarloContext": "montecarlo",
    "NextTokensContext": "tokens",
    "NextWindowContext": "series",
    "NoiseContext": "noise",
    "PairContext": "pairs",
    "RBFContext": "rbf",
    "RandomMaskContext": "corruption",
    "RoundTrip": "algebra.round_trip",
    "SCARFContext": "corruption",
    "ShortForm": "registry",
    "TeacherContext": "teachers",
    "TextTokenizer": "tokens",
    "rotated_images": "images",
}

__all__ = [
    "BoostedTreesContext",
    "Concatenation",
    "Context",
    "ConvexCombination",
    "Convolution",
    "CutMixContext",
    "DescribedRows",
    "DiffusionContext",
    "FiniteContext",
    "GraphContext",
    "ImageContext",
    "KNNContext",
    "KernelContext",
    "LabelContext",
    "MaskContext",
    "MaskedTokensContext",
    "MonteCarloContext",
    "NextTokensContext",
    "NextWindowContext",
    "NoiseContext",
    "PairContext",
    "RBFContext",
    "RandomMaskContext",
    "RoundTrip",
    "SCARFContext",
    "ShortForm",
    "TeacherContext",
    "TextTokenizer",
    "rotated_images",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
