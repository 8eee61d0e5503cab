"""Contexts that can only be drawn from, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from contextures._checks import check_rows
from contextures.contexts import Context


class Drawn(Context):
    """A context given by a function that draws A for rows."""

    form = "sampler"
    same_space = True

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def fit(self, X: Any, y: Any = None) -> Drawn:
        rows = check_rows(X)
        self.input_weights_ = np.full(len(rows), 1.0 / len(rows))
        self.n_features_in_ = rows.shape[1]
        return self

    def sample(self, X: Any, rng: Any, n_views: int = 1) -> Any:
        views = [self.draw(X, rng) for _ in range(n_views)]
        return views[0] if n_views == 1 else np.stack(views)
