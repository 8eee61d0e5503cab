"""The training loop: a search on the rows that are not held out, then all rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from contextures.encoders.neural.batches import FEEDS, Feed, Sample
from contextures.encoders.neural.checkpoints import Checkpoints, Progressed, check_parts
from contextures.encoders.neural.network_moments import HeldOut
from contextures.encoders.neural.network_pair import NetworkPair
from contextures.encoders.neural.objective_choice import Feeding
from contextures.encoders.neural.progress import Report
from contextures.encoders.neural.ridge_choice import choose_for_pairs
from contextures.encoders.neural.schedule import RowOrder, mixed, rate_share
from contextures.exceptions import InputError
from contextures.objectives import Objective

Weights = dict[str, NDArray[Any]]

REFIT_STEPS, REFIT_RATE = 0.25, 0.5
"""Steps on all rows, for each step of the search that was kept; their learning rate beside it."""

TOLERANCE = 0.005
"""The share of the best score by which a later score may fall short and count as no worse.

Held-out rows judge the first functions long before the last ones are learned, which cost them
little when they are learned too well.
"""


@dataclass(frozen=True)
class Pace:
    """How long and how fast.

    Attributes
    ----------
    n_steps : int
        Steps of the search, at most.
    batch_size : int
        Rows of a batch.
    learning_rate, weight_decay : float
        Those of AdamW.
    every : int
        Steps between two scores.
    patience : int
        Scores in a row that are worse than the best before the search ends.
    refit : bool
        Whether to go on with all rows.
    repeat : bool
        Whether few rows are to fill a batch, each time with other draws.
    """

    n_steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    every: int
    patience: int
    refit: bool
    repeat: bool


@dataclass(frozen=True)
class Lesson:
    """Rows to learn from, and by which loss.

    Attributes
    ----------
    objective : Objective
        The loss.
    feeding : str
        What its batches are made of.
    sample : Sample
        The rows, wherever they lie.
    """

    objective: Objective
    feeding: Feeding
    sample: Sample


@dataclass  # not frozen: Fabric sets the fields of what a process sends back
class Outcome:
    """What a training came to.

    Attributes
    ----------
    weights : dict of str to ndarray
        Those of the networks that were chosen: arrays, because a tensor does not outlive the
        process that made it.
    ridge, score : float or None
        The ridge of the Ritz step, and the held-out score with it; None where none was held out.
    history : list of dict
        What was logged.
    """

    weights: Weights
    ridge: float | None
    score: float | None
    history: list[dict[str, Any]]


@dataclass(frozen=True)
class Phase:
    """Rows that are learned from in one phase, and the batches that they give."""

    objective: Objective
    feed: Feed
    order: RowOrder
    n_steps: int
    rate: float


@dataclass
class Training:
    """A training, which runs in one process or in several alike.

    Attributes
    ----------
    networks : NetworkPair
        The networks.
    pace : Pace
        How long and how fast.
    seed : int
        Where randomness comes from.
    search, refit : Lesson or None
        What is learned from first, and then; nothing then where nothing was held out.
    held_out : HeldOut or None
        Judges the networks in the search.
    checkpoints : Checkpoints or None
        Where to write.
    ridge : float or None
        The ridge of the Ritz step; chosen by the held-out score when None.
    loggers : list
        See :class:`contextures.encoders.neural.progress.MetricsLogger`.
    """

    networks: NetworkPair
    pace: Pace
    seed: int
    search: Lesson
    refit: Lesson | None
    held_out: HeldOut | None
    checkpoints: Checkpoints | None
    ridge: float | None
    loggers: list[Any]

    def run(self, fabric: Any, report: Report) -> Outcome:
        """Train; gives how it went and the weights that were chosen."""
        self.fabric, self.report = fabric, report
        self.progressed = Progressed()
        self.best: dict[str, Tensor] = {}
        resumed = self._read()
        self._held_out = None if self.held_out is None else self.held_out.to(fabric.device)
        self._model = fabric.setup_module(self.networks)
        for name, lesson in (("search", self.search), ("refit", self.refit)):
            if lesson is not None and self.progressed.phase == name:
                self._run_phase(name, lesson, resumed)
                resumed = None
        for logger in self.loggers:
            finalize = getattr(logger, "finalize", None)
            if callable(finalize) and fabric.is_global_zero:
                finalize("success")
        done = self.progressed
        weights = {key: _array(value) for key, value in self.best.items()}
        return Outcome(weights, done.ridge, done.score, done.history)

    def _run_phase(self, name: str, lesson: Lesson, resumed: dict[str, Tensor] | None) -> None:
        phase = self._phase(name, lesson)
        optimizer = self._optimizer(phase, resumed)
        done = self.progressed
        while done.step < phase.n_steps:
            loss = self._step(optimizer, phase, done.step)
            done.step += 1
            last = done.step == phase.n_steps
            if done.step % self.pace.every and not last:
                continue
            over = self._take_stock(name, phase, loss)
            if over or last:
                break
            self._write(optimizer)
        self._end_phase(name)

    def _phase(self, name: str, lesson: Lesson) -> Phase:
        device = self.fabric.device
        objective, sample = lesson.objective.to(device), lesson.sample.to(device)
        feed: Feed = FEEDS[lesson.feeding](sample)
        n, weights = len(sample.numbers), sample.weights
        size, seed = self.pace.batch_size, mixed(self.seed, name == "refit")
        order = RowOrder(n, size, weights, seed, self.pace.repeat, device)
        steps, rate = self.pace.n_steps, self.pace.learning_rate
        if name == "refit":
            steps = max(1, round(REFIT_STEPS * (self.progressed.best_step + 1)))
            rate *= REFIT_RATE
        return Phase(objective, feed, order, steps, rate)

    def _optimizer(self, phase: Phase, resumed: dict[str, Tensor] | None) -> Any:
        optimizer = torch.optim.AdamW(
            self.networks.parameters(),
            lr=phase.rate,
            betas=(0.9, 0.99),
            weight_decay=self.pace.weight_decay,
        )
        if resumed is not None:
            self._load_optimizer(optimizer, resumed)
        return self.fabric.setup_optimizers(optimizer)

    def _step(self, optimizer: Any, phase: Phase, step: int) -> Tensor:
        seed = mixed(phase.order.seed, step)
        generator = torch.Generator(device=self.fabric.device).manual_seed(seed)
        # Dropout draws from torch's own generator.
        torch.manual_seed(mixed(seed, self.fabric.global_rank))
        for group in optimizer.param_groups:
            group["lr"] = phase.rate * rate_share(step, phase.n_steps)
        places = phase.order.places(step)
        batch = phase.feed.batch(places, generator, self._part(len(places)))
        optimizer.zero_grad()
        outputs = self._model(batch.inputs, batch.contexts)
        loss: Tensor = phase.objective(*outputs, *batch.constants)
        self.fabric.backward(loss)
        optimizer.step()
        return loss.detach()

    def _part(self, n: int) -> slice:
        """Give this process's part of a batch."""
        size, rank = self.fabric.world_size, self.fabric.global_rank
        return slice(n * rank // size, n * (rank + 1) // size)

    def _take_stock(self, name: str, phase: Phase, loss: Tensor) -> bool:
        """Log, score, and keep good weights; True when the search is to end."""
        done = self.progressed
        if not torch.isfinite(loss):
            raise InputError(
                f"the loss is {loss.item()} at step {done.step}: the training diverged; give a "
                f"learning_rate below {self.pace.learning_rate:g}"
            )
        score = None
        searching = name == "search"
        if searching and self._held_out is not None:
            score = self.fabric.broadcast(
                self._held_out.score(self.networks) if self.fabric.is_global_zero else 0.0
            )
        before = done.history[-1]["step"] if done.history else 0
        passed = before + (done.step - 1) % self.pace.every + 1
        rate = phase.rate * rate_share(done.step - 1, phase.n_steps)
        metrics = {
            "step": passed,
            "phase": name,
            "loss": float(loss),
            "score": score,
            "learning_rate": rate,
        }
        done.history.append(metrics)
        if self.fabric.is_global_zero:
            told = {key: metrics[key] for key in ("loss", "score", "learning_rate")}
            for logger in self.loggers:
                logger.log_metrics({k: v for k, v in told.items() if v is not None}, step=passed)
            self.report(done.step, phase.n_steps, metrics)
        best = done.best_score
        if score is None or best is None or score >= best - TOLERANCE * abs(best):
            if searching:
                done.best_score = score if score is None or best is None else max(score, best)
                done.best_step, done.stale = done.step - 1, 0
            self.best = {k: v.detach().clone() for k, v in self.networks.state_dict().items()}
        else:
            done.stale += 1
        return searching and score is not None and done.stale >= self.pace.patience

    def _end_phase(self, name: str) -> None:
        done = self.progressed
        again = name == "search" and self.refit is not None
        self.networks.load_state_dict(self.best)
        if name == "search" and self._held_out is not None:
            # Judged before the held-out rows are learned from.
            choice = self.fabric.broadcast(
                self._choose_ridge() if self.fabric.is_global_zero else (0.0, 0.0)
            )
            done.ridge, done.score = choice
        done.phase, done.step = ("refit" if again else "done"), 0
        self._write(None)

    def _choose_ridge(self) -> tuple[float, float]:
        assert self._held_out is not None
        judge, moments = self._held_out.learned(self.networks)
        score = judge.scorer(moments)
        if self.ridge is not None:
            return self.ridge, score(self.ridge)
        return choose_for_pairs(
            score, partial(judge.without_blocks, moments), self._held_out.n_pairs
        )

    def _write(self, optimizer: Any) -> None:
        if self.checkpoints is None or not self.fabric.is_global_zero:
            return
        tensors = {f"model.{key}": value for key, value in self.networks.state_dict().items()}
        tensors |= {f"best.{key}": value for key, value in self.best.items()}
        if optimizer is not None:
            for place, state in optimizer.optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{place}.{key}": value for key, value in state.items()}
        scaler = self.fabric.strategy.precision.state_dict()
        self.checkpoints.write(self.progressed, tensors, scaler)

    def _read(self) -> dict[str, Tensor] | None:
        found = None if self.checkpoints is None else self.checkpoints.read()
        if found is None:
            return None
        assert self.checkpoints is not None
        with self.checkpoints.read_back():
            return self._resume(*found)
        return None

    def _resume(
        self, progressed: Progressed, tensors: dict[str, Tensor], scaler: dict[str, Any]
    ) -> dict[str, Tensor] | None:
        if max(progressed.step, progressed.best_step + 1) > self.pace.n_steps:
            raise ValueError("it is further than the training goes")
        if scaler:
            self.fabric.strategy.precision.load_state_dict(scaler)
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimizer": {}}
        for key, value in tensors.items():
            part, name = key.split(".", 1)
            parts[part][name] = value
        check_parts(parts, self.networks)
        self.networks.load_state_dict(parts["model"])
        self.best, self.progressed = parts["best"], progressed
        return parts["optimizer"] or None

    def _load_optimizer(self, optimizer: Any, tensors: dict[str, Tensor]) -> None:
        described = optimizer.state_dict()
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            place, name = key.split(".", 1)
            state.setdefault(int(place), {})[name] = value
        optimizer.load_state_dict({**described, "state": state})


def _array(values: Tensor) -> NDArray[Any]:
    # numpy has no bfloat16.
    half = values.is_floating_point() and values.element_size() < 4
    return (values.float() if half else values).cpu().numpy()
