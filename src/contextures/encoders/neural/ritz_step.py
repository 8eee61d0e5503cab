"""The Rayleigh-Ritz step on the outputs of trained networks."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from contextures.encoders.neural.embedding import Map
from contextures.encoders.neural.problem import Problem
from contextures.encoders.neural.training import Outcome
from contextures.exceptions import ContextWarning, RankError
from contextures.spectrum.ritz import RitzFunctions

COLLAPSED = 0.5
"""An effective rank below this share of d is a collapse: losses that scale functions by their
singular values stay above it."""

AVERAGED_DRAWS = 64
"""Draws of A over which a network on A is averaged, for each row."""


def finished(problem: Problem, outcome: Outcome) -> tuple[Map, float]:
    """Find the ordered functions in the span of the trained outputs, on all fitted rows.

    Parameters
    ----------
    problem : Problem
        Its networks take the weights that were chosen.
    outcome : Outcome
        What the training came to.

    Returns
    -------
    tuple
        The map from rows to coordinates, and the ridge of the Ritz step.

    Raises
    ------
    RankError
        If fewer than d functions have an association; where fewer are allowed, if there is not one.
    """
    networks = problem.networks.cpu()
    networks.load_state_dict({k: torch.as_tensor(v) for k, v in outcome.weights.items()})
    networks.float().eval()
    ridge = problem.ridge() if outcome.ridge is None else outcome.ridge
    assert ridge is not None  # chosen by rows held out, or known without
    moments = problem.fitted.moments(networks, np.arange(len(problem.inputs)))
    d, allow_fewer = problem.settings.n_components, problem.settings.allow_fewer
    try:
        functions = moments.solve(d, ridge, allow_fewer=allow_fewer)
    except RankError as error:
        raise RankError(
            f"the network learned nothing of the context: not one of its {problem.n_outputs} "
            "outputs' functions has an association; give another context, or train longer"
            if allow_fewer
            else f"n_components={d} is above what the network learned: {error.rank} of its "
            f"{problem.n_outputs} outputs' functions have an association; give n_components="
            f"{max(error.rank, 1)} or less, or train longer",
            error.rank,
        ) from None
    if not problem.averages:
        network = networks.phi
        assert network is not None
        return Map(network, functions), ridge
    network = networks.psi
    assert network is not None
    n_draws = problem.settings.n_views or AVERAGED_DRAWS
    seed = problem.settings.seed
    offsets = problem.offsets, problem.context_offsets
    return Map(network, functions, problem.context, n_draws, seed, *offsets), ridge


def warn_of_collapse(problem: Problem, functions: RitzFunctions) -> None:
    """Warn when the outputs vary in fewer directions than are kept of them.

    Losses that whiten are not told: they leave the scale of every direction free.
    """
    d = functions.n_components
    whitens = problem.objective(len(problem.rows)).whitens
    if whitens or functions.effective_rank >= COLLAPSED * d:
        return
    warnings.warn(
        f"the network's {problem.n_outputs} outputs have collapsed to an effective rank of "
        f"{functions.effective_rank:.1f}, for n_components={d}: the last coordinates rest on "
        "directions that hardly vary; choose objective='ratio_trace', which has no such limit, "
        "more weight on the variance terms, or fewer components",
        ContextWarning,
        stacklevel=3,
    )
