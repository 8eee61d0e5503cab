"""From a fitted context and its rows to a training that is ready to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from contextures._arrays import FloatArray, IntArray
from contextures.contexts import Context
from contextures.contexts.algebra.layout import Piece, pieces_of
from contextures.encoders.held_out import USUAL_RIDGE
from contextures.encoders.neural.batches import Sample
from contextures.encoders.neural.checkpoints import Checkpoints, fingerprint
from contextures.encoders.neural.network_moments import FittedRows, HeldOut
from contextures.encoders.neural.network_pair import NetworkPair, check_outputs, make_network
from contextures.encoders.neural.objective_choice import Feeding, choose_feeding, choose_objective
from contextures.encoders.neural.parameters import LARGEST_BATCH, Settings
from contextures.encoders.neural.ridge_choice import usual_ridge
from contextures.encoders.neural.schedule import mixed
from contextures.encoders.neural.tensors import (
    Codes,
    as_rows,
    as_tensor,
    far_offsets,
    shifted,
    support_values,
)
from contextures.encoders.neural.training import Lesson, Training
from contextures.encoders.sources import DrawnSource
from contextures.objectives import Objective, UnderRisk
from contextures.objectives.risk import risk_text

SAMPLE_ROWS = 20_000
"""Draws of A by which a network on A is planned."""


class Parameters(Protocol):
    """The parameters that say what is to be learned, as they were given."""

    objective: Any
    objective_options: dict[str, Any] | None
    risk: Any
    network: Any
    network_options: dict[str, Any] | None
    context_network: Any
    context_network_options: dict[str, Any] | None


@dataclass
class Wanted:
    """What the caller asked for.

    Attributes
    ----------
    objective, objective_options, risk, network, network_options, context_network,
    context_network_options
        Parameters of :class:`contextures.encoders.NeuralEncoder`.
    """

    objective: Any
    objective_options: dict[str, Any]
    risk: Any
    network: Any
    network_options: dict[str, Any]
    context_network: Any
    context_network_options: dict[str, Any]

    @classmethod
    def of(cls, encoder: Parameters) -> Wanted:
        """Take an encoder's parameters, copies of those that are dictionaries."""
        return cls(
            encoder.objective,
            dict(encoder.objective_options or {}),
            encoder.risk,
            encoder.network,
            dict(encoder.network_options or {}),
            encoder.context_network,
            dict(encoder.context_network_options or {}),
        )


