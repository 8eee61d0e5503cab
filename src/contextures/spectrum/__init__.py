"""The spectrum of a context: singular values and functions of its expectation operator."""

from __future__ import annotations

from contextures.spectrum.decomposition import (
    decompose,
    decompose_fitted,
    leading_functions,
    singular_values,
)
from contextures.spectrum.result import Spectrum

__all__ = ["Spectrum", "decompose", "decompose_fitted", "leading_functions", "singular_values"]
