"""Judging contexts and representations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.evaluation.advice import (
        DimensionAdvice,
        SizeAdvice,
        best_dimension,
        labels_needed,
        unlabelled_needed,
    )
    from contextures.evaluation.alignment import cca_alignment, cka_alignment
    from contextures.evaluation.approximations import (
        Approximation,
        OptimalError,
        algebraic_worst_case_bound,
        approximation,
        optimal_error,
        worst_case_bound,
    )
    from contextures.evaluation.associations import (
        Association,
        association,
        decay_rate,
        expected_kernel_deviation,
        lipschitz_constant,
    )
    from contextures.evaluation.bounds import RegressionBound, regression_bound
    from contextures.evaluation.compatibilities import Compatibility, compatibility
    from contextures.evaluation.complexity import (
        ContextComplexity,
        complexity_from_log_ratios,
        context_complexity,
    )
    from contextures.evaluation.complexity_sampling import sampled_complexity
    from contextures.evaluation.diagnosis import Diagnosis, diagnose
    from contextures.evaluation.estimated_compatibility import estimate_compatibility
    from contextures.evaluation.intervals import bootstrap_interval
    from contextures.evaluation.jackknife import Estimate, OperatorScore
    from contextures.evaluation.neighborhoods import mutual_knn_alignment, neighbor_overlap
    from contextures.evaluation.operator_scores import (
        cross_validated_ratio_trace,
        ratio_trace_score,
        vamp2_score,
    )
    from contextures.evaluation.probe import HeldOutScore, Task, compare, probe_curve
    from contextures.evaluation.pseudo_tasks import PseudoTaskScore, cannot_tell, pseudo_task_error
    from contextures.evaluation.ranks import effective_rank, lidar, participation_ratio, rankme
    from contextures.evaluation.regression_span import (
        RegressionSpan,
        learned_span,
        measured_span,
        spectral_span,
    )
    from contextures.evaluation.regression_task import RegressionTask, measured_task
    from contextures.evaluation.shares import learned_shares
    from contextures.evaluation.task_priors import TaskPrior, smooth_tasks
    from contextures.evaluation.tau import Usefulness, usefulness
    from contextures.evaluation.worst_case import WorstCase, worst_case_error

_HOME = {
    "Approximation": "approximations",
    "Association": "associations",
    "Compatibility": "compatibilities",
    "ContextComplexity": "complexity",
    "Diagnosis": "diagnosis",
    "DimensionAdvice": "advice",
    "Estimate": "jackknife",
    "HeldOutScore": "probe",
    "OperatorScore": "jackknife",
    "OptimalError": "approximations",
    "PseudoTaskScore": "pseudo_tasks",
    "RegressionBound": "bounds",
    "RegressionSpan": "regression_span",
    "RegressionTask": "regression_task",
    "SizeAdvice": "advice",
    "Task": "probe",
    "TaskPrior": "task_priors",
    "Usefulness": "tau",
    "WorstCase": "worst_case",
    "algebraic_worst_case_bound": "approximations",
    "approximation": "approximations",
    "association": "associations",
    "best_dimension": "advice",
    "bootstrap_interval": "intervals",
    "cannot_tell": "pseudo_tasks",
    "cca_alignment": "alignment",
    "cka_alignment": "alignment",
    "compare": "probe",
    "compatibility": "compatibilities",
    "complexity_from_log_ratios": "complexity",
    "context_complexity": "complexity",
    "cross_validated_ratio_trace": "operator_scores",
    "decay_rate": "associations",
    "diagnose": "diagnosis",
    "effective_rank": "ranks",
    "estimate_compatibility": "estimated_compatibility",
    "expected_kernel_deviation": "associations",
    "labels_needed": "advice",
    "learned_shares": "shares",
    "learned_span": "regression_span",
    "lidar": "ranks",
    "lipschitz_constant": "associations",
    "measured_span": "regression_span",
    "measured_task": "regression_task",
    "mutual_knn_alignment": "neighborhoods",
    "neighbor_overlap": "neighborhoods",
    "optimal_error": "approximations",
    "participation_ratio": "ranks",
    "probe_curve": "probe",
    "pseudo_task_error": "pseudo_tasks",
    "rankme": "ranks",
    "ratio_trace_score": "operator_scores",
    "regression_bound": "bounds",
    "sampled_complexity": "complexity_sampling",
    "smooth_tasks": "task_priors",
    "spectral_span": "regression_span",
    "unlabelled_needed": "advice",
    "usefulness": "tau",
    "vamp2_score": "operator_scores",
    "worst_case_bound": "approximations",
    "worst_case_error": "worst_case",
}

__all__ = [
    "Approximation",
    "Association",
    "Compatibility",
    "ContextComplexity",
    "Diagnosis",
    "DimensionAdvice",
    "Estimate",
    "HeldOutScore",
    "OperatorScore",
    "OptimalError",
    "PseudoTaskScore",
    "RegressionBound",
    "RegressionSpan",
    "RegressionTask",
    "SizeAdvice",
    "Task",
    "TaskPrior",
    "Usefulness",
    "WorstCase",
    "algebraic_worst_case_bound",
    "approximation",
    "association",
    "best_dimension",
    "bootstrap_interval",
    "cannot_tell",
    "cca_alignment",
    "cka_alignment",
    "compare",
    "compatibility",
    "complexity_from_log_ratios",
    "context_complexity",
    "cross_validated_ratio_trace",
    "decay_rate",
    "diagnose",
    "effective_rank",
    "estimate_compatibility",
    "expected_kernel_deviation",
    "labels_needed",
    "learned_shares",
    "learned_span",
    "lidar",
    "lipschitz_constant",
    "measured_span",
    "measured_task",
    "mutual_knn_alignment",
    "neighbor_overlap",
    "optimal_error",
    "participation_ratio",
    "probe_curve",
    "pseudo_task_error",
    "rankme",
    "ratio_trace_score",
    "regression_bound",
    "sampled_complexity",
    "smooth_tasks",
    "spectral_span",
    "unlabelled_needed",
    "usefulness",
    "vamp2_score",
    "worst_case_bound",
    "worst_case_error",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
