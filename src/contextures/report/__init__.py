"""The report: what it says as plain data, and the page it is drawn as."""

from __future__ import annotations

from contextures.report.model import (
    LABEL_FAMILY,
    REPORT_VERSION,
    SCORE_LABELS,
    Answer,
    Candidate,
    Cell,
    ColumnAccount,
    DataWarning,
    LearnedEncoder,
    ProbePoint,
    Repeat,
    ReportData,
    Scatter,
    Score,
    TableInfo,
    TauPoint,
    TrainingPoint,
)
from contextures.report.page import render_report

__all__ = [
    "LABEL_FAMILY",
    "REPORT_VERSION",
    "SCORE_LABELS",
    "Answer",
    "Candidate",
    "Cell",
    "ColumnAccount",
    "DataWarning",
    "LearnedEncoder",
    "ProbePoint",
    "Repeat",
    "ReportData",
    "Scatter",
    "Score",
    "TableInfo",
    "TauPoint",
    "TrainingPoint",
    "render_report",
]
