"""Bring tables from OpenML into a folder that ``--data`` of the other benchmarks takes.

Each becomes ``NAME.parquet``, its target in the last column, and an entry of ``index.json``.
``NAME@3`` is the third version of a table; otherwise it is the oldest that OpenML calls active.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pandas as pd

from contextures._files import to_json, write_together
from contextures.exceptions import InputError

TABLES: dict[str, str | None] = {
    "credit-approval": "classification",
    "breast-w": "classification",
    "diabetes": "classification",
    "solar_flare": "regression",
    "Moneyball": "regression",
    "yeast": None,
    "cmc": "classification",
    "wine": None,
    "scene": "classification",
    "dna": "classification",
    "splice": "classification",
    "kr-vs-kp": "classification",
    "abalone": "regression",
    "spambase": "classification",
    "colleges": None,
    "mushroom": "classification",
    "kin8nm": "regression",
    "pumadyn32nh": "regression",
    "cpu_activity": "regression",
    "SpeedDating": "classification",
    "grid_stability": "regression",
    "sulfur": "regression",
    "brazilian_houses": "regression",
    "fifa": "regression",
    "superconductivity": "regression",
    "kings_county": "regression",
    "health_insurance": "regression",
    "cps88wages": "regression",
}
"""The tables of the paper's Table 1 and their tasks; where None, the kind of the target tells."""

PATIENCE = 60.0
"""So many seconds without an answer and the network counts as down."""


class UnreachableError(Exception):
    """OpenML does not answer, so that no other table need be asked for."""


def fetch(asked: str, folder: Path, target: str | None = None, retries: int = 3) -> dict[str, Any]:
    """Bring one table.

    Parameters
    ----------
    asked : str
        Its name on OpenML, with ``@`` and a version or without.
    folder : pathlib.Path
        Where the table is written, and its entry in ``index.json``.
    target : str, optional
        The column to predict; the one that OpenML names when None.
    retries : int
        How often to ask again when the network fails.

    Returns
    -------
    dict
        The entry.

    Raises
    ------
    InputError
        If there is no such table, or it has no single target.
    UnreachableError
        If OpenML cannot be reached.
    """
    name, version = _name_of(asked)
    found = _ask(name, version, retries)
    target = _target_of(found, target, asked)
    frame: pd.DataFrame = found.frame
    # Of several targets the others would give this one away.
    others = [c for c in frame.columns if c == target or c not in found.target_names]
    labels = frame[target]
    task = TABLES.get(name) or _task_of(labels)
    if task == "regression":
        labels = _numbers(labels, asked)
    frame = frame[[c for c in others if c != target]].assign(**{target: labels})
    entry = {
        "kind": "table",
        "rows": len(frame),
        "features": frame.shape[1] - 1,
        "task": task,
        "target": target,
        "source": f"https://www.openml.org/d/{found.details['id']}",
        "version": int(found.details["version"]),
        "licence": found.details.get("licence"),
        "in_table1": name in TABLES,
    }
    _write(folder, name, frame, entry)
    return entry


def _name_of(asked: str) -> tuple[str, int | str]:
    name, at, version = asked.partition("@")
    if not name or Path(name).name != name or (at and not version.isdecimal()):
        raise InputError(f"{asked!r} names no table; give NAME, or NAME@3 for its third version")
    return name, int(version) if at else "active"


def _ask(name: str, version: int | str, retries: int) -> Any:
    from sklearn.datasets import fetch_openml

    try:
        return fetch_openml(
            name, version=version, as_frame=True, parser="pandas", cache=False, n_retries=retries
        )
    except (OSError, HTTPException) as error:  # urllib's errors and time-outs are such
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise UnreachableError(
            f"OpenML cannot be reached for {name!r} ({reason}); check the network, or use "
            "tables of your own in a folder with an index.json"
        ) from None
    except ValueError as error:
        raise InputError(f"OpenML gives no table {name!r}: {error}") from None


def _target_of(found: Any, target: str | None, asked: str) -> str:
    columns = [str(column) for column in found.frame.columns]
    if target is not None:
        if target not in columns:
            raise InputError(f"{asked!r} has no column {target!r}; it has {', '.join(columns)}")
        return target
    named = found.target_names or []
    if len(named) != 1:
        which = f"{len(named)} targets ({', '.join(named)})" if named else "no target"
        raise InputError(f"OpenML names {which} for {asked!r}; ask for it alone with --target")
    return str(named[0])


def _task_of(labels: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(labels) and not pd.api.types.is_bool_dtype(labels)
    return "regression" if numeric else "classification"


def _numbers(labels: pd.Series, asked: str) -> pd.Series:
    """Give numbers, also where OpenML lists each of them as a class."""
    if pd.api.types.is_numeric_dtype(labels):
        return labels
    try:
        return pd.to_numeric(labels.astype(object))
    except (TypeError, ValueError):
        raise InputError(
            f"the target {str(labels.name)!r} of {asked!r} holds words where numbers are expected; "
            "ask for another version, or for another column with --target"
        ) from None


def _write(folder: Path, name: str, frame: pd.DataFrame, entry: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "index.json"
    index: Any = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if isinstance(index, list):
        index = {one["name"]: one for one in index}
    content, index = frame.to_parquet(index=False), index | {name: entry}
    write_together(folder, {f"{name}.parquet": content, file.name: to_json(index)})


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring the tables that are named; say what came and what did not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="tables, by their OpenML names")
    parser.add_argument("--out", type=Path, default=Path("data"), help="the folder  [data]")
    parser.add_argument("--target", help="the column to predict, of one table")
    parser.add_argument("--list", action="store_true", help="print the names of the paper's tables")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(TABLES))
        return
    if not options.names:
        parser.error("name tables to bring; --list prints those of the paper")
    if options.target is not None and len(options.names) > 1:
        parser.error("--target is for one table; name it alone")
    socket.setdefaulttimeout(PATIENCE)
    failed = 0
    for name in options.names:
        try:
            entry = fetch(name, options.out, options.target)
        except InputError as error:
            failed += 1
            print(error, file=sys.stderr)
        except UnreachableError as error:
            raise SystemExit(str(error)) from None
        else:
            print(f"{name}: {entry['rows']:,} rows, {entry['task']} of {entry['target']!r}")
    if failed:
        raise SystemExit(f"{failed} of {len(options.names)} did not come")


if __name__ == "__main__":
    main()
