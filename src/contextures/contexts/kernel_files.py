"""Kernels of scikit-learn's as plain values, for files; only these can be made from a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from contextures.exceptions import InputError

_ROOM = "sklearn.gaussian_process.kernels"  # imported once there is a kernel: it takes a while

NAMES = (
    *("ConstantKernel", "DotProduct", "ExpSineSquared", "Exponentiation", "Matern"),
    *("PairwiseKernel", "Product", "RBF", "RationalQuadratic", "Sum", "WhiteKernel"),
)


def is_kernel(value: Any) -> bool:
    """Tell whether this is a kernel of ``sklearn.gaussian_process.kernels``, or made like one."""
    room = sys.modules.get(_ROOM)
    return room is not None and isinstance(value, room.Kernel)


def _kind(name: str) -> type[Any] | None:
    """Give the class of a kernel by its name; None for others."""
    found: type[Any] | None = getattr(import_module(_ROOM), name) if name in NAMES else None
    return found


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
    if _kind(name) is not type(kernel) or options:
        raise InputError(
            f"the kernel {kernel!r} is of a class of its own or has options of its own, which "
            "cannot be written; give sums, products and powers of scikit-learn's kernels"
        )
    return {"kernel": name, "given": {key: write(key, value) for key, value in given.items()}}


def make_kernel(described: dict[str, Any], read: Callable[[Any], Any]) -> Any:
    """Make the kernel that was described."""
    kind = _kind(described["kernel"])
    if kind is None:
        raise KeyError(f"kernel {described['kernel']!r}")
    given = {key: read(value) for key, value in described["given"].items()}
    made = kind(**given)
    if not all(is_kernel(given[part]) for part in ("k1", "k2", "kernel") if part in given):
        raise ValueError("a part of a kernel is none")
    return made
