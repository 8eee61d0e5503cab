"""Whether new rows come from where a run's rows came from, what of it matters, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from contextures._arrays import FloatArray
from contextures.data import load_preparation
from contextures.exceptions import InputError
from contextures.prediction.storage import DESCRIPTION
from contextures.runs.folder import check_run
from contextures.runs.long import check_long
from contextures.runs.options import check_seed
from contextures.runs.predict import check_predictor, run_options
from contextures.runs.progress import Progress
from contextures.runs.shift_advice import (
    Advice,
    Evidence,
    Moved,
    advise,
    moved_by,
    stands,
    unsure_of,
    worse_by,
)
from contextures.runs.shift_losses import Losses, MeanLoss, compare_losses
from contextures.runs.shift_reference import Reference, reference_of
from contextures.runs.shift_rows import DRAWN, sample_of
from contextures.runs.shift_source import own_rows
from contextures.shift.coordinates import FEWEST
from contextures.shift.density import DensityRatio, coordinate_ratio
from contextures.shift.drift import coordinate_drift
from contextures.shift.spectrum import ShiftedSpectrum, spectrum_of_moments

MOST_NAMED = 5


@dataclass(frozen=True)
class Shift:
    """What was found about new rows.

    Attributes
    ----------
    n_new, n_reference : int
        The new rows, and the rows of the run that they were compared with.
    reference : {"held-out", "halved", "none"}
        What they were compared with.
    advice : {"too few", "nothing", "reweight", "refit", "collect"}
        What to do.
    reason : str
        Why, in a clause.
    moved : {"moved", "slightly", "not shown"} or None
        Whether the rows come from elsewhere.
    effect : float or None
        How far, in standard deviations of what tasks of the context feel.
    effect_interval : tuple of float or None
        Its 95 % interval.
    p_value : float or None
        Of rows from the same law, how often such a difference.
    functions : list of dict
        The functions that moved most: "function" from 1, "shift" of its mean in standard
        deviations, "share" of the drift.
    lost_support, lost_orthogonality : list of int
        Functions, from 1, with less than half of their variance, or mostly told by others.
    ratio_trace_lost : float or None
        See :class:`contextures.shift.ShiftedSpectrum`.
    columns : list of dict
        Features that the drift goes with: "column", "correlation" with the
        witness, both about their means in the run.
    outside : float or None
        Share of the new rows that are farther from all rows that the encoder was fitted to than
        99 % of other rows of the run; None where its table is gone.
    rows : list of int
        The new rows most unlike the run's, by row_id from 0.
    loss : str or None
        "share of wrong classes" or "mean squared error".
    held_out, new : MeanLoss or None
        The predictor's on held-out rows, and on new ones by their labels.
    expected : MeanLoss or None
        Its expected loss on the new rows, whatever labels they have; see
        :func:`contextures.shift.predicted_loss`.
    weighted : MeanLoss or None
        On held-out rows that are weighted to be like the new ones; None where they are worth
        too few.
    n_labels : int
        New rows with a label.
    n_drawn : int
        New rows that were compared: a random sample, where there are more.
    effective_size : float or None
        What the weighted rows are worth.
    notes : list of str
        What limits its meaning.
    """

    n_new: int
    n_reference: int
    reference: str
    advice: Advice
    reason: str
    moved: Moved | None = None
    effect: float | None = None
    effect_interval: tuple[float, float] | None = None
    p_value: float | None = None
    functions: list[dict[str, Any]] = field(default_factory=list)
    lost_support: list[int] = field(default_factory=list)
    lost_orthogonality: list[int] = field(default_factory=list)
    ratio_trace_lost: float | None = None
    columns: list[dict[str, Any]] = field(default_factory=list)
    outside: float | None = None
    rows: list[int] = field(default_factory=list)
    loss: str | None = None
    held_out: MeanLoss | None = None
    new: MeanLoss | None = None
    expected: MeanLoss | None = None
    weighted: MeanLoss | None = None
    n_labels: int = 0
    n_drawn: int = 0
    effective_size: float | None = None
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values.

        Returns
        -------
        dict
            What JSON can hold.
        """
        return asdict(self)


