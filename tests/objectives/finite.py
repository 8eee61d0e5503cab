"""Contexts on finite spaces, as batches that hold every draw as often as it is likely.

On such a batch a loss is its population value (a U-statistic up to a share of 1 / n), and tables
of values are all functions there are. So what gradient descent on tables finds is the minimiser.
"""

from __future__ import annotations

import itertools

import numpy as np
import torch


class Finite:
    """A context given by whole-number counts of the draws (x, a)."""

    def __init__(self, counts, copies=1):
        self.counts = np.asarray(counts)
        total = self.counts.sum()
        self.joint = self.counts / total
        self.px, self.pa = self.joint.sum(1), self.joint.sum(0)
        pairs = [(x, a) for x, a in np.ndindex(self.counts.shape) for _ in range(self.counts[x, a])]
        self.x, self.a = torch.tensor(pairs * copies).T
        self.transition = self.joint / self.px[:, None]
        root = self.joint / np.sqrt(np.outer(self.px, self.pa))
        left, values, right = np.linalg.svd(root)
        self.s = values[1:]
        self.mu = (left / np.sqrt(self.px)[:, None])[:, 1:]
        self.nu = (right.T / np.sqrt(self.pa)[:, None])[:, 1:]

    def reversed(self):
        """The same law with X and A in each other's place."""
        return Finite(self.counts.T)

    def views(self, copies=1):
        """The context whose draws are two views a, a+ of one x, where every x is as likely."""
        assert len(set(self.counts.sum(1))) == 1
        return Finite(self.counts.T @ self.counts, copies)

    def rows(self, copies=1):
        """Rows x in their shares, for the objectives that take the kernel."""
        return torch.sort(self.x).values.repeat(copies)

    def kernel(self):
        """The dual kernel as a matrix."""
        return torch.tensor(self.transition / self.pa @ self.transition.T)


def unequal_masks(copies=1):
    """Three bits, hidden with chances 1/4, 1/2 and 3/4; s is the product of sqrt(3/4, 1/2, 1/4)
    over subsets."""
    one = {2: [[3, 0, 1], [0, 3, 1]], 1: [[1, 0, 1], [0, 1, 1]], 0: [[1, 0, 3], [0, 1, 3]]}
    counts = np.kron(np.kron(one[2], one[1]), one[0])
    return Finite(counts, copies)


def two_masks(copies=1):
    """Two bits, hidden with chances 1/4 and 1/2: s^2 is 3/4, 1/2 and 3/8."""
    return Finite(np.kron([[3, 0, 1], [0, 3, 1]], [[1, 0, 1], [0, 1, 1]]), copies)


MASK_VALUES = np.sort(
    [
        np.sqrt(np.prod(kept))
        for size in (1, 2, 3)
        for kept in itertools.combinations((0.75, 0.5, 0.25), size)
    ]
)[::-1]


def unequal_flips(copies=1):
    """Three bits, flipped with chances 1/16, 1/8 and 1/4; s is the product of 7/8, 3/4 and 1/2
    over subsets."""
    one = [[[15, 1], [1, 15]], [[7, 1], [1, 7]], [[3, 1], [1, 3]]]
    return Finite(np.kron(np.kron(one[0], one[1]), one[2]), copies)


FLIP_VALUES = np.sort(
    [
        np.prod(kept)
        for size in (1, 2, 3)
        for kept in itertools.combinations((7 / 8, 3 / 4, 1 / 2), size)
    ]
)[::-1]


def tables(*shapes, seed=0):
    """Random tables of function values to start from."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


def minimize(loss, parameters, steps=120):
    """Minimise by L-BFGS; gives the minimum."""
    optimizer = torch.optim.LBFGS(
        parameters,
        max_iter=steps,
        tolerance_grad=1e-8,
        tolerance_change=1e-12,
        history_size=30,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)
    return loss().item()


def minimize_rough(loss, parameters, steps=600, rate=0.1):
    """Minimise what has kinks, by Adam with steps that shrink; gives the minimum."""
    optimizer = torch.optim.Adam(parameters, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        schedule.step()
    return loss().item()


def descend(loss, parameters, steps=1500, rate=0.05):
    """Take first-order steps, for what is no scalar's gradient."""
    optimizer = torch.optim.SGD(parameters, lr=rate, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
    return value.item()


def canonical_correlations(functions, truth, weights):
    """The cosines between two spans of functions, under weights, the means taken away."""
    root = np.sqrt(weights)[:, None]

    def basis(table):
        table = np.asarray(table)
        return np.linalg.qr((table - weights @ table) * root)[0]

    return np.linalg.svd(basis(functions).T @ basis(truth), compute_uv=False)


def ritz(functions, transition, weights, context_weights):
    """The singular values that functions of x attain under a transition."""
    functions = np.asarray(functions) - weights @ np.asarray(functions)
    smoothed = (transition * (weights[:, None] / context_weights)).T @ functions
    c = functions.T @ (functions * weights[:, None])
    b = smoothed.T @ (smoothed * context_weights[:, None])
    squares = np.sort(np.linalg.eigvals(np.linalg.solve(c, b)).real)[::-1]
    return np.sqrt(np.maximum(squares, 0.0))


def gram_schmidt(functions, weights):
    """Functions made orthonormal under weights, coordinate after coordinate."""
    factor = np.linalg.cholesky(covariance(functions, weights))
    return torch.tensor(np.linalg.solve(factor, functions.detach().numpy().T).T)


def covariance(functions, weights):
    """The covariance of functions under weights."""
    functions = functions.detach().numpy() - weights @ functions.detach().numpy()
    return functions.T @ (functions * weights[:, None])


def check_span(functions, context, d, side="X", least=0.98, atol=0.01):
    """Functions span mu_1, ..., mu_d (or nu) and attain s_1, ..., s_d."""
    functions = functions.detach().numpy()
    truth, weights = (context.mu, context.px) if side == "X" else (context.nu, context.pa)
    cosines = canonical_correlations(functions, truth[:, :d], weights)
    assert cosines.min() >= least
    there = context if side == "X" else context.reversed()
    found = ritz(functions, there.transition, there.px, there.pa)
    np.testing.assert_allclose(found, context.s[:d], atol=atol)
    return cosines.min(), np.abs(found - context.s[:d]).max()


def check_order(functions, truth, weights, least=0.98):
    """Every coordinate is the singular function of its rank, up to its scale and sign."""
    functions = functions.detach().numpy() - weights @ functions.detach().numpy()
    functions /= np.sqrt(weights @ functions**2)
    cosines = np.abs((functions * truth * weights[:, None]).sum(0))
    assert cosines.min() >= least
