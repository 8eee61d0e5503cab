"""Distribution shift: risks, their worst-case weights, estimators and an audit."""

from __future__ import annotations

from contextures.shift.drift import DriftTest, drift_test
from contextures.shift.groups import GroupRisks, group_risk
from contextures.shift.risks import chi_square_dro, cvar, divergence_dro, doro
from contextures.shift.weights import worst_case_weights

__all__ = [
    "DriftTest",
    "GroupRisks",
    "chi_square_dro",
    "cvar",
    "divergence_dro",
    "doro",
    "drift_test",
    "group_risk",
    "worst_case_weights",
]
