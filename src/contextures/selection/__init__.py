"""Choosing a context without labels."""

from __future__ import annotations

from contextures.selection.candidates import Candidate, default_candidates, parse_context
from contextures.selection.search import ContextSearch

__all__ = ["Candidate", "ContextSearch", "default_candidates", "parse_context"]
