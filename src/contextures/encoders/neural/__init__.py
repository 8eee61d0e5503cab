"""Encoders that a neural network learns (needs torch and lightning-fabric)."""

from __future__ import annotations

from contextures._lazy import optional

with optional("NeuralEncoder"):
    from contextures.encoders.neural.encoder import NeuralEncoder

__all__ = ["NeuralEncoder"]
