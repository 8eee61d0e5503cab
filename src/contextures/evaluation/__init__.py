"""Judging contexts and representations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.evaluation.alignment import cca_alignment, cka_alignment
    from contextures.evaluation.associations import (
        Association,
        association,
        decay_rate,
        expected_kernel_deviation,
        lipschitz_constant,
    )
    from contextures.evaluation.compatibilities import Compatibility, compatibility
    from contextures.evaluation.estimated_compatibility import estimate_compatibility
    from contextures.evaluation.intervals import bootstrap_interval
    from contextures.evaluation.jackknife import OperatorScore
    from contextures.evaluation.neighborhoods import mutual_knn_alignment, neighbor_overlap
    from contextures.evaluation.operator_scores import (
        cross_validated_ratio_trace,
        ratio_trace_score,
        vamp2_score,
    )
    from contextures.evaluation.probe import HeldOutScore, Task, compare, probe_curve
    from contextures.evaluation.ranks import effective_rank, lidar, participation_ratio, rankme
    from contextures.evaluation.tau import Usefulness, usefulness

_HOME = {
    "Association": "associations",
    "Compatibility": "compatibilities",
    "HeldOutScore": "probe",
    "OperatorScore": "jackknife",
    "Task": "probe",
    "Usefulness": "tau",
    "association": "associations",
    "bootstrap_interval": "intervals",
    "cca_alignment": "alignment",
    "cka_alignment": "alignment",
    "compare": "probe",
    "compatibility": "compatibilities",
    "cross_validated_ratio_trace": "operator_scores",
    "decay_rate": "associations",
    "effective_rank": "ranks",
    "estimate_compatibility": "estimated_compatibility",
    "expected_kernel_deviation": "associations",
    "lidar": "ranks",
    "lipschitz_constant": "associations",
    "mutual_knn_alignment": "neighborhoods",
    "neighbor_overlap": "neighborhoods",
    "participation_ratio": "ranks",
    "probe_curve": "probe",
    "rankme": "ranks",
    "ratio_trace_score": "operator_scores",
    "usefulness": "tau",
    "vamp2_score": "operator_scores",
}

__all__ = [
    "Association",
    "Compatibility",
    "HeldOutScore",
    "OperatorScore",
    "Task",
    "Usefulness",
    "association",
    "bootstrap_interval",
    "cca_alignment",
    "cka_alignment",
    "compare",
    "compatibility",
    "cross_validated_ratio_trace",
    "decay_rate",
    "effective_rank",
    "estimate_compatibility",
    "expected_kernel_deviation",
    "lidar",
    "lipschitz_constant",
    "mutual_knn_alignment",
    "neighbor_overlap",
    "participation_ratio",
    "probe_curve",
    "rankme",
    "ratio_trace_score",
    "usefulness",
    "vamp2_score",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
