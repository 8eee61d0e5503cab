"""Objectives by their short names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from contextures.exceptions import InputError

if TYPE_CHECKING:
    from contextures.objectives.base import Objective

_CLASSES = {
    "barlow_twins": "BarlowTwins",
    "class_balanced_mse": "ClassBalancedMSE",
    "clean_prediction": "CleanPrediction",
    "denoising": "Denoising",
    "distillation": "Distillation",
    "graph": "Graph",
    "info_nce": "InfoNCE",
    "joint_nesting": "JointNesting",
    "joint_nesting_views": "JointNestingViews",
    "kise": "KISE",
    "low_rank": "LowRank",
    "masked_reconstruction": "MaskedReconstruction",
    "nt_xent": "NTXent",
    "ratio_trace": "RatioTrace",
    "ratio_trace_kernel": "RatioTraceKernel",
    "ratio_trace_views": "RatioTraceViews",
    "rayleigh_quotient": "RayleighQuotient",
    "sequential_nesting": "SequentialNesting",
    "sequential_nesting_views": "SequentialNestingViews",
    "spectral_contrastive": "SpectralContrastive",
    "supervised_mse": "SupervisedMSE",
    "svme": "SVME",
    "vicreg": "VICReg",
}
"""Short names, which are those of the modules, and classes."""


def objective_names() -> tuple[str, ...]:
    """List the short names of all objectives.

    Returns
    -------
    tuple of str
        Names for :func:`get_objective`, in alphabetical order.

    Examples
    --------
    >>> from contextures.objectives import objective_names
    >>> "ratio_trace" in objective_names()
    True
    """
    return tuple(sorted(_CLASSES))


def objective_class(name: str) -> type[Objective]:
    """Find the class of an objective, whose attributes say what it takes.

    Parameters
    ----------
    name : str
        One of :func:`objective_names`.

    Returns
    -------
    type
        A subclass of :class:`~contextures.objectives.Objective`.

    Raises
    ------
    InputError
        If there is no such objective.

    Examples
    --------
    >>> from contextures.objectives import objective_class
    >>> found = objective_class("rayleigh_quotient")
    >>> found.inputs, found.encoder_on, found.operator, found.ordered
    ('views', 'A', 'T*T', True)
    """
    if name not in _CLASSES:
        raise InputError(
            f"objective={name!r} is unknown; give one of {', '.join(sorted(_CLASSES))}"
        )
    found: type[Objective] = getattr(
        import_module(f"contextures.objectives.{name}"), _CLASSES[name]
    )
    return found


def get_objective(name: str, **options: Any) -> Objective:
    """Make an objective by its short name.

    Parameters
    ----------
    name : str
        One of :func:`objective_names`.
    **options
        Parameters of its class.

    Returns
    -------
    Objective
        The module.

    Raises
    ------
    InputError
        If there is no such objective, or it has no such parameter.

    Examples
    --------
    >>> from contextures.objectives import get_objective
    >>> get_objective("ratio_trace").inputs
    'pair'
    """
    made = objective_class(name)
    try:
        return made(**options)
    except TypeError as error:
        raise InputError(f"objective {name!r} cannot be made: {error}") from error
