"""The commands of ``contextures``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

# Two BLAS threads that contend for a core are far slower than one; the work is spread over cores
# by joblib instead. Set before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import typer

from contextures._version import __version__
from contextures.cli import compare as compare_command
from contextures.cli import demo as demo_command
from contextures.cli import diagnose as diagnose_command
from contextures.cli import embed as embed_command
from contextures.cli import predict as predict_command
from contextures.cli import shift as shift_command
from contextures.cli.demo import fit_and_show
from contextures.cli.failures import check_memory, ending_of
from contextures.cli.modules import import_named
from contextures.cli.options import (
    Dates,
    Decimal,
    Delimiter,
    Dtype,
    Embeddings,
    Encoding,
    Engine,
    Force,
    Group,
    Id,
    Json,
    KeepColumn,
    Learn,
    Memory,
    Metric,
    RankScore,
    Sample,
    Scheduler,
    Score,
    Seed,
    TableFiles,
    Target,
    TestFile,
    Thousands,
    Time,
    Verbose,
    examples,
    one_or_all,
)
from contextures.cli.streams import show
from contextures.exceptions import InputError

app = typer.Typer(
    name="contextures",
    help="From a table to ranked contexts, a representation and a report.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        show(f"contextures {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Verbose = False,
    modules: Annotated[
        list[str] | None,
        typer.Option(
            "--import",
            metavar="MODULE",
            help="Import a module of yours first, whose contexts can then be named.",
            show_default=False,
        ),
    ] = None,
) -> None:
    check_memory()
    for name in modules or []:
        import_named(name)


@app.command(
    epilog=examples(
        "contextures fit abalone.csv --target rings",
        "contextures fit patients.parquet --out run --context knn:30 --dim 32",
        "contextures fit churn.csv --target churned --metric average-precision",
        "contextures fit export.csv --delimiter ';' --target price --task regression",
        "contextures fit large.parquet --context scarf:0.6 --encoder ritz",
        "contextures fit patients.csv --id patient --target outcome",
        "contextures fit embedding.npy --dim 32",
        "contextures fit sensors.csv --target fault --group machine",
        "contextures fit sales.csv --target amount --time date",
        "contextures fit train.csv --target price --test test.csv",
        "contextures fit 'parts/*.csv' --target price",
        "contextures fit parts --target price --memory 2GB",
        "contextures fit parts --context scarf:0.6 --learn all --engine processes",
    )
)
def fit(
    table: TableFiles,
    target: Target = None,
    id: Id = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to make.  [default: NAME-run]")
    ] = None,
    context: Annotated[
        str,
        typer.Option(
            help="auto, knn:30, rbf, rbf:0.5, mask(knn:30), mask:0.4(rbf:0.5), mask:0.3, "
            "noise:0.5, scarf:0.6, cutmix:0.6, or a mix, '0.5*knn:10+0.5*rbf:1'."
        ),
    ] = "auto",
    score: Score = "auto",
    encoder: Annotated[
        str,
        typer.Option(
            help="spectral (exact), ritz (closed form, many rows), neural (needs torch) or auto."
        ),
    ] = "auto",
    dim: Annotated[str, typer.Option(help="auto or the number of coordinates.")] = "auto",
    task: Annotated[
        str | None, typer.Option(help="classification or regression; found if not given.")
    ] = None,
    metric: Metric = None,
    predict: Annotated[
        bool,
        typer.Option(
            "--predict/--no-predict",
            help="With a target, also learn a predictor and predict every row.",
        ),
    ] = True,
    group: Group = None,
    time: Time = None,
    test: TestFile = None,
    keep_column: KeepColumn = False,
    sample: Sample = None,
    memory: Memory = None,
    embeddings: Embeddings = "auto",
    learn: Learn = "auto",
    engine: Engine = None,
    scheduler: Scheduler = None,
    dtype: Dtype = "float32",
    seed: Seed = 0,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    dates: Dates = None,
    force: Force = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Rank contexts, learn the best representation and a predictor, score and report them."""
    from contextures.runs import FitOptions, check_destination
    from contextures.runs.checked_options import check_options
    from contextures.runs.options import SAMPLE

    options = FitOptions(
        target=target,
        task=task,
        metric=metric,
        id=id,
        context=context,
        score=score,
        encoder=encoder,
        n_components=_dimension(dim),
        predict=predict,
        group=group,
        time=time,
        test=None if test is None else str(test),
        keep_column=keep_column,
        sample=SAMPLE if sample is None else sample,
        memory=memory,
        embeddings=embeddings,
        learn=learn,
        engine=engine,
        scheduler=scheduler,
        dtype=dtype,
        seed=seed,
        force=force,
        command=["contextures", *sys.argv[1:]],
    )
    check_options(options)
    if out is not None:
        reads = table if test is None else [*table, test]
        check_destination(out, force=force, reads=reads)
    from contextures.data.any_length import read_or_part
    from contextures.runs.memory import threshold

    how: dict[str, Any] = {"delimiter": delimiter, "encoding": encoding, "id": id}
    how |= {"decimal": decimal, "thousands": thousands, "dates": dates}
    read = read_or_part(one_or_all(table), **how, rows=threshold(options))
    fit_and_show(read, out or Path(f"{read.name}-run"), options, as_json)


