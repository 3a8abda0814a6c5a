import io
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from newsvoice import documents
from newsvoice.documents import Document, Position, jsonable
from newsvoice.errors import NewsvoiceError
from newsvoice.inputs import describe, find_sources, left_out, read_documents


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*names: str, text: str = "Ships pay.") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def table(name: str, *rows: Any) -> Path:
    path = Path(name)
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def parquet(name: str, rows: list[dict[str, Any]], **options: Any) -> Path:
    import pyarrow
    from pyarrow import parquet as pq

    pq.write_table(pyarrow.Table.from_pylist(rows), name, **options)
    return Path(name)


def read(*paths: Path | str, text_field: str | None = None, start: Position = documents.FIRST) -> list[Document]:
    sources = find_sources([Path(p) for p in paths], text_field=text_field)
    return list(read_documents(sources, text_field=text_field or "text", start=start))


def found(*paths: str, leave_out: list[Path] | None = None) -> list[tuple[str, str]]:
    return [(s.name, s.kind) for s in find_sources(list(map(Path, paths)), text_field=None, leave_out=leave_out or [])]


def test_a_folder_stands_for_its_articles_and_not_for_tables_beside_them() -> None:
    write("in/b.txt", "in/a/c.HTML", "in/labels.jsonl", "in/x.parquet", "in/notes.pdf")
    assert found("in") == [("c", "article"), ("b", "article")]


def test_hidden_files_of_a_folder_are_a_programs_own() -> None:
    write("in/a.txt", "in/.b.txt", "in/.checkpoints/c.txt", ".d/e.txt")
    assert found("in") == [("a", "article")]
    assert found(".d", "in/.b.txt") == [("e", "article"), (".b", "article")]


def test_a_folder_without_articles_stands_for_its_tables() -> None:
    write("in/2.jsonl", "in/1.parquet", "in/sub/3.NDJSON", "in/notes.pdf")
    assert found("in") == [("1", "parquet"), ("2", "jsonl"), ("3", "jsonl")]


def test_an_output_among_its_inputs_is_not_read() -> None:
    write("in/a.jsonl", "in/out.jsonl")
    for named in ("in", "in/*.jsonl"):
        assert found(named, leave_out=[Path("in/out.jsonl").resolve()]) == [("a", "jsonl")]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("in/*.txt", ["a", "b"]),
        ("in/[ab].*", ["a", "b"]),
        ("in/**/*.txt", ["a", "b", "c"]),
        ("in/?/c.txt", ["c"]),
    ],
)
def test_a_pattern_stands_for_the_files_it_matches(pattern: str, names: list[str]) -> None:
    write("in/b.txt", "in/a.txt", "in/d/c.txt")
    assert sorted(name for name, _ in found(pattern)) == names
    assert found(str(Path(pattern).absolute())) == found(pattern)


def test_a_file_whose_name_looks_like_a_pattern_is_a_file() -> None:
    write("a[1].txt", "a1.txt")
    assert found("a[1].txt") == [("a[1]", "article")]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("in/*.md", "no file matches this pattern; check the path"),
        ("empty", "no article in this folder; articles end in .htm, .html, .markdown, .md, .txt, tables in .jsonl"),
        ("gone.jsonl", "no such file; check the path"),
        ("gone.parquet", "no such file; check the path"),
    ],
)
def test_what_is_not_there_is_a_document_with_a_problem(path: str, problem: str) -> None:
    Path("empty").mkdir()
    [document] = read(path)
    assert document.problem.startswith(problem)
    assert document.where == path


def test_rows_of_json_lines_keep_their_other_columns() -> None:
    path = table("news.jsonl", {"id": 7, "text": "Ships pay.", "tags": ["a"]}, "\n", {"text": "Tugs pay."})
    first, second = read(path)

    assert (first.id, first.text, first.columns) == ("news:1", "Ships pay.", {"id": 7, "tags": ["a"]})
    assert (second.id, second.where, second.columns) == ("news:3", "news.jsonl:3", {})
    assert second.after == Position(0, path.stat().st_size, 3)
    assert first.weight == len(json.dumps({"id": 7, "text": "Ships pay.", "tags": ["a"]})) + 1


