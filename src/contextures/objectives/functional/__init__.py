"""The losses as pure functions of batches of embeddings."""

from __future__ import annotations

from contextures.objectives.functional.low_rank import low_rank
from contextures.objectives.functional.ratio_trace import ratio_trace, ratio_trace_views
from contextures.objectives.functional.vicreg import vicreg

__all__ = ["low_rank", "ratio_trace", "ratio_trace_views", "vicreg"]
