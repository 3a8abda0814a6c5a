"""The command `newsvoice`: parsing and printing only.

Results go to standard output, progress and notes to standard error. Exit codes: 0 done, 1 cannot (one
line says what, where and what next), 2 wrong usage, 130 interrupted.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsvoice.annotate.cli import annotate
from newsvoice.errors import NewsvoiceError
from newsvoice.output import FORMATS, Writer, console_for, destination, format_of

if TYPE_CHECKING:
    from newsvoice.predict import Labelled
    from newsvoice.runtime.classifier import Classifier

# Where the pipeline leaves its model, looked for from the working directory and from a source checkout.
MODEL_FOLDER = Path("models/classifier")
MODEL_VARIABLE = "NEWSVOICE_MODEL"

_model_option = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help=f"Model folder. Default: ${MODEL_VARIABLE}, else {MODEL_FOLDER}.",
)


@click.group(commands=[annotate], context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="newsvoice")
def cli() -> None:
    """Tell, sentence by sentence, who is speaking in a news article, and whether the writer informs or steers.

    \b
    newsvoice predict article.txt                 a coloured table on a terminal
    newsvoice predict articles/ -o labels.jsonl   every article of a folder, one record a sentence
    cat article.txt | newsvoice predict -         from standard input
    newsvoice evaluate gold.jsonl                 judge the model on labelled sentences of your own
    """


@cli.command()
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE|DIR|-]...")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), help="Default: table on a terminal, else jsonl.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write here instead of standard output.")
@click.option("--lines", is_flag=True, help="Each input line is one sentence; an empty line begins a new article.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="P",
    help="Say 'uncertain' where the best label has a lower probability than P.",
)
@_model_option
def predict(
    inputs: tuple[Path, ...],
    form: str | None,
    output: Path | None,
    lines: bool,
    min_confidence: float,
    model: Path | None,
) -> None:
    """Label the sentences of articles: text, Markdown or HTML files, folders of them, or standard input (-)."""
    if not inputs:
        if sys.stdin.isatty():
            raise click.UsageError("name a file or folder, or '-' for standard input")
        inputs = (Path("-"),)
    form = form or format_of(output)
    failures: list[str] = []
    with destination(output) as stream:
        classifier = _load_model(model)
        writer = Writer(form, stream)
        files = [file for path in inputs for file in _expand(path, failures)]
        total = len(files) + len(failures)
        names = _names(files)
        for file in _with_progress(files):
            try:
                for labelled in _label(file, classifier, name=names[file], lines=lines, min_confidence=min_confidence):
                    _note_limits(labelled)
                    writer.write(labelled)
            except NewsvoiceError as error:
                failures.append(str(error))
        if writer.count == 0 and failures:
            # Nothing succeeded: leave no file behind.
            raise NewsvoiceError("\n".join(failures))
        writer.close()
    if failures:
        raise NewsvoiceError("\n".join([*failures, f"{len(failures)} of {total} inputs failed; the rest is done"]))


@cli.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.option("--format", "-f", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@_model_option
def evaluate(gold: Path, form: str, model: Path | None) -> None:
    """Judge the model on labelled sentences or articles in JSON Lines (fields: text, label, article)."""
    from newsvoice.evaluate import evaluate_gold
    from newsvoice.gold import read_gold

    labelled = read_gold(gold)
    result = evaluate_gold(labelled, _load_model(model))
    if form == "json":
        import json

        from newsvoice.records import rounded

        click.echo(json.dumps(rounded(result), indent=2))
    else:
        from newsvoice.render.scores import print_scores

        print_scores(result, console_for(sys.stdout))


@cli.command()
def labels() -> None:
    """List the labels and what they mean."""
    from rich.table import Table
    from rich.text import Text

    from newsvoice.labels import LABELS

    table = Table(box=None, pad_edge=False, show_header=False)
    for label in LABELS:
        table.add_row(Text(f"{label.mark} {label.name}", style=label.terminal), label.definition)
    console_for(sys.stdout).print(table)


@cli.command()
@_model_option
def info(model: Path | None) -> None:
    """Say which version, model and engine answer here."""
    import hashlib
    from importlib.metadata import PackageNotFoundError, version

    from newsvoice.runtime.encoding import ModelDescription
    from newsvoice.text.segment import SEGMENTER_VERSION

    folder = _find_model(model)
    description = ModelDescription.load(folder)
    weights = folder / "model.safetensors"
    rows: dict[str, Any] = {
        "newsvoice": version("newsvoice"),
        "splitter": SEGMENTER_VERSION,
        "model": folder,
        "labels": ", ".join(description.labels),
        "window": f"{description.window_tokens} tokens, {description.context_tokens} of context",
        "temperature": description.temperature,
        "trained with": f"splitter {description.segmenter}",
    }
    if weights.exists():
        rows["weights"] = (
            f"{weights.stat().st_size / 1e6:.0f} MB, sha256 {hashlib.sha256(weights.read_bytes()).hexdigest()}"
        )
    for package in ("torch", "transformers"):
        try:
            rows[package] = version(package)
        except PackageNotFoundError:
            rows[package] = "not installed: pip install 'newsvoice[inference]'"
    for key, value in rows.items():
        click.echo(f"{key + ':':<16}{value}")


def main() -> None:
    """Run the command; turn what users can mend into one line, an interrupt into exit code 130."""
    try:
        cli(standalone_mode=False)
    except NewsvoiceError as error:
        _fail(str(error), code=1)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message(), code=1)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted; nothing was written in part", code=130)
    except BrokenPipeError:
        _stop_quietly()
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}", code=1)
    except SystemExit:
        # click turns a broken pipe into exit code 1 behind a wrapped stream.
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":
            _stop_quietly()
        raise


def _stop_quietly() -> None:
    """The reader of the pipe (head, less) has seen enough: no error, and nothing left to flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    sys.exit(0)


