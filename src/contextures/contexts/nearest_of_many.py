"""Neighbours for several K at once, where the largest reaches far and every point is looked at.

Which points are the K nearest is told by the K-th distance alone. So distances are sorted without
their indices, which takes a fraction of ranking the points, and once for all K.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from contextures._arrays import FloatArray, Matrix, compact
from contextures.contexts.averaging import visible_parts
from contextures.contexts.copies import once

_CHUNK_VALUES = 100_000


def reach_far(counts: Sequence[int], n_points: int) -> bool:
    """Tell whether the largest K is so large a share of the points that all are ranked."""
    return 4 * max(counts) > n_points


def masked_neighbors(
    rows: FloatArray, points: FloatArray, counts: Sequence[int], masks: NDArray[np.bool_]
) -> list[Matrix]:
    """Give the means over masks of the transitions of rows to their K nearest points.

    Parameters
    ----------
    rows : ndarray of shape (n, p)
        The rows.
    points : ndarray of shape (m, p)
        Where neighbours are looked for; of points as far as the K-th the first ones count, as for
        :class:`~contextures.contexts.neighbor_search.NeighborSearch`.
    counts : sequence of int
        The K, each below m.
    masks : ndarray of bool of shape (n_masks, p)
        True where a column is hidden.

    Returns
    -------
    list of ndarray or csr_array of shape (n, m)
        For each K, the share of masks under which a point is among the K nearest, over K.
    """
    smallest = np.uint8 if len(masks) < 256 else np.uint32
    totals = [np.zeros((len(rows), len(points)), dtype=smallest) for _ in counts]
    both = zip(visible_parts(rows, masks), visible_parts(points, masks), strict=True)
    for visible, seen in both:
        distinct, back = once(visible)
        places = np.arange(len(distinct))[back]
        order = np.argsort(places, kind="stable")
        for part, near in _near(distinct, seen, counts):
            start, stop = np.searchsorted(places, [part.start, part.stop], sorter=order)
            own = order[start:stop]
            for total, found in zip(totals, near, strict=True):
                if isinstance(back, slice):
                    total[part] += found
                else:
                    total[own] += found[places[own] - part.start]
    shares = (1.0 / (k * len(masks)) for k in counts)
    return [compact(totals.pop(0) * share) for share in shares]


def _near(
    rows: FloatArray, points: FloatArray, counts: Sequence[int]
) -> Iterator[tuple[slice, list[NDArray[np.bool_]]]]:
    """Tell, for some rows at a time, which points are among the K nearest of each, for each K."""
    from scipy.spatial.distance import cdist

    most = max(counts)
    step = max(1, _CHUNK_VALUES // len(points))
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        distances = cdist(rows[part], points)
        # The (K + 1)-th tells whether the K-th is tied.
        ranked = np.partition(distances, min(most, len(points) - 1), axis=1)[:, : most + 1]
        ranked.sort(axis=1)
        near = []
        for k in counts:
            within = distances <= ranked[:, k - 1 : k]
            tied = np.flatnonzero(ranked[:, k] == ranked[:, k - 1])
            if len(tied):
                first = np.argsort(distances[tied], axis=1, kind="stable")[:, :k]
                within[tied] = False
                within[tied[:, None], first] = True
            near.append(within)
        yield part, near