app.command(epilog=demo_command.EPILOG)(demo_command.demo)


@app.command(
    epilog=examples(
        "contextures rank abalone.csv --target rings",
        "contextures rank abalone.csv --json > ranking.json",
        "contextures rank abalone.csv --score tau --all",
        "contextures rank abalone.csv --target rings --score labels",
        "contextures rank parts --target rings",
        "contextures rank abalone.csv --mixes",
    )
)
def rank(
    table: TableFiles,
    target: Target = None,
    id: Id = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the whole ranking to this Parquet file.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification or regression; found if not given.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print every candidate.")] = False,
    score: RankScore = "auto",
    mixes: Annotated[
        bool, typer.Option("--mixes", help="Rank a few mixes of the best contexts, too.")
    ] = False,
    sample: Sample = None,
    seed: Seed = 0,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    dates: Dates = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Rank contexts for a table, without labels or by them, and learn nothing else."""
    from contextures.cli.text import TerminalProgress, print_notes, ranking_lines
    from contextures.data.any_length import read_or_part
    from contextures.runs.folder import whole_file
    from contextures.runs.long import check_long
    from contextures.runs.options import SAMPLE, check_seed
    from contextures.runs.output_file import check_output_file, marked
    from contextures.runs.rank import rank_rows
    from contextures.selection.ranking import check_score, plain_ranking

    check_score(score)
    check_seed(seed)
    sample = SAMPLE if sample is None else sample
    check_long(sample, "auto")
    if out is not None:
        if out.suffix.lower() != ".parquet":
            raise InputError(f"--out {str(out)!r} must end in .parquet")
        check_output_file(out, "ranking", table)
    how: dict[str, Any] = {"delimiter": delimiter, "encoding": encoding, "id": id}
    how |= {"decimal": decimal, "thousands": thousands, "dates": dates}
    read = read_or_part(one_or_all(table), **how, rows=sample)
    asked: dict[str, Any] = {"target": target, "task": task, "id": id, "score": score}
    asked["mixes"] = mixes
    search, n_rows, n_drawn, notes = rank_rows(
        read, **asked, sample=sample, seed=seed, progress=TerminalProgress()
    )
    if n_drawn < n_rows:
        notes = [*notes, f"ranked on {n_drawn:,} of {n_rows:,} rows, drawn at random"]
    if target is not None and search.score_ != "labels":
        notes = [*notes, "the labels had no say in the ranking; --score labels follows them"]
    print_notes(notes)
    plain = plain_ranking(search.results_)
    if out is not None:
        with whole_file(out) as file:
            marked(plain, "ranking").to_parquet(file, index=False)
    rows = json.loads(plain.to_json(orient="records"))
    for row in rows:
        row["parameters"] = json.loads(row["parameters"])
    if as_json:
        counts = {"n_rows": n_rows, "n_drawn": n_drawn}
        found = {"table": read.name, **counts, "score": search.score_, "contexts": rows}
        show(json.dumps(found, indent=1), done=out)
        return
    show("\n".join(ranking_lines(rows, search.score_, None if show_all else 12)), done=out)


app.command(epilog=embed_command.EPILOG)(embed_command.embed)
app.command(epilog=predict_command.EPILOG)(predict_command.predict)
app.command(epilog=diagnose_command.EPILOG)(diagnose_command.diagnose)
app.command(epilog=compare_command.EPILOG)(compare_command.compare)
app.command(epilog=shift_command.EPILOG)(shift_command.shift)


@app.command(
    epilog=examples(
        "contextures report run --out shared.html",
    )
)
def report(
    run: Annotated[Path, typer.Argument(help="A folder that fit wrote.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="The page to write.  [default: RUN/report.html]")
    ] = None,
) -> None:
    """Draw the report of a run again, for example after an upgrade."""
    from contextures._files import as_damaged, read_regular, write_text
    from contextures.report import ReportData, render_report
    from contextures.runs.folder import check_run, whole_file
    from contextures.runs.output_file import check_output_file

    folder = check_run(run)
    own = folder / "report.html"
    destination = out or own
    check_output_file(destination, "page", own=own)
    try:
        text = read_regular(folder / "report.json").decode("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"the report of {str(run)!r} cannot be read: {error}") from None
    with as_damaged(f"the report of {str(run)!r}"):
        page = render_report(ReportData.from_json(text))
    with whole_file(destination) as file:
        write_text(file, page)
    show(f"report: {destination}", done=destination)


def _dimension(text: str) -> int | None:
    if text.strip().lower() == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--dim {text!r} is not known; give auto or a whole number") from None


def main() -> None:
    """Run the command line; exit with 0 on success only, with 2 when the input cannot be used."""
    code = ending_of(app)
    if code:
        sys.exit(code)
