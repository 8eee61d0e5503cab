"""Checkpoints of a training, whole at any moment.

The tensors of a step go into a file of their own; only when it is complete does the description,
renamed into place, point to it, and only then is the one before removed. Whenever the process is
killed, the description points to a complete file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from contextures._checks import check_positive_int
from contextures._files import read_json, read_regular, to_json, write_whole
from contextures.exceptions import InputError

LAYOUT = 1
DESCRIPTION = "training.json"


@dataclass
class Progressed:
    """How far a training is, in plain values.

    Attributes
    ----------
    phase : {"search", "refit", "done"}
        Learning from the rows that are not held out; from all rows; neither.
    step : int
        Steps of the phase that are done.
    best_step, best_score
        The step of the search whose weights are kept, and the best score on held-out rows.
    stale : int
        Scores since that step.
    ridge, score
        The ridge that was chosen, and the score of the chosen networks with it.
    history : list of dict
        What was logged.
    """

    phase: str = "search"
    step: int = 0
    best_step: int = -1
    best_score: float | None = None
    stale: int = 0
    ridge: float | None = None
    score: float | None = None
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Checkpoints:
    """The checkpoints of one training, in a folder named after what determines it.

    Attributes
    ----------
    folder : pathlib.Path
        Where they lie.
    """

    folder: Path

    @classmethod
    def of(cls, directory: str | Path, fingerprint: str) -> Checkpoints:
        """Give the checkpoints of a training in a directory that several may share."""
        return cls(Path(directory) / fingerprint)

    def write(self, progressed: Progressed, tensors: dict[str, Tensor], extra: Any = None) -> None:
        """Write how far the training is."""
        from safetensors.torch import save

        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{progressed.phase}-{progressed.step}.safetensors"
        kept = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        write_whole(self.folder / name, save(kept))
        described = {
            "format": LAYOUT,
            "tensors": name,
            "extra": extra or {},
            "progress": asdict(progressed),
        }
        write_whole(self.folder / DESCRIPTION, to_json(described))
        for file in self.folder.glob("*.safetensors"):
            if file.name != name:
                file.unlink()

    def read(self) -> tuple[Progressed, dict[str, Tensor], dict[str, Any]] | None:
        """Read how far the training is; None when there is nothing yet."""
        from safetensors.torch import load

        path = self.folder / DESCRIPTION
        if not path.is_file():
            return None
        with self.read_back():
            described = read_json(path)
            if described["format"] != LAYOUT:
                raise InputError(
                    f"the checkpoint in {str(self.folder)!r} has another layout than this release "
                    "reads; remove the folder to train anew"
                )
            file = self.folder / Path(described["tensors"]).name
            progressed = Progressed(**described["progress"])
            _check_progress(progressed)
            return progressed, load(read_regular(file)), dict(described["extra"])
        return None

    @contextmanager
    def read_back(self) -> Iterator[None]:
        """Say that the checkpoint cannot be read, whatever parts that do not fit together raise.

        Raises
        ------
        InputError
            In place of any other error.
        """
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise InputError(
                f"the checkpoint in {str(self.folder)!r} cannot be read ({reason}); remove the "
                "folder to train anew"
            ) from None


def check_parts(parts: dict[str, dict[str, Tensor]], networks: nn.Module) -> None:
    """Check that tensors from a file are those of given networks and their training, and numbers.

    Parameters
    ----------
    parts : dict of dict of str to torch.Tensor
        The networks' as they were, as they were best, and the optimiser's.
    networks : torch.nn.Module
        What they are to be put in.

    Raises
    ------
    ValueError
        If one is of another name, shape or type, or holds what is no number.
    """
    wanted = networks.state_dict()
    weights = list(networks.parameters())
    expected = {"model": wanted, "best": wanted}
    for part, tensors in parts.items():
        if part in expected and set(tensors) != set(wanted):
            raise ValueError(f"its part {part!r} has other tensors")
        for name, value in tensors.items():
            if part in expected:
                like: Any = wanted[name]
            else:
                place, what = name.split(".", 1)
                like = weights[int(place)] if what.startswith("exp_avg") else torch.zeros(())
            if value.shape != like.shape or value.is_floating_point() != like.is_floating_point():
                raise ValueError(f"its part {part!r} has another shape of {name}")
            if not torch.isfinite(value).all():
                raise ValueError(f"its part {part!r} has values of {name} that are no numbers")


def _check_progress(told: Progressed) -> None:
    if told.phase not in ("search", "refit", "done"):
        raise ValueError(f"it is in the phase {told.phase!r}")
    for name, least in (("step", 0), ("best_step", -1), ("stale", 0)):
        check_positive_int(getattr(told, name), name, least=least)
    for name in ("best_score", "ridge", "score"):
        value = getattr(told, name)
        if value is not None and not (isinstance(value, float | int) and math.isfinite(value)):
            raise ValueError(f"{name} is {value!r}")
    if not isinstance(told.history, list):
        raise TypeError("its history is no list")
    for line in told.history:
        check_positive_int(line["step"], "step", least=0)


def fingerprint(described: Any, tensors: dict[str, Tensor]) -> str:
    """Name a training after all that determines its numbers.

    Parameters
    ----------
    described : Any
        Plain values: parameters.
    tensors : dict
        The data, and the parameters of the networks before the first step.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256(to_json(described))
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(values.shape)} {values.dtype}".encode())
        digest.update(values.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
