"""Random draws as numpy arrays or torch tensors, and draws from the rows of a transition.

Nothing here imports torch: where a tensor comes in, torch has been imported by whoever made it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy import sparse

from contextures._arrays import Array, Matrix, is_tensor
from contextures.exceptions import InputError

BLOCK_ENTRIES = 1_000_000
"""Entries of a dense transition that are summed at a time."""


class Draws:
    """Random arrays of the same kind and device as a given one.

    A tensor's draws are single precision, whatever its own: rows in float64 and the same rows in
    float32 have the same draws, and numbers far from zero can be drawn around without loss.

    Parameters
    ----------
    like : ndarray or torch.Tensor
        What the arrays should be like.
    rng : numpy.random.Generator or torch.Generator
        Where randomness comes from: torch's for a tensor, on the tensor's device; numpy's
        otherwise.

    Attributes
    ----------
    of : module
        numpy or torch, for functions that both call by the same name.

    Raises
    ------
    InputError
        If ``rng`` is of the other kind or none.
    """

    def __init__(self, like: Array, rng: Any) -> None:
        self.torch = sys.modules["torch"] if is_tensor(like) else None
        self.of: Any = np if self.torch is None else self.torch
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
        single: Any = np.dtype(np.float32) if self.torch is None else self.torch.float32
        double: Any = np.dtype(np.float64) if self.torch is None else self.torch.float64
        self.dtype = like.dtype if floating else double if self.torch is None else single
        # Half a precision is too coarse to draw in, and numpy draws in no other than these two.
        self._wide = double if self.torch is None and self.dtype.itemsize >= 8 else single

    @property
    def on_cpu(self) -> bool:
        """Whether the arrays lie in the main memory."""
        return self.torch is None or self.like.device.type == "cpu"

    def uniform(self, *shape: int) -> Array:
        """Draw from [0, 1), in single precision at least."""
        return self._uniform(shape, self._wide)

    def uniform_double(self, *shape: int) -> Array:
        """Draw from [0, 1) in double precision, where ties or coarse steps would show."""
        return self._uniform(shape, np.float64 if self.torch is None else self.torch.float64)

    def _uniform(self, shape: tuple[int, ...], dtype: Any) -> Array:
        if self.torch is None:
            return self.rng.random(shape, dtype=dtype)
        return self.torch.rand(shape, generator=self.rng, device=self.like.device, dtype=dtype)

    def normal(self, *shape: int) -> Array:
        """Draw from the standard normal law."""
        if self.torch is None:
            drawn = self.rng.standard_normal(shape, dtype=self._wide)
            return drawn.astype(self.dtype, copy=False)
        dtype = self._wide if self.dtype.itemsize >= 8 else self.dtype
        drawn = self.torch.randn(shape, generator=self.rng, device=self.like.device, dtype=dtype)
        return drawn.to(self.dtype)

    def uniform_between(self, low: float, high: float, *shape: int) -> Array:
        """Draw from [low, high)."""
        return low + (high - low) * self.uniform(*shape)

    def chance(self, rate: float, *shape: int) -> Array:
        """Draw True with chance ``rate``."""
        return self.uniform(*shape) < rate

    def subset(self, size: int, *shape: int) -> Array:
        """Draw True at exactly ``size`` places of the last axis."""
        points = self.uniform_double(*shape)
        if self.torch is None:
            return points <= np.partition(points, size - 1, axis=-1)[..., size - 1 : size]
        return points <= points.kthvalue(size, dim=-1, keepdim=True).values

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

    def floats(self, values: Array) -> Array:
        """Give an array of this kind as floating-point numbers."""
        return self._cast(values, self.dtype)

    def wide(self, values: Array) -> Array:
        """Give an array of this kind in the precision of the draws, single at least."""
        return self._cast(values, self._wide)

    def whole(self, values: Array) -> Array:
        """Give numbers of at least zero as whole ones, rounded down."""
        return self._cast(values, np.int64 if self.torch is None else self.torch.int64)

    def _cast(self, values: Array, dtype: Any) -> Array:
        if self.torch is None:
            return np.asarray(values).astype(dtype, copy=False)
        return values.to(dtype)

    def join(self, arrays: list[Array]) -> Array:
        """Join arrays along their last axis."""
        return self.of.concatenate(arrays, -1)


def one_or_all(views: Array) -> Array:
    """Give views (n_views, ...) as they are, and a single one without its first axis."""
    return views[0] if len(views) == 1 else views


class Constants:
    """Fixed arrays, each converted once for every device and precision it is asked for on.

    Parameters
    ----------
    *arrays : ndarray
        The arrays.
    exact : bool, default=False
        Whether they keep their own precision; otherwise they take that of what is drawn.
    """

    def __init__(self, *arrays: Any, exact: bool = False) -> None:
        self.arrays = arrays
        self.exact = exact
        self._made: dict[tuple[str, str], tuple[Any, ...]] = {}

    def on(self, draws: Draws) -> tuple[Any, ...]:
        """Give the arrays as ``draws`` makes them; None for one that a tensor cannot hold."""
        key = (str(getattr(draws.like, "device", "")), str(draws.dtype))
        if key not in self._made:
            self._made[key] = tuple(self._convert(array, draws) for array in self.arrays)
        return self._made[key]

    def _convert(self, array: Any, draws: Draws) -> Any:
        if draws.torch is None:
            floats = array.dtype.kind == "f" and not self.exact
            return array.astype(draws.dtype, copy=False) if floats else array
        if array.dtype.kind not in "fiub":
            return None
        if self.exact:
            return draws.torch.as_tensor(array, device=draws.like.device)
        return draws.constant(array)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}


class RowDraws:
    """Draws of columns from the rows of a transition, by bisecting each row's running sums.

    The sums are taken once; a batch of b rows of K entries then costs O(b log K), wherever in the
    transition its rows are.

    Parameters
    ----------
    transition : ndarray or csr_array of shape (n, m)
        Rows that sum to one.
    """

    def __init__(self, transition: Matrix) -> None:
        n, m = transition.shape
        if sparse.issparse(transition):
            starts = transition.indptr[:-1].astype(np.int64)
            counts = np.diff(transition.indptr).astype(np.int64)
            totals = np.concatenate([[0.0], np.cumsum(transition.data)])
            before, ends = totals[transition.indptr[:-1]], totals[transition.indptr[1:]]
            running = totals[1:] - np.repeat(before, counts)
            running /= np.repeat(ends - before, counts)
            columns = transition.indices.astype(np.int64)
            self._constants = Constants(starts, counts, running, columns, exact=True)
        else:
            starts = np.arange(n, dtype=np.int64) * m
            counts = np.full(n, m, dtype=np.int64)
            # Single precision halves what is kept beside the transition; one stays exact.
            running = np.empty((n, m), dtype=np.float32)
            for block in np.array_split(np.arange(n), max(1, n * m // BLOCK_ENTRIES)):
                sums = np.cumsum(transition[block], axis=1)
                running[block] = sums / sums[:, -1:]
            self._constants = Constants(starts, counts, running.ravel(), exact=True)
        self._steps = int(counts.max(initial=1)).bit_length()

    def columns(self, rows: Any, draws: Draws, n_views: int) -> Array:
        """Draw columns.

        Parameters
        ----------
        rows : ndarray or torch.Tensor of int of shape (k,)
            Which rows to draw from.
        draws : Draws
            Where randomness comes from, and the kind of array to give.
        n_views : int
            How many independent draws from every row.

        Returns
        -------
        ndarray or torch.Tensor of int of shape (n_views, k)
            What was drawn.
        """
        starts, counts, running, *columns = self._constants.on(draws)
        rows = draws.constant(rows)
        points = draws.uniform(n_views, len(rows))
        first = low = starts[rows]
        high = low + counts[rows] - 1
        for _ in range(self._steps):
            middle = (low + high) // 2
            beyond = running[middle] <= points
            low, high = (
                draws.of.where(beyond, middle + 1, low),
                draws.of.where(beyond, high, middle),
            )
        return columns[0][low] if columns else low - first
