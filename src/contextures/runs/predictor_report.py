"""What the report says of a run's predictor."""

from __future__ import annotations

from contextures import report
from contextures.runs.predictor import Predicted
from contextures.runs.score_report import score_parts


def predictor_part(predicted: Predicted | None) -> report.Predictor | None:
    """Lay out a predictor for the report.

    Parameters
    ----------
    predicted : Predicted or None
        What was learned and predicted.

    Returns
    -------
    Predictor or None
        The report's part; None where nothing was predicted.
    """
    if predicted is None:
        return None
    found, board = predicted.score, predicted.predictor.leaderboard_
    return report.Predictor(
        members=[
            report.PoolMember(
                name=str(row["member"]),
                weight=float(row["weight"]),
                error=float(row["left_out_error"]),
                score=float(row["left_out_score"]),
                seconds=float(row["seconds"]),
            )
            for row in board.to_dict("records")
        ],
        n_labelled=predicted.predictor.n_labelled_,
        n_predicted=predicted.n_predicted,
        scored_on=found.scored_on,
        n_scored=found.n_scored,
        scores=score_parts(found.scores),
        left_out_score=predicted.left_out,
        refitted=predicted.refitted,
        calibration_error=found.calibration_error,
        coverage=found.coverage,
        level=found.level,
    )
