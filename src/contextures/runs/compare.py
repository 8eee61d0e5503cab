"""Comparing embeddings: without labels, and by a few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contextures.data.values import missing_mask
from contextures.evaluation import EmbeddingComparison, HeldFunctions, compare_embeddings
from contextures.exceptions import InputError
from contextures.regression import LabelComparison, compare_on_labels
from contextures.runs.compared_files import Opened, names_of
from contextures.runs.label_files import Labels, interpret, read_labels
from contextures.runs.progress import Progress
from contextures.runs.shared_rows import shared_rows


@dataclass(frozen=True)
class CompareOptions:
    """What a comparison is asked to do.

    Attributes
    ----------
    labels : str, pathlib.Path or None
        A file of labels; see :func:`contextures.runs.compare_files`.
    target : str or None
        The column of the labels, in that file or in an embedding's.
    task : {"classification", "regression"} or None
        What the labels are; found when None.
    seed : int
        Draws rows and tasks.
    """

    labels: str | Path | None = None
    target: str | None = None
    task: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Compared:
    """What tells embeddings apart.

    Attributes
    ----------
    comparison : EmbeddingComparison
        Without labels.
    labelled : LabelComparison or None
        By the labels; None where there are none.
    notes : list of str
        What limits its meaning.
    """

    comparison: EmbeddingComparison
    labelled: LabelComparison | None = None
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values.

        Returns
        -------
        dict
            What JSON can hold.
        """
        comparison = self.comparison
        plain = asdict(comparison)
        plain["errors"] = {name: error._asdict() for name, error in comparison.errors.items()}
        plain["pairs"] = [
            {
                **asdict(pair),
                "difference": pair.difference._asdict(),
                "first_held": _plain_held(pair.first_held),
                "second_held": _plain_held(pair.second_held),
            }
            for pair in comparison.pairs
        ]
        labelled = self.labelled
        plain["labelled"] = None
        if labelled is not None:
            plain["labelled"] = {
                **asdict(labelled),
                "best": labelled.best,
                "pairs": [{**_finite(asdict(pair)), "told": pair.told} for pair in labelled.pairs],
            }
        return {**plain, "notes": self.notes}