def test_another_field_may_hold_the_text() -> None:
    [document] = read(table("news.jsonl", {"text": "no", "body": "Ships pay."}), text_field="body")
    assert (document.text, document.columns) == ("Ships pay.", {"text": "no"})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{broken", "not JSON (Expecting property name"),
        ("[1, 2]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('{"body": "x"}', "no field 'text'; name one with --text-field: 'body'"),
        ("{}", "no field 'text'; name one with --text-field: none"),
        ('{"text": null}', "field 'text' is empty"),
        ('{"text": 5}', "field 'text' is not text but int"),
        ('{"text": "half \\ud83d of it"}', "field 'text' holds half a character"),
        (json.dumps({"text": "x" * 5_000_001}), "field 'text' is more than one article (limit 5 million characters)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"text": "x", "n": ' + "9" * 5000 + "}", "not JSON (Exceeds the limit"),
        ("\x00\x00", "not JSON"),
    ],
    ids=lambda value: value[:30],
)
def test_a_bad_line_is_named_and_the_next_is_read(line: str, problem: str) -> None:
    bad, good = read(table("news.jsonl", line + "\n", {"text": "Ships pay."}))

    assert bad.problem.startswith(problem)
    assert (bad.where, bad.text) == ("news.jsonl:1", None)
    assert (good.id, good.problem) == ("news:2", "")


def test_a_bad_line_is_kept_to_be_mended() -> None:
    broken, other = read(table("news.jsonl", "{broken\r\n", {"body": "x"}))
    assert (broken.raw, other.raw) == ("{broken", {"body": "x"})


def test_bytes_that_are_no_text_are_named() -> None:
    Path("news.jsonl").write_bytes(b'\xef\xbb\xbf{"text": "With a mark."}\n{"text": "caf\xe9"}\n{"text": "Ships pay."}')
    first, second, third = read("news.jsonl")

    assert (first.text, third.text) == ("With a mark.", "Ships pay.")
    assert second.problem == "not UTF-8 (byte 0xe9)"


def test_a_line_too_long_for_memory_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONGEST_LINE", 1000)
    long = json.dumps({"text": "x" * 5000}) + "\n"
    exact = json.dumps({"text": "y" * 987}) + "\n"
    assert len(exact) == 1000
    first, second, third, fourth = read(table("news.jsonl", {"text": "a"}, long, exact, {"text": "b"}))

    assert second.problem.startswith("a line of 0 MB is more than one article")
    assert (first.text, third.text, fourth.text) == ("a", "y" * 987, "b")
    assert fourth.id == "news:4"


def test_reading_goes_on_from_any_position() -> None:
    table("a.jsonl", {"text": "One."}, "{broken\n", "\n", {"text": "Two."})
    parquet("b.parquet", [{"text": f"Row {n}."} for n in range(300)], row_group_size=100)
    write("c.txt")
    table("d.jsonl", {"text": "Last."})
    every = read("a.jsonl", "b.parquet", "c.txt", "d.jsonl")

    assert len(every) == 3 + 300 + 1 + 1
    for number in (0, 1, 2, 3, 66, 67, 102, 103, 150, 302, 303, 304):
        start = every[number].after
        assert read("a.jsonl", "b.parquet", "c.txt", "d.jsonl", start=start) == every[number + 1 :]


def test_rows_of_parquet_keep_their_other_columns() -> None:
    rows = [{"text": "Ships pay.", "day": date(2020, 1, 2), "n": 1.5, "raw": b"a\xff"}, {"text": None, "n": None}]
    first, second = read(parquet("news.parquet", rows))

    assert (first.id, first.text) == ("news:1", "Ships pay.")
    assert first.columns == {"day": "2020-01-02", "n": 1.5, "raw": "a\ufffd"}
    assert second.problem == "field 'text' is empty"


def test_a_parquet_file_without_the_column_is_named_once() -> None:
    [document] = read(parquet("news.parquet", [{"body": "x"}, {"body": "y"}]))
    assert document.problem == "no column 'text'; name one with --text-field: body"


@pytest.mark.parametrize("data", [b"", b"PAR1", b"not parquet at all" * 100])
def test_a_broken_parquet_file_is_named_and_the_next_is_read(data: bytes) -> None:
    Path("news.parquet").write_bytes(data)
    write("a.txt")
    bad, good = read("news.parquet", "a.txt")

    assert bad.problem.startswith("not Parquet, or broken (")
    assert good.problem == ""


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet("news.parquet", [{"text": "x"}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(NewsvoiceError, match=r"pip install 'newsvoice\[parquet\]'"):
        read(path)


def test_standard_input_is_json_lines_when_a_field_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'{"body": "Ships pay.", "n": 1}\n{"body": "Tugs pay."}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    first, second = read("-", text_field="body")

    assert (first.id, first.text, first.columns) == ("stdin:1", "Ships pay.", {"n": 1})
    assert second.where == "standard input:2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        ({1: (date(2020, 1, 2), {"a": [b"x"]})}, {"1": ["2020-01-02", {"a": ["x"]}]}),
        (True, True),
        ("\ud83d", "\ud83d"),
    ],
)
def test_every_value_becomes_one_that_json_holds(value: Any, expected: Any) -> None:
    assert jsonable(value) == expected
    json.dumps(jsonable(value), allow_nan=False)


def test_the_description_changes_with_every_file() -> None:
    write("a.txt", "b.txt")
    sources = find_sources([Path("a.txt"), Path("b.txt")], text_field=None)
    first = describe(sources)
    assert first == describe(find_sources([Path("a.txt"), Path("b.txt")], text_field=None))
    assert first.startswith("2 files, 20 bytes, ")
    assert describe(sources[::-1]) != first
    os.utime("a.txt", ns=(1, 1))
    assert describe(find_sources([Path("a.txt"), Path("b.txt")], text_field=None)) != first


def test_a_row_nested_beyond_reason_is_named_and_the_next_is_read() -> None:
    deep = '{"text": "x", "deep": ' + "[" * 700 + "]" * 700 + "}\n"
    bad, good = read(table("news.jsonl", deep, {"text": "Ships pay."}))

    assert (bad.problem, bad.raw) == ("nested too deeply", deep.rstrip())
    assert good.text == "Ships pay."


def test_half_characters_in_names_and_keys_become_marks() -> None:
    Path(os.fsdecode(b"caf\xe9.txt")).write_text("Ships pay.", encoding="utf-8")
    rows = table("news.jsonl", '{"text": "Ships pay.", "\\ud800": 1, "in": {"\\udfff": 2}}\n')
    [article], [row] = read(*Path().glob("*.txt")), read(rows)

    assert (article.id, article.where) == ("caf\ufffd", "caf\ufffd.txt")
    assert row.columns == {"?": 1, "in": {"?": 2}}


@pytest.mark.parametrize(
    ("name", "advice"),
    [("n.csv", "JSON Lines or Parquet"), ("n.JSON", ".jsonl"), ("n.pdf", "plain text"), ("n.txt.gz", "unpack it")],
)
def test_files_that_hold_no_plain_prose_are_named_with_what_to_do(name: str, advice: str) -> None:
    write(name)
    [document] = read(name)

    assert advice in document.problem


def test_a_folder_says_what_in_it_is_not_read() -> None:
    write("in/README.md", "in/1.jsonl", "in/2.jsonl", "in/sub/x.pdf", "in/out.jsonl", "in/plot.png")
    sources = find_sources([Path("in")], text_field=None)

    assert left_out(Path("in"), sources, [Path("in/out.jsonl").resolve()]) == (
        "in: not read: 2 .jsonl, 1 .pdf; name such files themselves"
    )
    write("clean/a.txt")
    assert left_out(Path("clean"), find_sources([Path("clean")], text_field=None)) == ""
