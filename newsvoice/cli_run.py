"""One run of `newsvoice predict`: results from sources to a stream or file, and what is said on the way."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsvoice.errors import NewsvoiceError
from newsvoice.output import GROWING, MOST_NOTES, Writer, destination, format_of, printable

if TYPE_CHECKING:
    from newsvoice.archive import Archive
    from newsvoice.inputs import Source
    from newsvoice.work import LoadEngine, Result, Task


class PartlyDoneError(NewsvoiceError):
    """Some inputs were rejected; the rest is done."""


class TerminatedError(BaseException):
    """SIGTERM: like Ctrl-C, nothing that catches errors of a document may hold it up."""


def predict_here(
    inputs: tuple[str, ...],
    output: str | None,
    form: str | None,
    task: "Task",
    *,
    text_field: str | None,
    jobs: int,
    resume: bool,
    model: Path | None,
) -> None:
    """Label inputs on this machine, with `jobs` processes (0: one a core).

    Raises `click.UsageError` for what does not go together, `NewsvoiceError` for what the user can mend,
    `PartlyDoneError` if documents were rejected.
    """
    from newsvoice.inputs import find_sources, is_url, left_out

    for name in (*inputs, output or ""):
        if is_url(name):
            raise click.UsageError(f"{name}: object stores are for --engine ray")
    target = None if output in (None, "-") else Path(str(output))
    form = format_of(target, form)
    grows = form in GROWING and target is not None and (target.is_file() or not target.exists() or target.is_dir())
    if form == "parquet" and not grows:
        raise click.UsageError("Parquet cannot be streamed: name a file with --output")
    if task.summary and form == "html":
        raise click.UsageError("--summary has no sentences to colour")
    if resume and not grows:
        raise click.UsageError(f"--resume goes on with a file of records: --output and one of {', '.join(GROWING)}")
    if resume and "-" in inputs:
        raise click.UsageError("--resume cannot read standard input a second time: put it into a file")
    from newsvoice.archive import written
    from newsvoice.engine import load_engine
    from newsvoice.runtime.backends import cores

    own = [] if target is None else written(target) if grows else [target.resolve()]
    sources = find_sources(list(map(Path, inputs)), text_field=text_field, leave_out=own)
    for folder in filter(Path.is_dir, map(Path, inputs)):
        if note := left_out(folder, sources, own):
            click.echo(printable(note), err=True)
    for path in filter(Path.is_file, own):
        if any(_is_file(source, path) for source in sources):
            what = "is an input, too" if path == own[0] else f"is an input, and a file that {target} needs"
            raise NewsvoiceError(what, where=_shown(path), advice="name another output")
    rendered = {"jsonl": "jsonl", "csv": "csv", "parquet": "jsonl"}.get(form, "labelled")
    tables = any(source.kind in ("jsonl", "parquet") for source in sources)
    task = replace(task, form=rendered, columns=tables, text_field=text_field or task.text_field)
    run = Run(sources, task, partial(load_engine, model), jobs=jobs or cores())
    with _sigterm_raises():
        if grows:
            assert target is not None
            run.into_file(target, form, model, resume=resume)
        else:
            run.into_stream(target, form)
    run.conclude(target if grows else None)


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    from newsvoice.documents import readable

    here = Path.cwd()
    return readable(path.relative_to(here) if path.is_relative_to(here) else path)


def _is_file(source: "Source", path: Path) -> bool:
    """Whether a source reads this very file, by whatever name, or from standard input."""
    from newsvoice.inputs import STDIN

    try:
        return os.path.samestat(os.fstat(0) if source.path == STDIN else source.path.stat(), path.stat())
    except OSError:
        return False


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM stop what is done meanwhile as Ctrl-C does. Only a main thread can be told of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(*_: object) -> None:
    # A second one would break into what the first one sets off.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise TerminatedError


class Run:
    """One run over sources: counts, notes and reasons while results pass."""

    def __init__(self, sources: "list[Source]", task: "Task", load: "LoadEngine", *, jobs: int) -> None:
        self.sources, self.task, self.load, self.jobs = sources, task, load, jobs
        self.reasons: list[str] = []
        self.documents = self.articles = self.sentences = self.rejections = 0
        self.notes = self.truncated = self.set_aside = 0

    def into_stream(self, output: Path | None, form: str) -> None:
        """Write results to standard output, or to a file that must be whole."""
        with destination(output) as stream:
            writer = Writer(
                form,
                stream,
                header=self.header(form),
                summary=self.task.summary,
                doubt=self.task.min_confidence > 0,
            )
            # A table that appears article by article is progress enough; a summary comes at the end.
            shown = self.task.summary or not (form == "table" and output is None and sys.stdout.isatty())
            with self.results(show=shown) as results:
                for result in results:
                    self.count(result)
                    writer.write(result)
            if not self.articles:
                # Nothing succeeded: leave no file behind.
                raise NewsvoiceError("\n".join(self.complaints()) or "nothing to label in it")
            writer.close()

    def into_file(self, output: Path, form: str, model: Path | None, *, resume: bool) -> None:
        """Let a file of records grow, from its start or from where an unfinished run stopped."""
        from newsvoice.archive import Archive
        from newsvoice.render.columnar import require_pyarrow, write_parquet

        if form == "parquet":
            require_pyarrow(output)
        archive = Archive(output, self.settings(form, model), resume=resume, header=self.header(form))
        if resume and output.exists() and not archive.resumed:
            click.echo(f"newsvoice: no unfinished run beside {output}; it is labelled anew", err=True)
        with archive, self.keeping(archive):
            state = archive.state
            self.documents, self.articles, self.rejections = state.documents, state.articles, state.rejections
            self.sentences, self.truncated, self.set_aside = state.sentences, state.truncated, state.set_aside
            if not state.finished:
                with self.results(archive=archive) as results:
                    for result in results:
                        self.count(result)
                        archive.write(result)
            archive.finish(write_parquet if form == "parquet" else None)
        if not self.articles:
            more = [f"see {archive.rejected.name}"] if self.rejections > MOST_NOTES else []
            raise NewsvoiceError("\n".join([*self.complaints(), *more]) or "nothing to label in it")

    @contextmanager
    def keeping(self, archive: "Archive") -> Iterator[None]:
        """Say what a run that stops leaves behind."""
        try:
            yield
        except BaseException:
            if archive.kept:
                safe = f"{archive.state.articles:,} articles are safe in {archive.part.name}"
                click.echo(f"newsvoice: {safe}; add --resume to go on", err=True)
            raise

    @contextmanager
    def results(self, *, archive: "Archive | None" = None, show: bool = True) -> "Iterator[Iterator[Result]]":
        """Give the results of all sources, with a bar on standard error when a person waits for many."""
        from contextlib import closing

        from newsvoice.documents import FIRST
        from newsvoice.inputs import STDIN, read_documents
        from newsvoice.progress import progress
        from newsvoice.work import chunks
        from newsvoice.workers import label_chunks

        start = archive.state.position if archive else FIRST
        documents = read_documents(self.sources, text_field=self.task.text_field, lines=self.task.lines, start=start)
        results = label_chunks(
            chunks(documents, explain=self.task.explain), load=self.load, task=self.task, jobs=self.jobs
        )
        many = len(self.sources) > 1 or self.task.columns or self.task.lines or self.task.explain
        # How long standard input is, nobody knows before its end.
        known = all(source.path != STDIN for source in self.sources)
        total = sum(max(1, source.size) for source in self.sources) if known else None
        done = archive.state.weight if archive else 0
        # Closing the generator ends the worker processes, whatever happened.
        with (
            closing(results),
            progress(total, done=done, show=show and many and sys.stderr.isatty()) as advance,
        ):
            yield self._watched(results, advance)

    def _watched(self, results: "Iterator[Result]", advance: "Callable[[int, int], None]") -> "Iterator[Result]":
        for result in results:
            yield result
            advance(result.weight, result.sentences)

    def count(self, result: "Result") -> None:
        """Keep count, print the first notes, keep the first reasons."""
        self.documents += result.documents
        self.articles += result.articles
        self.sentences += result.sentences
        self.truncated += result.truncated
        self.set_aside += result.set_aside
        self.rejections += len(result.rejected)
        room = MOST_NOTES - len(self.reasons)
        self.reasons += [printable(f"{r.where}: {r.reason}") for r in result.rejected[: max(0, room)]]
        for note in result.notes[: max(0, MOST_NOTES - self.notes)]:
            click.echo(printable(note), err=True)
        self.notes += len(result.notes)

    def complaints(self) -> list[str]:
        """Return the first reasons why documents were rejected, and how many more there are."""
        more = self.rejections - len(self.reasons)
        return [*self.reasons, *([f"… and {more:,} more"] if more > 0 else [])]

    def conclude(self, output: Path | None) -> None:
        """Say what was left out; raise `PartlyDoneError` if documents were rejected."""
        if self.notes > MOST_NOTES:
            aside, cut = f"{self.set_aside:,} passages set aside", f"{self.truncated:,} sentences read in part"
            click.echo(f"… in all {aside}, {cut}", err=True)
        if output is not None and sys.stderr.isatty():
            articles = "article" if self.articles == 1 else "articles"
            click.echo(f"{self.sentences:,} sentences of {self.articles:,} {articles}: {output}", err=True)
        if self.rejections:
            from newsvoice.archive import rejected_path

            where = f"; see {rejected_path(output).name}" if output else ""
            failed = f"{self.rejections:,} of {self.documents:,} inputs failed; the rest is done{where}"
            raise PartlyDoneError("\n".join([*self.complaints(), failed]))

    def header(self, form: str) -> str:
        """Return the first line of a CSV file."""
        from newsvoice.render.rows import csv_fields, csv_header

        task = self.task
        fields = csv_fields(summary=task.summary, words=task.explain, columns=task.columns)
        return csv_header(fields) if form == "csv" else ""

    def settings(self, form: str, model: Path | None) -> dict[str, Any]:
        """Return all that decides the output, by name: an unfinished run is resumed with the same alone."""
        from importlib.metadata import version

        from newsvoice.engine import find_model
        from newsvoice.inputs import describe
        from newsvoice.runtime.manifest import file_hash
        from newsvoice.text.segment import SEGMENTER_VERSION

        return {
            "format": form,
            "inputs": describe(self.sources),
            "text field": self.task.text_field,
            "lines": self.task.lines,
            "min confidence": self.task.min_confidence,
            "explain": self.task.explain,
            "summary": self.task.summary,
            "model": file_hash(find_model(model)),
            "newsvoice": version("newsvoice"),
            "splitter": SEGMENTER_VERSION,
        }
