"""The report: what it says as plain data, and the page it is drawn as."""

from __future__ import annotations

from contextures.report.advice import Advice, CoordinateAccount, Driver
from contextures.report.choice import (
    LABEL_FAMILY,
    Answer,
    Candidate,
    ProbePoint,
    PseudoPoint,
    TauPoint,
)
from contextures.report.comparison import ComparisonData, PlainTable, render_comparison
from contextures.report.diagnosis import (
    DiagnosisData,
    LearnedFunction,
    Part,
    render_diagnosis,
)
from contextures.report.model import REPORT_VERSION, ReportData
from contextures.report.page import render_report
from contextures.report.parts import (
    SCORE_LABELS,
    Cell,
    ColumnAccount,
    DataWarning,
    LearnedEncoder,
    OtherScore,
    Repeat,
    Scatter,
    Score,
    TableInfo,
    TrainingPoint,
)
from contextures.report.predictor import PoolMember, Predictor

__all__ = [
    "LABEL_FAMILY",
    "REPORT_VERSION",
    "SCORE_LABELS",
    "Advice",
    "Answer",
    "Candidate",
    "Cell",
    "ColumnAccount",
    "ComparisonData",
    "CoordinateAccount",
    "DataWarning",
    "DiagnosisData",
    "Driver",
    "LearnedEncoder",
    "LearnedFunction",
    "OtherScore",
    "Part",
    "PlainTable",
    "PoolMember",
    "Predictor",
    "ProbePoint",
    "PseudoPoint",
    "Repeat",
    "ReportData",
    "Scatter",
    "Score",
    "TableInfo",
    "TauPoint",
    "TrainingPoint",
    "render_comparison",
    "render_diagnosis",
    "render_report",
]
