"""The command `newsvoice predict`: its options, and what goes together."""

import sys
from functools import partial
from pathlib import Path

import click

from newsvoice.engine import MODEL_FOLDER, MODEL_VARIABLE
from newsvoice.errors import NewsvoiceError
from newsvoice.output import FORMATS, GROWING, format_of

model_option = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help=f"Model folder. Default: ${MODEL_VARIABLE}, else {MODEL_FOLDER}.",
)


@click.command()
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE|DIR|GLOB|-]...")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), help="Default: table on a terminal, else jsonl.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write here; the ending (.csv, .html …) decides the format."
)
@click.option("--text-field", metavar="NAME", help="Where tables hold the text. Default: text. Makes '-' JSON Lines.")
@click.option("--lines", is_flag=True, help="Each line of a text is one sentence; an empty line begins a new article.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="P",
    help="Say 'uncertain' where the best label has a lower probability than P.",
)
@click.option("--summary", is_flag=True, help="One record an article: how many sentences and what share of each label.")
@click.option("--explain", is_flag=True, help="Weigh the words of every sentence (up to 50 times the work).")
@click.option("--jobs", "-j", type=click.IntRange(0), default=1, metavar="N", help="Processes; 0 for one a core.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished run of the same command.")
@model_option
def predict(
    inputs: tuple[Path, ...],
    form: str | None,
    output: Path | None,
    text_field: str | None,
    lines: bool,
    min_confidence: float,
    summary: bool,
    explain: bool,
    jobs: int,
    resume: bool,
    model: Path | None,
) -> None:
    """Label the sentences of articles.

    Inputs are text, Markdown or HTML files, folders of them, glob patterns, tables with a text column
    (.jsonl, .parquet; other columns are kept), or '-' for standard input.

    \b
    newsvoice predict article.txt                      a coloured table on a terminal
    newsvoice predict page.html -o page.html           a page with coloured sentences
    newsvoice predict articles/ --summary              each article's shares of the labels
    newsvoice predict 'news-*.parquet' --text-field body -j 0 -o labels.parquet
    newsvoice predict news.jsonl -o labels.jsonl --resume
    cat article.txt | newsvoice predict - | jq .label

    Files of records grow in OUTPUT.part and take their name at the end; after a kill or Ctrl-C, --resume
    goes on where they stopped. What cannot be labelled goes to OUTPUT.rejected.jsonl with the reason.
    Exit codes: 0 done, 1 cannot, 2 wrong usage, 3 done but for what was rejected, 130 interrupted.
    """
    if not inputs:
        if sys.stdin.isatty():
            raise click.UsageError("name a file or folder, or '-' for standard input")
        inputs = (Path("-"),)
    form = form or format_of(output)
    grows = form in GROWING and output is not None and (output.is_file() or not output.exists() or output.is_dir())
    _check_usage(inputs, form, output, grows=grows, summary=summary, explain=explain, resume=resume)
    import os

    from newsvoice.archive import rejected_path
    from newsvoice.cli_run import Run
    from newsvoice.engine import load_engine
    from newsvoice.inputs import find_sources
    from newsvoice.work import Task

    own = [] if output is None else [output.resolve(), rejected_path(output.resolve())]
    sources = find_sources(inputs, text_field=text_field, leave_out=own)
    if output is not None and any(source.path.resolve() == own[0] for source in sources):
        raise NewsvoiceError("is an input, too", where=str(output), advice="name another output")
    rendered = {"jsonl": "jsonl", "csv": "csv", "parquet": "jsonl"}.get(form, "labelled")
    tables = any(source.kind in ("jsonl", "parquet") for source in sources)
    task = Task(rendered, lines, min_confidence, explain, summary, columns=tables, text_field=text_field or "text")
    run = Run(sources, task, partial(load_engine, model), jobs=jobs or os.cpu_count() or 1)
    if grows:
        assert output is not None
        run.into_file(output, form, model, resume=resume)
    else:
        run.into_stream(output, form)
    run.conclude(output if grows else None)


def _check_usage(
    inputs: tuple[Path, ...],
    form: str,
    output: Path | None,
    *,
    grows: bool,
    summary: bool,
    explain: bool,
    resume: bool,
) -> None:
    """Refuse what does not go together."""
    if form == "parquet" and not grows:
        raise click.UsageError("Parquet cannot be streamed: name a file with --output")
    if summary and (form == "html" or explain):
        raise click.UsageError("--summary has no sentences to colour or explain")
    if resume and not grows:
        raise click.UsageError(f"--resume goes on with a file of records: --output and one of {', '.join(GROWING)}")
    if resume and Path("-") in inputs:
        raise click.UsageError("--resume cannot read standard input a second time: put it into a file")
