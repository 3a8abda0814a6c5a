"""The command `newsvoice`: parsing and printing only.

Results go to standard output, progress and notes to standard error. Exit codes: 0 done, 1 cannot (one
line says what, where and what next), 2 wrong usage, 3 done but for some inputs, 130 interrupted, 143 ended
by SIGTERM, as schedulers do with what takes too long (`predict` on this machine).
"""

import os
import sys
from pathlib import Path
from typing import Any

import click

from newsvoice.annotate.cli import annotate
from newsvoice.cli_predict import model_option, predict
from newsvoice.cli_report import report
from newsvoice.cli_run import PartlyDoneError, TerminatedError
from newsvoice.errors import NewsvoiceError
from newsvoice.output import console_for


class ReaderGoneError(Exception):
    """The reader of standard output (head, less) has closed it."""


class QuietGroup(click.Group):
    """A group whose broken pipe reaches `main`, before click makes an exit code of it."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the command line; --help and --version print while it is parsed."""
        try:
            return super().make_context(*arguments, **options)
        except BrokenPipeError:
            raise ReaderGoneError from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it left in the buffer counts, too."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise ReaderGoneError from None
        return result


@click.group(
    cls=QuietGroup,
    commands=[annotate],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="newsvoice")
def cli() -> None:
    """Tell, sentence by sentence, who is speaking in a news article, and whether the writer informs or steers.

    \b
    newsvoice predict article.txt                 a coloured table on a terminal
    newsvoice predict articles/ -o labels.jsonl   every article of a folder, one record a sentence
    cat article.txt | newsvoice predict -         from standard input
    newsvoice evaluate gold.jsonl                 judge the model on labelled sentences of your own
    newsvoice COMMAND --help                      more about a command
    """


cli.add_command(predict)
cli.add_command(report)


@cli.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.option("--format", "-f", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
@model_option
def evaluate(gold: Path, form: str, model: Path | None) -> None:
    """Judge the model on labelled sentences of your own.

    GOLD is JSON Lines: sentences with `text`, `label` and perhaps `article`, or articles with a list `sentences`.

    \b
    newsvoice evaluate gold.jsonl
    newsvoice evaluate gold.jsonl --format json > scores.json
    """
    from newsvoice.engine import load_engine
    from newsvoice.evaluate import evaluate_gold
    from newsvoice.gold import read_gold

    labelled = read_gold(gold)
    result = evaluate_gold(labelled, load_engine(model))
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
@click.argument("kind", type=click.Choice(("record", "summary", "rejected")), default="record")
def schema(kind: str) -> None:
    """Print the JSON Schema of what predict writes.

    That is a sentence's record, an article's summary (--summary) or a rejected document.

    \b
    newsvoice schema summary > summary.schema.json
    """
    import json

    from newsvoice.schema import schema as schema_of

    click.echo(json.dumps(schema_of(kind), indent=2, ensure_ascii=False))


@cli.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print a script for completion in your shell.

    \b
    newsvoice completion bash >> ~/.bashrc
    newsvoice completion zsh >> ~/.zshrc
    newsvoice completion fish > ~/.config/fish/completions/newsvoice.fish
    """
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(cli, {}, "newsvoice", "_NEWSVOICE_COMPLETE").source())


@cli.command()
@model_option
def info(model: Path | None) -> None:
    """Say which version, model and engine answer here."""
    from importlib.metadata import version

    from newsvoice.engine import find_model
    from newsvoice.rules import RULES_VERSION
    from newsvoice.runtime.encoding import ModelDescription
    from newsvoice.text.segment import SEGMENTER_VERSION

    folder = find_model(model)
    description = ModelDescription.load(folder)
    rows: dict[str, Any] = {
        "newsvoice": version("newsvoice"),
        "splitter": SEGMENTER_VERSION,
        "rules": RULES_VERSION,
        "model": folder,
        "labels": ", ".join(description.labels),
        "window": f"{description.window_tokens} tokens, {description.context_tokens} of context",
        "temperature": description.temperature,
        "sharpness": description.sharpness,
        "trained with": f"splitter {description.segmenter}, rules {description.rules}",
        **_what_computes(folder),
    }
    for key, value in rows.items():
        click.echo(f"{key + ':':<17}{value}")


def _what_computes(folder: Path) -> dict[str, Any]:
    """Say what runs the weights: for a folder of transformers torch, else the engine that opens here."""
    from newsvoice.engine import is_transformers
    from newsvoice.runtime.manifest import Manifest, file_hash

    if is_transformers(folder):
        from importlib.metadata import PackageNotFoundError, version

        weights = folder / "model.safetensors"
        rows = (
            {"weights": f"{weights.stat().st_size / 1e6:.0f} MB, sha256 {file_hash(weights)}"}
            if weights.exists()
            else {}
        )
        for package in ("torch", "transformers"):
            try:
                rows[package] = version(package)
            except PackageNotFoundError:
                rows[package] = "not installed: pip install 'newsvoice[pipeline]'"
        return rows
    from newsvoice.runtime.backends import threads
    from newsvoice.runtime.exported import WEIGHTS, ExportedModel

    manifest = Manifest.check(folder)
    engine = ExportedModel.load(folder).backend.name
    return {
        "engine": f"{engine}, {threads()} threads",
        "graph": f"{(folder / WEIGHTS).stat().st_size / 1e6:.0f} MB, sha256 {manifest.files[WEIGHTS]}",
        **{f"from {name}": f"sha256 {digest}" for name, digest in manifest.sources.items()},
    }


def main() -> None:
    """Run the command; turn what users can mend into one line, an interrupt into exit code 130."""
    try:
        cli(standalone_mode=False)
    except PartlyDoneError as error:
        _fail(str(error), code=3)
    except NewsvoiceError as error:
        _fail(str(error), code=1)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message(), code=1)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", code=130)
    except TerminatedError:
        _fail("terminated", code=143)
    except (ReaderGoneError, BrokenPipeError):
        _stop_quietly()
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}", code=1)


def _stop_quietly() -> None:
    """The reader of the pipe (head, less) has seen enough: no error, and nothing left to flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    sys.exit(0)


def _fail(message: str, *, code: int) -> None:
    for line in message.splitlines():
        click.echo(f"newsvoice: {line}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
