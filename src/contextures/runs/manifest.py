"""What tells a run folder from any other, and which files in it are the run's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contextures._files import RUN, read_json
from contextures.exceptions import InputError

MARK = RUN
"""The file that tells a run folder from any other, and lists its files."""

FORMAT = 1
"""The layout of a run folder, as :data:`MARK` tells it."""

_FIRST = frozenset(
    {
        *("encoder.json", "encoder.safetensors", "encoder.skops"),
        *("preparation.json", "preparation.skops"),
        *("embeddings.parquet", "contexts.parquet", "metrics.json"),
        *("report.html", "report.json", MARK),
    }
)
"""The files of a run of the first release, whose mark does not list them."""


def run_files(folder: Path) -> frozenset[str] | None:
    """Give the names of the files that belong to the run in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Any folder.

    Returns
    -------
    frozenset of str or None
        The names, as the mark lists them; None where there is no mark of ours.
    """
    try:
        record = read_json(folder / MARK)
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or not {"format", "version", "created"} <= set(record):
        return None
    listed = record.get("files")
    if listed is None:
        return _FIRST
    if not isinstance(listed, list) or not all(_is_name(name) for name in listed):
        return None
    return frozenset({*listed, MARK})


def check_replaceable(folder: Path, shown: str) -> None:
    """Refuse to replace a folder that holds anything but the files of a run.

    Raises
    ------
    InputError
        If it is no run, or naming what else is in it.
    """
    known = run_files(folder)
    if known is None:
        raise InputError(
            f"the folder {shown!r} exists and is not a run of contextures, so it is left alone; "
            "choose another with --out"
        )
    strangers = sorted(
        item.name
        for item in folder.iterdir()
        if item.name not in known or item.is_symlink() or not item.is_file()
    )
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise InputError(
            f"the run {shown!r} also holds {strangers[0]!r}{more}, which the run did not write, so "
            "it is left alone; move that away, or choose another folder with --out"
        )


def listing(folder: Path) -> list[str]:
    """List the files of a run that is being written, for its mark."""
    return sorted({MARK, *(item.name for item in folder.iterdir())})


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name == Path(name).name and name not in ("", ".", "..")