def _fail(message: str, *, code: int) -> None:
    for line in message.splitlines():
        click.echo(f"newsvoice: {line}", err=True)
    sys.exit(code)


def _find_model(model: Path | None) -> Path:
    """Return the folder asked for, or the first default that exists (the default itself, to be reported missing)."""
    if model is not None:
        return model
    if named := os.environ.get(MODEL_VARIABLE):
        return Path(named)
    checkout = Path(__file__).resolve().parents[1] / MODEL_FOLDER
    return checkout if not MODEL_FOLDER.is_dir() and checkout.is_dir() else MODEL_FOLDER


def _load_model(model: Path | None) -> "Classifier":
    from newsvoice.runtime.classifier import Classifier

    return Classifier.load(_find_model(model))


def _expand(path: Path, failures: list[str]) -> Iterator[Path]:
    """Yield a file as it is, and the article files of a folder, at any depth, in order of name."""
    if not path.is_dir():
        yield path
        return
    from newsvoice.text.ingest import SUFFIXES

    found = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    if not found:
        failures.append(f"{path}: no article in this folder; articles end in {', '.join(sorted(SUFFIXES))}")
    yield from found


def _names(files: list[Path]) -> dict[Path, str]:
    """Name each article by its file's stem, or by its path below their common folder where two share a stem."""
    stems = Counter(file.stem for file in files)
    common = Path(os.path.commonpath([file.absolute().parent for file in files])) if files else Path()
    below = {file: file.absolute().relative_to(common) for file in files}
    paths = Counter(path.with_suffix("") for path in below.values())
    names = {}
    for file, path in below.items():
        # a/x.txt and b/x.txt are told apart by folder, x.txt and x.md by their endings.
        unique = path.with_suffix("") if paths[path.with_suffix("")] == 1 else path
        names[file] = file.stem if stems[file.stem] == 1 else unique.as_posix()
    return names | {Path("-"): "stdin"}


def _label(
    path: Path, classifier: "Classifier", *, name: str, lines: bool, min_confidence: float
) -> Iterator["Labelled"]:
    from newsvoice.predict import label_article, label_lines
    from newsvoice.text.ingest import MAX_BYTES, decode, parse_article, read_article, read_bytes

    stdin = str(path) == "-"
    where = "standard input" if stdin else str(path)
    if lines:
        data = sys.stdin.buffer.read() if stdin else read_bytes(path, limit=None)
        text = decode(data, where=where)
        yield from label_lines(text, article_id=name, classifier=classifier, min_confidence=min_confidence, where=where)
    else:
        if stdin:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise NewsvoiceError(
                    f"more than one article (limit {MAX_BYTES / 1e6:.0f} MB)", where=where, advice="split it"
                )
            article = parse_article(decode(data, where=where), article_id=name, where=where)
        else:
            article = read_article(path, article_id=name)
        yield label_article(article, classifier, min_confidence=min_confidence)


def _note_limits(labelled: "Labelled") -> None:
    """Say on standard error what a reader of the output could overlook."""
    from newsvoice.render.table import printable

    name = printable(labelled.article.id)
    cut = sum(p.truncated for p in labelled.predictions)
    if cut:
        plural = "sentence was" if cut == 1 else "sentences were"
        click.echo(f"{name}: {cut} {plural} too long to be read whole (truncated: true)", err=True)
    aside = sum(block.kind == "boilerplate" for block in labelled.article.blocks)
    if aside:
        plural = "passage" if aside == 1 else "passages"
        click.echo(f"{name}: {aside} {plural} set aside as boilerplate, not labelled", err=True)


def _with_progress(files: list[Path]) -> Iterator[Path]:
    """Show a bar on standard error when a person waits for several files."""
    if len(files) < 2 or not sys.stderr.isatty():
        yield from files
        return
    from rich.progress import track

    yield from track(files, description="labelling", console=console_for(sys.stderr), transient=True)


if __name__ == "__main__":
    main()
