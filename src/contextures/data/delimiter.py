"""Which character separates the fields of a text table."""

from __future__ import annotations

import csv
from collections import Counter

from contextures.exceptions import InputError

# In order of trust: a comma is common inside fields (decimal commas, words), a tab is not.
CANDIDATES = ("\t", ";", "|", ",")
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_SAMPLE_CHARACTERS = 200_000
_SAMPLE_RECORDS = 500
_CONSISTENT = 0.95


def parse_delimiter(given: str) -> str:
    """Accept a delimiter as typed on a command line (``tab`` and a backslash and t included)."""
    delimiter = _NAMED.get(given.lower(), given)
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise InputError(
            f"the delimiter {given!r} is not usable; give one character, such as ',' ';' or 'tab'"
        )
    return delimiter


def find_delimiter(text: str) -> str:
    """Find the delimiter of a text table.

    Each candidate splits the first records (quotes respected); the one that gives every record as
    many fields as the header wins, the more trustworthy first.

    Parameters
    ----------
    text : str
        The text, header first.

    Returns
    -------
    str
        One of the candidates; a comma when none splits anything.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > _SAMPLE_CHARACTERS:
        sample = sample.rpartition("\n")[0] or sample
    scored = {candidate: _consistency(sample, candidate) for candidate in CANDIDATES}
    for candidate, (share, fields) in scored.items():
        if fields > 1 and share >= _CONSISTENT:
            return candidate
    best = max(scored, key=lambda candidate: (scored[candidate][1] > 1, scored[candidate]))
    return best if scored[best][1] > 1 else ","


def _consistency(sample: str, delimiter: str) -> tuple[float, int]:
    """Give the share of records with as many fields as the header, and the header's count."""
    counts: list[int] = []
    try:
        reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
        for record in reader:
            if record:
                counts.append(len(record))
            if len(counts) >= _SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    if not counts:
        return 0.0, 0
    return Counter(counts)[counts[0]] / len(counts), counts[0]
