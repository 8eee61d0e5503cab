"""How a search shows itself in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from contextures._repr import html_table

SHOWN = 5
"""How many candidates a notebook shows."""


class Showing:
    """What a search that ranks contexts shows of its results."""

    candidates: Sequence[Any] | None
    criterion: str
    score_: str
    results_: pd.DataFrame
    best_n_components_: int
    n_samples_: int

    def _html_repr(self) -> str:
        """Show the search in a notebook, in place of scikit-learn's drawing and its script."""
        if not hasattr(self, "results_"):
            given = "the usual ones" if self.candidates is None else f"{len(self.candidates):,}"
            facts = {"criterion": str(self.criterion), "fitted": "not yet"}
            return html_table({"ContextSearch": f"candidates: {given}"} | facts)
        best = html_table(
            {
                "ContextSearch": f"{len(self.results_):,} candidates on {self.n_samples_:,} rows",
                "chosen": str(self.results_["name"].iloc[0]),
                "dimensions": f"{self.best_n_components_:,}",
                "by": self.score_,
            }
        )
        columns = ["name", self.score_, "n_components"]
        first: pd.DataFrame = self.results_[list(dict.fromkeys(columns))].head(SHOWN)
        return best + first.to_html(index=False, border=0, na_rep="", float_format="{:.3g}".format)
