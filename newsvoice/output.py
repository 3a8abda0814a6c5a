"""Where the command line's results go: formats, files that appear whole or not at all, consoles."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from newsvoice.errors import NewsvoiceError

if TYPE_CHECKING:
    from newsvoice.predict import Labelled
    from newsvoice.work import Result

# Notes and reasons that are printed one by one; the rest is counted.
MOST_NOTES = 5
FORMATS = ("table", "jsonl", "csv", "parquet", "html")
# Formats that a file can grow in, record by record; the others are renderings for people.
GROWING = ("jsonl", "csv", "parquet")
ENDINGS = {
    **{".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"},
    **{".html": "html", ".htm": "html", ".txt": "table"},
}


class Writer:
    """Writes results in any format but Parquet as they come; a page can only be written whole, by `close`.

    Records of `jsonl` and `csv` come rendered; `header` is written before the first. `doubt`: some may be
    `uncertain`, and a legend says so.
    """

    def __init__(
        self, form: str, stream: TextIO, *, header: str = "", summary: bool = False, doubt: bool = False
    ) -> None:
        self.form, self.stream, self.summary, self.doubt = form, stream, summary, doubt
        self._header = header
        self._begun = False
        self._page: list[Labelled] = []
        self._summaries: list[dict[str, Any]] = []

    def write(self, result: "Result") -> None:
        """Write a chunk's articles."""
        if self.form in GROWING:
            self.stream.write(("" if self._begun else self._header) + result.data)
            # Whoever reads the pipe gets records as they come, and a reader that has gone is noticed.
            self.stream.flush()
            self._begun = True
        elif self.form == "html":
            self._page.extend(result.labelled)
        elif self.summary:
            from newsvoice.render.rows import records

            self._summaries += [record for one in result.labelled for record in records(one, summary=True)]
        else:
            for labelled in result.labelled:
                self._print(labelled)

    def _print(self, labelled: "Labelled") -> None:
        from newsvoice.render.table import legend, print_table

        console = console_for(self.stream)
        if not self._begun:
            console.print(legend(words=bool(labelled.words), doubt=self.doubt), "")
        self._begun = True
        print_table(labelled, console)

    def close(self) -> None:
        """Write what could only be written at the end."""
        if self.form == "html":
            from newsvoice.render.html import render

            self.stream.write(render(self._page))
        elif self._summaries:
            from newsvoice.render.table import print_summary

            print_summary(self._summaries, console_for(self.stream))
        self.stream.flush()


def format_of(output: Path | None, wanted: str | None = None) -> str:
    """Choose a format: the one wanted, else by the file's ending, else table on a terminal and jsonl in a pipe.

    Raises `NewsvoiceError` for an ending that promises something else; `.txt` may hold any.
    """
    if output is None:
        return wanted or ("table" if sys.stdout.isatty() else "jsonl")
    ending = output.suffix.lower()
    if wanted:
        if ENDINGS.get(ending, wanted) != wanted and ending != ".txt":
            raise NewsvoiceError(
                f"--format {wanted} into a file that ends in {output.suffix}",
                where=str(output),
                advice="change one of them",
            )
        return wanted
    if ending and ending not in ENDINGS and (output.is_file() or not output.exists()):
        known = ", ".join(ENDINGS)
        raise NewsvoiceError("no format has this ending", where=str(output), advice=f"take {known}, or add --format")
    return ENDINGS.get(ending, "jsonl")


@contextmanager
def destination(output: Path | None) -> Iterator[TextIO]:
    """Give standard output, or a temporary neighbour of `output` that takes its place when all went well.

    A batch with some failures still keeps what was done; a run that dies leaves nothing.
    """
    if output is None:
        yield sys.stdout
        return
    if output.is_dir():
        raise NewsvoiceError("is a folder; name a file", where=str(output))
    if output.exists() and not output.is_file():
        # A device or pipe takes what comes; there is nothing to replace. Its name is a link to no path.
        with output.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    output = output.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise NewsvoiceError(
            f"cannot write ({error.strerror})", where=str(output), advice="name a place you may write to"
        ) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        temporary.chmod(0o644)
        temporary.replace(output)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def printable(text: str) -> str:
    """Plain text without control characters, so that no article can steer a terminal."""
    from newsvoice.text.plain import plain

    return "".join(c if c.isprintable() else " " for c in plain(text))


def console_for(stream: TextIO) -> Any:
    """Return a `rich` console: colours and the true width on a terminal, neither in a file or pipe."""
    from rich.console import Console

    class PipedConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return PipedConsole(file=stream, highlight=False, emoji=False, width=None if stream.isatty() else 110)
