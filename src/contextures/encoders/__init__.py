"""Encoders: scikit-learn transformers whose coordinates are a contexture."""

from __future__ import annotations

from contextures.encoders.ritz import RitzEncoder
from contextures.encoders.spectral import SpectralEncoder
from contextures.encoders.storage import load_encoder, save_encoder

__all__ = ["RitzEncoder", "SpectralEncoder", "load_encoder", "save_encoder"]
