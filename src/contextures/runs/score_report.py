"""What the report says of scores."""

from __future__ import annotations

from contextures import report
from contextures.evaluation import HeldOutScore


def score_parts(scores: dict[str, HeldOutScore]) -> list[report.Score]:
    """Lay out scores for the report.

    Parameters
    ----------
    scores : dict of str to HeldOutScore
        The scores, in order.

    Returns
    -------
    list of Score
        The report's parts.
    """
    return [
        report.Score(
            key,
            "",
            found.score,
            *found.interval,
            also=[
                report.OtherScore(metric, other.score, *other.interval)
                for metric, other in found.also.items()
            ],
            seconds=found.seconds,
            model=found.model,
        )
        for key, found in scores.items()
    ]
