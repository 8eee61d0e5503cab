"""Runs: the main job from a table to a folder with everything it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contextures._lazy import lazy

if TYPE_CHECKING:
    from contextures.runs.compare import (
        Compared,
        CompareOptions,
        compare_arrays,
        compare_files,
    )
    from contextures.runs.diagnose import diagnose_table
    from contextures.runs.diagnosis import Diagnosed, DiagnoseOptions
    from contextures.runs.embed import embed_table
    from contextures.runs.fit import FitResult, fit_table
    from contextures.runs.folder import check_destination, run_folder
    from contextures.runs.loaded import LoadedRun, load_run
    from contextures.runs.options import FitOptions
    from contextures.runs.predict import Predictions, predict_table
    from contextures.runs.progress import Progress
    from contextures.runs.rank import rank_table
    from contextures.runs.shift import Shift, shift_table

_HOME = {
    "CompareOptions": "compare",
    "Compared": "compare",
    "DiagnoseOptions": "diagnosis",
    "Diagnosed": "diagnosis",
    "FitOptions": "options",
    "FitResult": "fit",
    "LoadedRun": "loaded",
    "Predictions": "predict",
    "Progress": "progress",
    "Shift": "shift",
    "check_destination": "folder",
    "compare_arrays": "compare",
    "compare_files": "compare",
    "diagnose_table": "diagnose",
    "embed_table": "embed",
    "fit_table": "fit",
    "load_run": "loaded",
    "predict_table": "predict",
    "rank_table": "rank",
    "run_folder": "folder",
    "shift_table": "shift",
}

__all__ = [
    "CompareOptions",
    "Compared",
    "DiagnoseOptions",
    "Diagnosed",
    "FitOptions",
    "FitResult",
    "LoadedRun",
    "Predictions",
    "Progress",
    "Shift",
    "check_destination",
    "compare_arrays",
    "compare_files",
    "diagnose_table",
    "embed_table",
    "fit_table",
    "load_run",
    "predict_table",
    "rank_table",
    "run_folder",
    "shift_table",
]

__getattr__, __dir__ = lazy(__name__, _HOME)
