"""From a diagnosis to the data of its page."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from contextures._version import __version__
from contextures.evaluation.jackknife import CLEAR
from contextures.report import DiagnosisData, LearnedFunction, Part, Repeat, Score
from contextures.runs.diagnosis import Diagnosed
from contextures.runs.diagnosis_wording import findings
from contextures.selection import parse_context


def page_of(found: Diagnosed, command: list[str], seed: int) -> DiagnosisData:
    """Lay out the page of a diagnosis.

    Parameters
    ----------
    found : Diagnosed
        What was found.
    command : list of str
        The command line that found it.
    seed : int
        Its seed.

    Returns
    -------
    DiagnosisData
        What :func:`contextures.report.render_diagnosis` draws.
    """
    diagnosis = found.diagnosis
    whole = diagnosis.exact.value if diagnosis.exact.value > 0 else 1.0
    gains = []
    for key, gain in sorted(diagnosis.gains.items(), key=lambda item: -item[1].value):
        share, margin = 100 * gain.value / whole, 100 * CLEAR * gain.error / whole
        # Adding zero turns a negative zero into a plain one.
        low, middle, high = (round(v, 1) + 0.0 for v in (share - margin, share, share + margin))
        gains.append(Score(key, "", middle, low, high))
    return DiagnosisData(
        title=f"{found.table.name}: how much was learned of {found.asked}",
        created=datetime.now(UTC).isoformat(timespec="minutes"),
        of=found.label,
        table=found.table.name,
        context=found.asked,
        context_label=parse_context(found.asked).label,
        share=diagnosis.share.value,
        margin=CLEAR * diagnosis.share.error,
        d=diagnosis.n_judged,
        n_components=diagnosis.n_components,
        n_fitted=diagnosis.n_fitted,
        n_fresh=diagnosis.n_fresh,
        alignment=diagnosis.alignment,
        encoder=diagnosis.encoder.value,
        encoder_margin=CLEAR * diagnosis.encoder.error,
        exact=diagnosis.exact.value,
        ceiling=diagnosis.ceiling,
        functions=[
            LearnedFunction(float(s), float(fresh), float(fitted))
            for s, fresh, fitted in zip(
                diagnosis.singular_values,
                diagnosis.learned_fresh,
                diagnosis.learned_fitted,
                strict=True,
            )
        ],
        parts=[
            Part(key, part.value, CLEAR * part.error)
            for key, part in reversed(diagnosis.parts.items())
        ],
        gains=gains,
        helps=diagnosis.helps,
        repeat=Repeat(shlex.join(command), seed, __version__, found.python()),
        sentences=[_unbroken(sentence) for sentence in findings(found)],
        notes=found.notes,
        is_exact=found.reference == "exact",
    )


def _unbroken(sentence: str) -> str:
    """Keep numbers and their signs on one line."""
    return sentence.replace(" %", "\u00a0%").replace("± ", "±\u00a0")
