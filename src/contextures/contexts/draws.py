"""Random draws as numpy arrays or torch tensors, and draws from the rows of a transition.

Nothing here imports torch: where a tensor comes in, torch has been imported by whoever made it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy import sparse

from contextures.contexts.checks import Matrix
from contextures.exceptions import InputError

Array = Any  # numpy.ndarray or torch.Tensor


def is_tensor(values: Any) -> bool:
    """Tell whether this is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(values, torch.Tensor)


def to_numpy(values: Any) -> np.ndarray[Any, Any]:
    """Give an array or tensor as a numpy array."""
    return values.detach().cpu().numpy() if is_tensor(values) else np.asarray(values)


class Draws:
    """Random arrays of the same kind, device and precision as a given one.

    Parameters
    ----------
    like : ndarray or torch.Tensor
        What the arrays should be like.
    rng : numpy.random.Generator or torch.Generator
        Where randomness comes from: torch's for a tensor, on the tensor's device; numpy's
        otherwise.

    Raises
    ------
    InputError
        If ``rng`` is of the other kind or none.
    """

    def __init__(self, like: Array, rng: Any) -> None:
        self.torch = sys.modules["torch"] if is_tensor(like) else None
        kind: Any = np.random.Generator if self.torch is None else self.torch.Generator
        if not isinstance(rng, kind):
            wanted = (
                "numpy.random.default_rng(seed)"
                if self.torch is None
                else "torch.Generator(device=X.device).manual_seed(seed)"
            )
            raise InputError(f"rng={rng!r} cannot draw for {type(like).__name__}; give {wanted}")
        self.like = like
        self.rng = rng
        floating = like.dtype.is_floating_point if self.torch else like.dtype.kind == "f"
        self.dtype = (
            like.dtype if floating else np.float64 if self.torch is None else self.torch.float32
        )

    def uniform(self, *shape: int) -> Array:
        """Draw from [0, 1)."""
        if self.torch is None:
            return self.rng.random(shape).astype(self.dtype, copy=False)
        return self.torch.rand(shape, generator=self.rng, device=self.like.device, dtype=self.dtype)

    def normal(self, *shape: int) -> Array:
        """Draw from the standard normal law."""
        if self.torch is None:
            return self.rng.standard_normal(shape).astype(self.dtype, copy=False)
        return self.torch.randn(
            shape, generator=self.rng, device=self.like.device, dtype=self.dtype
        )

    def integers(self, high: int, *shape: int) -> Array:
        """Draw whole numbers below ``high``."""
        if self.torch is None:
            return self.rng.integers(0, high, shape)
        return self.torch.randint(high, shape, generator=self.rng, device=self.like.device)

    def permutation(self, n: int) -> Array:
        """Draw an order of n things."""
        if self.torch is None:
            return self.rng.permutation(n)
        return self.torch.randperm(n, generator=self.rng, device=self.like.device)

    def constant(self, values: Any) -> Array:
        """Give fixed numbers as the same kind of array; whole numbers stay whole."""
        if self.torch is None:
            return np.asarray(values)
        if is_tensor(values):
            return values.to(self.like.device)
        whole = np.asarray(values).dtype.kind in "iub"
        dtype = None if whole else self.dtype
        return self.torch.as_tensor(np.asarray(values), device=self.like.device, dtype=dtype)

    def where(self, condition: Array, yes: Array, no: Array) -> Array:
        """Choose entry by entry."""
        return (np if self.torch is None else self.torch).where(condition, yes, no)


def stack_views(views: list[Array]) -> Array:
    """Give one view as it is, and several stacked along a new first axis."""
    if len(views) == 1:
        return views[0]
    return sys.modules["torch"].stack(views) if is_tensor(views[0]) else np.stack(views)


def draw_columns(transition: Matrix, rng: np.random.Generator, n_views: int = 1) -> Array:
    """Draw a column from every row of a transition.

    Parameters
    ----------
    transition : ndarray or csr_array of shape (n, m)
        Rows that sum to one.
    rng : numpy.random.Generator
        Where randomness comes from.
    n_views : int, default=1
        How many independent draws for every row.

    Returns
    -------
    ndarray of int of shape (n,) or (n_views, n)
        Columns.
    """
    n, m = transition.shape
    points = rng.random((n_views, n))
    if sparse.issparse(transition):
        # One sorted array for all rows: row i takes up the interval from i to i + 1.
        starts, counts = transition.indptr, np.diff(transition.indptr)
        running = np.cumsum(transition.data)
        before = np.concatenate([[0.0], running])[starts[:-1]]
        ends = np.concatenate([[0.0], running])[starts[1:]]
        within = (running - np.repeat(before, counts)) / np.repeat(ends - before, counts)
        edges = within + np.repeat(np.arange(n), counts)
        found = np.searchsorted(edges, points + np.arange(n), side="right")
        places = np.minimum(found, starts[1:] - 1)
        columns = transition.indices[places].astype(np.intp)
    else:
        running = np.cumsum(transition, axis=1)
        running /= running[:, -1:]
        columns = np.stack([(running <= point[:, None]).sum(axis=1) for point in points])
        columns = np.minimum(columns, m - 1)
    return columns[0] if n_views == 1 else columns
