"""Options of a fit that cannot be, or contradict each other."""

from __future__ import annotations

from contextures.contexts import Context
from contextures.evaluation.metrics import check_metric
from contextures.exceptions import InputError
from contextures.runs.asked_rows import check_learn
from contextures.runs.asked_split import check_asked
from contextures.runs.encoder_choice import check_kind
from contextures.runs.long import check_long
from contextures.runs.memory import bytes_of
from contextures.runs.options import FitOptions, check_seed
from contextures.runs.precision import check_dtype
from contextures.selection import parse_context
from contextures.selection.ranking import check_score


def check_options(options: FitOptions) -> Context | None:
    """Refuse options that cannot be, before anything is read.

    Parameters
    ----------
    options : FitOptions
        What was asked.

    Returns
    -------
    Context or None
        The context; None where it is to be chosen.

    Raises
    ------
    InputError
        Naming the option.
    """
    if options.n_components is not None and options.n_components < 1:
        raise InputError(f"--dim {options.n_components} is not possible; give 1 or more, or auto")
    if options.task is not None and options.target is None:
        raise InputError("--task says how a target is read; name the target with --target")
    if options.metric is not None:
        if options.target is None:
            raise InputError("--metric says how a target is judged; name the target with --target")
        check_metric(options.metric, options.task, "--metric")
    if options.context.strip().lower() in ("label", "labels"):
        raise InputError(
            "a label context cannot embed new rows, so it cannot be fitted; "
            "it is listed by: contextures rank TABLE --target COLUMN"
        )
    check_seed(options.seed)
    check_asked(options)
    check_dtype(options.dtype)
    check_score(options.score)
    check_long(options.sample, options.embeddings)
    check_learn(options)
    if options.memory is not None:
        bytes_of(options.memory)
    if options.score == "labels":
        raise InputError(
            "a run is judged by the labels afterwards, so its context is chosen without them; "
            "give auto, pseudo or tau, or rank by labels: contextures rank TABLE --target COLUMN "
            "--score labels"
        )
    context = None if options.context == "auto" else parse_context(options.context)
    check_kind(options.encoder, context)
    return context
