"""Files of results: what their names may end in."""

from __future__ import annotations

from pathlib import Path

from contextures.exceptions import InputError


def check_output(out: str | Path) -> str:
    """Check the name of a result's file; give its ending."""
    ending = Path(out).suffix.lower()
    if ending not in (".parquet", ".csv"):
        raise InputError(f"--out {str(out)!r} must end in .parquet or .csv")
    return ending
