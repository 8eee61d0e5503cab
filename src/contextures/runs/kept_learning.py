"""What a fit learned, as a stage that is kept: encoder and predictor as in a run, the rest beside.

Read back, it embeds and predicts to the digit as before, since both are written whole. No code is
run by reading: besides numpy's and scikit-learn's, only types of this library are made.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from contextures._archives import read_archive, write_archive
from contextures._files import read_regular
from contextures.contexts import Context
from contextures.encoders import load_encoder, save_encoder
from contextures.exceptions import InputError
from contextures.prediction import load_predictor, save_predictor
from contextures.runs.asked_rows import learns_by_row
from contextures.runs.kept import Kept
from contextures.runs.predictor import Predicted
from contextures.runs.run import Learned, Scored
from contextures.selection import ContextSearch

REST = "rest.skops"


class Learnings:
    """The stages of learning that are kept: the encoder, its scores and the predictor.

    Parameters
    ----------
    kept : Kept
        Where.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def learned(self, make: Any) -> Learned:
        """Rank contexts and fit the encoder, or give what was learned before."""
        found: Learned = self._kept.stage("learned", make, _write_learned, _read_learned)
        return found

    def learned_from_all(self, make: Any) -> Learned:
        """Learn from all rows, or give what was learned before."""
        found: Learned = self._kept.stage("learned-all", make, _write_learned, _read_learned)
        return found

    def scored(self, make: Any) -> Scored:
        """Score coordinates, or give the scores from before."""
        found: Scored = self._kept.stage("scored", make, _write_rest, _read_rest)
        return found

    def predicted(self, make: Any) -> Predicted:
        """Learn the predictor, or give what was learned before."""
        found: Predicted = self._kept.stage("predicted", make, _write_predicted, _read_predicted)
        return found


def _write_learned(learned: Learned, folder: Path) -> None:
    search = copy.copy(learned.search)
    results, chosen = search.results_, search.best_context_
    search.results_ = None  # type: ignore[assignment]
    search.best_context_ = _plain(chosen)
    search.candidates = None if search.candidates is None else [clone(c) for c in search.candidates]
    context = learned.encoder.context
    rest = {
        "learned": replace(learned, search=search, encoder=None),  # type: ignore[arg-type]
        "results": _columns(results),
        "context": None if context is None else _plain(context),
        # An encoder is written without the side of A, in which all rows may yet be learned from.
        "side": learned.encoder.context_basis_ if learns_by_row(learned.encoder) else None,
    }
    save_encoder(learned.encoder, folder)
    _write_rest(rest, folder)


def _read_learned(folder: Path) -> Learned:
    rest = _read_rest(folder)
    learned: Learned = rest["learned"]
    search: ContextSearch = learned.search
    search.results_ = _frame(rest["results"])
    encoder = load_encoder(folder)
    encoder.context = rest["context"]
    if rest["side"] is not None:
        encoder.context_basis_ = rest["side"]
    return replace(learned, encoder=encoder)


def _plain(context: Context) -> Context:
    """Give a context without what it was fitted to, where that says the same of it."""
    plain: Context = clone(context)
    for name in ("label", "meaning", "law"):
        if getattr(plain, name) != getattr(context, name):
            raise InputError(f"{type(context).__name__} says otherwise once it is fitted")
    return plain


def _write_predicted(predicted: Predicted, folder: Path) -> None:
    save_predictor(predicted.predictor, folder)
    bare = replace(predicted, predictor=None, frame=None)  # type: ignore[arg-type]
    board = predicted.predictor.leaderboard_
    rest = {"predicted": bare, "frame": _columns(predicted.frame), "board": _columns(board)}
    _write_rest(rest, folder)


def _read_predicted(folder: Path) -> Predicted:
    rest = _read_rest(folder)
    predictor = load_predictor(folder)
    predictor.leaderboard_ = _frame(rest["board"])
    found: Predicted = rest["predicted"]
    return replace(found, predictor=predictor, frame=_frame(rest["frame"]))


def _write_rest(content: Any, folder: Path) -> None:
    import skops.io

    archive = skops.io.dumps(content)
    (folder / REST).write_bytes(write_archive(content, _ours(archive), "what was learned"))


def _read_rest(folder: Path) -> Any:
    archive = read_regular(folder / REST)
    return read_archive(archive, _ours(archive), "state", repr(str(folder)))


def _ours(archive: bytes) -> list[str]:
    """Name the types in an archive that are this library's, which make nothing happen."""
    import skops.io

    named = skops.io.get_untrusted_types(data=archive)
    return [name for name in named if name.startswith("contextures.")]


def _columns(frame: pd.DataFrame) -> list[tuple[str, str, Any]]:
    """Give a frame as arrays; skops knows no frames."""
    return [
        (str(name), str(frame[name].dtype), frame[name].to_numpy(dtype=_held(frame[name].dtype)))
        for name in frame.columns
    ]


def _frame(columns: list[tuple[str, str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for name, dtype, values in columns})


def _held(dtype: Any) -> Any:
    return dtype if isinstance(dtype, np.dtype) else object
