"""Judging contexts and representations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.evaluation.alignment import cca_alignment
    from contextures.evaluation.associations import (
        Association,
        association,
        decay_rate,
        expected_kernel_deviation,
        lipschitz_constant,
    )
    from contextures.evaluation.diagnosis import Diagnosis, diagnose
    from contextures.evaluation.fresh import Estimate
    from contextures.evaluation.intervals import bootstrap_interval
    from contextures.evaluation.probe import HeldOutScore, Task, compare, probe_curve
    from contextures.evaluation.shares import learned_shares
    from contextures.evaluation.tau import Usefulness, usefulness

_HOME = {
    "Association": "associations",
    "Diagnosis": "diagnosis",
    "Estimate": "fresh",
    "HeldOutScore": "probe",
    "Task": "probe",
    "Usefulness": "tau",
    "association": "associations",
    "bootstrap_interval": "intervals",
    "cca_alignment": "alignment",
    "compare": "probe",
    "decay_rate": "associations",
    "diagnose": "diagnosis",
    "expected_kernel_deviation": "associations",
    "learned_shares": "shares",
    "lipschitz_constant": "associations",
    "probe_curve": "probe",
    "usefulness": "tau",
}

__all__ = [
    "Association",
    "Diagnosis",
    "Estimate",
    "HeldOutScore",
    "Task",
    "Usefulness",
    "association",
    "bootstrap_interval",
    "cca_alignment",
    "compare",
    "decay_rate",
    "diagnose",
    "expected_kernel_deviation",
    "learned_shares",
    "lipschitz_constant",
    "probe_curve",
    "usefulness",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
