"""The data: clustered rows, tables, and draws of them with all but a few labels hidden."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import common

CLUSTERED = ("optdigits", "mnist_10k", "sms_spam", "cora", "segment")
PREPARED_APART = {"cora", "mnist_10k", "sms_spam", "compas"}
"""What is not a table, and what is kept for another benchmark."""


@dataclass(frozen=True)
class Draw:
    """Rows to fit, of which some have labels, and new rows.

    Attributes
    ----------
    rows, new : ndarray of shape (n, p), (m, p)
        Features.
    truth, new_truth : ndarray of shape (n,), (m,)
        Classes as 0, 1, ... or numbers.
    labelled : ndarray of int of shape (k,)
        Which of the fitted rows have labels.
    classes : bool
        Whether the target is a class.
    """

    rows: NDArray[np.float64]
    new: NDArray[np.float64]
    truth: NDArray[Any]
    new_truth: NDArray[Any]
    labelled: NDArray[np.intp]
    classes: bool

    @property
    def hidden(self) -> NDArray[np.intp]:
        """The fitted rows without labels."""
        return np.setdiff1d(np.arange(len(self.rows)), self.labelled)

    @property
    def known(self) -> NDArray[Any]:
        """The labels as estimators take them: -1 or NaN for none."""
        known = np.full(len(self.rows), -1 if self.classes else np.nan)
        known[self.labelled] = self.truth[self.labelled]
        return known.astype(np.intp) if self.classes else known


@lru_cache(maxsize=2)
def clustered(data: Path, name: str) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Read rows that form clusters: images, an embedding of text, words of papers, segments.

    Columns of images and embeddings have one unit and stay as they are; mnist's 784 become their
    first 50 principal components, cora's words 64 of their tf-idf (latent semantic analysis).
    """
    if name == "cora":
        return _papers(data)
    frame = pd.read_parquet(data / f"{name}.parquet")
    target = "label" if name in ("mnist_10k", "sms_spam") else frame.columns[-1]
    y = np.unique(frame[target].astype(str), return_inverse=True)[1]
    if name == "sms_spam":
        return np.load(data / "sms_spam_wordllama.npy").astype(np.float64), y
    X = frame.drop(columns=target).to_numpy(dtype=np.float64)
    if name == "mnist_10k":
        from sklearn.decomposition import PCA

        X = PCA(50, random_state=0).fit_transform(X / 255)
    return (common.standardised(X) if name in ("segment", "vehicle") else X), y


def _papers(data: Path) -> tuple[NDArray[np.float64], NDArray[Any]]:
    from scipy import sparse
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    held = np.load(data / "cora.npz")
    words = sparse.csr_array(
        (held["feature_values"], (held["feature_rows"], held["feature_cols"])),
        shape=tuple(held["feature_shape"]),
    )
    weighed = TfidfTransformer().fit_transform(words)
    return TruncatedSVD(64, random_state=0).fit_transform(weighed), held["labels"].astype(np.intp)


def draw_clustered(
    data: Path, name: str, labels: int, seed: int, n_rows: int = 1500, n_new: int = 1000
) -> Draw:
    """Draw rows (60 % of smaller data), the same number of labels for each class, and new rows."""
    X, y = clustered(data, name)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    n = min(n_rows, int(0.6 * len(y)))
    rows, new = order[:n], order[n : n + n_new]
    each = [np.flatnonzero(y[rows] == one)[:labels] for one in np.unique(y)]
    return Draw(X[rows], X[new], y[rows], y[new], np.sort(np.concatenate(each)), classes=True)


@lru_cache(maxsize=1)
def described(data: Path) -> dict[str, Any]:
    """Read what the folder says about its tables."""
    index = json.loads((data / "index.json").read_text(encoding="utf-8"))
    return index if isinstance(index, dict) else {each["name"]: each for each in index}


def tables(data: Path) -> list[str]:
    """List the tables of a folder."""
    found = described(data)
    return [name for name in found if name not in PREPARED_APART]


def draw_table(data: Path, name: str, labels: int, seed: int, n_rows: int = 1600) -> Draw:
    """Draw rows of a table, a quarter of them (400 at most) new ones, and labels at random.

    Columns are prepared as the main job prepares them, from the fitted rows alone.
    """
    from contextures.data import TablePreparation

    about = described(data)[name]
    frame = pd.read_parquet(data / f"{name}.parquet")
    frame = frame[frame[about["target"]].notna()]
    rng = np.random.default_rng(1000 + seed)
    part = frame.iloc[rng.permutation(len(frame))[:n_rows]].reset_index(drop=True)
    target, features = part[about["target"]], part.drop(columns=about["target"])
    n_new = min(400, len(part) // 4)
    preparation = TablePreparation().fit(features.iloc[n_new:])
    X = np.asarray(preparation.transform(features), dtype=np.float64)
    classes = about["task"] == "classification"
    y = np.unique(target.astype(str), return_inverse=True)[1] if classes else target.to_numpy(float)
    labelled = np.sort(rng.permutation(len(part) - n_new)[:labels])
    return Draw(X[n_new:], X[:n_new], y[n_new:], y[:n_new], labelled, classes)
