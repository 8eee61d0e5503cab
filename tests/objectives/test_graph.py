"""The graph objective and its remedies for negative eigenvalues."""

from __future__ import annotations

import finite
import numpy as np
import pytest
import torch

from contextures.objectives import get_objective


def cycle(n):
    return finite.Finite(np.roll(np.eye(n, dtype=int), 1, 1) + np.roll(np.eye(n, dtype=int), -1, 1))


def blocks(size=3, inside=9, outside=2):
    """Three blocks: s = (inside - outside) / (inside + 2 outside), twice, then zero."""
    rates = np.full((3, 3), outside) + (inside - outside) * np.eye(3, dtype=int)
    return finite.Finite(np.kron(rates, np.ones((size, size), dtype=int)).astype(int))


def test_the_printed_objective_gives_the_alternating_function_the_worst_loss():
    """Pitfall: on C_8 it has s = 1, but signed eigenvalue -1 and so loss 2."""
    context = cycle(8)
    alternating = torch.tensor([[1.0], [-1.0]] * 4, dtype=torch.float64)
    ends = alternating[context.x], alternating[context.a]
    signed = get_objective("graph", walk="signed", ridge=0.0)(*ends)
    assert signed.item() == pytest.approx(2)
    steps = context.views()
    pairs = alternating[steps.x], alternating[steps.a]
    assert get_objective("graph", ridge=0.0)(*pairs).item() == pytest.approx(0)


def test_two_step_pairs_find_the_functions_of_the_walk():
    context = cycle(8)
    steps = context.views()
    objective = get_objective("graph")
    (f,) = finite.tables((8, 3))
    value = finite.minimize(lambda: objective(f[steps.x], f[steps.a]), [f])
    assert value == pytest.approx(3 - 1 - 0.5 - 0.5, abs=1e-3)


@pytest.mark.parametrize("walk", ["lazy", "signed"])
def test_edges_find_the_functions_of_the_lazy_walk(walk):
    """The same functions either way: laziness changes what their values mean."""
    context = cycle(8)
    objective = get_objective("graph", walk=walk)
    (f,) = finite.tables((8, 2))
    value = finite.minimize(lambda: objective(f[context.x], f[context.a]), [f])
    turn = 2 * np.pi * np.arange(8) / 8
    truth = np.column_stack([np.cos(turn), np.sin(turn)])
    assert finite.canonical_correlations(f.detach().numpy(), truth, context.px).min() > 0.9999
    eigenvalue = np.cos(turn[1])
    s = (1 + eigenvalue) / 2 if walk == "lazy" else eigenvalue
    assert value == pytest.approx(2 - 2 * s, abs=1e-3)


@pytest.mark.parametrize("walk", ["two_step", "lazy"])
def test_block_graph(walk):
    context = blocks()
    pairs = context.views() if walk == "two_step" else context
    objective = get_objective("graph", walk=walk)
    (f,) = finite.tables((9, 2))
    value = finite.minimize(lambda: objective(f[pairs.x], f[pairs.a]), [f])
    s = 7 / 13
    assert value == pytest.approx(2 - 2 * (s**2 if walk == "two_step" else (1 + s) / 2), abs=1e-3)
    finite.check_span(f, context, 2, least=0.9999, atol=1e-3)
