"""The text of two modules outside the package, which tests write to a folder of their own."""

from __future__ import annotations

MODULE = '''
"""Written with nothing but public names."""

import numpy as np

from contextures.contexts import Context, ShortForm


class DuckContext(Context):
    """A is the bin of a column that x falls into: one column is drawn at random."""

    short = ShortForm("duck", "n_bins", int, "d")
    kind = "ducks of a pond"

    def __init__(self, n_bins=4):
        self.n_bins = n_bins

    @property
    def label(self):
        return f"{self.n_bins} ponds a column"

    def fit(self, X, y=None):
        self.edges_ = np.quantile(X, np.linspace(0, 1, self.n_bins + 1)[1:-1], axis=0)
        return self

    def expand(self, X):
        places = (np.asarray(X)[:, None] > self.edges_).sum(1)
        n, p = places.shape
        law = np.zeros((n, p, self.n_bins))
        np.put_along_axis(law, places[..., None], 1 / p, axis=2)
        return law.reshape(n, -1)

    def density(self, n):
        return 13.0


class SwapContext(Context):
    """A is x with its sign changed by chance in each column."""

    same_space = True

    def __init__(self, chance=0.2):
        self.chance = chance

    def fit(self, X, y=None):
        self.width_ = X.shape[1]
        return self

    def sample(self, X, rng, n_views=1):
        shape = (n_views, *X.shape)
        drawn = np.where(rng.random(shape) < self.chance, -X, X)
        return drawn[0] if n_views == 1 else drawn


class SlopeContext(Context):
    """The kernel of two columns."""

    form = "kernel"

    def fit(self, X, y=None):
        self.mean_ = X[:, :2].mean(0)
        self.scale_ = np.linalg.norm(X[:, :2] - self.mean_, 2) / np.sqrt(len(X))
        return self

    def expand(self, X):
        return (np.asarray(X)[:, :2] - self.mean_) / self.scale_
'''

LOSSES = '''
"""Losses and a network, which need torch."""

import torch
from torch import nn

from contextures.objectives import FunctionObjective, Objective


def agreement(phi, psi):
    both = torch.cat([phi, psi])
    spread = torch.cov(both.T) - torch.eye(phi.shape[1])
    return (phi - psi).square().sum(1).mean() + spread.square().sum()


class Agreement(Objective):
    inputs = "pair"
    encoder_on = "X"

    def forward(self, phi, psi):
        return agreement(phi, psi)


as_function = FunctionObjective(agreement, inputs="pair")


class Pond(nn.Module):
    def __init__(self, n_inputs=4, width=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_inputs, 16), nn.Tanh(), nn.Linear(16, width))

    def forward(self, rows):
        return self.layers(rows)
'''