@dataclass
class Problem:
    """A fitted context, its rows, and what is to be learned from them.

    Attributes
    ----------
    context : Context
        The fitted context.
    values : ndarray
        The fitted rows as the context takes them.
    inputs : torch.Tensor
        The fitted rows as the network takes them.
    codes : Codes or None
        The codes of indices or names.
    wanted : Wanted
        What the caller asked for.
    settings : Settings
        Checked parameters.
    offsets : ndarray of shape (p,) or None
        What ``inputs`` are less than ``values``, in columns far from zero.
    """

    context: Context
    values: NDArray[Any]
    inputs: Tensor
    codes: Codes | None
    wanted: Wanted
    settings: Settings
    offsets: FloatArray | None = None
    context_offsets: FloatArray | None = field(init=False)
    feeding: Feeding = field(init=False)
    networks: NetworkPair = field(init=False)
    n_outputs: int = field(init=False)

    def __post_init__(self) -> None:
        n = len(self.inputs)
        order = np.random.default_rng((self.settings.seed, 2)).permutation(n)
        n_held = self.settings.held(n, self.can_judge)
        self.held, self.rows = order[:n_held], np.sort(order[n_held:])
        self.n_outputs = self.settings.outputs(len(self.rows))
        objective = self.objective(len(self.rows))
        self.feeding = choose_feeding(objective, self.context)
        self.context_offsets = self._context_offsets()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(mixed(self.settings.seed, 4))
            self.networks = self._make_networks()

    @property
    def can_judge(self) -> bool:
        """Whether held-out rows can say anything: a table of rows knows none of them."""
        return self.codes is None or self.wanted.network != "mlp"

    @property
    def drawable(self) -> Tensor:
        """The fitted rows as contexts draw from them: in float64 where that tells more."""
        if self.values.dtype.kind == "f" and (self.offsets is not None or self.context.observed):
            return torch.as_tensor(self.values)
        # What was observed with names or codes needs none of them.
        return torch.empty(0, dtype=torch.float64) if self.context.observed else self.inputs

    @property
    def averages(self) -> bool:
        """Whether the network is on A alone, and phi = T psi."""
        return self.networks.phi is None

    def objective(self, n_rows: int) -> Objective:
        """Make the objective for so many rows to learn from."""
        batch = self.settings.batch_size or LARGEST_BATCH
        chosen = choose_objective(
            self.wanted.objective,
            self.wanted.objective_options,
            self.context,
            n_components=self.settings.n_components,
            n_outputs=self.n_outputs,
            # Rows of unequal weight, drawn evenly spaced, are nearly the weighted sample too.
            whole_sample=batch >= n_rows,
        )
        return chosen if self.wanted.risk is None else UnderRisk(chosen, self.wanted.risk)

    def lesson(self, rows: IntArray) -> Lesson:
        """Make the objective, and the sample of some of the fitted rows."""
        objective = self.objective(len(rows))
        weights = self.context.input_weights_[rows]
        sample = Sample(
            context=self.context,
            inputs=self.inputs,
            drawable=self.drawable,
            context_offsets=self.context_offsets,
            numbers=rows,
            weights=weights / weights.sum(),
            exclude_self=objective.exclude_self,
            wants_hidden=objective.wants_hidden,
        )
        return Lesson(objective, self.feeding, sample)

    @cached_property
    def fitted(self) -> FittedRows:
        """What moments and scores are taken on."""
        return FittedRows.of(
            self.context,
            self.values,
            self.inputs,
            self.n_outputs,
            self.settings.views(len(self.rows), self.n_outputs),
            self.settings.seed,
            self.context_offsets,
            averages=self.averages,
        )

    def held_out(self) -> HeldOut | None:
        """Make what scores networks on the held-out rows, if there are any."""
        if not len(self.held):
            return None
        rows = np.random.default_rng((self.settings.seed, 3)).permutation(self.rows)
        return HeldOut(self.fitted, rows, self.held, self.settings.n_components)

    def training(self, checkpoint: Any, loggers: list[Any]) -> Training:
        """Give the training."""
        exact = self.feeding == "kernel"
        drawn = not exact and (self.context.form == "transition" or not self.context.observed)
        pace = self.settings.pace(len(self.rows), exact=exact, drawn=drawn)
        again = pace.refit and len(self.held) > 0
        checkpoints = None
        if checkpoint is not None:
            described = {
                "settings": repr(self.settings),
                "pace": repr(pace),
                "objective": [repr(self.wanted.objective), repr(self.wanted.objective_options)],
                "context": repr(self.context),
            }
            if self.wanted.risk is not None:
                described["risk"] = risk_text(self.wanted.risk)
            tensors = {**self.networks.state_dict(), "inputs": self.inputs}
            tensors["weights"] = torch.as_tensor(self.context.input_weights_)
            checkpoints = Checkpoints.of(checkpoint, fingerprint(described, tensors))
        return Training(
            networks=self.networks,
            pace=pace,
            seed=self.settings.seed,
            search=self.lesson(self.rows),
            refit=self.lesson(np.arange(len(self.inputs))) if again else None,
            held_out=self.held_out(),
            checkpoints=checkpoints,
            ridge=self.ridge(),
            loggers=loggers,
        )

    def ridge(self) -> float | None:
        """Give the ridge of the Ritz step; None where it is to be chosen by the held-out score."""
        if self.settings.ridge is not None:
            return self.settings.ridge
        if not self.can_judge:
            return 0.0
        # Of exact moments only C is estimated; chosen by the few functions that held-out rows can
        # judge, the ridge would give up the last ones.
        source = self.fitted.source
        if not isinstance(source, DrawnSource):
            return USUAL_RIDGE
        return None if len(self.held) else usual_ridge(len(self.rows) * source.n_views)

    def _make_networks(self) -> NetworkPair:
        wanted = self.wanted
        phi: nn.Module | None = None
        psi: nn.Module | None = None
        if self.feeding not in ("draws", "reconstruction"):
            options = self._options(wanted.network, wanted.network_options, self.inputs)
            phi = make_network(wanted.network, self.inputs, self.n_outputs, options, "network")
            self.n_outputs = check_outputs(phi, self.inputs, "network")
        if self.feeding in ("pair", "draws", "reconstruction"):
            sample = self._context_sample()
            network, options = self._context_network(sample)
            if network == "mlp" and self._pieces and sample.ndim == 2:
                network, options = "partners", {**options, **_places(self._pieces)}
            options = self._options(network, options, sample)
            psi = make_network(network, sample, self.n_outputs, options, "context_network")
            width = check_outputs(psi, sample, "context_network")
            self.n_outputs = self.n_outputs if phi is not None else width
        return NetworkPair(phi, psi)

    def _context_network(self, sample: Tensor) -> tuple[Any, dict[str, Any]]:
        wanted = self.wanted
        if wanted.context_network is not None:
            return wanted.context_network, wanted.context_network_options
        alike = sample.ndim == self.inputs.ndim
        like = alike and sample.is_floating_point() == self.inputs.is_floating_point()
        if self.context.same_space or (like and wanted.network in ("mlp", "transformer")):
            return wanted.network, wanted.network_options
        if isinstance(wanted.network, str) and wanted.network == "graph":
            return "graph", wanted.network_options
        kept = ("width", "depth", "dropout") if wanted.network == "mlp" else ()
        return "mlp", {k: v for k, v in wanted.network_options.items() if k in kept}

    def _options(self, network: Any, options: dict[str, Any], sample: Tensor) -> dict[str, Any]:
        """Add to the caller's options what only the context or all rows tell."""
        if network == "mlp" and sample.ndim == 1:
            return {"n_states": int(sample.max()) + 1, **options}
        if network == "graph":
            adjacency = self.context.graph
            return {"adjacency": adjacency, **options}
        if network == "transformer":
            largest = max(int(rows.max()) for rows in (sample, self.inputs) if rows.ndim > 1)
            return {"n_tokens": max(largest, *self.context.added_tokens, 0) + 1, **options}
        return dict(options)

    def _context_sample(self) -> Tensor:
        """Give values of A as the network on A will get them."""
        if self.context.form == "transition":
            return as_rows(as_tensor(support_values(self.context), offsets=self.context_offsets))
        return as_rows(shifted(self._draws(), self.context_offsets))

    def _context_offsets(self) -> FloatArray | None:
        """Give what to subtract from A: from X where A lies in its space."""
        if self.context.form == "kernel":
            return None
        if self.context.same_space and self.values.dtype.kind == "f":
            return self.offsets
        if self.context.form == "transition":
            values = support_values(self.context)
        else:
            values = self._draws().numpy()
        if values.dtype.kind != "f":
            return None
        network = self.wanted.context_network or self.wanted.network
        taken = "mlp" if isinstance(network, str) else network
        offsets = far_offsets(values.reshape(len(values), -1).astype(np.float64), taken)
        if offsets is not None and self.context.tells_hidden:
            offsets[self.inputs.shape[1] :] = 0.0  # indicators of what is hidden
        if offsets is not None:
            offsets[[flag for piece in self._pieces for flag in piece.flags]] = 0.0
        return offsets

    @cached_property
    def _pieces(self) -> tuple[Piece, ...]:
        """The parts of what a mix reveals, each of which has a network of its own."""
        return pieces_of(self.context, self.values, apart=False)

    def _draws(self) -> Tensor:
        """Draw A for some of the fitted rows."""
        rows = torch.arange(min(len(self.inputs), SAMPLE_ROWS))
        generator = torch.Generator().manual_seed(self.settings.seed)
        drawn: Tensor = self.context.sample_rows(self.drawable, rows, generator)
        return drawn


def _places(pieces: tuple[Piece, ...]) -> dict[str, Any]:
    """Say as plain values where pieces stand."""
    return {
        "flags": [list(piece.flags) for piece in pieces],
        "columns": [[list(group) for group in piece.groups] for piece in pieces],
    }
