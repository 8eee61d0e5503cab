"""Kernels of scikit-learn's as plain values, for files; only these can be made from a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.gaussian_process import kernels

from contextures.exceptions import InputError

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        kernels.ConstantKernel,
        kernels.DotProduct,
        kernels.ExpSineSquared,
        kernels.Exponentiation,
        kernels.Matern,
        kernels.PairwiseKernel,
        kernels.Product,
        kernels.RBF,
        kernels.RationalQuadratic,
        kernels.Sum,
        kernels.WhiteKernel,
    )
}


def is_kernel(value: Any) -> bool:
    """Tell whether this is a kernel of ``sklearn.gaussian_process.kernels``, or made like one."""
    return isinstance(value, kernels.Kernel)


def describe_kernel(kernel: Any, write: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Describe a kernel by its kind and parameters.

    Parameters
    ----------
    kernel : kernel of scikit-learn's
        The kernel.
    write : callable
        Gives the plain value of a parameter, from its name and value.

    Returns
    -------
    dict
        Plain values.

    Raises
    ------
    InputError
        If it is of a class of one's own.
    """
    name = type(kernel).__name__
    given = kernel.get_params(deep=False)
    options = given.pop("pairwise_kernels_kwargs", None)
    if KINDS.get(name) is not type(kernel) or options:
        raise InputError(
            f"the kernel {kernel!r} is of a class of its own or has options of its own, which "
            "cannot be written; give sums, products and powers of scikit-learn's kernels"
        )
    return {"kernel": name, "given": {key: write(key, value) for key, value in given.items()}}


def make_kernel(described: dict[str, Any], read: Callable[[Any], Any]) -> Any:
    """Make the kernel that was described."""
    kind = KINDS[described["kernel"]]
    given = {key: read(value) for key, value in described["given"].items()}
    made = kind(**given)
    if not all(is_kernel(given[part]) for part in ("k1", "k2", "kernel") if part in given):
        raise ValueError("a part of a kernel is none")
    return made
