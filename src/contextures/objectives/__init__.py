"""Losses whose minimisers are a contexture (needs torch).

Every objective is a small ``torch.nn.Module`` that turns a batch of embeddings into a scalar. Its
class says what a training loop must feed it:

- ``inputs``, the arguments of ``forward``. Row i of every argument belongs to the same draw.

  =============  =============================================================================
  ``"pair"``     ``forward(phi, psi)``: phi(x) and psi(a) for draws (x, a) from P+, by an encoder
                 on X and another on A.
  ``"views"``    ``forward(view_1, view_2)``: one encoder's values on two draws that share their
                 source: two draws a, a+ of one x (the encoder is on A), or two inputs x, x+ that
                 share one a (the encoder is on X, and X and A change places in its docstring).
  ``"kernel"``   ``forward(phi, features, context_weights=None)``: phi(x) and a description of the
                 dual kernel on the same rows: rows z(x) with k = 1 + z . z', or, with
                 ``context_weights`` = P_A, rows of the transition P+(. | x), dense or sparse CSR.
  ``"targets"``  ``forward(embedding, target)``: the embedding and what is to be predicted from it
                 by a linear head, which the loss solves for.
  =============  =============================================================================

- ``encoder_on``: "X" or "A", the space of the (first) encoder; with ``inputs = "pair"`` the second
  encoder is on A. An encoder psi on A gives one on X by averaging, phi = T psi.
- ``operator``: the operator whose top eigenspace the minimiser spans.
- ``ordered``: whether its coordinates are singular functions in order, not only a basis of their
  span (a Rayleigh-Ritz step then orders them).

No objective keeps parameters of its own, and none needs normalised embeddings. Losses are computed
in float32 at least, also under autocast. The functions behind the modules are in
:mod:`contextures.objectives.functional`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.objectives.barlow_twins import BarlowTwins
    from contextures.objectives.base import Objective
    from contextures.objectives.class_balanced_mse import ClassBalancedMSE
    from contextures.objectives.clean_prediction import CleanPrediction
    from contextures.objectives.denoising import Denoising
    from contextures.objectives.distillation import Distillation
    from contextures.objectives.functional import OrthonormalPenalty, VarianceCovariance, Whitening
    from contextures.objectives.graph import Graph
    from contextures.objectives.info_nce import InfoNCE
    from contextures.objectives.joint_nesting import JointNesting
    from contextures.objectives.joint_nesting_views import JointNestingViews
    from contextures.objectives.kise import KISE
    from contextures.objectives.low_rank import LowRank
    from contextures.objectives.masked_reconstruction import MaskedReconstruction
    from contextures.objectives.nt_xent import NTXent
    from contextures.objectives.ratio_trace import RatioTrace
    from contextures.objectives.ratio_trace_kernel import RatioTraceKernel
    from contextures.objectives.ratio_trace_views import RatioTraceViews
    from contextures.objectives.rayleigh_quotient import RayleighQuotient
    from contextures.objectives.registry import get_objective, objective_class, objective_names
    from contextures.objectives.sequential_nesting import SequentialNesting
    from contextures.objectives.sequential_nesting_views import SequentialNestingViews
    from contextures.objectives.spectral_contrastive import SpectralContrastive
    from contextures.objectives.supervised_mse import SupervisedMSE
    from contextures.objectives.svme import SVME
    from contextures.objectives.vicreg import VICReg

_HOME = {
    "BarlowTwins": "barlow_twins",
    "ClassBalancedMSE": "class_balanced_mse",
    "CleanPrediction": "clean_prediction",
    "Denoising": "denoising",
    "Distillation": "distillation",
    "Graph": "graph",
    "InfoNCE": "info_nce",
    "JointNesting": "joint_nesting",
    "JointNestingViews": "joint_nesting_views",
    "KISE": "kise",
    "LowRank": "low_rank",
    "MaskedReconstruction": "masked_reconstruction",
    "NTXent": "nt_xent",
    "Objective": "base",
    "OrthonormalPenalty": "functional",
    "RatioTrace": "ratio_trace",
    "RatioTraceKernel": "ratio_trace_kernel",
    "RatioTraceViews": "ratio_trace_views",
    "RayleighQuotient": "rayleigh_quotient",
    "SVME": "svme",
    "SequentialNesting": "sequential_nesting",
    "SequentialNestingViews": "sequential_nesting_views",
    "SpectralContrastive": "spectral_contrastive",
    "SupervisedMSE": "supervised_mse",
    "VICReg": "vicreg",
    "VarianceCovariance": "functional",
    "Whitening": "functional",
    "get_objective": "registry",
    "objective_class": "registry",
    "objective_names": "registry",
}

__all__ = [
    "KISE",
    "SVME",
    "BarlowTwins",
    "ClassBalancedMSE",
    "CleanPrediction",
    "Denoising",
    "Distillation",
    "Graph",
    "InfoNCE",
    "JointNesting",
    "JointNestingViews",
    "LowRank",
    "MaskedReconstruction",
    "NTXent",
    "Objective",
    "OrthonormalPenalty",
    "RatioTrace",
    "RatioTraceKernel",
    "RatioTraceViews",
    "RayleighQuotient",
    "SequentialNesting",
    "SequentialNestingViews",
    "SpectralContrastive",
    "SupervisedMSE",
    "VICReg",
    "VarianceCovariance",
    "Whitening",
    "get_objective",
    "objective_class",
    "objective_names",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
