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
    from contextures.evaluation.pseudo_tasks import (
        PseudoTaskScore,
        cannot_tell,
        pseudo_task_error,
    )
    from contextures.evaluation.task_priors import TaskPrior, smooth_tasks
    from contextures.evaluation.tau import Usefulness, usefulness

_HOME = {
    "Association": "associations",
    "HeldOutScore": "probe",
    "PseudoTaskScore": "pseudo_tasks",
    "Task": "probe",
    "TaskPrior": "task_priors",
    "Usefulness": "tau",
    "association": "associations",
    "bootstrap_interval": "intervals",
    "cannot_tell": "pseudo_tasks",
    "cca_alignment": "alignment",
    "compare": "probe",
    "decay_rate": "associations",
    "expected_kernel_deviation": "associations",
    "lipschitz_constant": "associations",
    "probe_curve": "probe",
    "pseudo_task_error": "pseudo_tasks",
    "smooth_tasks": "task_priors",
    "usefulness": "tau",
}

__all__ = [
    "Association",
    "HeldOutScore",
    "PseudoTaskScore",
    "Task",
    "TaskPrior",
    "Usefulness",
    "association",
    "bootstrap_interval",
    "cannot_tell",
    "cca_alignment",
    "compare",
    "decay_rate",
    "expected_kernel_deviation",
    "lipschitz_constant",
    "probe_curve",
    "pseudo_task_error",
    "smooth_tasks",
    "usefulness",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
