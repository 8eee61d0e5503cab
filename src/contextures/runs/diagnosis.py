"""A diagnosis of an encoder: what it was asked to do, and what it found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from contextures._repr import short_repr
from contextures.contexts import Context
from contextures.data import Table
from contextures.evaluation import Diagnosis
from contextures.runs.context_advice import ContextAdvice
from contextures.runs.options import reading_call
from contextures.selection import short_form


@dataclass(frozen=True)
class DiagnoseOptions:
    """What a diagnosis is asked to do.

    Attributes
    ----------
    context : str or None
        The context, as :func:`contextures.selection.parse_context` reads it; the encoder's own
        when None.
    target : str or None
        A column of the table that is not part of the rows; a run knows its own.
    rank : bool
        Whether the default contexts are ranked where no run has done so.
    seed : int
        Draws fresh rows, halves and subsets.
    """

    context: str | None = None
    target: str | None = None
    rank: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Diagnosed:
    """A diagnosis of an encoder on a table, and what it was made of.

    Attributes
    ----------
    label : str
        What was diagnosed, in words that can follow "of".
    given : str
        Where it lies.
    table : Table
        The rows.
    options : DiagnoseOptions
        What was asked for.
    context : Context
        The context, as fitted.
    asked : str
        The context in short form, as it was asked for.
    reference : {"exact", "ritz"}
        What it was compared with: the exact functions, or, where these take too long, the best in
        the span of given ones.
    diagnosis : Diagnosis
        What was found.
    contexts : ContextAdvice or None
        How the context stands beside others.
    metrics : dict or None
        ``metrics.json`` of the run, where it scored a target.
    exact : bool
        Whether the encoder's functions are the exact ones themselves.
    notes : list of str
        What limits the meaning of all this.
    """

    __repr__ = short_repr

    label: str
    given: str
    table: Table
    options: DiagnoseOptions
    context: Context
    asked: str
    reference: str
    diagnosis: Diagnosis
    contexts: ContextAdvice | None
    metrics: dict[str, Any] | None
    exact: bool = False
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values.

        Returns
        -------
        dict
            What JSON can hold.
        """
        plain = asdict(self.diagnosis)
        for name, value in plain.items():
            if isinstance(value, np.ndarray):
                plain[name] = [float(v) for v in value]
        # Named tuples would become lists without names.
        for name in ("exact", "encoder", "attained", "share"):
            found = getattr(self.diagnosis, name)
            plain[name] = None if found is None else found._asdict()
        for name in ("parts", "gains"):
            found = getattr(self.diagnosis, name)
            plain[name] = {key: estimate._asdict() for key, estimate in found.items()}
        return {
            "of": self.label,
            "table": self.table.name,
            "context": self.asked,
            "fitted_context": short_form(self.context),
            "reference": self.reference,
            "nothing_to_learn": self.exact,
            **plain,
            "contexts": None if self.contexts is None else self.contexts.to_dict(),
            "notes": self.notes,
        }

    def python(self) -> str:
        """Write the call that repeats this.

        Returns
        -------
        str
            Lines of Python.
        """
        defaults = asdict(DiagnoseOptions())
        asked = ", ".join(
            f"{name}={value!r}"
            for name, value in asdict(self.options).items()
            if value != defaults[name]
        )
        name, read = reading_call(self.table)
        return (
            f"from contextures.data import {name}\n"
            "from contextures.runs import DiagnoseOptions, diagnose_table\n\n"
            f"diagnose_table({self.given!r}, {read}, "
            f"DiagnoseOptions({asked}))"
        )
