"""Axes to draw on: matplotlib is asked for only where something is drawn."""

from __future__ import annotations

from typing import Any

from contextures._lazy import optional


def axes_or_new(ax: Any, by: str) -> Any:
    """Give the caller's axes, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        The caller's.
    by : str
        What draws, for the error.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    MissingLibraryError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax
    with optional(by):
        from matplotlib import pyplot
    return pyplot.subplots(layout="constrained")[1]
