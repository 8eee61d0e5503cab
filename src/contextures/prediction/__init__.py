"""Predictions from few labels or many: members that learn in different ways, and their pool."""

from __future__ import annotations

from contextures.prediction.classifier import ContextureClassifier
from contextures.prediction.members import (
    DEFAULT_MEMBERS,
    BoostedMember,
    ContextMember,
    EstimatorMember,
    FittedMember,
    ForestMember,
    KernelMember,
    LocalMember,
    MeanMember,
    Member,
    Problem,
    SparseMember,
    WidthMember,
)
from contextures.prediction.regressor import ContextureRegressor
from contextures.prediction.storage import load_predictor, save_predictor

__all__ = [
    "DEFAULT_MEMBERS",
    "BoostedMember",
    "ContextMember",
    "ContextureClassifier",
    "ContextureRegressor",
    "EstimatorMember",
    "FittedMember",
    "ForestMember",
    "KernelMember",
    "LocalMember",
    "MeanMember",
    "Member",
    "Problem",
    "SparseMember",
    "WidthMember",
    "load_predictor",
    "save_predictor",
]
