"""How much of a whole embedding the coordinates of a run keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from contextures._arrays import FloatArray
from contextures.evaluation import compare_embeddings
from contextures.exceptions import InputError

WHOLE, KEPT, PRINCIPAL = "whole", "kept", "principal"


@dataclass(frozen=True)
class KeptShare:
    """What coordinates keep of the embedding that they were learned from.

    Attributes
    ----------
    n_whole, n_kept : int
        Coordinates of the embedding, and of the run.
    neighbors, neighbors_principal : float
        The share of nearest neighbours that stay the same, and that which as many principal
        components of the embedding would keep.
    n_neighbors : int
        How many nearest neighbours were looked at.
    cka : float
        The linear centred kernel alignment of the two.
    error_whole, error_kept, error_principal : float
        The error of each on random tasks of the whole embedding; see
        :func:`contextures.evaluation.compare_embeddings`.
    n_lost, n_judged : int
        How many of the leading functions of the embedding the coordinates lack.
    n_rows : int
        The rows that neighbours were looked up among.
    """

    n_whole: int
    n_kept: int
    neighbors: float
    neighbors_principal: float
    n_neighbors: int
    cka: float
    error_whole: float
    error_kept: float
    error_principal: float
    n_lost: int
    n_judged: int
    n_rows: int

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values.

        Returns
        -------
        dict
            What JSON can hold.
        """
        return asdict(self)

    @property
    def sentence(self) -> str:
        """What is lost, beside what principal components would lose."""
        lost = (
            f"lack {self.n_lost} of its {self.n_judged} leading functions"
            if self.n_lost
            else f"hold all {self.n_judged} of its leading functions that could be judged"
        )
        return (
            f"Of the whole embedding of {self.n_whole:,} coordinates, {self.n_kept:,} keep "
            f"{self.neighbors:.0%} of the {self.n_neighbors} nearest neighbours (CKA "
            f"{self.cka:.2f}) and {lost}; on random tasks of the whole the error goes from "
            f"{self.error_whole:.2f} to {self.error_kept:.2f} (0.5 is noise, 1 nothing learned). "
            f"As many principal components keep {self.neighbors_principal:.0%}, with an error of "
            f"{self.error_principal:.2f}."
        )


def kept_share(
    frame: pd.DataFrame, names: list[str], coordinates: FloatArray, seed: int
) -> KeptShare | None:
    """Compare the coordinates of a run with the embedding that they were learned from.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    names : list of str
        Its columns that are the embedding.
    coordinates : ndarray of shape (n, d)
        Those of the run, of the same rows.
    seed : int
        Draws rows and tasks.

    Returns
    -------
    KeptShare or None
        None where the table is no embedding, or hardly a row of it differs from the others.
    """
    if not names:
        return None
    given = frame[names].astype(np.float64)
    whole = given.fillna(given.median()).fillna(0.0).to_numpy()
    embeddings = {WHOLE: whole, KEPT: coordinates, PRINCIPAL: _principal(whole, coordinates)}
    try:
        found = compare_embeddings(embeddings, random_state=seed)
    except InputError:  # the same for all rows drawn: nothing that could be lost
        return None
    pair, beside = found.pairs[0], found.pairs[1]
    return KeptShare(
        n_whole=whole.shape[1],
        n_kept=coordinates.shape[1],
        neighbors=pair.neighbors,
        neighbors_principal=beside.neighbors,
        n_neighbors=found.n_neighbors,
        cka=pair.cka,
        error_whole=found.own_errors[WHOLE][WHOLE],
        error_kept=found.own_errors[KEPT][WHOLE],
        error_principal=found.own_errors[PRINCIPAL][WHOLE],
        n_lost=len(pair.first_held.lacking),
        n_judged=pair.first_held.judged,
        n_rows=found.n_used,
    )


def _principal(whole: FloatArray, coordinates: FloatArray) -> FloatArray:
    """Give as many principal components of an embedding as a run has coordinates."""
    centred = whole - whole.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ directions[:, ::-1][:, : coordinates.shape[1]])
