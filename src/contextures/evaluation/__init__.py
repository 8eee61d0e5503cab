"""Judging contexts and representations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.evaluation.bounds.advice import (
        DimensionAdvice,
        SizeAdvice,
        best_dimension,
        labels_needed,
        unlabelled_needed,
    )
    from contextures.evaluation.bounds.approximation import (
        Approximation,
        OptimalError,
        algebraic_worst_case_bound,
        approximation,
        optimal_error,
        worst_case_bound,
    )
    from contextures.evaluation.bounds.complexity import (
        ContextComplexity,
        complexity_from_log_ratios,
        context_complexity,
    )
    from contextures.evaluation.bounds.regression import RegressionBound, regression_bound
    from contextures.evaluation.bounds.sampled_complexity import sampled_complexity
    from contextures.evaluation.bounds.span import (
        RegressionSpan,
        learned_span,
        measured_span,
        spectral_span,
    )
    from contextures.evaluation.bounds.task import RegressionTask, measured_task
    from contextures.evaluation.bounds.worst_case import WorstCase, worst_case_error
    from contextures.evaluation.context_scores.association import (
        Association,
        association,
        decay_rate,
        expected_kernel_deviation,
        lipschitz_constant,
    )
    from contextures.evaluation.context_scores.pseudo_tasks import (
        PseudoTaskScore,
        cannot_tell,
        pseudo_task_error,
    )
    from contextures.evaluation.context_scores.task_priors import TaskPrior, smooth_tasks
    from contextures.evaluation.context_scores.tau import Usefulness, usefulness
    from contextures.evaluation.embeddings.comparison import (
        EmbeddingComparison,
        EmbeddingPair,
        compare_embeddings,
    )
    from contextures.evaluation.embeddings.held import HeldFunctions
    from contextures.evaluation.intervals import (
        bootstrap_interval,
        paired_bootstrap_interval,
        paired_hits_interval,
        paired_mean_interval,
    )
    from contextures.evaluation.jackknife import Estimate, OperatorScore
    from contextures.evaluation.learned.diagnosis import Diagnosis, diagnose
    from contextures.evaluation.learned.operator_scores import (
        cross_validated_ratio_trace,
        ratio_trace_score,
        vamp2_score,
    )
    from contextures.evaluation.representations.alignment import cca_alignment, cka_alignment
    from contextures.evaluation.representations.neighborhoods import (
        mutual_knn_alignment,
        neighbor_overlap,
    )
    from contextures.evaluation.representations.probe import compare, probe_curve
    from contextures.evaluation.representations.ranks import (
        effective_rank,
        lidar,
        participation_ratio,
        rankme,
    )
    from contextures.evaluation.representations.shares import learned_shares
    from contextures.evaluation.representations.task import HeldOutScore, Task
    from contextures.evaluation.tasks.compatibility import Compatibility, compatibility
    from contextures.evaluation.tasks.estimated_compatibility import estimate_compatibility

_HOME = {
    "Approximation": "bounds.approximation",
    "Association": "context_scores.association",
    "Compatibility": "tasks.compatibility",
    "ContextComplexity": "bounds.complexity",
    "Diagnosis": "learned.diagnosis",
    "DimensionAdvice": "bounds.advice",
    "EmbeddingComparison": "embeddings.comparison",
    "EmbeddingPair": "embeddings.comparison",
    "Estimate": "jackknife",
    "HeldFunctions": "embeddings.held",
    "HeldOutScore": "representations.task",
    "OperatorScore": "jackknife",
    "OptimalError": "bounds.approximation",
    "PseudoTaskScore": "context_scores.pseudo_tasks",
    "RegressionBound": "bounds.regression",
    "RegressionSpan": "bounds.span",
    "RegressionTask": "bounds.task",
    "SizeAdvice": "bounds.advice",
    "Task": "representations.task",
    "TaskPrior": "context_scores.task_priors",
    "Usefulness": "context_scores.tau",
    "WorstCase": "bounds.worst_case",
    "algebraic_worst_case_bound": "bounds.approximation",
    "approximation": "bounds.approximation",
    "association": "context_scores.association",
    "best_dimension": "bounds.advice",
    "bootstrap_interval": "intervals",
    "paired_bootstrap_interval": "intervals",
    "cannot_tell": "context_scores.pseudo_tasks",
    "cca_alignment": "representations.alignment",
    "cka_alignment": "representations.alignment",
    "compare": "representations.probe",
    "compare_embeddings": "embeddings.comparison",
    "compatibility": "tasks.compatibility",
    "complexity_from_log_ratios": "bounds.complexity",
    "context_complexity": "bounds.complexity",
    "cross_validated_ratio_trace": "learned.operator_scores",
    "decay_rate": "context_scores.association",
    "diagnose": "learned.diagnosis",
    "effective_rank": "representations.ranks",
    "estimate_compatibility": "tasks.estimated_compatibility",
    "expected_kernel_deviation": "context_scores.association",
    "labels_needed": "bounds.advice",
    "learned_shares": "representations.shares",
    "learned_span": "bounds.span",
    "lidar": "representations.ranks",
    "lipschitz_constant": "context_scores.association",
    "measured_span": "bounds.span",
    "measured_task": "bounds.task",
    "mutual_knn_alignment": "representations.neighborhoods",
    "neighbor_overlap": "representations.neighborhoods",
    "optimal_error": "bounds.approximation",
    "paired_hits_interval": "intervals",
    "paired_mean_interval": "intervals",
    "participation_ratio": "representations.ranks",
    "probe_curve": "representations.probe",
    "pseudo_task_error": "context_scores.pseudo_tasks",
    "rankme": "representations.ranks",
    "ratio_trace_score": "learned.operator_scores",
    "regression_bound": "bounds.regression",
    "sampled_complexity": "bounds.sampled_complexity",
    "smooth_tasks": "context_scores.task_priors",
    "spectral_span": "bounds.span",
    "unlabelled_needed": "bounds.advice",
    "usefulness": "context_scores.tau",
    "vamp2_score": "learned.operator_scores",
    "worst_case_bound": "bounds.approximation",
    "worst_case_error": "bounds.worst_case",
}

__all__ = [
    "Approximation",
    "Association",
    "Compatibility",
    "ContextComplexity",
    "Diagnosis",
    "DimensionAdvice",
    "EmbeddingComparison",
    "EmbeddingPair",
    "Estimate",
    "HeldFunctions",
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
    "compare_embeddings",
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
    "paired_bootstrap_interval",
    "paired_hits_interval",
    "paired_mean_interval",
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
