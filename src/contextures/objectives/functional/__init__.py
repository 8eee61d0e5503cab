"""The losses as pure functions of batches of embeddings."""

from __future__ import annotations

from contextures.objectives.functional.barlow_twins import barlow_twins
from contextures.objectives.functional.constraints import (
    OrthonormalPenalty,
    VarianceCovariance,
    Whitening,
)
from contextures.objectives.functional.contrastive import info_nce, nt_xent
from contextures.objectives.functional.graph import graph
from contextures.objectives.functional.kise import kise, kise_gram
from contextures.objectives.functional.leading import leading_trace_kernel
from contextures.objectives.functional.low_rank import low_rank
from contextures.objectives.functional.nesting import joint_nesting, sequential_nesting
from contextures.objectives.functional.ratio_trace import ratio_trace
from contextures.objectives.functional.ratios import ratio_trace_kernel, ratio_trace_views
from contextures.objectives.functional.rayleigh import rayleigh_quotient
from contextures.objectives.functional.regression import (
    linear_head_losses,
    linear_head_mse,
    masked_mse,
)
from contextures.objectives.functional.svme import svme
from contextures.objectives.functional.targets import class_targets, one_hot
from contextures.objectives.functional.vicreg import vicreg

__all__ = [
    "OrthonormalPenalty",
    "VarianceCovariance",
    "Whitening",
    "barlow_twins",
    "class_targets",
    "graph",
    "info_nce",
    "joint_nesting",
    "kise",
    "kise_gram",
    "leading_trace_kernel",
    "linear_head_losses",
    "linear_head_mse",
    "low_rank",
    "masked_mse",
    "nt_xent",
    "one_hot",
    "ratio_trace",
    "ratio_trace_kernel",
    "ratio_trace_views",
    "rayleigh_quotient",
    "sequential_nesting",
    "svme",
    "vicreg",
]
