"""From what was found about new rows to the data of its page."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

from contextures._version import __version__
from contextures.report import ComparisonData, Repeat
from contextures.runs.shift import Shift
from contextures.runs.shift_rows import DRAWN
from contextures.runs.shift_wording import sentences, shift_tables, verdict


def shift_page(
    found: Shift,
    command: list[str],
    run: str | Path,
    table: str | Path,
    target: str | None = None,
    seed: int = 0,
    sample: int = DRAWN,
) -> ComparisonData:
    """Lay out the page about new rows.

    Parameters
    ----------
    found : Shift
        What was found.
    command : list of str
        The command line that found it.
    run, table : str or pathlib.Path
        The run and the file of the new rows.
    target : str or None
        The column of labels.
    seed : int
        The seed.
    sample : int
        How many rows were compared at most.

    Returns
    -------
    ComparisonData
        What :func:`contextures.report.render_comparison` draws.
    """
    asked = "" if target is None else f", target={target!r}"
    asked += "" if seed == 0 else f", seed={seed}"
    asked += "" if sample == DRAWN else f", sample={sample}"
    drawn = "" if found.n_drawn == found.n_new else f" ({found.n_drawn:,} drawn)"
    python = (
        "from contextures.runs import shift_table\n"
        "from contextures.runs.new_rows import rows_of\n\n"
        f"rows = rows_of({str(run)!r}, {str(table)!r})\n"
        f"shift_table({str(run)!r}, rows{asked})"
    )
    return ComparisonData(
        title=f"{Path(table).name}: will {Path(run).name} survive the move?",
        created=datetime.now(UTC).isoformat(timespec="minutes"),
        of=f"{Path(table).name} beside {Path(run).name}: {found.n_new:,} new rows{drawn} and "
        f"{found.n_reference:,} of the run",
        verdict=verdict(found),
        sentences=sentences(found),
        tables=shift_tables(found),
        repeat=Repeat(shlex.join(command), seed, __version__, python),
        notes=found.notes,
    )
