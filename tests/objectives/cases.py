"""Every objective in every variant, and a batch for it."""

from __future__ import annotations

import torch

from contextures.objectives import get_objective, objective_names

N = 30
_draws = torch.Generator().manual_seed(0)


def _normal(*shape):
    return torch.randn(*shape, generator=_draws, dtype=torch.float64)


PHI = _normal(N, 4) + 0.5
PSI = PHI * 0.5 + _normal(N, 4)
FEATURES = _normal(N, 3)
TRANSITION = torch.softmax(2 * _normal(N, 7), dim=1)
WEIGHTS = TRANSITION.mean(0)
LABELS = torch.randint(3, (N,), generator=_draws)

CONSTRAINTS = [{"constraint": c} for c in ("whitening", "vicreg", "penalty")]
OPTIONS = {
    "svme": CONSTRAINTS,
    "kise": CONSTRAINTS,
    "rayleigh_quotient": CONSTRAINTS,
    "graph": [{"walk": walk} for walk in ("two_step", "lazy", "signed")],
    "joint_nesting": [{}, {"step": 3}],
    "ratio_trace": [{}, {"exclude_self": False}],
    "ratio_trace_kernel": [{}, {"exclude_self": False}, {"leading": 2}],
    "low_rank": [{}, {"constant": True}],
    "supervised_mse": [{}, {"bias": False}],
    "info_nce": [{}, {"normalize": False}],
}
MADE = [(name, options) for name in objective_names() for options in OPTIONS.get(name, [{}])]


def arguments(name):
    """Embeddings that need a gradient, and constants, for an objective."""
    inputs = get_objective(name).inputs
    if inputs in ("pair", "views"):
        return (PHI, PSI), ()
    if inputs == "kernel":
        return (PHI,), (TRANSITION, WEIGHTS)
    return (PHI,), (LABELS if name == "class_balanced_mse" else PSI,)
