"""Runs: the main job from a table to a folder with everything it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.runs.embed import embed_table
    from contextures.runs.fit import FitOptions, FitResult, fit_table
    from contextures.runs.folder import check_destination, run_folder
    from contextures.runs.progress import Progress
    from contextures.runs.rank import rank_table

_HOME = {
    "FitOptions": "fit",
    "FitResult": "fit",
    "Progress": "progress",
    "check_destination": "folder",
    "embed_table": "embed",
    "fit_table": "fit",
    "rank_table": "rank",
    "run_folder": "folder",
}

__all__ = [
    "FitOptions",
    "FitResult",
    "Progress",
    "check_destination",
    "embed_table",
    "fit_table",
    "rank_table",
    "run_folder",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
