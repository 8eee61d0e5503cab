"""What each of two processes does: every objective on its own rows, under DDP."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
from cases import LABELS, MADE, PHI, PSI, TRANSITION, WEIGHTS, N
from torch.nn.parallel import DistributedDataParallel

from contextures.objectives import UnderRisk, get_objective
from contextures.shift import cvar

SPLIT = 12  # rows of the first process; the second has more
HIDDEN = PSI > 0


class Encoders(torch.nn.Module):
    """An encoder on each side, or one."""

    def __init__(self, two):
        super().__init__()
        torch.manual_seed(0)
        self.x = torch.nn.Linear(4, 3, dtype=torch.float64)
        self.a = torch.nn.Linear(4, 3, dtype=torch.float64) if two else None

    def forward(self, x, a):
        return torch.tanh(self.x(x)), torch.tanh((self.a or self.x)(a))


class Encoder(torch.nn.Module):
    """One encoder on X."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.x = torch.nn.Linear(4, 3, dtype=torch.float64)

    def forward(self, x):
        return (torch.tanh(self.x(x)),)


def batches(name, objective):
    """What the encoders take, and what else the objective takes, in variants."""
    if objective.inputs in ("pair", "views"):
        return [((PHI, PSI), ())]
    if objective.inputs == "kernel":
        return [((PHI,), (TRANSITION, WEIGHTS)), ((PHI,), (TRANSITION.log(),))]
    if name == "class_balanced_mse":
        return [((PHI,), (LABELS,))]
    if name == "supervised_mse":
        return [((PHI,), (PSI,)), ((PHI,), (LABELS,))]
    if name == "masked_reconstruction":
        return [((PHI,), (PSI,)), ((PHI,), (PSI, HIDDEN))]
    if name == "clean_prediction":
        return [((PHI,), (PSI, PHI[:, 0].square()))]
    return [((PHI,), (PSI,))]


def rows(values, part):
    """A process's rows; P_A belongs to all."""
    return tuple(v[part] if len(v) == N else v for v in values)


def step(model, objective, inputs, constants):
    """The loss and the gradient of all parameters."""
    model.zero_grad()
    loss = objective(*model(*inputs), *constants)
    loss.backward()
    grads = [parameter.grad.flatten() for parameter in model.parameters()]
    return loss.detach(), torch.cat(grads)


def work(rank, folder):
    """Compare DDP's averaged gradient with that of the joined batch, for every objective."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    part = slice(None, SPLIT) if rank == 0 else slice(SPLIT, None)
    found = {}
    each = [
        (name, options, *(get_objective(name, **options, sync=sync) for sync in (True, False)))
        for name, options in MADE
    ]
    for name in ("supervised_mse", "class_balanced_mse", "denoising"):
        pair = (get_objective(name, sync=sync) for sync in (True, False))
        under = (UnderRisk(one, partial(cvar, alpha=0.4)) for one in pair)
        each.append((name, "under risk", *under))
    for name, options, objective, alone in each:
        for variant, (inputs, constants) in enumerate(batches(name, objective)):
            two = objective.inputs == "pair"
            model = Encoder() if len(inputs) == 1 else Encoders(two)
            joined, gradient = step(model, alone, inputs, constants)
            parallel = DistributedDataParallel(model)
            loss, averaged = step(parallel, objective, rows(inputs, part), rows(constants, part))
            own, _ = step(model, alone, rows(inputs, part), rows(constants, part))
            found[f"{name} {options} {variant}"] = {
                "loss": (loss - joined).abs().item(),
                "gradient": (averaged - gradient).abs().max().item(),
                "size": gradient.abs().max().item(),
                "unsynchronised": (own - joined).abs().item(),
            }
    try:
        get_objective("kise", gram=True)(PHI, TRANSITION @ TRANSITION.T)
        found["gram"] = "accepted"
    except ValueError as error:
        found["gram"] = str(error)
    Path(folder, f"{rank}.json").write_text(json.dumps(found))
    # Torn down while the other still talks, gloo's threads have been seen to abort a process.
    dist.barrier()
    dist.destroy_process_group()
