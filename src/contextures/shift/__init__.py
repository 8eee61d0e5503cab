"""Distribution shift: risks, their worst-case weights, drift, and weights that answer it."""

from __future__ import annotations

from contextures.shift.boosted import BoostedCVaRClassifier
from contextures.shift.curves import (
    SubpopulationCurve,
    WorstGroup,
    subpopulation_curve,
    worst_groups,
)
from contextures.shift.density import DensityRatio, density_ratio, weighted_probe
from contextures.shift.drift import DriftTest, drift_test
from contextures.shift.elsewhere import PredictedLoss, predicted_loss
from contextures.shift.group_dro import GroupDRO, balanced_weights
from contextures.shift.groups import GroupRisks, group_risk
from contextures.shift.linear import (
    DistributionallyRobustClassifier,
    DistributionallyRobustRegressor,
)
from contextures.shift.probe import robust_probe
from contextures.shift.risks import chi_square_dro, cvar, divergence_dro, doro
from contextures.shift.rivals import rival_disagreement
from contextures.shift.spectrum import ShiftedSpectrum, shifted_spectrum
from contextures.shift.weights import worst_case_weights

__all__ = [
    "BoostedCVaRClassifier",
    "DensityRatio",
    "DistributionallyRobustClassifier",
    "DistributionallyRobustRegressor",
    "DriftTest",
    "GroupDRO",
    "GroupRisks",
    "PredictedLoss",
    "ShiftedSpectrum",
    "SubpopulationCurve",
    "WorstGroup",
    "balanced_weights",
    "chi_square_dro",
    "cvar",
    "density_ratio",
    "divergence_dro",
    "doro",
    "drift_test",
    "group_risk",
    "predicted_loss",
    "rival_disagreement",
    "robust_probe",
    "shifted_spectrum",
    "subpopulation_curve",
    "weighted_probe",
    "worst_case_weights",
    "worst_groups",
]
