import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.records import (
    Article,
    Block,
    Sentence,
    read_articles,
    read_jsonl,
    read_records,
    rounded,
    to_json,
    write_json,
    write_jsonl,
    write_text,
)

SENTENCE = Sentence(article="a", index=0, start=0, end=10, text="“Café” 東京.", paragraph=0, in_quotation=False)


@dataclasses.dataclass(frozen=True)
class Note:
    name: str
    page: int | None = None
    inner: Any = None


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (Note("a"), '{"name": "a"}'),
        (Note("a", page=0, inner=Note("b")), '{"name": "a", "page": 0, "inner": {"name": "b"}}'),
        (Note("a\nb\u2028c"), '{"name": "a\\nb\u2028c"}'),
        ({"b": None, "a": "é"}, '{"b": null, "a": "é"}'),
        ([1, "x"], '[1, "x"]'),
    ],
)
def test_a_record_is_one_line_of_json(record: Any, line: str) -> None:
    assert to_json(record) == line


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sentences.jsonl"
    records = [SENTENCE, dataclasses.replace(SENTENCE, index=1, text='Two\r\nlines\u2028and "marks".')]

    write_jsonl(path, records)

    assert read_records(path, Sentence) == records
    assert path.read_bytes().count(b"\n") == 2


def test_articles_come_back_with_their_blocks(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    article = Article("a", "Fee\n\nShips pay.", (Block(0, 3, "headline"), Block(5, 15, "paragraph")), {"title": "Fee"})

    write_jsonl(path, [article, dataclasses.replace(article, id="b", meta={})])

    assert read_articles(path) == [article, dataclasses.replace(article, id="b", meta={})]


def test_lines_are_numbered_and_empty_ones_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('\ufeff{"a": 1}\r\n\r\n  \n{"a": 2}'.encode())

    assert list(read_jsonl(path)) == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("a: 1", "not JSON"),
        ('{"n": ' + "9" * 5000 + "}", "JSON that cannot be read"),
        ("[" * 100_000, "JSON that cannot be read"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n' + line)

    with pytest.raises(NewsvoiceError, match=rf"a\.jsonl:3: {message}"):
        list(read_jsonl(path))


@pytest.mark.parametrize(
    ("data", "message"), [("{}\né".encode("latin-1"), "not UTF-8"), (None, r"cannot read \(No such file")]
)
def test_an_unreadable_file_is_named(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "a.jsonl"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(NewsvoiceError, match=rf"a\.jsonl: {message}"):
        list(read_jsonl(path))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match="cannot read"):
        list(read_jsonl(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"), [({"mood": "calm"}, "unknown field 'mood'"), ({"text": ...}, "missing.*'text'")]
)
def test_other_fields_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    value = {k: v for k, v in (dataclasses.asdict(SENTENCE) | change).items() if v is not ...}
    path = tmp_path / "a.jsonl"
    path.write_text(to_json(SENTENCE) + "\n" + json.dumps(value))

    with pytest.raises(NewsvoiceError, match=rf"a\.jsonl:2: .*{message}"):
        read_records(path, Sentence)


@pytest.mark.parametrize(
    "blocks", [[{"start": 0, "end": 3}], [{"start": 0, "end": 3, "kind": "headline", "mood": 1}], None, [3]], ids=str
)
def test_broken_blocks_are_refused(tmp_path: Path, blocks: Any) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "Fee", "blocks": blocks, "meta": {}}))

    with pytest.raises(NewsvoiceError, match=r"a\.jsonl:1: "):
        read_articles(path)


def test_a_file_is_written_as_it_is_with_folders_made(tmp_path: Path) -> None:
    path = tmp_path / "x" / "y" / "a.txt"

    write_text(path, "é\r\n\n")

    assert path.read_bytes() == "é\r\n\n".encode()
    assert names(path.parent) == ["a.txt"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("old")

    with pytest.raises(TypeError):
        write_jsonl(path, [{"a": 1}, {"b": object()}])
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")

    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.jsonl"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NewsvoiceError, match=r"a\.txt: cannot write"):
        write_text(tmp_path / "file" / "a.txt", "new")


def test_a_folder_cannot_be_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(NewsvoiceError, match="cannot write"):
        write_text(tmp_path / "a", "new")

    assert names(tmp_path) == ["a"]


def test_json_keeps_key_order_and_rounds_floats(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1 / 3, "a": [0.1 + 0.2, 2]})

    assert (tmp_path / "a.json").read_text() == '{\n  "b": 0.333333,\n  "a": [\n    0.3,\n    2\n  ]\n}\n'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1 / 3, 0.333333),
        ({"a": (1 / 3, [2 / 3])}, {"a": [0.333333, [0.666667]]}),
        ([1, True, None, "0.3333333333"], [1, True, None, "0.3333333333"]),
    ],
)
def test_floats_are_rounded_at_any_depth(value: Any, expected: Any) -> None:
    assert rounded(value) == expected
