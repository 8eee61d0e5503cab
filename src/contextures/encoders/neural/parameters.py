"""How :class:`contextures.encoders.NeuralEncoder` learns, from its checked parameters."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from sklearn.utils import check_random_state

from contextures._checks import check_positive_int, check_positive_real
from contextures.encoders.neural.training import Pace
from contextures.exceptions import InputError

LARGEST_BATCH = 4096
"""Rows up to which all of them are one batch."""

EXACT_STEPS, DRAWN_STEPS, EPOCHS = 250, 500, 10
"""Steps where every batch is the whole sample and its operator; elsewhere at least; and epochs."""

N_SCORES = 15
"""Scores in a search."""

FEWEST_ROWS = 100
"""Of fewer rows none is held out."""

LEAST_WIDTH, WIDER = 64, 4
"""Outputs: so many for each that is kept, at least so many."""

ROWS_AN_OUTPUT = 4
"""Rows of a batch for each output."""

PAIRS_AN_OUTPUT, MOST_VIEWS = 50, 32
"""Pairs for each output in the last step, and draws of A for each row."""


class Parameters(Protocol):
    """The parameters that are checked here, as they were given."""

    n_components: int
    random_state: Any
    validation_fraction: float
    ridge: Any
    n_outputs: Any
    batch_size: Any
    max_steps: Any
    n_views: Any
    learning_rate: float
    weight_decay: float
    patience: int
    refit: bool
    allow_fewer: bool


@dataclass(frozen=True)
class Settings:
    """Checked parameters.

    Attributes
    ----------
    n_components : int
        d.
    seed : int
        Where randomness comes from.
    validation_fraction : float
        The share of rows held out; 0 for none.
    ridge : float or None
        The ridge of the Ritz step; None where it is to be chosen.
    allow_fewer : bool
        Whether ``n_components`` is the most that is wanted.
    """

    n_components: int
    seed: int
    validation_fraction: float
    ridge: float | None
    n_outputs: int | None
    batch_size: int | None
    max_steps: int | None
    n_views: int | None
    learning_rate: float
    weight_decay: float
    patience: int
    refit: bool
    # Not in the text that checkpoints are known by: training does not depend on it.
    allow_fewer: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, encoder: Parameters) -> Settings:
        """Check an encoder's parameters."""
        state = encoder.random_state
        return cls(
            n_components=check_positive_int(encoder.n_components, "n_components"),
            seed=0 if state is None else int(check_random_state(state).randint(2**31 - 1)),
            validation_fraction=_share(encoder.validation_fraction, "validation_fraction"),
            ridge=_auto(encoder.ridge, "ridge", _not_negative),
            n_outputs=_auto(encoder.n_outputs, "n_outputs", check_positive_int),
            batch_size=_auto(encoder.batch_size, "batch_size", check_positive_int),
            max_steps=_auto(encoder.max_steps, "max_steps", check_positive_int),
            n_views=_auto(encoder.n_views, "n_views", check_positive_int),
            learning_rate=check_positive_real(encoder.learning_rate, "learning_rate"),
            weight_decay=_not_negative(encoder.weight_decay, "weight_decay"),
            patience=check_positive_int(encoder.patience, "patience"),
            refit=bool(encoder.refit),
            allow_fewer=bool(encoder.allow_fewer),
        )

    def outputs(self, n_rows: int) -> int:
        """Say how many outputs a network has, for so many rows to learn from."""
        if self.n_outputs is not None:
            if self.n_outputs < self.n_components and not self.allow_fewer:
                raise InputError(
                    f"n_outputs={self.n_outputs} is below n_components={self.n_components}; give "
                    "at least as many"
                )
            return self.n_outputs
        batch = min(n_rows, self.batch_size or LARGEST_BATCH)
        # A batch has fewer functions than rows.
        d = min(self.n_components, max(batch - 1, 1)) if self.allow_fewer else self.n_components
        wanted = max(WIDER * d, LEAST_WIDTH)
        return max(d, min(wanted, batch // ROWS_AN_OUTPUT))

    def held(self, n_rows: int, can_judge: bool) -> int:
        """Say how many of the rows are held out."""
        if not can_judge or n_rows < FEWEST_ROWS:
            return 0
        return int(self.validation_fraction * n_rows)

    def pace(self, n_rows: int, *, exact: bool, drawn: bool) -> Pace:
        """Say how long and how fast, for so many rows to learn from.

        ``exact`` says whether a batch of all rows gives the operator on them without draws, and
        ``drawn`` whether every batch has other draws.
        """
        batch = self.batch_size or LARGEST_BATCH
        steps = self.max_steps
        if steps is None:
            whole = batch >= n_rows
            few = EXACT_STEPS if exact and whole else DRAWN_STEPS
            steps = few if whole else max(few, EPOCHS * -(-n_rows // batch))
        return Pace(
            n_steps=steps,
            batch_size=batch,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            every=max(1, steps // N_SCORES),
            patience=self.patience,
            refit=self.refit,
            repeat=drawn,
        )

    def views(self, n_rows: int, n_outputs: int) -> int:
        """Say how many contexts are drawn for each row in the Ritz step."""
        return min(MOST_VIEWS, max(2, -(-PAIRS_AN_OUTPUT * n_outputs // n_rows)))


def _auto(value: Any, name: str, check: Any) -> Any:
    if isinstance(value, str) and value == "auto":
        return None
    return check(value, name)


def _not_negative(value: Any, name: str) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers.Real)
        or not 0 <= float(value) < np.inf
    ):
        raise InputError(f"{name}={value!r} is not possible; give a number of at least zero")
    return float(value)


def _share(value: Any, name: str) -> float:
    share = _not_negative(value, name)
    if share >= 1:
        raise InputError(f"{name}={value!r} is not possible; give a share from 0 to below 1")
    return share
