"""The commands of ``contextures``."""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

# Two BLAS threads that contend for a core are far slower than one; the work is spread over cores
# by joblib instead. Set before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import typer

from contextures._version import __version__
from contextures.cli import diagnose as diagnose_command
from contextures.cli.modules import import_named
from contextures.cli.options import (
    Dates,
    Decimal,
    Delimiter,
    Encoding,
    Force,
    Json,
    Score,
    Seed,
    TableFile,
    Target,
    Thousands,
    examples,
)
from contextures.exceptions import ContextWarning, InputError

INTERRUPTED = 130

UsageError: Any = typer.BadParameter.__mro__[2]
"""The error of a wrong command line; typer exports only its subclass."""

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
        print(f"contextures {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
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
    for name in modules or []:
        import_named(name)


@app.command(
    epilog=examples(
        "contextures fit abalone.csv --target rings",
        "contextures fit patients.parquet --out run --context knn:30 --dim 32",
        "contextures fit export.csv --delimiter ';' --target price --task regression",
        "contextures fit large.parquet --context scarf:0.6 --encoder ritz",
    )
)
def fit(
    table: TableFile,
    target: Target = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to make.  [default: NAME-run]")
    ] = None,
    context: Annotated[
        str,
        typer.Option(
            help="auto, knn:30, rbf, rbf:0.5, mask(knn:30), mask:0.4(rbf:0.5), mask:0.3, "
            "noise:0.5, scarf:0.6 or cutmix:0.6."
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
    seed: Seed = 0,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    dates: Dates = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Rank contexts, learn the best representation, score it and write a report."""
    from contextures.runs import FitOptions, check_destination
    from contextures.runs.fit import check_options

    options = FitOptions(
        target=target,
        task=task,
        context=context,
        score=score,
        encoder=encoder,
        n_components=_dimension(dim),
        seed=seed,
        force=force,
        command=["contextures", *sys.argv[1:]],
    )
    check_options(options)
    if out is not None:
        check_destination(out, force=force)
    from contextures.data import read_table

    marks: dict[str, Any] = {"decimal": decimal, "thousands": thousands, "dates": dates}
    read = read_table(table, delimiter=delimiter, encoding=encoding, **marks)
    _fit(read, out or Path(f"{read.name}-run"), options, as_json)


@app.command(
    epilog=examples(
        "contextures demo",
        "contextures demo --table diabetes --out run",
    )
)
def demo(
    table: Annotated[
        str, typer.Option(help="breast_cancer, diabetes, digits, iris or wine.")
    ] = "breast_cancer",
    out: Annotated[
        Path, typer.Option(help="The folder to make; an earlier run there is replaced.")
    ] = Path("contextures-demo"),
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Do the main job on a real table that comes with scikit-learn."""
    from contextures.data import demo_table
    from contextures.runs import FitOptions

    read = demo_table(table)
    command = ["contextures", *sys.argv[1:]]
    options = FitOptions(target=read.target, seed=seed, force=True, command=command)
    _fit(read, out, options, as_json)


@app.command(
    epilog=examples(
        "contextures rank abalone.csv --target rings",
        "contextures rank abalone.csv --json > ranking.json",
        "contextures rank abalone.csv --score tau --all",
    )
)
def rank(
    table: TableFile,
    target: Target = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the whole ranking to this Parquet file.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification or regression; found if not given.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print every candidate.")] = False,
    score: Score = "auto",
    seed: Seed = 0,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    dates: Dates = None,
    as_json: Json = False,
) -> None:
    """Rank contexts for a table, without labels and without learning anything else."""
    from contextures.cli.text import TerminalProgress, print_notes, ranking_lines
    from contextures.data import read_table
    from contextures.runs import rank_table
    from contextures.runs.folder import whole_file
    from contextures.selection.ranking import check_score, plain_ranking

    check_score(score)
    if out is not None and out.suffix.lower() != ".parquet":
        raise InputError(f"--out {str(out)!r} must end in .parquet")
    marks: dict[str, Any] = {"decimal": decimal, "thousands": thousands, "dates": dates}
    read = read_table(table, delimiter=delimiter, encoding=encoding, **marks)
    search = rank_table(
        read, target=target, task=task, score=score, seed=seed, progress=TerminalProgress()
    )
    print_notes(read.notes)
    plain = plain_ranking(search.results_)
    if out is not None:
        with whole_file(out) as file:
            plain.to_parquet(file, index=False)
    rows = json.loads(plain.to_json(orient="records"))
    for row in rows:
        row["parameters"] = json.loads(row["parameters"])
    if as_json:
        found = {"table": read.name, "score": search.score_, "contexts": rows}
        print(json.dumps(found, indent=1))
        return
    print("\n".join(ranking_lines(rows, search.score_, None if show_all else 12)))


@app.command(
    epilog=examples(
        "contextures embed run new.csv --out new-embedded.parquet",
        "contextures embed run new.csv --power 16 --out for-retrieval.parquet",
    )
)
def embed(
    run: Annotated[Path, typer.Argument(help="A folder that fit wrote.", show_default=False)],
    table: TableFile,
    out: Annotated[Path, typer.Option(help="The .parquet or .csv file to write.")],
    power: Annotated[
        float | None,
        typer.Option(
            help="Weigh coordinate i by the power of its singular value: 0 for unit variance, 8 to "
            "64 for few labels, retrieval and clustering. As the run was saved by default.",
            show_default=False,
        ),
    ] = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
) -> None:
    """Embed the rows of a table with the encoder of a run."""
    from contextures.cli.text import TerminalProgress, print_notes
    from contextures.runs import embed_table
    from contextures.runs.embed import check_output
    from contextures.runs.folder import check_run
    from contextures.runs.new_rows import read_rows

    check_run(run)
    check_output(out)
    read = read_rows(run, table, delimiter=delimiter, encoding=encoding)
    print_notes(embed_table(run, read, out, TerminalProgress(), power=power))
    print(f"{len(read.frame)} rows embedded: {out}")


app.command(epilog=diagnose_command.EPILOG)(diagnose_command.diagnose)


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
    from contextures.report import ReportData, render_report
    from contextures.runs.folder import check_run, whole_file

    folder = check_run(run)
    try:
        text = (folder / "report.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the report of {str(run)!r} cannot be read: {error}") from None
    page = render_report(ReportData.from_json(text))
    destination = out or folder / "report.html"
    with whole_file(destination) as file:
        file.write_text(page, encoding="utf-8")
    print(f"report: {destination}")


def _fit(table: Any, out: Path, options: Any, as_json: bool) -> None:
    from contextures.cli.text import TerminalProgress, print_notes, result_lines
    from contextures.runs import fit_table

    result = fit_table(table, out, options, TerminalProgress())
    print_notes(result.run.checked.notes)
    if as_json:
        print(json.dumps({"run": str(result.folder), **result.metrics}, indent=1))
        return
    print("\n".join(result_lines(result)))


def _dimension(text: str) -> int | None:
    if text.strip().lower() == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--dim {text!r} is not known; give auto or a whole number") from None


def _note(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    """Show a warning as a sentence, without the line of code that gave it."""
    if issubclass(category, ContextWarning):
        print(f"note: {message}", file=sys.stderr)


def main() -> None:
    """Run the command line; exit with 0 on success only, with 2 when the input cannot be used."""
    warnings.showwarning = _note
    try:
        # A run that is told to stop cleans up after itself, as one that is interrupted does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        code = app(standalone_mode=False)
    except InputError as error:
        print(f"contextures: {error}", file=sys.stderr)
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        # Whoever is told once more while it is ending ends all the same.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        code = INTERRUPTED
    except UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read the output has gone; flushing it again at exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    if code == INTERRUPTED:
        print("contextures: interrupted", file=sys.stderr)
    if code:
        sys.exit(code)
