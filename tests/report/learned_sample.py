"""Reports of learned encoders: a network with its training, a basis, and their corner cases."""

from __future__ import annotations

import dataclasses
import math

import sample

from contextures.report import LearnedEncoder, ReportData, TrainingPoint


def attained(exact: list[float], reach: float) -> list[float]:
    """Singular values below ``exact``, the further down the list the lower."""
    return [s * (1 - (1 - reach) * i / len(exact)) for i, s in enumerate(exact)]


def training(n_steps: int = 300, every: int = 10, top: float = 3.1) -> list[TrainingPoint]:
    """A loss at every fifth step and a score at every ``every``-th, highest before the end."""
    points = []
    for step in range(0, n_steps + 1, 5):
        rise = 1 - math.exp(-step / (n_steps / 6))
        score = top * rise - 0.3 * max(0.0, step / n_steps - 0.8)
        points.append(
            TrainingPoint(
                step, -3.4 * rise + 0.06 * math.sin(step), None if step % every else score
            )
        )
    return points


def neural(report: ReportData) -> ReportData:
    """The report of a network, everything known about it."""
    exact = report.spectrum
    spectrum = attained(exact, 0.86)
    encoder = LearnedEncoder(
        kind="neural",
        label="a neural network of 3 layers, trained by the ratio trace",
        exact_spectrum=exact,
        alignment=0.9614,
        held_out=3.08,
        held_out_exact=3.21,
        effective_rank=41.27,
        training=training(),
    )
    return dataclasses.replace(report, spectrum=spectrum, encoder=encoder)


def ritz(report: ReportData) -> ReportData:
    """The report of a closed-form solution, everything known about it."""
    encoder = LearnedEncoder(
        kind="ritz",
        label="a closed-form solution in the span of 2,000 functions",
        exact_spectrum=report.spectrum,
        alignment=0.9163,
        held_out=2.95,
        held_out_exact=3.21,
        effective_rank=9.6,
    )
    return dataclasses.replace(report, spectrum=attained(report.spectrum, 0.9), encoder=encoder)


def collapsed(report: ReportData) -> ReportData:
    """The report of a network whose outputs vary along fewer directions than are kept."""
    encoder = dataclasses.replace(neural(report).encoder, effective_rank=4.25)
    return dataclasses.replace(neural(report), encoder=encoder)


def bare(report: ReportData) -> ReportData:
    """The report of a network of which no more is known than what it is."""
    encoder = LearnedEncoder("neural", "a small network")
    return dataclasses.replace(report, encoder=encoder)


def one_step(report: ReportData) -> ReportData:
    """The smallest report of a network: one coordinate, one step, and a loss that is not finite."""
    encoder = LearnedEncoder(
        "neural",
        "a network stopped at once",
        exact_spectrum=[0.25],
        training=[TrainingPoint(0, math.nan, 0.01)],
    )
    return dataclasses.replace(sample.tiny(report), encoder=encoder)


def hostile(report: ReportData) -> ReportData:
    """The report of a network described by a text that tries to break the page."""
    base = sample.hostile(neural(report))
    return dataclasses.replace(
        base, encoder=dataclasses.replace(base.encoder, label=sample.HOSTILE)
    )


def wide(report: ReportData) -> ReportData:
    """The report of a network with 256 coordinates, trained for very many steps."""
    exact = [0.95 * math.exp(-i / 90) for i in range(256)]
    encoder = dataclasses.replace(
        neural(report).encoder,
        exact_spectrum=exact,
        training=training(n_steps=60_000, every=50),
    )
    answer = dataclasses.replace(report.answer, n_components=256)
    return dataclasses.replace(
        report, answer=answer, spectrum=attained(exact, 0.8), encoder=encoder
    )
