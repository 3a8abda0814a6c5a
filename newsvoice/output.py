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

FORMATS = ("table", "jsonl", "csv", "html")


class Writer:
    """Writes labelled articles in one of `FORMATS` as they come; a page can only be written whole, by `close`."""

    def __init__(self, form: str, stream: TextIO) -> None:
        self.form, self.stream = form, stream
        self.count = 0
        self._page: list[Labelled] = []

    def write(self, labelled: "Labelled") -> None:
        """Write one article."""
        from newsvoice.render import rows

        if self.form == "table":
            from newsvoice.render.table import legend, print_table

            console = console_for(self.stream)
            if self.count == 0:
                console.print(legend(), "")
            print_table(labelled, console)
        elif self.form == "html":
            self._page.append(labelled)
        elif self.form == "csv":
            self.stream.write((rows.csv_header() if self.count == 0 else "") + rows.csv_rows(labelled))
        else:
            self.stream.write(rows.jsonl(labelled))
        self.count += 1

    def close(self) -> None:
        """Write what could only be written at the end."""
        if self.form == "html":
            from newsvoice.render.html import render

            self.stream.write(render(self._page))
        self.stream.flush()


def format_of(output: Path | None) -> str:
    """Choose a format where the user named none: by the file's ending, else table on a terminal and jsonl in a pipe."""
    if output is None:
        return "table" if sys.stdout.isatty() else "jsonl"
    return {".csv": "csv", ".html": "html", ".htm": "html", ".txt": "table"}.get(output.suffix.lower(), "jsonl")


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
    output = output.resolve()
    if output.exists() and not output.is_file():
        # A device or pipe takes what comes; there is nothing to replace.
        with output.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
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


def console_for(stream: TextIO) -> Any:
    """Return a `rich` console: colours and the true width on a terminal, neither in a file or pipe."""
    from rich.console import Console

    class PipedConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return PipedConsole(file=stream, highlight=False, width=None if stream.isatty() else 110)
