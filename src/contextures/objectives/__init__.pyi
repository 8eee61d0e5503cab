# The one list of this package's public names, which the package itself reads when it is imported.
# A class in a module of its own name, such as VICReg in vicreg, is an objective of that name.

from .barlow_twins import BarlowTwins as BarlowTwins
from .base import Objective as Objective
from .class_balanced_mse import ClassBalancedMSE as ClassBalancedMSE
from .clean_prediction import CleanPrediction as CleanPrediction
from .denoising import Denoising as Denoising
from .distillation import Distillation as Distillation
from .from_function import FunctionObjective as FunctionObjective
from .functional import OrthonormalPenalty as OrthonormalPenalty
from .functional import VarianceCovariance as VarianceCovariance
from .functional import Whitening as Whitening
from .graph import Graph as Graph
from .info_nce import InfoNCE as InfoNCE
from .joint_nesting import JointNesting as JointNesting
from .joint_nesting_views import JointNestingViews as JointNestingViews
from .kise import KISE as KISE
from .low_rank import LowRank as LowRank
from .masked_reconstruction import MaskedReconstruction as MaskedReconstruction
from .nt_xent import NTXent as NTXent
from .predicting import LinearHead as LinearHead
from .ratio_trace import RatioTrace as RatioTrace
from .ratio_trace_kernel import RatioTraceKernel as RatioTraceKernel
from .ratio_trace_views import RatioTraceViews as RatioTraceViews
from .rayleigh_quotient import RayleighQuotient as RayleighQuotient
from .registry import get_objective as get_objective
from .registry import objective_class as objective_class
from .registry import objective_names as objective_names
from .risk import UnderRisk as UnderRisk
from .sequential_nesting import SequentialNesting as SequentialNesting
from .sequential_nesting_views import SequentialNestingViews as SequentialNestingViews
from .spectral_contrastive import SpectralContrastive as SpectralContrastive
from .supervised_mse import SupervisedMSE as SupervisedMSE
from .svme import SVME as SVME
from .vicreg import VICReg as VICReg

_HOME: dict[str, str]
