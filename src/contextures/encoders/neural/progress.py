"""Telling whoever waits, and whoever logs, how far the training is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from contextures.exceptions import InputError

Metrics = dict[str, Any]
Report = Callable[[int, int, Metrics], None]
"""Takes the steps that are done, how many there may be, and the newest metrics."""


class MetricsLogger(Protocol):
    """What a logger has: the convention of Lightning's loggers."""

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Take in the metrics of a step."""


def check_loggers(loggers: Any) -> list[Any]:
    """Give loggers as a list, or say what one lacks."""
    if loggers is None:
        return []
    many = list(loggers) if isinstance(loggers, Iterable) else [loggers]
    for logger in many:
        if not callable(getattr(logger, "log_metrics", None)):
            raise InputError(
                f"the logger {logger!r} has no method log_metrics(metrics, step); give one of "
                "Lightning's loggers or an object with that method"
            )
    return many


@contextmanager
def shown(progress: Any) -> Iterator[Report]:
    """Give a function that tells how far the training is.

    Parameters
    ----------
    progress : "auto", bool or callable
        "auto" shows a bar where standard error is a terminal; a callable is told itself.

    Yields
    ------
    callable
        See :data:`Report`.
    """
    if callable(progress):
        yield progress
        return
    if progress not in (True, False, "auto"):
        raise InputError(
            f"progress={progress!r} is not possible; give 'auto', True, False or a function of "
            "the steps done, their number and the metrics"
        )
    from rich.console import Console

    console = Console(stderr=True)
    if progress is False or (progress == "auto" and not console.is_terminal):
        yield lambda done, total, metrics: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.fields[score]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("learning", total=None, score="")

        def report(done: int, total: int, metrics: Metrics) -> None:
            # Once all rows are learned from there is no new score; the last one stays.
            if metrics.get("score") is not None:
                bar.update(task, score=f"held-out score {metrics['score']:.3f}")
            bar.update(task, completed=done, total=total)

        yield report
