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
    from contextures.evaluation.intervals import bootstrap_interval
    from contextures.evaluation.probe import HeldOutScore, Task, compare, probe_curve
    from contextures.evaluation.tau import Usefulness, usefulness

_HOME = {
    "Association": "associations",
    "HeldOutScore": "probe",
    "Task": "probe",
    "Usefulness": "tau",
    "association": "associations",
    "bootstrap_interval": "intervals",
    "cca_alignment": "alignment",
    "compare": "probe",
    "decay_rate": "associations",
    "expected_kernel_deviation": "associations",
    "lipschitz_constant": "associations",
    "probe_curve": "probe",
    "usefulness": "tau",
}

__all__ = [
    "Association",
    "HeldOutScore",
    "Task",
    "Usefulness",
    "association",
    "bootstrap_interval",
    "cca_alignment",
    "compare",
    "decay_rate",
    "expected_kernel_deviation",
    "lipschitz_constant",
    "probe_curve",
    "usefulness",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
