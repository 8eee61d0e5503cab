"""Regression from few labels: kernels of a context, spectrally transformed (arXiv 2402.00645)."""

from __future__ import annotations

from contextures.regression.admissible import check_admissible
from contextures.regression.choice import Setting
from contextures.regression.classifier import STKRClassifier
from contextures.regression.defaults import default_context
from contextures.regression.label_comparison import (
    LabelComparison,
    LabelledPair,
    compare_on_labels,
)
from contextures.regression.regressor import STKRRegressor
from contextures.regression.transforms import (
    InverseLaplacian,
    Polynomial,
    Power,
    Transform,
    Truncation,
)

__all__ = [
    "InverseLaplacian",
    "LabelComparison",
    "LabelledPair",
    "Polynomial",
    "Power",
    "STKRClassifier",
    "STKRRegressor",
    "Setting",
    "Transform",
    "Truncation",
    "check_admissible",
    "compare_on_labels",
    "default_context",
]
