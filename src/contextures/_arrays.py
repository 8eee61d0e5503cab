"""The types of arrays, and what is done to them whoever made them.

Nothing here imports torch: where a tensor comes in, torch has been imported by whoever made it.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = Any  # numpy.ndarray or torch.Tensor

FloatArray = NDArray[np.float64]


IntArray = NDArray[np.intp]


Matrix: TypeAlias = Any  # FloatArray or scipy.sparse.csr_array: scipy ships no types


# Above this share of non-zero entries a dense array is smaller to walk through than a sparse one.
DENSE_SHARE = 0.25


def compact(matrix: Matrix) -> Matrix:
    """Store a transition in the form that is quicker to multiply with."""
    n, m = matrix.shape
    if sparse.issparse(matrix):
        return matrix.toarray() if matrix.nnz > DENSE_SHARE * n * m else matrix
    if n * m > 10_000 and np.count_nonzero(matrix) <= DENSE_SHARE * n * m:
        return sparse.csr_array(matrix)
    return matrix


def divide_rows(weights: Matrix, totals: FloatArray) -> Matrix:
    """Divide each row by its total; rows whose total is zero stay zero."""
    inverse = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
    if sparse.issparse(weights):
        return sparse.csr_array(sparse.diags_array(inverse) @ weights)
    return np.asarray(weights * inverse[:, None])


def svd(matrix: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute the singular value decomposition U, s, V^T of a dense matrix, without zero blocks.

    numpy's solver lets other threads run, but its divide and conquer fails to converge on a few
    matrices of low rank, where the older, slower QR iteration does.
    """
    try:
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        import scipy.linalg

        left, values, right = scipy.linalg.svd(
            matrix, full_matrices=False, lapack_driver="gesvd", check_finite=True
        )
    return left, values, right


def is_tensor(values: Any) -> bool:
    """Tell whether this is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(values, torch.Tensor)


def to_numpy(values: Any) -> np.ndarray[Any, Any]:
    """Give an array or tensor as a numpy array."""
    return values.detach().cpu().numpy() if is_tensor(values) else np.asarray(values)


def device_of(values: Any) -> str | None:
    """Name the device that a tensor is on; None for anything else."""
    return str(values.device) if is_tensor(values) else None


def on_device(values: Any, device: str) -> Array:
    """Give numbers as a float64 tensor on a device, whose library whoever named it has loaded."""
    torch = sys.modules["torch"]
    given = values if is_tensor(values) else np.ascontiguousarray(values)
    return torch.as_tensor(given, dtype=torch.float64, device=device)


def tensor_of(matrix: Matrix, device: str) -> Array:
    """Give a dense or sparse matrix as a float64 tensor on a device."""
    if not sparse.issparse(matrix):
        return on_device(matrix, device)
    torch, entries = sys.modules["torch"], sparse.coo_array(matrix)
    places = torch.as_tensor(np.stack(entries.coords).astype(np.int64), device=device)
    values = on_device(entries.data, device)
    with warnings.catch_warnings():  # torch notes that it checks no entries, which are in order
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        made = torch.sparse_coo_tensor(places, values, entries.shape, check_invariants=False)
    return made.coalesce()


def side_by_side(tensors: list[Array]) -> Array:
    """Put the columns of tensors beside one another."""
    return sys.modules["torch"].cat(tensors, dim=1)


def given_back(values: Any, like: Any) -> Any:
    """Give an array as a tensor where ``like`` is one, on its device; as it is elsewhere."""
    device = device_of(like)
    return values if device is None else on_device(values, device)


def mean_entries(matrix: Matrix) -> float:
    """Give the mean number of entries of a row that are not zero."""
    entries = matrix.nnz if sparse.issparse(matrix) else np.count_nonzero(np.asarray(matrix))
    return float(entries) / max(1, matrix.shape[0] if hasattr(matrix, "shape") else len(matrix))
