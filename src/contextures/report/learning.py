"""What the page says of an encoder that only approximates the exact functions."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from contextures.report.model import ReportData
from contextures.report.parts import LearnedEncoder, TrainingPoint

__all__ = ["Learning", "Share", "learning_of"]

MOST_POINTS = 400
"""Points of a training curve that are drawn and listed."""


class Share(NamedTuple):
    """What the encoder attains, and what the exact one does by the same measure."""

    attained: float
    exact: float

    @property
    def ratio(self) -> float:
        """The part of the exact value that is attained."""
        return self.attained / self.exact


class Learning(NamedTuple):
    """An encoder, its training thinned for drawing, and how much of the contexture it has learned.

    ``fitted`` compares sums of squared singular values on the training rows, ``held_out``
    operator scores on other rows; ``None`` where there is nothing to compare with. ``best`` is
    the training point with the highest score. ``n_steps`` counts the steps of the training,
    ``n_points`` those that were recorded; ``has_losses`` says whether any has a loss.
    """

    encoder: LearnedEncoder
    fitted: Share | None
    held_out: Share | None
    collapsed: bool
    best: TrainingPoint | None
    n_steps: int
    n_points: int
    has_losses: bool


def learning_of(data: ReportData) -> Learning | None:
    """Return how well the encoder of a report was learned, ``None`` where it is exact."""
    encoder = data.encoder
    if encoder is None or encoder.kind == "spectral":
        return None
    # Only training makes outputs collapse: functions of a basis resemble one another by nature.
    rank = encoder.effective_rank if encoder.kind == "neural" else None
    return Learning(
        encoder=dataclasses.replace(encoder, training=_thinned(encoder.training)),
        fitted=_share(_sum_of_squares(data.spectrum), _sum_of_squares(encoder.exact_spectrum)),
        held_out=_share(encoder.held_out, encoder.held_out_exact),
        collapsed=rank is not None and rank < data.answer.n_components,
        best=_best(encoder.training),
        n_steps=max((point.step for point in encoder.training), default=0),
        n_points=len(encoder.training),
        has_losses=any(point.loss is not None for point in encoder.training),
    )


def _thinned(points: list[TrainingPoint]) -> list[TrainingPoint]:
    """Return at most about ``MOST_POINTS`` of ``points``: the scored ones first, then others.

    The last point and the one with the highest score are always among them.
    """
    if len(points) <= MOST_POINTS:
        return points
    kept: set[int] = set()
    for scored in (True, False):
        places = [i for i, point in enumerate(points) if (point.score is not None) is scored]
        stride = -(-len(places) // (MOST_POINTS // 2)) or 1
        kept |= {*places[::stride], *places[-1:]}
    best = _best(points)
    return [point for i, point in enumerate(points) if i in kept or point is best]


def _best(points: list[TrainingPoint]) -> TrainingPoint | None:
    """Return the point with the highest score, the first of several."""
    scored = [point for point in points if point.score is not None]
    return max(scored, key=lambda point: point.score or 0.0, default=None)


def _sum_of_squares(values: list[float] | None) -> float | None:
    return None if values is None else sum(value * value for value in values)


def _share(attained: float | None, exact: float | None) -> Share | None:
    if attained is None or exact is None or exact <= 0:
        return None
    return Share(attained, exact)
