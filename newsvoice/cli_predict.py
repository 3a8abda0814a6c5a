"""The command `newsvoice predict`: its options, and what goes together."""

import math
import sys
from pathlib import Path
from typing import Final

import click

from newsvoice.engine import MODEL_FOLDER, MODEL_VARIABLE
from newsvoice.output import FORMATS

model_option = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help=f"Model folder. Default: ${MODEL_VARIABLE}, else {MODEL_FOLDER}, else the package's own.",
)


# The least at which labels kept are surely right in 95 of 100 sentences of the test split; the report says what it
# keeps, and a test that it is the report's.
RECOMMENDED: Final = 0.8


def _number(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    # No range holds up what is no number: every comparison with it is false.
    if math.isnan(value):
        raise click.BadParameter("nan is no number")
    return value


@click.command()
@click.argument("inputs", nargs=-1, type=click.Path(path_type=str, allow_dash=True), metavar="[FILE|DIR|GLOB|-]...")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), help="Default: table on a terminal, else jsonl.")
@click.option(
    "--output", "-o", type=click.Path(path_type=str), help="Write here; the ending (.csv, .html …) decides the format."
)
@click.option("--text-field", metavar="NAME", help="Where tables hold the text. Default: text. Makes '-' JSON Lines.")
@click.option("--lines", is_flag=True, help="Each line of a text is one sentence; an empty line begins a new article.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="P",
    help=f"Say 'uncertain' where the best label has a lower probability than P. Recommended: {RECOMMENDED}.",
    callback=_number,
)
@click.option("--summary", is_flag=True, help="One record an article: how many sentences and what share of each label.")
@click.option("--explain", is_flag=True, help="Weigh the words of every sentence (some 60 times the work).")
@click.option(
    "--jobs", "-j", type=click.IntRange(0), metavar="N", help="Processes; 0 for one a core. Default: 1, on Ray 0."
)
@click.option("--resume", is_flag=True, help="Go on with an unfinished run of the same command.")
@click.option(
    "--engine",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="Where to compute: this machine, or a Ray cluster (tables to a folder of parts).",
)
@model_option
def predict(
    inputs: tuple[str, ...],
    form: str | None,
    output: str | None,
    text_field: str | None,
    lines: bool,
    min_confidence: float,
    summary: bool,
    explain: bool,
    jobs: int | None,
    resume: bool,
    engine: str,
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
    newsvoice predict --engine ray s3://news/2026/ -o s3://news/labels.parquet
    cat article.txt | newsvoice predict - | jq .label

    Files of records grow in OUTPUT.part and take their name at the end; after a kill or Ctrl-C, --resume
    goes on where they stopped. What cannot be labelled goes to OUTPUT.rejected.jsonl with the reason.
    Exit codes: 0 done, 1 cannot, 2 wrong usage, 3 done but for what was rejected, 130 interrupted,
    143 terminated.
    """
    if not inputs:
        if sys.stdin is not None and sys.stdin.isatty():
            raise click.UsageError("name a file or folder, or '-' for standard input")
        inputs = ("-",)
    if "-" in inputs and sys.stdin is None:
        raise click.UsageError("standard input is closed; name a file or folder")
    if output in (None, "-") and sys.stdout is None:
        raise click.UsageError("standard output is closed; name a file with --output")
    if summary and explain:
        raise click.UsageError("--summary has no sentences to explain")
    from newsvoice.work import Task

    task = Task(lines=lines, min_confidence=min_confidence, explain=explain, summary=summary)
    if engine == "ray":
        from newsvoice.cli_cluster import predict_on_cluster

        if resume:
            raise click.UsageError("--resume is for the local engine; Ray itself makes good what a machine loses")
        predict_on_cluster(inputs, output, form, task, text_field=text_field, jobs=jobs or 0, model=model)
    else:
        from newsvoice.cli_run import predict_here

        jobs = 1 if jobs is None else jobs
        predict_here(inputs, output, form, task, text_field=text_field, jobs=jobs, resume=resume, model=model)
