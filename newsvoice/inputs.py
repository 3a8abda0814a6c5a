"""What the command line is given to read: files, folders, globs and tables, as a lazy stream of documents.

Tables are JSON Lines (`.jsonl`, `.ndjson`) and Parquet files with a text column: every row is an article.
They are read piece by piece, so that an archive of any size takes the memory of one piece. Of the names
of files a list is kept: about 200 bytes a file.
"""

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Literal

from newsvoice.documents import (
    FIRST,
    Document,
    OpenTable,
    Position,
    jsonl_documents,
    open_local,
    parquet_documents,
    readable,
    stdin_document,
    stdin_rows,
)
from newsvoice.text.ingest import SUFFIXES

TABLES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
STDIN = Path("-")
# Tables of other programs.
SHEETS = (".csv", ".tsv", ".xls", ".xlsx", ".ods")
# What users reach for and what holds no plain prose, by what to do about it.
ELSEWHERE = {
    "a table; save it as JSON Lines or Parquet, a row an article": SHEETS,
    "one JSON value; write JSON Lines (.jsonl), a row an article": (".json",),
    "a document with layout; save it as plain text or HTML": (".doc", ".docx", ".odt", ".rtf", ".pdf", ".epub"),
    "packed; unpack it first": (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz"),
}

Kind = Literal["article", "jsonl", "parquet", "problem"]


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read (or `-`, standard input). `size` in bytes; a `problem` stands for what cannot be read."""

    path: Path
    name: str
    kind: Kind
    size: int = 0
    modified_ns: int = 0
    problem: str = ""


def is_url(name: str) -> bool:
    """Tell a URL from a path of this machine."""
    return "://" in name


def find_sources(inputs: Sequence[Path], *, text_field: str | None, leave_out: Collection[Path] = ()) -> list[Source]:
    """Return every file that the arguments name, in order; folders and globs in order of name.

    A folder stands for the articles in it, at any depth, hidden ones left out; if it has none, for its
    tables. `leave_out` are resolved paths that no folder or glob yields (an output that lies beside its
    inputs). A file that is named twice is read once. With a `text_field`, standard input holds JSON Lines.
    """
    found = (source for path in inputs for source in _expand(path, leave_out))
    once: dict[Path, Source] = {}
    for source in found:
        once.setdefault(source.path.resolve(), source)
    sources = list(once.values())
    if text_field is not None:
        sources = [replace(s, kind="jsonl") if s.path == STDIN else s for s in sources]
    names = names_of([source.path for source in sources])
    return [replace(source, name=names[source.path]) for source in sources]


def left_out(folder: Path, sources: Sequence[Source], leave_out: Collection[Path] = ()) -> str:
    """Say what lies in a folder that a reader may expect to be read and that is not, or nothing."""
    chosen = {source.path.resolve() for source in sources}
    unread = {*TABLES, *(ending for endings in ELSEWHERE.values() for ending in endings)}
    files = (p for p in _files(folder, leave_out) if p.suffix.lower() in unread and p.resolve() not in chosen)
    counts = Counter(p.suffix.lower() for p in files)
    if not counts:
        return ""
    kinds = ", ".join(f"{count:,} {ending}" for ending, count in sorted(counts.items()))
    return f"{readable(folder)}: not read: {kinds}; name such files themselves"


def read_documents(
    sources: Sequence[Source], *, text_field: str, lines: bool = False, start: Position = FIRST
) -> Iterator[Document]:
    """Yield the documents of all sources in order, from a position on."""
    for number in range(start.source, len(sources)):
        source = sources[number]
        begin = start if number == start.source else Position(number)
        if source.path == STDIN and source.kind == "jsonl":
            yield from stdin_rows(source.name, number=number, text_field=text_field)
        elif source.path == STDIN:
            yield stdin_document(source.name, number=number, lines=lines)
        elif source.kind in ("jsonl", "parquet"):
            yield from table_documents(source, begin=begin, text_field=text_field)
        else:
            yield Document(
                source.name,
                readable(source.path),
                Position(number + 1),
                path=source.path,
                problem=source.problem,
                weight=max(1, source.size),
            )


def table_documents(
    source: Source, *, begin: Position, text_field: str, open_table: OpenTable = open_local
) -> Iterator[Document]:
    """Yield the documents of a table, from a position on."""
    path, name = source.path, source.name
    if source.kind == "jsonl":
        yield from jsonl_documents(path, name, begin=begin, text_field=text_field, open_table=open_table)
    else:
        yield from parquet_documents(
            path, name, begin=begin, text_field=text_field, size=source.size, open_table=open_table
        )


def _expand(path: Path, leave_out: Collection[Path]) -> Iterator[Source]:
    """Yield a file as it is, the files of a folder, or those that a pattern matches."""
    if path.is_dir():
        found = sorted(_files(path, leave_out))
        chosen = [p for p in found if p.suffix.lower() in SUFFIXES] or [p for p in found if p.suffix.lower() in TABLES]
        endings = ", ".join(sorted(SUFFIXES))
        problem = f"no article in this folder; articles end in {endings}, tables in {', '.join(TABLES)}"
    elif path == STDIN or path.exists() or not glob.has_magic(str(path)):
        yield _source(path)
        return
    else:
        matches = map(Path, glob.iglob(str(path), recursive=True))  # noqa: PTH207 - a pattern may be absolute
        chosen = sorted(p for p in matches if p.is_file() and p.resolve() not in leave_out)
        problem = "no file matches this pattern; check the path"
    if not chosen:
        yield Source(path, readable(path), "problem", problem=problem)
    yield from map(_source, chosen)


def is_hidden(path: PurePath) -> bool:
    """Whether a path goes through a hidden file or folder."""
    return any(part.startswith(".") for part in path.parts)


def _files(folder: Path, leave_out: Collection[Path]) -> Iterator[Path]:
    """Yield the files of a folder at any depth; hidden ones, and those of hidden folders, are a program's own."""
    for path in folder.rglob("*"):
        if not is_hidden(path.relative_to(folder)) and path.is_file() and path.resolve() not in leave_out:
            yield path


def _source(path: Path) -> Source:
    kind: Kind = TABLES.get(path.suffix.lower(), "article")  # type: ignore[assignment]
    problem = next((what for what, endings in ELSEWHERE.items() if path.suffix.lower() in endings), "")
    try:
        stat = None if path == STDIN else path.stat()
    except OSError:
        # Reading it will say what is wrong.
        stat = None
    size, modified = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
    return Source(path, path.name, kind, size, modified, problem if stat else "")


def names_of(files: Sequence[Path]) -> dict[Path, str]:
    """Name each file by its stem, or by its path below their common folder where two share a stem."""
    stems = Counter(file.stem for file in files)
    common = Path(os.path.commonpath([file.absolute().parent for file in files])) if files else Path()
    below = {file: file.absolute().relative_to(common) for file in files}
    paths = Counter(path.with_suffix("") for path in below.values())
    names = {}
    for file, path in below.items():
        # a/x.txt and b/x.txt are told apart by folder, x.txt and x.md by their endings.
        unique = path.with_suffix("") if paths[path.with_suffix("")] == 1 else path
        names[file] = readable(file.stem if stems[file.stem] == 1 else unique.as_posix())
    return names | {STDIN: "stdin"}


def describe(sources: Sequence[Source]) -> str:
    """Return in one line what was given to read; it differs when a file is another, or has been changed.

    Files are compared by path, size and time of change, for reading an archive twice takes too long.
    """
    digest = hashlib.sha256()
    for source in sources:
        digest.update(
            f"{source.path.absolute()}\0{source.size}\0{source.modified_ns}\n".encode(errors="surrogateescape")
        )
    size = sum(source.size for source in sources)
    return f"{len(sources)} files, {size:,} bytes, sha256 of their state {digest.hexdigest()[:16]}"
