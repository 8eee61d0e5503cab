"""What every objective promises."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from torch import Tensor, nn

Inputs = Literal["pair", "views", "kernel", "targets"]
Side = Literal["X", "A"]


class Objective(nn.Module):
    """A loss of a batch of embeddings whose minimiser is a contexture.

    Parameters
    ----------
    sync : bool, default=True
        Where ``torch.distributed`` runs several processes, treat their batches as parts of one:
        the loss is that of the joined batch on every process, and the average of the processes'
        gradients is its gradient.

    Attributes
    ----------
    inputs : {"pair", "views", "kernel", "targets"}
        What ``forward`` takes; see :mod:`contextures.objectives`.
    encoder_on : {"X", "A"}
        Which space the (first) encoder lives on.
    operator : str
        The operator whose top eigenspace the minimiser spans, in the notation of
        arXiv 2505.01557: T is the expectation operator, Lambda a kernel on the other side.
    ordered : bool
        Whether the minimiser's coordinates are the singular functions themselves, in order,
        rather than any basis of their span.

    Examples
    --------
    >>> from contextures.objectives import Objective, objective_class, objective_names
    >>> every = [objective_class(name) for name in objective_names()]
    >>> all(issubclass(each, Objective) for each in every)
    True
    >>> [each.__name__ for each in every if each.inputs == "kernel"]
    ['KISE', 'RatioTraceKernel']
    """

    inputs: ClassVar[Inputs]
    encoder_on: ClassVar[Side]
    operator: ClassVar[str]
    ordered: ClassVar[bool] = False

    def __init__(self, *, sync: bool = True) -> None:
        super().__init__()
        self.sync = sync

    def forward(self, *batch: Any) -> Tensor:
        """Compute the loss of a batch.

        Parameters
        ----------
        *batch : torch.Tensor
            What ``inputs`` says.

        Returns
        -------
        torch.Tensor
            The loss, a scalar.
        """
        raise NotImplementedError