def compare_arrays(
    embeddings: Mapping[str, Any],
    labels: Any = None,
    *,
    task: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Compared:
    """Compare embeddings of the same rows, without labels and by a few.

    Parameters
    ----------
    embeddings : mapping of str to array-like of shape (n, d)
        Two or more, by their names.
    labels : array-like of shape (n,), optional
        Labels; None or NaN for none. See :func:`contextures.runs.compare_files` for what they are
        taken for.
    task : {"classification", "regression"}, optional
        What the labels are; found when None.
    seed : int, default=0
        Draws rows and tasks.
    progress : Progress, optional
        Told how far the work is.

    Returns
    -------
    Compared
        What was found.

    Raises
    ------
    InputError
        If embeddings or labels cannot be compared; see
        :func:`contextures.evaluation.compare_embeddings` and
        :func:`contextures.regression.compare_on_labels`.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.runs import compare_arrays
    >>> from contextures.runs.comparison_wording import verdict
    >>> whole = np.random.default_rng(0).normal(size=(300, 3))
    >>> found = compare_arrays({"whole": whole, "first": whole[:, :1]}, whole[:, 1] > 0)
    >>> verdict(found).split(" (")[0]
    'whole is better'
    """
    progress = progress or Progress()
    given = None
    if labels is not None:
        given = interpret(pd.Series(np.asarray(labels)), task)
    with progress.stage("compare without labels"):
        comparison = compare_embeddings(embeddings, random_state=seed)
    notes = []
    if comparison.n_used < comparison.n_rows:
        notes.append(
            f"agreement was computed on {comparison.n_used:,} of {comparison.n_rows:,} rows, "
            f"drawn at random with seed {seed}"
        )
    if comparison.n_probed < comparison.n_rows:
        notes.append(
            f"common tasks and functions were judged on {comparison.n_probed:,} rows, half of "
            "them held out"
        )
    labelled = None
    if given is not None:
        with progress.stage("compare on labels"):
            labelled = compare_on_labels(
                embeddings, given.values, task=given.task, random_state=seed
            )
        notes += _label_notes(labelled, given, comparison.n_rows, seed)
    return Compared(comparison, labelled, notes)


def compare_files(
    given: Sequence[str | Path],
    options: CompareOptions | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Compare embeddings in files or runs.

    Parameters
    ----------
    given : sequence of str or pathlib.Path
        Two or more: ``.npy`` or ``.npz`` files, Parquet files with columns of numbers or a column
        of lists, text tables of numbers, or folders that ``contextures fit`` wrote, of the same
        rows in the same order. Where a column ``row_id`` numbers only some rows of a table, as of
        a run that embedded a sample, those are compared that all have. Of more than 50,000 so many
        are drawn, labelled ones first.
    options : CompareOptions, optional
        What to do. Labels are one a row, blank or missing for none (text, NumPy or a table, of
        which ``target`` is the column), or two columns, the number of a row from zero and its
        label. Words are classes, and so are up to 20 different whole numbers that repeat.
    progress : Progress, optional
        Told how far the work is.

    Returns
    -------
    Compared
        What was found.

    Raises
    ------
    InputError
        If something cannot be read or compared.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from contextures.runs import compare_files
    >>> whole = np.random.default_rng(0).normal(size=(100, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/whole.npy", whole)
    ...     np.savetxt(f"{folder}/part.csv", whole[:, :1])
    ...     found = compare_files([f"{folder}/whole.npy", f"{folder}/part.csv"])
    >>> found.comparison.dimensions
    {'whole': 3, 'part': 1}
    """
    options, progress = options or CompareOptions(), progress or Progress()
    if len(given) < 2:
        raise InputError(
            "one embedding alone cannot be compared; give two or more files or runs of the same "
            "rows"
        )
    if options.task is not None and options.labels is None and options.target is None:
        raise InputError("--task says how labels are read; give them with --labels or --target")
    with progress.stage("read embeddings"):
        names = names_of(given)
        own = options.target if options.labels is None else None
        opened = [Opened.of(each, own) for each in given]
        numbers = {name: each.numbers for name, each in zip(names, opened, strict=True)}
        column = labelled = None
        if options.labels is not None:
            known, n = _known_rows(opened)
            column = read_labels(options.labels, n, options.target, at_least=not known)
            labelled = ~missing_mask(column).to_numpy(dtype=bool)
        elif own is not None:
            marked = (each.labelled(own) for each in opened)
            labelled = next((each for each in marked if each is not None), None)
        shared = shared_rows(numbers, labelled, options.seed)
        read = [each.read(own, shared.rows) for each in opened]
    arrays = {name: each.values for name, each in zip(names, read, strict=True)}
    if column is None:
        column = next((each.labels for each in read if each.labels is not None), None)
    elif shared.rows is not None:
        column = column.iloc[shared.rows].reset_index(drop=True)
    if options.target is not None and column is None:
        raise InputError(
            f"no embedding has a column {options.target!r}; give the file that has it with --labels"
        )
    found = compare_arrays(arrays, column, task=options.task, seed=options.seed, progress=progress)
    notes = [*shared.notes, *(note for each in read for note in each.notes)]
    return Compared(found.comparison, found.labelled, notes + found.notes)


def _known_rows(opened: Sequence[Opened]) -> tuple[bool, int]:
    """Say how many rows the table of embeddings has, and whether that is known or the least."""
    whole = [each.numbers.n for each in opened if each.numbers.whole]
    return bool(whole), whole[0] if whole else max(each.numbers.end for each in opened)


def _label_notes(labelled: LabelComparison, given: Labels, n: int, seed: int) -> list[str]:
    notes = []
    if labelled.n_used < n:
        notes.append(
            f"labels were predicted among {labelled.n_used:,} of {n:,} rows, drawn at random with "
            f"seed {seed}, labelled ones first"
        )
    if labelled.n_labelled < given.count:
        notes.append(f"{labelled.n_labelled:,} of {given.count:,} labels were used")
    return notes


def _plain_held(held: HeldFunctions) -> dict[str, Any]:
    return {
        "of": held.of,
        "by": held.by,
        "variances": held.variances.tolist(),
        "held": held.held.tolist(),
        "own": held.own.tolist(),
        "lacking": held.lacking,
        "judged": held.judged,
        "lacking_variance": held.lacking_variance,
    }


def _finite(pair: dict[str, Any]) -> dict[str, Any]:
    """Give an interval without an end as None, as JSON has no infinity."""
    ends = [end if np.isfinite(end) else None for end in pair["interval"]]
    return {**pair, "interval": ends}
