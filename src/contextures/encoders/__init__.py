"""Encoders: scikit-learn transformers whose coordinates are a contexture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contextures.encoders.base import Encoder
from contextures.encoders.ritz import RitzEncoder
from contextures.encoders.spectral import SpectralEncoder
from contextures.encoders.storage import load_encoder, save_encoder

if TYPE_CHECKING:
    from contextures.encoders.neural import NeuralEncoder

__all__ = [
    "Encoder",
    "NeuralEncoder",
    "RitzEncoder",
    "SpectralEncoder",
    "load_encoder",
    "save_encoder",
]


def __getattr__(name: str) -> Any:
    if name == "NeuralEncoder":
        # Needs torch, which takes seconds to import.
        from contextures.encoders.neural import NeuralEncoder

        return NeuralEncoder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
