"""What a network that is chosen by name promises."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from torch import Tensor, nn

from contextures.exceptions import InputError, unwritten


class Network(nn.Module):
    """A network that can be planned from rows, and built again from its plan.

    A plan holds plain values only, so that it can be written as JSON; what is learned or counted
    from rows lies in parameters and buffers.

    Examples
    --------
    >>> import torch
    >>> from contextures.encoders.neural.networks import MLP
    >>> made = MLP.planned(torch.randn(100, 3), 8, {"width": 16, "depth": 2})
    >>> again = MLP.build(made.plan)
    >>> again.load_state_dict(made.state_dict())
    <All keys matched successfully>
    """

    kind: ClassVar[str]
    plan: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()

    @classmethod
    def planned(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> Self:
        """Build a network for rows like given ones.

        Parameters
        ----------
        sample : torch.Tensor
            Rows as the network will get them.
        n_outputs : int
            The width of its output.
        options : dict
            What the caller chose.

        Returns
        -------
        Network
            With new random parameters from torch's generator.
        """
        made = cls.build(cls.arguments(sample, n_outputs, dict(options)))
        made.adapt(sample)
        return made

    @classmethod
    def build(cls, plan: dict[str, Any]) -> Self:
        """Build a network from its plan.

        Parameters
        ----------
        plan : dict
            The arguments of the class.

        Returns
        -------
        Network
            With new random parameters.

        Raises
        ------
        InputError
            If the class takes no such arguments.
        """
        try:
            made = cls(**plan)
        except TypeError as error:
            raise InputError(
                f"the network {cls.kind!r} has no such options: {error}; see {cls.__name__}"
            ) from None
        made.plan = plan
        return made

    @classmethod
    def arguments(cls, sample: Tensor, n_outputs: int, options: dict[str, Any]) -> dict[str, Any]:
        """Give the plan: the arguments of the class, for rows like ``sample``.

        Parameters
        ----------
        sample : torch.Tensor
            Rows as the network will get them.
        n_outputs : int
            The width of its output.
        options : dict
            What the caller chose.

        Returns
        -------
        dict
            Plain values only.
        """
        raise unwritten(cls, "arguments")

    def check(self, rows: Tensor) -> None:
        """Refuse new rows that the network cannot take; none unless a subclass says so.

        Parameters
        ----------
        rows : torch.Tensor
            Rows as the network will get them.

        Raises
        ------
        InputError
            If it cannot take them.
        """

    def check_restored(self) -> None:
        """Refuse buffers from a file that compiled code would follow out of memory.

        None are unless a subclass says so.

        Raises
        ------
        Exception
            If they do not hold together.
        """

    def adapt(self, sample: Tensor) -> None:
        """Set buffers that depend on the rows; nothing unless a subclass says so.

        Parameters
        ----------
        sample : torch.Tensor
            Rows as the network will get them.
        """


def check_numbers(sample: Tensor, kind: str) -> Tensor:
    """Refuse what is not rows of numbers."""
    if sample.ndim != 2:
        raise InputError(
            f"the network {kind!r} takes rows of numbers, but the values here are indices or "
            "names; give network='mlp', which has a table of them"
        )
    return sample
