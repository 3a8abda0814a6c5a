"""What flows between the stages: frozen records, and JSON Lines in and out.

Offsets are Unicode code points into the article's text as it was read, half-open: for every record
with `start` and `end`, `article.text[start:end]` is the passage.
"""

import dataclasses
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from newsvoice.errors import NewsvoiceError

BlockKind = Literal["headline", "paragraph", "boilerplate"]


@dataclass(frozen=True, slots=True)
class Block:
    """A headline, paragraph or piece of boilerplate: `text[start:end]` of its article."""

    start: int
    end: int
    kind: BlockKind


@dataclass(frozen=True, slots=True)
class Article:
    """A text as it was read, its front matter, and its blocks in reading order, boilerplate included."""

    id: str
    text: str
    blocks: tuple[Block, ...]
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in its place: `article.text[start:end] == text`.

    `index` counts the article's sentences from 0, `paragraph` its blocks of prose from 0 (a headline
    is one). `in_quotation`: most of the letters stand between quotation marks, this sentence's own or
    those of a quotation that began earlier.
    """

    article: str
    index: int
    start: int
    end: int
    text: str
    paragraph: int
    in_quotation: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """A classifier's word on a sentence. `probabilities` are keyed by label name and sum to 1."""

    article: str
    index: int
    start: int
    end: int
    text: str
    label: str
    probabilities: Mapping[str, float]
    in_quotation: bool
    model: str
    truncated: bool = False


Record = TypeVar("Record")


def to_json(record: Any) -> str:
    """Write a dataclass or a plain value as one line of JSON: keys in field order, text unescaped.

    A dataclass's fields that are None are left out.
    """
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        record = dataclasses.asdict(record, dict_factory=_without_none)
    return json.dumps(record, ensure_ascii=False)


def _without_none(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if value is not None}


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `(line number, object)` for every non-empty line of a JSON Lines file.

    Raises `NewsvoiceError` naming file and line for anything that is not a JSON object in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    value = json.loads(line)
                except json.JSONDecodeError as error:
                    raise NewsvoiceError(f"not JSON ({error.msg})", where=f"{path}:{number}") from error
                except (ValueError, RecursionError) as error:
                    # A number of thousands of digits, or brackets nested as deep.
                    raise NewsvoiceError("JSON that cannot be read", where=f"{path}:{number}") from error
                if not isinstance(value, dict):
                    raise NewsvoiceError("not a JSON object", where=f"{path}:{number}")
                yield number, value
    except UnicodeDecodeError as error:
        raise NewsvoiceError("not UTF-8", where=str(path), advice="save the file as UTF-8") from error
    except OSError as error:
        raise NewsvoiceError(f"cannot read ({error.strerror})", where=str(path)) from error


def read_records(path: Path, kind: type[Record]) -> list[Record]:
    """Read a JSON Lines file of one of the project's own records; other keys or missing ones are errors."""
    names = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    records = []
    for number, value in read_jsonl(path):
        if unknown := set(value) - names:
            raise NewsvoiceError(f"unknown field {sorted(unknown)[0]!r}", where=f"{path}:{number}")
        try:
            records.append(kind(**value))
        except TypeError as error:
            raise NewsvoiceError(str(error).split("() ")[-1], where=f"{path}:{number}") from error
    return records


def read_articles(path: Path) -> list[Article]:
    """Read what the ingest stage wrote."""
    articles = []
    for number, value in read_jsonl(path):
        try:
            blocks = tuple(Block(**block) for block in value["blocks"])
            articles.append(Article(**value | {"blocks": blocks}))
        except (KeyError, TypeError) as error:
            raise NewsvoiceError("not an article as `ingest` writes it", where=f"{path}:{number}") from error
    return articles


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: to a temporary neighbour first, then renamed over `path`.

    Raises `NewsvoiceError` when the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise NewsvoiceError(f"cannot write ({error.strerror})", where=str(path)) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise NewsvoiceError(f"cannot write ({error.strerror})", where=str(path)) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_jsonl(path: Path, records: Iterable[Any]) -> None:
    """Write records as JSON Lines, whole or not at all."""
    write_text(path, "".join(to_json(record) + "\n" for record in records))


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, keys in the order given, floats rounded to six digits."""
    write_text(path, json.dumps(rounded(value), ensure_ascii=False, indent=2) + "\n")


def rounded(value: Any, *, digits: int = 6) -> Any:
    """Round every float inside nested mappings and sequences, so that files stay byte-stable."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {key: rounded(inner, digits=digits) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(inner, digits=digits) for inner in value]
    return value
