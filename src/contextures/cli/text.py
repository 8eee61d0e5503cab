"""What the commands show: progress on a terminal, results as text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from contextures.cli.streams import tell
from contextures.evaluation.metrics import MEASURES
from contextures.runs.logged import LoggedProgress

if TYPE_CHECKING:
    from contextures.runs import FitResult

SCORE_NAMES = {
    "predictor": "predictor, pool of models",
    "contexture": "contexture, linear",
    "contexture_plus_raw": "contexture + raw, linear",
    "raw_linear": "raw, linear",
    "gradient_boosting": "raw, gradient boosting",
    "random_forest": "raw, random forest",
    "baseline": "baseline",
}


class TerminalProgress(LoggedProgress):
    """Progress bars on standard error, where that is a terminal; log records in any case."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._task: Any = None

    def begin(self, name: str) -> None:
        """Show a stage."""
        super().begin(name)
        if sys.stderr is None or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._bar = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task(name, total=None)

    def advance(self, done: int, total: int) -> None:
        """Move the bar."""
        super().advance(done, total)
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def end(self, name: str) -> None:
        """Leave one line about the stage."""
        super().end(name)
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            tell(f"{name}: {self.seconds[name]:.1f} s")

    def say(self, sentence: str) -> None:
        """Print a note."""
        tell(f"note: {sentence}")


def log_to_stderr() -> None:
    """Show the log records of the library on standard error, with the time of day."""
    import logging

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell(self.format(record))

    handler = Heard()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("contextures")
    logger.handlers = [each for each in logger.handlers if type(each).__name__ != "Heard"]
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def print_notes(notes: list[str]) -> None:
    """Print what a reader might not expect to standard error, beside the results."""
    for note in notes:
        tell(f"note: {note}")


def result_lines(result: FitResult) -> list[str]:
    """Lay out what a fit found as lines of text."""
    advice, metrics = result.run.advice, result.metrics
    lines = [advice.sentence, *([advice.predictor] if advice.predictor else []), ""]
    lines += [advice.step.words, f"  {advice.step.command}", "", *result.sentences]
    if metrics["scores"]:
        rows = f"{metrics['n_test']} held-out rows"
        lines += ["", *_score_lines(metrics["metric"], rows, metrics["scores"])]
    predictor = metrics["predictor"]
    if predictor is not None and predictor["scored_on"] == "left-out":
        rows = f"{predictor['n_scored']} labelled rows, each left out"
        lines += ["", *_score_lines(metrics["metric"], rows, predictor["scores"])]
    if predictor is not None:
        lines += ["", f"predictions: {result.folder}/predictions.parquet"]
        return [*lines, f"report: {result.folder}/report.html"]
    return [*lines, "", f"report: {result.folder}/report.html"]


def _score_lines(metric: str, rows: str, scores: dict[str, Any]) -> list[str]:
    others = next(iter(scores.values())).get("also", {})
    beside = "".join(f", and {MEASURES[name].words}" for name in others)
    lower = "" if MEASURES[metric].larger else "; lower is better"
    lines = [f"{MEASURES[metric].words}{beside} on {rows} (95 % interval){lower}"]
    for key, label in SCORE_NAMES.items():
        if key in scores:
            found = scores[key]
            cells = [_cell(each) for each in (found, *found.get("also", {}).values())]
            lines.append(f"  {label:<26}{'   '.join(cells)}")
    return lines