def shift_table(
    run: str | Path,
    table: Any,
    *,
    target: str | None = None,
    sample: int = DRAWN,
    seed: int = 0,
    progress: Progress | None = None,
) -> Shift:
    """Say whether new rows come from where a run's rows came from, and what to do.

    Parameters
    ----------
    run : str or pathlib.Path
        A run.
    table : Table, frame, Parts, path or list of paths
        New rows, with the columns that the run was fitted to.
    target : str, optional
        The column of labels among them.
    sample : int, default=20000
        Of more rows so many are drawn and compared; of more labels so many. All are read.
    seed : int, default=0
        Draws rows, permutations, folds and halves.
    progress : Progress, optional
        Told how far the work is.

    Returns
    -------
    Shift
        What was found.

    Raises
    ------
    InputError
        If the columns do not fit, naming them, there is nothing to compare with, or labels are
        given and the run has no predictor.

    Examples
    --------
    >>> import tempfile
    >>> from contextures.data import demo_table
    >>> from contextures.runs import FitOptions, fit_table, shift_table
    >>> table = demo_table("wine")
    >>> options = FitOptions(target=table.target, context="knn:20", n_components=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = fit_table(table, f"{folder}/run", options).folder
    ...     found = shift_table(made, table.frame.assign(alcohol=table.frame["alcohol"] + 5))
    >>> found.moved, found.columns[0]["column"]
    ('moved', 'alcohol')
    """
    progress = progress or Progress()
    check_seed(seed)
    check_long(sample, "auto")
    folder = check_run(run)
    if target is not None:
        check_predictor(folder)
    preparation = load_preparation(folder)
    with progress.stage("read rows"):
        kept = sample_of(folder, preparation, table, target, sample, seed, progress)
    n, features = kept.n_rows, kept.features[kept.drawn]
    labels, notes = run_options(folder).get("target"), list(kept.notes)
    if kept.has_target and target is None and (folder / DESCRIPTION).is_file():
        notes.append(
            f"the labels in {labels!r} were not looked at; give --target {labels} to use them"
        )
    if n < FEWEST:
        reason = f"{n} new rows, and at least {FEWEST} are needed"
        return Shift(n, 0, "none", "too few", reason, n_drawn=n, notes=notes)
    with progress.stage("embed rows"):
        own = own_rows(folder)
        held = reference_of(folder, features, own, seed)
    with progress.stage("compare"):
        drift = coordinate_drift(held.held, held.new, held.singular_values, random_state=seed)
        ratio = _ratio(held, seed)
        spectrum = _spectrum(held)
    moved = moved_by(drift.effect, drift.p_value)
    size = 0.0 if ratio is None else ratio.effective_size
    enough = stands(size, len(held.held))
    predicts = (folder / DESCRIPTION).is_file()
    losses = Losses("")
    if predicts:
        with progress.stage("predict rows"):
            told = ratio if enough else None
            losses = compare_losses(folder, kept, held, own, told, notes, seed)
    advice, reason = advise(
        Evidence(
            moved,
            worse_by(losses),
            unsure_of(losses),
            losses.n_labels,
            enough,
            0.0 if spectrum is None else spectrum.lost,
            predicts,
            held.outside,
        )
    )
    names = [str(each) for each in preparation.get_feature_names_out()]
    return Shift(
        n,
        len(held.held),
        held.kind,
        advice,
        reason,
        moved,
        drift.effect,
        drift.effect_interval,
        drift.p_value,
        _functions(drift.per_function, drift.mean_shift),
        [] if spectrum is None else [i + 1 for i in spectrum.lost_support],
        [] if spectrum is None else [i + 1 for i in spectrum.lost_orthogonality],
        None if spectrum is None else spectrum.lost,
        _columns(features, drift.per_row, names),
        held.outside,
        [int(i) for i in kept.rows[kept.drawn][np.argsort(-drift.per_row, kind="stable")]][
            :MOST_NAMED
        ],
        losses.loss or None,
        losses.held_out,
        losses.new,
        losses.expected,
        losses.weighted,
        losses.n_labels,
        len(features),
        effective_size=None if ratio is None else ratio.effective_size,
        notes=[*held.notes, *dict.fromkeys(notes)],
    )


def _ratio(held: Reference, seed: int) -> DensityRatio | None:
    try:
        return coordinate_ratio(held.held, held.new, held.singular_values, random_state=seed)
    except InputError:  # no held-out row is like the new ones
        return None


def _spectrum(held: Reference) -> ShiftedSpectrum | None:
    mu = held.new
    k = max(1, mu.shape[1] // 2)
    try:
        moments = mu.T @ mu / len(mu), mu.mean(axis=0)
        return spectrum_of_moments(*moments, held.singular_values, k, len(mu))
    except InputError:  # all new rows are alike to it
        return None


def _functions(terms: FloatArray, shift: FloatArray) -> list[dict[str, Any]]:
    total = float(np.clip(terms, 0, None).sum())
    return [
        {
            "function": int(i) + 1,
            "shift": float(shift[i]),
            "share": float(max(terms[i], 0.0) / total) if total > 0 else 0.0,
        }
        for i in np.argsort(-terms, kind="stable")[:MOST_NAMED]
    ]


def _columns(features: FloatArray, witness: FloatArray, names: list[str]) -> list[dict[str, Any]]:
    """Correlate the witness with the features, both about their means in the run.

    Prepared features have mean zero there, and so has the witness. About their own means, new rows
    that all moved by the same would not show what moved.
    """
    sizes = np.sqrt((features**2).sum(axis=0) * (witness @ witness))
    found = (witness @ features) / np.where(sizes > 0, sizes, 1.0)
    return [
        {"column": names[i], "correlation": float(found[i])}
        for i in np.argsort(-np.abs(found), kind="stable")[:MOST_NAMED]
    ]
