"""Two or more embeddings of the same rows, compared without labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray
from contextures._checks import check_positive_int
from contextures.evaluation.arrays import representation
from contextures.evaluation.embeddings.held import (
    HeldFunctions,
    leading_functions_of,
    shares_told,
)
from contextures.evaluation.embeddings.probe import KernelProbe
from contextures.evaluation.embeddings.tasks import common_tasks, crossed_error
from contextures.evaluation.jackknife import Estimate
from contextures.evaluation.representations.alignment import cca_alignment, cka_alignment
from contextures.evaluation.representations.neighborhoods import mutual_knn_alignment
from contextures.exceptions import InputError

LEAST_ROWS = 20
"""Fewer rows say nothing."""

MOST_ROWS = 5_000
"""Rows that alignment and neighbours are computed on."""

PROBE_ROWS = 1_200
"""Rows that tasks are drawn on: half are fitted, half predicted."""

ROWS_A_COORDINATE = 4
"""With fewer rows for each coordinate, canonical correlations say little."""


@dataclass(frozen=True)
class EmbeddingPair:
    """Two embeddings beside each other.

    Attributes
    ----------
    first, second : str
        Their names.
    difference : Estimate
        The error of the first on common tasks less that of the second, on the same rows and
        tasks, and its standard error over rows and tasks: negative where the first does better.
    first_wins : float
        The share of the tasks on which the first has the lower error.
    cka : float
        The linear centred kernel alignment; see :func:`contextures.evaluation.cka_alignment`.
    neighbors : float
        The share of nearest neighbours in common; see
        :func:`contextures.evaluation.mutual_knn_alignment`, here of the embeddings as they are.
    cca : float or None
        The mean squared canonical correlation; None where there are too few rows for it.
    first_held : HeldFunctions
        The leading functions of the first, predicted from the second.
    second_held : HeldFunctions
        Those of the second, predicted from the first.
    """

    first: str
    second: str
    difference: Estimate
    first_wins: float
    cka: float
    neighbors: float
    cca: float | None
    first_held: HeldFunctions
    second_held: HeldFunctions


@dataclass(frozen=True)
class EmbeddingComparison:
    """What tells embeddings of the same rows apart, without labels.

    Attributes
    ----------
    dimensions : dict of str to int
        The number of coordinates of each embedding.
    errors : dict of str to Estimate
        The error of each on common tasks, in units of their variance, half of which is noise: 0.5
        is the least possible and about 1 is nothing learned.
    own_errors : dict of str to dict of str to float
        The same for each embedding by the embedding whose kernel the tasks were drawn from.
    pairs : list of EmbeddingPair
        All pairs, in the order of the embeddings.
    n_rows, n_used, n_probed : int
        How many rows there are; on how many alignment and neighbours were computed; on how many
        tasks and functions.
    n_tasks : int
        How many tasks were drawn.
    n_neighbors : int
        Nearest neighbours that were looked at.
    """

    dimensions: dict[str, int]
    errors: dict[str, Estimate]
    own_errors: dict[str, dict[str, float]]
    pairs: list[EmbeddingPair]
    n_rows: int
    n_used: int
    n_probed: int
    n_tasks: int
    n_neighbors: int


def compare_embeddings(
    embeddings: Mapping[str, Any],
    *,
    n_tasks: int = 200,
    n_neighbors: int = 10,
    most_rows: int = MOST_ROWS,
    random_state: int = 0,
) -> EmbeddingComparison:
    """Compare embeddings of the same rows without labels.

    Each embedding predicts the same random tasks by the same probe; each is looked for in each
    other, function by function; and distances and neighbours are compared. None of it says which
    embedding is better for a task that somebody has: that is for labels to decide, as in
    :func:`contextures.regression.compare_on_labels`.

    Parameters
    ----------
    embeddings : mapping of str to array-like of shape (n, d)
        Two or more embeddings by their names, of the same rows in the same order, of any number of
        coordinates each.
    n_tasks : int, default=200
        How many tasks are drawn: Gaussian processes on the kernel of one embedding each, evenly,
        with noise; see :func:`contextures.evaluation.smooth_tasks`.
    n_neighbors : int, default=10
        How many nearest neighbours are compared.
    most_rows : int, default=5_000
        With more rows, so many are drawn at random. Tasks are drawn on 1,200 of them.
    random_state : int, default=0
        Draws rows and tasks.

    Returns
    -------
    EmbeddingComparison
        What was found.

    Raises
    ------
    InputError
        If there are fewer than two embeddings, their rows differ in number, there are too few of
        them, values are missing or infinite, or an embedding is constant.

    Notes
    -----
    Costs O(m^3) for the m = 1,200 rows of tasks for each embedding, and for neighbours O(n^2 d)
    with n rows.

    References
    ----------
    Derived: the average case of arXiv 2505.01557 (ICML 2025), section 4, with a prior on tasks
    that no embedding alone has made.

    Examples
    --------
    >>> import numpy as np
    >>> from contextures.evaluation import compare_embeddings
    >>> whole = np.random.default_rng(0).normal(size=(400, 4)) * [4, 3, 2, 1]
    >>> found = compare_embeddings({"whole": whole, "half": whole[:, :2]})
    >>> pair = found.pairs[0]
    >>> pair.first_held.lacking, pair.second_held.lacking  # two functions of the whole are lost
    ([2, 3], [])
    >>> found.errors["whole"].value < found.errors["half"].value
    True
    """
    check_positive_int(n_tasks, "n_tasks")
    check_positive_int(n_neighbors, "n_neighbors")
    check_positive_int(most_rows, "most_rows", least=LEAST_ROWS)
    arrays = check_embeddings(embeddings)
    n = len(next(iter(arrays.values())))
    rng = np.random.default_rng(random_state)
    used = rng.permutation(n)[:most_rows]
    arrays = {name: of_unit_size(name, values[used]) for name, values in arrays.items()}
    probed = {name: values[:PROBE_ROWS].astype(np.float64) for name, values in arrays.items()}
    n_probed = min(len(used), PROBE_ROWS)
    fitted = n_probed - n_probed // 2
    probes = {name: KernelProbe(rows[:fitted], rows[fitted:]) for name, rows in probed.items()}
    tasks = common_tasks(list(probed.values()), fitted, n_tasks, random_state)
    errors = {name: tasks.squared_errors(probe) for name, probe in probes.items()}
    held = _held(probed, probes, fitted)
    k = min(n_neighbors, len(used) - 1)
    pairs = []
    for one, other in combinations(arrays, 2):
        apart = errors[one] - errors[other]
        left, right = arrays[one], arrays[other]
        widest = max(left.shape[1], right.shape[1])
        pairs.append(
            EmbeddingPair(
                one,
                other,
                Estimate(float(apart.mean()), crossed_error(apart)),
                float((apart.mean(axis=0) < 0).mean()),
                cka_alignment(left, right),
                mutual_knn_alignment(left, right, k, whiten=False, n_queries=None),
                cca_alignment(left, right) if widest * ROWS_A_COORDINATE <= len(used) else None,
                held[one, other],
                held[other, one],
            )
        )
    return EmbeddingComparison(
        {name: values.shape[1] for name, values in arrays.items()},
        {name: Estimate(float(own.mean()), crossed_error(own)) for name, own in errors.items()},
        {
            name: {
                source: float(own[:, tasks.sources == place].mean())
                for place, source in enumerate(arrays)
            }
            for name, own in errors.items()
        },
        pairs,
        n,
        len(used),
        n_probed,
        len(tasks.sources),
        k,
    )


def check_embeddings(embeddings: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Give embeddings as finite arrays of the same rows, or say what is wrong with them."""
    if len(embeddings) < 2:
        raise InputError(
            f"there {'is one embedding' if embeddings else 'is no embedding'} only; give two or "
            "more of the same rows to compare"
        )
    arrays: dict[str, NDArray[Any]] = {}
    for name, values in embeddings.items():
        told = f"the embedding {name!r}"
        arrays[name] = representation(values, None, told, least=LEAST_ROWS, any_size=True)
    (first, rows), *others = ((name, len(values)) for name, values in arrays.items())
    for name, own in others:
        if own != rows:
            raise InputError(
                f"the embedding {first!r} has {rows:,} rows but {name!r} has {own:,}; give "
                "embeddings of the same rows in the same order"
            )
    return arrays


def of_unit_size(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Bring values to at most one, as no measure here depends on their scale; refuse constants."""
    if (values[:PROBE_ROWS] == values[0]).all():
        raise InputError(
            f"the embedding {name!r} is the same for all {len(values):,} rows looked at, so it "
            "tells no two apart; check how it was made"
        )
    return np.asarray(values / np.abs(values).max())


def _held(
    rows: dict[str, FloatArray], probes: dict[str, KernelProbe], fitted: int
) -> dict[tuple[str, str], HeldFunctions]:
    """Look for the leading functions of each embedding in each other."""
    found = {}
    for of, values in rows.items():
        seen, fresh, variances = leading_functions_of(values, fitted)
        told = {by: shares_told(probe, seen, fresh) for by, probe in probes.items()}
        for by in rows:
            if by != of:
                found[of, by] = HeldFunctions(of, by, variances, told[by], told[of])
    return found
