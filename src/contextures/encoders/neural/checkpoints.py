"""Checkpoints of a training, whole at any moment.

The tensors of a step go into a file of their own; only when it is complete does the description,
renamed into place, point to it, and only then is the one before removed. Whenever the process is
killed, the description points to a complete file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from contextures._files import to_json, write_whole
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
        from safetensors import SafetensorError
        from safetensors.torch import load

        path = self.folder / DESCRIPTION
        if not path.is_file():
            return None
        try:
            described = json.loads(path.read_text(encoding="utf-8"))
            if described["format"] != LAYOUT:
                raise InputError(
                    f"the checkpoint in {str(self.folder)!r} has another layout than this release "
                    "reads; remove the folder to train anew"
                )
            file = self.folder / Path(described["tensors"]).name
            return Progressed(**described["progress"]), load(file.read_bytes()), described["extra"]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"the checkpoint in {str(self.folder)!r} cannot be read ({error}); remove the "
                "folder to train anew"
            ) from None


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
