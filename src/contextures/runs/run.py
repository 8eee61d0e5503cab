"""What a run found, in one piece: its metrics, report, record and lines are read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures.data import TablePreparation
from contextures.encoders import Encoder
from contextures.evaluation import HeldOutScore, Task
from contextures.evaluation.metrics import USUAL
from contextures.runs.advice import Advice, advise_run
from contextures.runs.checked_table import Checked
from contextures.runs.compressed import KeptShare
from contextures.runs.held import Held
from contextures.runs.judging import Judged
from contextures.runs.learned_quality import Judgement
from contextures.runs.long import AllRows, Long
from contextures.runs.next_step import Place
from contextures.runs.options import FitOptions
from contextures.runs.paired_gain import Gain, gain_metric
from contextures.runs.precision import stored_as
from contextures.runs.predictor import Predicted
from contextures.runs.predictor_wording import predictor_sentences
from contextures.runs.split import Split
from contextures.runs.verdict import Evidence
from contextures.runs.wording import comparison, finding
from contextures.selection import ContextSearch, short_form


@dataclass(frozen=True)
class Learned:
    """A chosen context and its fitted encoder.

    Attributes
    ----------
    search : ContextSearch
        The ranking.
    kind : {"spectral", "ritz", "neural"}
        What kind of encoder it is.
    encoder : SpectralEncoder, RitzEncoder or NeuralEncoder
        The encoder.
    n_rows : int
        How many training rows it was fitted to.
    judgement : Judgement
        How well a learned encoder came out beside the exact functions.
    warnings : list of str
        What limits its meaning.
    all_rows : AllRows or None
        How it was learned from all rows of a long table; None where it was from those drawn.
    why_sample : str or None
        Why it was from these, where more was asked for.
    """

    search: ContextSearch
    kind: str
    encoder: Encoder
    n_rows: int
    judgement: Judgement
    warnings: list[str] = field(default_factory=list)
    all_rows: AllRows | None = None
    why_sample: str | None = None


@dataclass(frozen=True)
class Scored:
    """Held-out scores and how they came about.

    Attributes
    ----------
    task : Task
        What is predicted, and by which metric it is scored.
    n_used : int
        The number of coordinates that the scores are of.
    curve : list of tuple
        The probe on training rows, as :func:`contextures.evaluation.probe_curve` gives it.
    scores : dict of str to HeldOutScore
        The representation's and its rivals'.
    gain : Gain
        What the coordinates gain over the raw features, row by row.
    """

    task: Task
    n_used: int
    curve: list[tuple[int, float, float, float]]
    scores: dict[str, HeldOutScore]
    gain: Gain


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """Everything that a run found.

    Attributes
    ----------
    options : FitOptions
        What it was asked to do.
    python : str
        The call that repeats it.
    checked : Checked
        The table, looked over.
    split : Split
        Which rows were learnt from.
    preparation : TablePreparation
        What was done with the table's columns, fitted.
    learned : Learned
        The ranking and the encoder.
    coordinates : ndarray of shape (n, d)
        The embedding of each row of the table.
    scored : Scored or None
        How well the coordinates predict the target; None without one, or with too few labels to
        hold some out.
    kept : KeptShare or None
        What the coordinates keep of the embedding they were learned from; None for other tables.
    seconds : dict of str to float
        How long each stage took.
    judged : Judged or None
        What the scores are judged by; None without a target.
    predicted : Predicted or None
        The predictor of the target; None without one, or where none was asked for.
    held : Held or None
        Which rows it was judged on; None where none is held out.
    out : str
        The folder that it is written to.
    long : Long or None
        The long table that the rows were drawn from; None where they are all.
    created : datetime
        When it was found.
    """

    options: FitOptions
    python: str
    checked: Checked
    split: Split
    preparation: TablePreparation
    learned: Learned
    coordinates: FloatArray
    scored: Scored | None
    seconds: dict[str, float]
    judged: Judged | None = None
    predicted: Predicted | None = None
    kept: KeptShare | None = None
    held: Held | None = None
    out: str = "run"
    long: Long | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __repr__(self) -> str:
        return f"Run(context={self.context!r}, n_components={self.n_components})"

    @property
    def search(self) -> ContextSearch:
        """The search that ranked the contexts."""
        return self.learned.search

    @property
    def row_numbers(self) -> NDArray[np.intp]:
        """Where in the table the rows are that were learned from or held out."""
        return np.arange(len(self.coordinates)) if self.long is None else self.long.rows

    @property
    def context(self) -> str:
        """The chosen context in short form, for all the rows that were learnt from."""
        return short_form(self.search.best_context_)

    @property
    def given(self) -> bool:
        """Whether the context was given rather than chosen."""
        return self.options.context != "auto"

    @property
    def n_components(self) -> int:
        """The number of coordinates."""
        return len(self.learned.encoder.singular_values_)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by their part of the split; without a target all are training rows."""
        split, labelled = self.split, len(self.split.train) > 0
        return {
            "n_train": len(split.train) if labelled else len(split.unlabelled),
            "n_test": len(split.test),
            "n_unlabelled": len(split.unlabelled) if labelled else 0,
        }

    @property
    def task(self) -> Task | None:
        """What is predicted; None without a target."""
        return None if self.judged is None else self.judged.task

    @property
    def scores(self) -> dict[str, HeldOutScore]:
        """Scores on held-out rows, the predictor's first; empty where none is held out."""
        if self.scored is None:
            return {}
        first = {} if self.predicted is None else self.predicted.score.scores
        return {**first, **self.scored.scores}

    @property
    def ranking(self) -> pd.DataFrame:
        """The contexts that were tried, best first."""
        return self.search.results_

    @property
    def notes(self) -> list[str]:
        """What was decided about the table and the files that a reader might not expect."""
        rest = [] if self.long is None else self.long.notes
        return [*self.checked.notes, *rest, *stored_as(self.coordinates, self.options.dtype)[1]]

    @cached_property
    def advice(self) -> Advice:
        """The verdict and the next step."""
        info, scored = self.checked.target, self.scored
        evidence = Evidence(
            target=None if info is None else info.name,
            n_labelled=len(self.split.train) + len(self.split.test),
            gain=None if scored is None else scored.gain,
            n_used=self.n_components if scored is None else scored.n_used,
            metric="accuracy" if scored is None else gain_metric(scored.task),
        )
        scores = self.scores
        if self.predicted is not None and not scores:
            scores = self.predicted.score.scores
        place = Place(
            table=self.checked.table,
            out=self.out,
            options=self.options,
            n_used=evidence.n_used,
            predicts=self.predicted is not None,
        )
        return advise_run(self.search, evidence, self.task, scores, place)

    @cached_property
    def sentences(self) -> list[str]:
        """The finding in full sentences, most important first."""
        sentences = finding(self.search, self.n_components, given=self.given)
        if self.long is not None:
            sentences.append(self.long.sentence)
        if self.kept is not None:
            sentences.append(self.kept.sentence)
        if self.scored is not None and self.checked.target is not None:
            name, found = self.checked.target.name, self.scored
            sentences.append(comparison(found.task, name, found.n_used, found.scores))
        if self.held is not None and self.held.sentence is not None:
            sentences.append(self.held.sentence)
        if self.predicted is not None and self.checked.target is not None and self.task is not None:
            name = self.checked.target.name
            sentences += predictor_sentences(self.task, self.predicted, self.scores, name)
        return sentences + self._judgement()

    def _judgement(self) -> list[str]:
        """Say by what scores are judged where it is not the usual, and if rows are too few."""
        if self.judged is None:
            return []
        usual = USUAL[self.judged.task.kind]
        said = [] if self.judged.task.metric == usual else [self.judged.why]
        for key, score in self.scores.items():
            of = "the predictor" if key == "predictor" else "the linear model"
            few = self.judged.few(of, score)
            return [*said, few] if few else said
        return said

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What was measured, as plain values."""
        search, scored, task = self.search, self.scored, self.task
        return {
            **self.advice.judged.to_dict(),
            "task": None if task is None else task.kind,
            "metric": None if task is None else task.metric,
            "metric_reason": None if self.judged is None else self.judged.why,
            "target": None if self.checked.target is None else self.checked.target.name,
            **self.counts,
            "split": None if self.held is None else self.held.to_dict(),
            **({} if self.long is None else {"rows": self.long.to_dict()}),
            "n_fitted": self.learned.n_rows,
            "context": self.context,
            "encoder": self.learned.kind,
            "n_components": self.n_components,
            "predicted_n_components": search.best_n_components_,
            "probe_n_components": None if scored is None else scored.n_used,
            "score": search.score_,
            "pseudo": None if search.best_pseudo_ is None else search.best_pseudo_.error,
            "n_alike": search.n_alike_,
            "tau": search.best_usefulness_.tau,
            "reliable": bool(search.best_usefulness_.reliable),
            "alignment": self.learned.judgement.alignment,
            **({} if self.kept is None else {"kept": self.kept.to_dict()}),
            "scores": {key: found.to_dict() for key, found in self.scores.items()},
            "predictor": None if self.predicted is None else self.predicted.to_dict(),
        }
