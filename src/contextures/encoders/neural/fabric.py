"""Running a training with Lightning Fabric, without side effects on the caller's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from contextures._checks import check_positive_int
from contextures._lazy import optional
from contextures.encoders.neural.progress import shown
from contextures.encoders.neural.training import Outcome, Training
from contextures.exceptions import InputError

MOST_THREADS = 2
"""Threads of torch unless the caller says otherwise: more do not pay for small networks."""


def run(
    training: Training,
    progress: Any,
    *,
    accelerator: str,
    devices: Any,
    strategy: Any,
    precision: Any,
) -> Outcome:
    """Run a training.

    Parameters
    ----------
    training : Training
        What to run.
    progress : "auto", bool or callable
        See :func:`contextures.encoders.neural.progress.shown`.
    accelerator, devices, strategy, precision
        As Lightning Fabric takes them.

    Returns
    -------
    Outcome
        How it went, and the weights that were chosen.
    """
    with optional("NeuralEncoder"):
        from lightning_fabric import Fabric
    try:
        fabric = Fabric(
            accelerator=_accelerator(accelerator),
            devices=devices,
            strategy=strategy,
            precision=precision,
        )
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(
            f"Lightning Fabric refuses accelerator={accelerator!r}, devices={devices!r}, "
            f"strategy={strategy!r}, precision={precision!r}: {error}"
        ) from None
    work: Any = _work  # Fabric's types know functions of itself alone
    result: Outcome = fabric.launch(work, training, progress)
    return result


def _work(fabric: Any, training: Training, progress: Any) -> Outcome:
    cards = [fabric.device.index] if fabric.device.type == "cuda" else []
    with (
        torch.random.fork_rng(devices=cards),
        shown(progress if fabric.is_global_zero else False) as report,
    ):
        return training.run(fabric, report)


@contextmanager
def limited_threads(n_threads: int | None) -> Iterator[None]:
    """Limit torch's and BLAS's threads for a while.

    Parameters
    ----------
    n_threads : int or None
        How many; two at most, and no more than torch has, when None.
    """
    before = torch.get_num_threads()
    wanted = (
        min(before, MOST_THREADS)
        if n_threads is None
        else check_positive_int(n_threads, "n_threads")
    )
    torch.set_num_threads(wanted)
    try:
        with threadpool_limits(wanted, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


def _accelerator(accelerator: str) -> str:
    if accelerator != "auto":
        return accelerator
    # Other devices lack sparse products or float64.
    return "cuda" if torch.cuda.is_available() else "cpu"
