"""From a comparison of embeddings to the data of its page."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from contextures._version import __version__
from contextures.report import ComparisonData, Repeat
from contextures.runs.compare import Compared, CompareOptions
from contextures.runs.comparison_tables import agreement_table, embedding_table
from contextures.runs.comparison_wording import held_sentences, tasks_sentence, verdict


def comparison_page(
    found: Compared, command: list[str], given: Sequence[str | Path], options: CompareOptions
) -> ComparisonData:
    """Lay out the page of a comparison.

    Parameters
    ----------
    found : Compared
        What was found.
    command : list of str
        The command line that found it.
    given : sequence of str or pathlib.Path
        The embeddings.
    options : CompareOptions
        What it was asked to do.

    Returns
    -------
    ComparisonData
        What :func:`contextures.report.render_comparison` draws.
    """
    names = " and ".join(found.comparison.dimensions)
    held = [said for pair in found.comparison.pairs for said in held_sentences(pair)]
    return ComparisonData(
        title=f"{names}: which embedding is better?",
        created=datetime.now(UTC).isoformat(timespec="minutes"),
        of=f"{names}, embeddings of the same {found.comparison.n_rows:,} rows",
        verdict=verdict(found),
        sentences=[tasks_sentence(found), *held],
        tables=[embedding_table(found), agreement_table(found)],
        repeat=Repeat(shlex.join(command), options.seed, __version__, _python(given, options)),
        notes=found.notes,
    )


def _python(given: Sequence[str | Path], options: CompareOptions) -> str:
    """Write the call that repeats a comparison."""
    asked = ", ".join(
        f"{name}={(str(value) if isinstance(value, Path) else value)!r}"
        for name, value in asdict(options).items()
        if value != getattr(CompareOptions, name)
    )
    return (
        "from contextures.runs import CompareOptions, compare_files\n\n"
        f"compare_files({[str(each) for each in given]!r}, CompareOptions({asked}))"
    )
