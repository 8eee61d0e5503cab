"""Choosing a context without labels."""

from __future__ import annotations

from contextures.contexts.naming import parse_context, short_form
from contextures.selection.candidates import Candidate, default_candidates
from contextures.selection.search import ContextSearch

__all__ = ["Candidate", "ContextSearch", "default_candidates", "parse_context", "short_form"]
