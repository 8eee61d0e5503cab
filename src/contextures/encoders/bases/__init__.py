"""Bases: functions of rows, in whose span the best contexture is found.

See :class:`~contextures.encoders.RitzEncoder`.
"""

from __future__ import annotations

from contextures.encoders.bases.base import Basis
from contextures.encoders.bases.counts import CountBasis
from contextures.encoders.bases.fourier import FourierBasis
from contextures.encoders.bases.indicators import IndicatorBasis
from contextures.encoders.bases.landmarks import LandmarkBasis
from contextures.encoders.bases.nystroem import NystroemBasis
from contextures.encoders.bases.parts import PartsBasis
from contextures.encoders.bases.polynomial import PolynomialBasis
from contextures.encoders.bases.stacked import StackedBasis

__all__ = [
    "Basis",
    "CountBasis",
    "FourierBasis",
    "IndicatorBasis",
    "LandmarkBasis",
    "NystroemBasis",
    "PartsBasis",
    "PolynomialBasis",
    "StackedBasis",
]
