"""`newsvoice annotate`: sentences out to annotation tools, labels back, and a page to review them on.

Parsing and printing only, and nothing imported before a command runs, so that `newsvoice --help` stays quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from newsvoice.annotate.candidates import Predict

TOOLS = ("label-studio", "doccano", "csv")

_path = click.Path(path_type=Path)
_folder = click.Path(path_type=Path, file_okay=False)


def _name(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("an empty name")
    return value.strip()


@click.group(short_help="Label, correct and exchange sentences: export, import, review, gold.")
def annotate() -> None:
    """Make a corpus your own: export sentences to annotation tools, import what comes back, review by keyboard.

    \b
    newsvoice annotate export articles/ -o tasks.json --to label-studio
    newsvoice annotate import exported.json --articles articles/ --annotations annotations/ --annotator ada
    newsvoice annotate review articles/fee.txt --annotations annotations/ --annotator ada
    """


@annotate.command("export", short_help="Write sentences for an annotation tool, most useful first.")
@click.argument("inputs", nargs=-1, required=True, type=_path, metavar="FILE|DIR...")
@click.option("--to", "tool", required=True, type=click.Choice(TOOLS), help="The tool that will read it.")
@click.option("--output", "-o", required=True, type=_path, help="File to write.")
@click.option("--limit", type=click.IntRange(0), default=200, show_default=True, help="At most this many; 0: all.")
@click.option("--per-article", type=click.IntRange(1), metavar="K", help="At most K sentences of one article.")
@click.option("--annotations", type=_folder, help="Leave out the sentences that are annotated in this folder.")
@click.option("--prefill", is_flag=True, help="Fill in the guess as the label (doccano and CSV).")
@click.option("--model", type=_path, help="Model folder. Default: as `newsvoice predict`.")
def export_command(
    inputs: tuple[Path, ...],
    tool: str,
    output: Path,
    limit: int,
    per_article: int | None,
    annotations: Path | None,
    prefill: bool,
    model: Path | None,
) -> None:
    """Write sentences in context with the model's guesses, most useful first.

    First come the sentences that the model is torn on or that the rules contradict, each unlike those before
    it. For Label Studio, the labelling interface is written beside the tasks. doccano and CSV have no place
    for a guess but the label itself: with --prefill, export from doccano with "only approved documents".

    \b
    newsvoice annotate export articles/ --to label-studio -o tasks.json
    newsvoice annotate export articles/ --to csv -o tasks.csv --limit 50 --annotations annotations/
    """
    from newsvoice.annotate import doccano, label_studio, sheet
    from newsvoice.annotate.candidates import candidates
    from newsvoice.annotate.files import article_files
    from newsvoice.annotate.ranking import rank
    from newsvoice.annotations import read_annotations
    from newsvoice.errors import NewsvoiceError
    from newsvoice.records import write_text
    from newsvoice.text.ingest import read_article

    interface = output.with_suffix(".xml") if tool == "label-studio" else None
    if interface and output.suffix.lower() == ".xml":
        raise NewsvoiceError(
            "the labelling interface takes this name", where=str(output), advice="let the tasks end in .json"
        )
    files = article_files(inputs)
    articles = [read_article(file) for file in files.values()]
    predict = _predict(model)
    found = []
    for article in articles:
        marks = annotations / f"{article.id}.jsonl" if annotations else None
        found += candidates(article, predict, done=read_annotations(marks) if marks and marks.exists() else ())
    ranked = rank(found, limit=limit or None, per_article=per_article)
    if not ranked:
        raise NewsvoiceError("no sentence left to label", where=str(inputs[0]), advice="all are annotated already")
    if interface:
        write_text(interface, label_studio.interface())
        write_text(output, label_studio.dump(ranked))
        click.echo(f"{interface}: the labelling interface (Settings, Labeling Interface, Code)", err=True)
    else:
        write_text(output, (doccano if tool == "doccano" else sheet).dump(ranked, prefill=prefill))
    click.echo(f"{output}: {len(ranked)} of {len(found)} sentences, most useful first", err=True)


@annotate.command("import", short_help="Merge what an annotation tool gives back as stand-off gold.")
@click.argument("exported", type=_path)
@click.option("--articles", required=True, type=_folder, help="Folder of the articles.")
@click.option("--annotations", required=True, type=_folder, help="Folder of the stand-off files.")
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="NAME",
    help="Who labelled. ID=NAME, once a person, where the tool knows several by number or e-mail address.",
)
def import_command(exported: Path, articles: Path, annotations: Path, annotators: tuple[str, ...]) -> None:
    """Merge labels from Label Studio (.json), doccano (.jsonl, .zip) or a table (.csv) into stand-off gold.

    Every annotator's vote is kept; a vote of the same person on the same sentence is replaced. Nothing is
    written unless every label fits its article.

    \b
    newsvoice annotate import done.csv --articles texts/ --annotations gold/ --annotator ada
    newsvoice annotate import done.json --articles texts/ --annotations gold/ --annotator 1=ada --annotator 2=ben
    """
    from newsvoice.agreement import agreement
    from newsvoice.annotate.files import article_finder, read_export
    from newsvoice.annotate.lock import locked
    from newsvoice.annotate.merge import merge
    from newsvoice.annotate.people import name_finder
    from newsvoice.annotate.report import describe, describe_agreement
    from newsvoice.errors import NewsvoiceError
    from newsvoice.records import write_jsonl

    if not articles.is_dir():
        raise NewsvoiceError("no such folder", where=str(articles), advice="name the articles' folder")
    batch = read_export(exported)
    article_of, name_of = article_finder(articles), name_finder(annotators, batch.labels)
    with locked(annotations):
        merged = merge(batch, article_of=article_of, annotations=annotations, name_of=name_of)
        for article, marks in merged.annotations.items():
            write_jsonl(annotations / f"{article}.jsonl", marks)
    for line in describe(merged, unlabelled=batch.unlabelled):
        click.echo(line)
    try:
        for line in describe_agreement(agreement([m for marks in merged.annotations.values() for m in marks])):
            click.echo(line)
    except NewsvoiceError as error:
        # The votes are safe; only their measure needs the extra.
        click.echo(f"agreement not measured: {error}", err=True)


@annotate.command("review", short_help="Label or correct articles by keyboard, on a local page.")
@click.argument("inputs", nargs=-1, required=True, type=_path, metavar="FILE|DIR...")
@click.option("--annotations", type=_folder, help="Folder of the stand-off files. Default: `annotations` beside FILE.")
@click.option("--annotator", required=True, callback=_name, metavar="NAME", help="Whose labels these are.")
@click.option("--only", type=_path, metavar="LIST", help="Walk through the passages of this list (make suspects).")
@click.option("--blind", is_flag=True, help="Hide guesses and other people's labels, for an independent pass.")
@click.option("--rules", is_flag=True, help="Let the rules guess, not the model.")
@click.option("--model", type=_path, help="Model folder. Default: as `newsvoice predict`.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
def review_command(
    inputs: tuple[Path, ...],
    annotations: Path | None,
    annotator: str,
    only: Path | None,
    blind: bool,
    rules: bool,
    model: Path | None,
    port: int,
    no_browser: bool,
) -> None:
    """Serve a page on this machine alone on which to label or correct articles by keyboard.

    1, 2, 3 label the sentence, 0 says that it is not prose, u undoes, n goes to the next doubtful one, the
    arrows move, c shows the codebook. Every label is saved at once into the article's stand-off file.
    Ctrl-C ends the review.

    \b
    newsvoice annotate review articles/fee.txt --annotations annotations/ --annotator ada
    newsvoice annotate review articles/ --annotator ben --blind
    """
    from newsvoice.annotate.files import annotations_beside, article_files
    from newsvoice.annotate.report import count
    from newsvoice.annotate.review.server import ReviewServer
    from newsvoice.annotate.review.session import Session
    from newsvoice.annotate.review.wanted import read_wanted

    files = article_files(inputs)
    wanted = read_wanted(only) if only else None
    if wanted is not None:
        files = {article: files[article] for article in wanted if article in files}
        if not files:
            raise click.UsageError(f"{only} lists no sentence of these articles")
    session = Session(
        files,
        annotations=annotations or annotations_beside(next(iter(files.values()))),
        annotator=annotator,
        # A list says itself what is doubtful, and an independent pass is shown no guess.
        predict=None if rules or blind or wanted is not None else _predict(model),
        wanted=wanted,
        blind=blind,
    )
    # What cannot be read is said here, before a browser opens.
    session.state(0)
    server = ReviewServer(session, port=port)
    click.echo(f"review as {annotator}: {server.url}")
    click.echo("Ctrl-C ends it; every label is saved as it is given", err=True)
    if not no_browser:
        import webbrowser

        webbrowser.open(server.url)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        labels = count(session.labelled, "new label")
        click.echo(f"\n{labels} by {annotator}, saved in {session.annotations}", err=True)
    finally:
        server.server_close()


@annotate.command("gold", short_help="Write settled labels as a gold set for `newsvoice evaluate`.")
@click.argument("inputs", nargs=-1, required=True, type=_path, metavar="FILE|DIR...")
@click.option("--annotations", type=_folder, help="Folder of the stand-off files. Default: `annotations` beside FILE.")
@click.option("--output", "-o", required=True, type=_path, help="File to write.")
def gold_command(inputs: tuple[Path, ...], annotations: Path | None, output: Path) -> None:
    """Write the settled labels of articles as JSON Lines, to judge a model by.

    `newsvoice evaluate` reads it, and so does the report when `external.yaml` names it.

    \b
    newsvoice annotate gold articles/ --annotations annotations/ -o gold.jsonl
    """
    from newsvoice.annotate.files import annotations_beside, article_files
    from newsvoice.annotate.gold_set import gold_set
    from newsvoice.annotate.report import count
    from newsvoice.errors import NewsvoiceError
    from newsvoice.records import write_jsonl

    files = article_files(inputs)
    folder = annotations or annotations_beside(next(iter(files.values())))
    gold = gold_set(files, folder)
    if not gold.rows:
        raise NewsvoiceError(
            "no settled label of these articles", where=str(folder), advice="newsvoice annotate review"
        )
    write_jsonl(output, gold.rows)
    note = f"; {gold.disputed} disputed left out" if gold.disputed else ""
    sentences, articles = count(len(gold.rows), "sentence"), count(gold.articles, "article")
    click.echo(f"{output}: {sentences} of {articles}{note}", err=True)


def _predict(model: Path | None) -> "Predict":
    from newsvoice.engine import load_engine

    return load_engine(model).predict
