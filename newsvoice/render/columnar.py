"""Records as a Parquet file (extra `[parquet]`), made of JSON Lines in two passes and constant memory.

The first pass learns the types: what stands in other columns is known only when all of it was seen. A
column of lists or objects, or of values without a common type, holds JSON. Probabilities, counts and shares get
columns of their own, as in CSV; `columns` is a struct.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from newsvoice.documents import half_character
from newsvoice.errors import NewsvoiceError
from newsvoice.render.rows import dumps, flattened

# Records a row group: some 50 MB of text.
GROUP = 50_000
_LARGEST = 2**63
# From here on a float no longer tells one whole number from the next.
_EXACT = 2**53
_WORDS, _COLUMNS = "words", "columns"


def write_parquet(lines: Path, target: Path, *, columns: Mapping[str, str] | None = None) -> None:
    """Write the records of a JSON Lines file as Parquet. Raises `NewsvoiceError` without pyarrow.

    `columns` are the kinds of the other columns as `learn_kinds` found them, where the file is a part of a
    whole whose parts have one schema; without it they are learned from the file.
    """
    arrow, parquet = require_pyarrow(target)
    fields: dict[str, str] = {}
    others: dict[str, str] = dict(columns or {})
    for record in _read(lines):
        own = record.pop(_COLUMNS, {})
        if columns is None:
            learn_kinds(others, own)
        words = {_WORDS: "words"} if record.pop(_WORDS, None) is not None else {}
        learn_kinds(fields, record)
        fields |= words
    types = {
        "null": arrow.string(),
        "bool": arrow.bool_(),
        "int": arrow.int64(),
        "long": arrow.int64(),
        "float": arrow.float64(),
        "text": arrow.string(),
        "json": arrow.string(),
        "words": arrow.list_(
            arrow.struct([("start", arrow.int64()), ("end", arrow.int64()), ("weight", arrow.float64())])
        ),
    }
    typed = [(name, types[kind]) for name, kind in fields.items()]
    if others:
        typed.append((_COLUMNS, arrow.struct([(name, types[kind]) for name, kind in others.items()])))
    schema = arrow.schema(typed)
    records = _read(lines)
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        while group := list(islice(records, GROUP)):
            rows = [_row(record, others) for record in group]
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))


def learn_kinds(kinds: dict[str, str], values: Mapping[str, Any]) -> None:
    """Widen the kind of each field so far, so that it holds this record's values, too."""
    for name, value in values.items():
        kinds[name] = common_kind(kinds.get(name, "null"), _kind(value))


def require_pyarrow(place: Path) -> tuple[Any, Any]:
    """Return the modules `pyarrow` and `pyarrow.parquet`, or say how to get them."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise NewsvoiceError(
            "Parquet needs pyarrow", where=str(place), advice="pip install 'newsvoice[parquet]'"
        ) from None
    return pyarrow, parquet


def _read(lines: Path) -> Iterator[dict[str, Any]]:
    with lines.open(encoding="utf-8") as stream:
        for line in stream:
            yield flattened(json.loads(line))


def _row(record: dict[str, Any], others: Mapping[str, str]) -> dict[str, Any]:
    if others:
        own = record.get(_COLUMNS, {})
        record[_COLUMNS] = {name: _cell(own.get(name), kind) for name, kind in others.items()}
    return record


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "json":
        return dumps(value)
    return float(value) if kind == "float" else value


def _kind(value: Any) -> str:
    """Name the type that holds a value: half a character, like a number too large, is held by JSON alone."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if abs(value) <= _EXACT:
            return "int"
        return "long" if -_LARGEST <= value < _LARGEST else "json"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str) and not half_character(value):
        return "text"
    return "json"


def common_kind(first: str, second: str) -> str:
    """Return the kind that holds values of both."""
    if first == second or second == "null":
        return first
    if first == "null":
        return second
    numbers = {frozenset({"int", "float"}): "float", frozenset({"int", "long"}): "long"}
    return numbers.get(frozenset({first, second}), "json")
