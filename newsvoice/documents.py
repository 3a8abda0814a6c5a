"""One text to label, wherever it stands: a file, a line of JSON, a row of a Parquet file.

A document knows where it came from, for messages, and where reading goes on behind it, so that a long
run can stop anywhere and go on there. What cannot be read is a document too: one with a `problem`.
"""

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from newsvoice.errors import NewsvoiceError
from newsvoice.text.ingest import MAX_BYTES, decode, extract_html

# Bytes of a line beyond which it is skipped, not read: far above the longest article, far below memory.
LONGEST_LINE = 20_000_000
# Rows of a Parquet file that are decoded at a time.
ROWS_AT_A_TIME = 64
# Values nested deeper than this are none that a table holds; what copies them would reach Python's own limit.
DEEPEST = 100
# How a web page begins, behind what may stand before it.
_PAGE = re.compile(
    r"[\ufeff\s]*(?:(?:<\?xml[^>]*>|<!--(?:(?!-->).)*-->)\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_HALF = re.compile("[\\ud800-\\udfff]")
# What pyarrow raises where a value is none of Python's: dates beyond its years, unknown time zones, broken text.
_UNREADABLE = (ValueError, OverflowError, LookupError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading goes on: number of the source, and in a table the byte offset (JSON Lines) and rows read."""

    source: int = 0
    offset: int = 0
    row: int = 0


FIRST = Position()
OpenTable = Callable[[Path], BinaryIO]


@dataclass(frozen=True, slots=True)
class Document:
    """A text to label, or a file to take it from.

    `where` is for messages; `columns` is what else stands in its row; `weight` is its share of the input
    in bytes, for progress; `raw` is what a rejected row looked like.
    """

    id: str
    where: str
    after: Position
    text: str | None = None
    path: Path | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    weight: int = 1
    raw: Any = None


def readable(path: Path | str) -> str:
    """Return a path as text that every output can hold: bytes of its name that are not UTF-8 become a mark."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def open_local(path: Path) -> BinaryIO:
    """Open a file of this machine for reading; tables that lie elsewhere are opened by another `OpenTable`."""
    return path.open("rb")


def jsonl_documents(
    path: Path, name: str, *, begin: Position, text_field: str, open_table: OpenTable = open_local
) -> Iterator[Document]:
    """Yield a document for every line of a JSON Lines file, from a position on; empty lines are none."""
    try:
        with open_table(path) as stream:
            stream.seek(begin.offset)
            yield from _lines(stream, name, where=readable(path), begin=begin, text_field=text_field)
    except OSError as error:
        yield _unreadable(path, name, error, number=begin.source)


def stdin_document(name: str, *, number: int, lines: bool) -> Document:
    """Read standard input as one article, a web page by its first characters, or as lines of any number of them."""
    where, after = "standard input", Position(number + 1)
    data = sys.stdin.buffer.read() if lines else sys.stdin.buffer.read(MAX_BYTES + 1)
    if not lines and len(data) > MAX_BYTES:
        problem = f"more than one article (limit {MAX_BYTES / 1e6:.0f} MB); split it"
        return Document(name, where, after, problem=problem)
    try:
        text = decode(data, where=where)
        if not lines and _is_row(text):
            advice = "name the field that holds the text: --text-field NAME"
            raise NewsvoiceError("rows of JSON, not an article", where=where, advice=advice)
        if not lines and _PAGE.match(text):
            text = extract_html(text, where=where)
        return Document(name, where, after, text=text, weight=max(1, len(data)))
    except NewsvoiceError as error:
        return Document(name, where, after, problem=f"{error.what}; {error.advice}")


def _is_row(text: str) -> bool:
    try:
        return text.startswith("{") and isinstance(json.loads(text.partition("\n")[0]), dict)
    except (ValueError, RecursionError):
        return False


def stdin_rows(name: str, *, number: int, text_field: str) -> Iterator[Document]:
    """Yield a document for every line of JSON on standard input."""
    begin = Position(number)
    yield from _lines(sys.stdin.buffer, name, where="standard input", begin=begin, text_field=text_field)


def _lines(stream: BinaryIO, name: str, *, where: str, begin: Position, text_field: str) -> Iterator[Document]:
    offset, row = begin.offset, begin.row
    while line := stream.readline(LONGEST_LINE):
        row += 1
        size, whole = len(line), True
        while not line.endswith(b"\n") and len(line) == LONGEST_LINE:
            line = stream.readline(LONGEST_LINE)
            size, whole = size + len(line), False
        offset += size
        if whole and not line.strip():
            continue
        after = Position(begin.source, offset, row)
        place = f"{where}:{row}"
        if not whole:
            problem = f"a line of {size / 1e6:.0f} MB is more than one article (limit {LONGEST_LINE / 1e6:.0f} MB)"
            yield Document(f"{name}:{row}", place, after, problem=problem, weight=size)
            continue
        yield _of_line(line, f"{name}:{row}", place, after, text_field=text_field)


def _of_line(line: bytes, article_id: str, where: str, after: Position, *, text_field: str) -> Document:
    text: str | None = None
    columns: dict[str, Any] = {}
    raw: Any = line.decode("utf-8", errors="replace").rstrip("\r\n")
    try:
        value = json.loads(line.decode("utf-8-sig"))
        text, columns, problem = split_row(value, text_field=text_field)
        raw = jsonable(value) if problem else None
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 (byte 0x{line[error.start]:02x})"
    except RecursionError:
        text, problem = None, "nested too deeply"
    except ValueError as error:
        problem = f"not JSON ({getattr(error, 'msg', None) or str(error).partition(chr(10))[0]})"
    return Document(
        article_id,
        where,
        after,
        text=text,
        columns=columns,
        problem=problem,
        weight=len(line),
        raw=raw,
    )


def parquet_documents(
    path: Path, name: str, *, begin: Position, text_field: str, size: int, open_table: OpenTable = open_local
) -> Iterator[Document]:
    """Yield a document for every row of a Parquet file (extra `[parquet]`), from a position on."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise NewsvoiceError(
            "reading Parquet needs pyarrow", where=readable(path), advice="pip install 'newsvoice[parquet]'"
        ) from None
    row = 0
    try:
        with open_table(path) as stream, parquet.ParquetFile(stream) as file:
            if text_field not in file.schema_arrow.names:
                known = ", ".join(file.schema_arrow.names)
                raise NewsvoiceError(f"no column {text_field!r}", advice=f"name one with --text-field: {known}")
            weight = max(1, size // max(1, file.metadata.num_rows))
            for group in range(file.metadata.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if row + rows <= begin.row:
                    row += rows
                    continue
                for batch in file.iter_batches(ROWS_AT_A_TIME, row_groups=[group]):
                    for value, unread in _values(batch) if row + len(batch) > begin.row else [({}, "")] * len(batch):
                        row += 1
                        if row <= begin.row:
                            continue
                        text, columns, problem = split_row(value, text_field=text_field)
                        problem = unread or problem
                        yield Document(
                            f"{name}:{row}",
                            f"{readable(path)}:{row}",
                            Position(begin.source, 0, row),
                            text=text,
                            columns=columns,
                            problem=problem,
                            weight=weight,
                            raw=jsonable(value) if problem else None,
                        )
    except (OSError, pyarrow.ArrowException, NewsvoiceError) as error:
        yield _unreadable(path, name, error, number=begin.source)


def _values(batch: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each row of a batch, and why it cannot be read, if so; what Python has no value for is kept as text."""
    try:
        yield from ((row, "") for row in batch.to_pylist())
    except _UNREADABLE:
        for number in range(len(batch)):
            row, reasons = {}, []
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                row[name], reason = _value(column[number])
                reasons += [f"field {name!r} cannot be read ({reason})"] if reason else []
            yield row, "; ".join(reasons)


def _value(scalar: Any) -> tuple[Any, str]:
    """Return a value of Arrow's as Python's, and why it is not what stood there: text that is not UTF-8."""
    try:
        return scalar.as_py(), ""
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0]
    try:
        return scalar.cast("string").as_py(), ""
    except _UNREADABLE:
        held = scalar.as_buffer() if hasattr(scalar, "as_buffer") else None
        return None if held is None else held.to_pybytes().decode("utf-8", errors="replace"), reason


def split_row(value: Any, *, text_field: str) -> tuple[str | None, dict[str, Any], str]:
    """Part a row into its text and its other columns; the third value says why that cannot be done."""
    if not isinstance(value, dict):
        return None, {}, "not a JSON object"
    if text_field not in value:
        known = ", ".join(map(repr, list(value)[:8])) or "none"
        return None, {}, f"no field {text_field!r}; name one with --text-field: {known}"
    text = value[text_field]
    if text is None:
        return None, {}, f"field {text_field!r} is empty"
    if not isinstance(text, str):
        return None, {}, f"field {text_field!r} is not text but {type(text).__name__}"
    if len(text) > MAX_BYTES:
        return (
            None,
            {},
            f"field {text_field!r} is more than one article (limit {MAX_BYTES / 1e6:.0f} million characters)",
        )
    if half_character(text):
        return None, {}, f"field {text_field!r} holds half a character (a lone surrogate)"
    return text, {_whole(key): jsonable(other) for key, other in value.items() if key != text_field}, ""


def half_character(text: str) -> bool:
    """Whether a text holds a lone surrogate, which is no character and which no tokenizer reads."""
    return _HALF.search(text) is not None


def jsonable(value: Any, *, depth: int = 0) -> Any:
    """Return a value that JSON can hold: dates and the like as text, NaN and infinity as null.

    Raises `RecursionError` for one that is nested deeper than `DEEPEST`.
    """
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Mapping):
        return {_whole(str(key)): jsonable(inner, depth=depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(inner, depth=depth + 1) for inner in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _whole(name: str) -> str:
    """Return a column's name with a mark for every half character, of which no table could be made."""
    return name.encode("utf-8", errors="replace").decode()


def _unreadable(path: Path, name: str, error: Exception, *, number: int) -> Document:
    if isinstance(error, FileNotFoundError):
        problem = "no such file; check the path"
    elif isinstance(error, NewsvoiceError):
        problem = str(error)
    elif isinstance(error, OSError) and error.strerror:
        problem = f"cannot read ({error.strerror})"
    else:
        problem = f"not Parquet, or broken ({str(error).partition(chr(10))[0]})"
    return Document(name, readable(path), Position(number + 1), problem=problem)
