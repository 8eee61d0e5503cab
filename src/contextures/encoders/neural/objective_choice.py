"""Which objective is meant, in the form that a context can feed."""

from __future__ import annotations

import inspect
import math
from typing import Any, Literal

from contextures.contexts import Context
from contextures.exceptions import InputError
from contextures.objectives import Objective, get_objective, objective_class
from contextures.objectives.base import check_declared
from contextures.objectives.from_function import called
from contextures.objectives.functional import Whitening

Feeding = Literal["kernel", "pair", "shared", "edges", "draws", "targets", "reconstruction"]
"""What a batch is made of.

"kernel": rows x and the dual kernel between them. "pair": x and a draw a. "shared": two inputs
x, x+ that share an a. "edges": x and a, both nodes, by one network. "draws": two draws a, a+ of
one x. "targets": x, and A as a target. "reconstruction": a draw a, and x as a target.
"""

RIDGE, FULL_RIDGE = 1e-4, 1e-2
"""The ridge of losses that whiten, and of those to which all functions count alike.

Rounding in float32 is near the first. The outputs of a new network vary in a few directions only,
and whitened with so small a ridge the others, which are next to nothing, would take up the search.
"""

MARGIN = 1.25
"""So many functions count for each that is kept: the last ones kept then settle too."""


def choose_feeding(objective: Objective, context: Context) -> Feeding:
    """Say what a batch is made of, for an objective and a fitted context.

    Parameters
    ----------
    objective : Objective
        The loss.
    context : Context
        A fitted context.

    Returns
    -------
    str
        One of :data:`Feeding`.

    Raises
    ------
    InputError
        If the context cannot give what the objective takes.
    """
    name, kind = type(objective).__name__, type(context).__name__
    transition = context.form == "transition"
    drawn = transition or context.form == "sampler" or context.observed
    if objective.inputs == "kernel":
        if context.has_rows:
            return "kernel"
        raise InputError(
            f"{name} needs the dual kernel, and {kind} only draws A; give objective='ratio_trace' "
            "or another that takes draws"
        )
    if objective.inputs == "targets":
        if objective.encoder_on == "X":
            return "targets"
        if drawn:
            return "reconstruction"
    elif objective.inputs == "pair":
        if drawn:
            return "pair"
    elif objective.over_edges:
        if transition and context.takes == "index":
            return "edges"
        raise InputError(
            f"{name} over edges needs a graph, whose nodes are both X and A; give a GraphContext, "
            "or an objective on draws, such as 'graph' with walk='two_step'"
        )
    elif transition:
        return "shared"
    elif context.form == "sampler" and not context.observed:
        return "draws"
    raise InputError(
        f"{name} needs {'two draws' if objective.inputs == 'views' else 'draws'} of A for each x, "
        f"and {kind} gives "
        + ("one that was observed" if context.form == "sampler" or context.observed else "none")
        + "; give objective='ratio_trace'"
    )


def choose_objective(
    objective: Any,
    options: dict[str, Any],
    context: Context,
    *,
    n_components: int,
    n_outputs: int,
    whole_sample: bool,
) -> Objective:
    """Make the objective.

    Parameters
    ----------
    objective : str or Objective
        What the caller asked for. "ratio_trace" is taken in the form of kernels where the context
        has one, exactly, and in that of pairs elsewhere.
    options : dict
        Options of an objective that is given by name.
    context : Context
        A fitted context.
    n_components, n_outputs : int
        Functions that are kept, and outputs of the network.
    whole_sample : bool
        Whether every batch is the whole sample.

    Returns
    -------
    Objective
        The loss.

    Raises
    ------
    InputError
        If there is no such objective, or one of the caller's own does not say what it takes.
    """
    if isinstance(objective, Objective):
        if options:
            raise InputError(
                f"objective_options={options!r} are for an objective that is given by name; set "
                f"them on the {type(objective).__name__} instead"
            )
        check_declared(objective)
        return objective
    if callable(objective) and not isinstance(objective, type):
        raise InputError(
            f"objective={called(objective)} does not say what it takes; give "
            f"contextures.objectives.FunctionObjective({called(objective)}, inputs='pair'), or "
            "another of its inputs"
        )
    if not isinstance(objective, str):
        raise InputError(
            f"objective={objective!r} is not possible; give a name, or an instance of "
            "contextures.objectives.Objective"
        )
    name = objective
    if name == "ratio_trace" and context.has_rows:
        name = "ratio_trace_kernel"
    made = objective_class(name)
    known = inspect.signature(made).parameters
    usual: dict[str, Any] = {}
    if whole_sample and made.inputs == "kernel":
        # The operator on the sample itself, whose rows are all there is.
        usual["exclude_self"] = False
    if math.ceil(MARGIN * n_components) < n_outputs:
        usual["leading"] = math.ceil(MARGIN * n_components)
    leads = made.inputs == "targets" or ("leading" in usual and "leading" in known)
    usual["ridge"] = RIDGE if leads else FULL_RIDGE
    usual["constraint"] = Whitening(FULL_RIDGE)
    if context.form == "transition":
        usual["n_classes"] = len(context.context_weights_)
        usual["priors"] = context.context_weights_.tolist()
    chosen = {key: value for key, value in usual.items() if key in known}
    return get_objective(name, **{**chosen, **options})
