"""Calling custom autograd functions, and keeping autocast out of their backward passes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import torch
from torch import Tensor

from contextures.exceptions import InputError

P = ParamSpec("P")

_FULL = (torch.float32, torch.float64)


def apply(function: type[torch.autograd.Function], *arguments: Any) -> Any:
    """Run a custom autograd function, which torch leaves untyped.

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


def in_full_precision(loss: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Compute a loss in float32 or above, whatever autocast says.

    Half-precision sums of products lose the small singular values, and a covariance rounded to
    half precision need not be positive.

    Parameters
    ----------
    loss : callable
        A loss of tensors.

    Returns
    -------
    callable
        The same loss, of tensors of any floating precision.
    """

    def full(value: Any) -> Any:
        low = isinstance(value, Tensor) and value.is_floating_point() and value.dtype not in _FULL
        return value.float() if low else value

    @wraps(loss)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        arguments: Any = [full(value) for value in args]
        named: Any = {name: full(value) for name, value in kwargs.items()}
        devices = (v.device.type for v in (*args, *kwargs.values()) if isinstance(v, Tensor))
        device = next(devices, "cpu")
        if not torch.is_autocast_enabled(device):
            return loss(*arguments, **named)
        with torch.autocast(device, enabled=False):
            return loss(*arguments, **named)

    return wrapped


def closed_form(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a backward pass as a closed form: full precision, and no gradient of its own.

    Parameters
    ----------
    backward : callable
        The ``backward`` of a custom autograd function.

    Returns
    -------
    callable
        The same, outside of autocast, which refuses to be part of a graph.
    """

    @wraps(backward)
    def wrapped(ctx: Any, *grads: Tensor) -> Any:
        if torch.is_grad_enabled():
            raise InputError(
                "gradients of objectives are closed forms, which cannot be differentiated again; "
                "use create_graph=False"
            )
        device = grads[0].device.type
        if not torch.is_autocast_enabled(device):
            return backward(ctx, *grads)
        with torch.autocast(device, enabled=False):
            return backward(ctx, *grads)

    return wrapped
