"""What to do, as plain data: the verdict and the next step, and what the coordinates are about."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Advice:
    """The verdict on a run, and the next step.

    Attributes
    ----------
    verdict : str
        ``"use"``, ``"raw"``, ``"none"`` or ``"unclear"``.
    heading : str
        The verdict in a few words.
    why : str
        The reason, in a sentence or two.
    step : str
        What to do next, in words that a command can follow.
    command, python : str
        The next step as a command line, and as lines of Python.
    predictor : str
        What the predictor gains over the best rival, in a sentence; may be empty.
    """

    verdict: str
    heading: str
    why: str
    step: str
    command: str
    python: str
    predictor: str = ""


@dataclass(frozen=True)
class Driver:
    """A column that goes with a coordinate.

    Attributes
    ----------
    column : str
        The column.
    share : float
        The share of the coordinate's variance that the column explains.
    direction : str
        How the coordinate goes with the column, in a word or two; may be empty.
    """

    column: str
    share: float
    direction: str = ""


@dataclass(frozen=True)
class CoordinateAccount:
    """What one coordinate is about.

    Attributes
    ----------
    name : str
        What the coordinate is called.
    drivers : list of Driver
        The columns that explain most of it, at most three.
    low, high : list of str
        Rows at its two ends, in words.
    """

    name: str
    drivers: list[Driver] = field(default_factory=list)
    low: list[str] = field(default_factory=list)
    high: list[str] = field(default_factory=list)
