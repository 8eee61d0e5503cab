"""Judging contexts and representations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    "compare",
    "decay_rate",
    "expected_kernel_deviation",
    "lipschitz_constant",
    "probe_curve",
    "usefulness",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"contextures.evaluation.{_HOME[name]}"), name)
    raise AttributeError(f"module 'contextures.evaluation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
