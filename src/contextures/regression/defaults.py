"""What the estimators take where nothing is said."""

from __future__ import annotations

from typing import Any

from contextures._checks import check_positive_int
from contextures.contexts import KNNContext
from contextures.regression.propagation import can_propagate

NEIGHBOURS = 10
ROWS = 1500
"""Ten neighbours among 1,500 rows: a strong local association, which few labels need."""

MOST_SPECTRAL = 20_000
"""Up to this many rows the top functions take seconds."""

MOST_PROPAGATED = 100
"""Up to this many labelled rows, solving for each of them is as quick as the top functions."""


def default_context(n: int) -> KNNContext:
    """Give the context for n rows: K nearest neighbours, 10 and more of them.

    K = 10 up to 1,500 rows, and 10 sqrt(n / 1,500) beyond. With K fixed, neighbours come nearer as
    unlabelled rows are added: the association gets stronger and what one label says reaches less
    far, which costs accuracy on rough targets. With K in proportion to n, A stays as far from X as
    it was, but nothing is gained where more rows show clusters more finely, and each of 100,000
    rows would have 667 neighbours. The square root lay between the two on most tables tried, and
    K / n falls while K rises, as consistency asks. Among very few rows ten neighbours would be
    everybody: K is at most a third of them.

    Parameters
    ----------
    n : int
        Labelled and unlabelled rows together.

    Returns
    -------
    KNNContext
        The context, unfitted.

    Examples
    --------
    >>> from contextures.regression import default_context
    >>> default_context(1000), default_context(6000).n_neighbors
    (KNNContext(n_neighbors=10), 20)
    """
    check_positive_int(n, "n", least=2)
    grown = round(NEIGHBOURS * max(1.0, n / ROWS) ** 0.5)
    return KNNContext(n_neighbors=max(1, min(grown, max(2, n // 3), n - 1)))


def choose_solver(n_rows: int, n_labelled: int, transform: Any) -> str:
    """Pick between the top functions and products with the context.

    Parameters
    ----------
    n_rows, n_labelled : int
        How many rows there are, and how many of them have labels.
    transform : Transform or None
        The transform; None where it is to be chosen.

    Returns
    -------
    str
        "spectral" or "propagation".
    """
    # Transforms to choose from share the functions, but each has systems of its own to solve.
    able = transform is not None and can_propagate(transform)
    large = n_rows > MOST_SPECTRAL and n_labelled <= MOST_PROPAGATED
    return "propagation" if able and large else "spectral"
