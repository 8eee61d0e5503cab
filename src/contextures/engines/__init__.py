"""Engines: one piece of work for each part of the rows, and what they found put together.

The work is done here, in processes of this machine, or on a Dask cluster; the call is the same.

Examples
--------
>>> from contextures.engines import tree_reduce
>>> tree_reduce(lambda shared, part: sum(part), [[1, 2], [3], []], lambda shared, sums: sum(sums))
6
"""

from __future__ import annotations

from contextures.engines.parts import Parts
from contextures.engines.reduction import tree_reduce

__all__ = ["Parts", "tree_reduce"]
