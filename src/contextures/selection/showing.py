"""How a search shows itself in a notebook, and draws itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from contextures._plots import axes_or_new
from contextures._repr import html_table

SHOWN = 5
"""How many candidates a notebook shows."""

DRAWN = 30
"""How many candidates a figure shows."""

AXIS = {
    "labels": "error on labels (share of their variance)",
    "pseudo": "expected error on pseudo-tasks",
    "tau": "tau",
}
"""What the scores are, on an axis."""


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

    def plot(self, ax: Any = None) -> Any:
        """Draw the score that the choice followed, a line a candidate, the best at the top.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; on a new figure when None.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, with at most 30 candidates that have the score; the chosen one is filled.

        Raises
        ------
        NotFittedError
            If the search has not been fitted.
        MissingLibraryError
            If there are no axes and matplotlib is not installed.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> from sklearn.datasets import load_iris
        >>> from contextures import ContextSearch
        >>> from contextures.contexts import KNNContext
        >>> search = ContextSearch([KNNContext(k) for k in (10, 30)]).fit(load_iris().data)
        >>> search.plot().get_xlabel()
        'expected error on pseudo-tasks'
        """
        check_is_fitted(self)
        ax = axes_or_new(ax, "ContextSearch.plot")
        # The chosen one comes first in any case, also where another has the lower tau.
        table = self.results_[self.results_[self.score_].notna()].head(DRAWN)
        scores = table[self.score_].to_numpy(dtype=float)
        places = list(range(len(table)))
        ax.scatter(scores[:1], places[:1], color="C0", label="chosen")
        ax.scatter(scores[1:], places[1:], edgecolor="C0", facecolor="none", label="others")
        ax.set_yticks(places, table["name"].tolist())
        ax.invert_yaxis()
        ax.set(xlabel=AXIS[self.score_], ylabel="context")
        return ax
