"""Whether the parts of a report fit one another."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from contextures.exceptions import InputError

if TYPE_CHECKING:
    from contextures.report.model import ReportData
    from contextures.report.parts import LearnedEncoder

ENCODER_KINDS = ("spectral", "ritz", "neural")
"""The kinds of a learned encoder; all but the first approximate the exact functions."""

SCORES = ("tau", "pseudo")
"""What the choice of a context can follow."""

ROUNDING = 1e-6
"""How far above 1 rounding may take a correlation."""


def check(report: ReportData) -> None:
    """Raise :class:`InputError` where the parts of a report contradict each other."""
    scatter = report.scatter
    n_rows = len(scatter.row_ids)
    lengths = {name: len(values) for name, values in scatter.coordinates.items()}
    lengths |= {f"colours[{name!r}]": len(values) for name, values in scatter.colours.items()}
    if scatter.details:
        lengths["details"] = len(scatter.details)
    for name, length in lengths.items():
        if length != n_rows:
            raise InputError(
                f"report.scatter has {n_rows} row_ids but {length} values of {name}; "
                "give one value per row."
            )
    if (report.scores or report.probe_curve) and report.metric not in ("accuracy", "r2"):
        raise InputError(
            f"report.metric cannot be {report.metric!r} with scores; use 'accuracy' or 'r2'."
        )
    if report.answer.score not in SCORES:
        raise InputError(
            f"report.answer.score cannot be {report.answer.score!r}; use 'tau' or 'pseudo'."
        )
    if report.answer.score == "pseudo" and report.answer.pseudo is None:
        raise InputError("report.answer.pseudo is missing, though the choice followed it.")
    if report.encoder is not None:
        _check_encoder(report.encoder, len(report.spectrum))


def _check_encoder(encoder: LearnedEncoder, n_values: int) -> None:
    """Raise :class:`InputError` where an encoder does not fit its report's singular values."""
    if encoder.kind not in ENCODER_KINDS:
        raise InputError(
            f"report.encoder.kind cannot be {encoder.kind!r}; use 'spectral', 'ritz' or 'neural'."
        )
    if encoder.kind != "spectral" and not encoder.label.strip():
        raise InputError("report.encoder.label is empty; say in plain words what the encoder is.")
    exact = encoder.exact_spectrum
    if exact is not None and len(exact) != n_values:
        raise InputError(
            f"report.encoder.exact_spectrum has {len(exact)} values but report.spectrum "
            f"{n_values}; give one for each."
        )
    for i, value in enumerate(exact or []):
        _check_range(f"exact_spectrum[{i}]", value, 1.0)
    _check_range("alignment", encoder.alignment, 1.0)
    _check_range("effective_rank", encoder.effective_rank, None)
    steps = [point.step for point in encoder.training]
    if any(step < 0 for step in steps[:1]) or any(a >= b for a, b in pairwise(steps)):
        raise InputError(
            "report.encoder.training must be in order, each step of 0 or more listed once; "
            "sort the points by step."
        )


def _check_range(name: str, value: float | None, most: float | None) -> None:
    """Raise :class:`InputError` for a value below 0 or above ``most``."""
    if value is None:
        return
    if value < 0 or (most is not None and value > most + ROUNDING):
        span = "0 or more" if most is None else f"between 0 and {most:g}"
        raise InputError(f"report.encoder.{name} cannot be {value:g}; it must be {span}.")
