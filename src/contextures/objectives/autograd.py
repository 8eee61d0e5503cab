"""Calling custom autograd functions, which torch leaves untyped."""

from __future__ import annotations

from typing import Any

import torch


def apply(function: type[torch.autograd.Function], *arguments: Any) -> Any:
    """Run a custom autograd function.

    Parameters
    ----------
    function : type
        A subclass of ``torch.autograd.Function``.
    *arguments
        The arguments of its ``forward``.

    Returns
    -------
    torch.Tensor or tuple of torch.Tensor
        What ``forward`` returns.
    """
    return function.apply(*arguments)  # type: ignore[no-untyped-call]