def _cell(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    if max(abs(low), abs(high)) >= 100:  # errors in the target's unit
        return f"{found['score']:9.4g}  [{low:.4g}, {high:.4g}]"
    return f"{found['score']:7.3f}  [{low:.3f}, {high:.3f}]"


def ranking_lines(rows: list[dict[str, Any]], score: str, n_shown: int | None) -> list[str]:
    """Lay out a ranking as lines of text."""
    by_error = score in ("pseudo", "labels")
    column = "labels" if score == "labels" else "pseudo"
    errors = any(row[column] is not None for row in rows)
    # Names of mixes are long: columns stay under their heads whatever is shown.
    wide = max([32, *(len(row["name"]) for row in rows[:n_shown])])
    head = f"{'context':<{wide}}" + (f"{'error':>8}" if errors else "")
    lines = [f"{head}{'tau':>8}{'d':>6}  {'reliable':<9}{'decay':>10}{'seconds':>9}"]
    for row in rows[:n_shown]:
        if row["tau"] is None:
            lines.append(f"{row['name']:<{wide}}  failed: {row['error']}")
            continue
        alike = by_error and row["told_apart"] is False
        mark = "  <- chosen" if row["chosen"] else "  =" if alike else ""
        reliable = "yes" if row["reliable"] else "no"
        error = f"{row[column]:8.3f}" if row[column] is not None else f"{'-':>8}"
        tau = f"{row['tau']:8.3f}" if row["tau"] < 1000 else f"{row['tau']:8.1g}"
        d = row["pseudo_n_components" if score == "pseudo" else "n_components"]
        lines.append(
            f"{row['name']:<{wide}}{error if errors else ''}{tau}"
            f"{'-' if d is None else d:>6}  {reliable:<9}"
            f"{row['decay']:10.4g}{row['seconds']:9.2f}{mark}"
        )
    if n_shown is not None and len(rows) > n_shown:
        lines.append(f"... and {len(rows) - n_shown} more; see --all, --json or --out")
    return [*lines, *ENDINGS.get(score, []), *COLUMNS]


ENDINGS = {
    "pseudo": [
        "",
        "error: expected error of a probe on pseudo-tasks, in units of their variance; tau: from "
        "the",
        "spectrum alone. Lower is better. =: on one task it may be as good as the chosen one.",
    ],
    "labels": [
        "",
        "error: of labels each predicted without itself, in units of their variance; tau: from the",
        "spectrum alone. Lower is better. =: these labels cannot tell it apart from the chosen "
        "one.",
    ],
    "tau": ["", "tau: from the spectrum alone. Lower is better."],
}
"""What is said below a ranking, by the score that it follows."""

COLUMNS = [
    "d: coordinates to keep; reliable: whether tau says anything; decay: how fast the singular",
    "values fall. Learn with one of them: contextures fit TABLE --context 'NAME'.",
]
"""What is said below every ranking: the columns that need a word, and what a name is for."""


def diagnosis_lines(
    diagnosis: Any, context: str, sentences: list[str], notes: list[str]
) -> list[str]:
    """Lay out a diagnosis as lines of text."""
    lines = [*sentences, *[f"note: {note}" for note in notes], ""]
    lines.append(f"what {context} holds, as a sum of squared singular values (± two errors)")
    rows = {"this encoder": diagnosis.encoder, **dict(reversed(diagnosis.parts.items()))}
    for name, found in rows.items():
        margin = f"  ± {2 * found.error:.2f}" if found.error else ""
        lines.append(f"  {name:<16}{found.value:10.2f}{margin}")
    lines.append(f"  {'all':<16}{diagnosis.ceiling:10.2f}")
    lines += ["", f"  {'function':<10}{'s':>7}{'learned, fresh rows':>21}{'fitted rows':>13}"]
    places = _spread(len(diagnosis.singular_values))
    for i in places:
        lines.append(
            f"  {i + 1:<10}{diagnosis.singular_values[i]:7.3f}"
            f"{max(diagnosis.learned_fresh[i], 0.0):21.0%}"
            f"{max(diagnosis.learned_fitted[i], 0.0):13.0%}"
        )
    return lines


def _spread(n: int) -> list[int]:
    """Give at most about a dozen places of n, denser at the beginning."""
    places: list[int] = []
    step = 1
    while (place := (places[-1] + step) if places else 0) < n:
        places.append(place)
        if len(places) % 4 == 0:
            step *= 4
    return places if places[-1] == n - 1 else [*places, n - 1]
