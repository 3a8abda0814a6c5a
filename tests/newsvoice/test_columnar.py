import json
import sys
from pathlib import Path
from typing import Any

import pytest

from newsvoice.documents import Document, Position
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.render import columnar
from newsvoice.render.columnar import write_parquet
from newsvoice.work import Task, label_chunk
from tests.newsvoice.fake_engine import FakeEngine

pq = pytest.importorskip("pyarrow.parquet")


def records(*columns: dict[str, Any], **task: Any) -> list[dict[str, Any]]:
    documents = [
        Document(f"a:{n}", "a", Position(), text=f"Ship {n} pays. “Tugs do not,” he said.", columns=own)
        for n, own in enumerate(columns)
    ]
    return [json.loads(line) for line in label_chunk(documents, FakeEngine(), Task(**task)).data.splitlines()]


def through_parquet(folder: Path, rows: list[dict[str, Any]]) -> Any:
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_parquet(folder / "in.jsonl", folder / "out.parquet")
    return pq.read_table(folder / "out.parquet")


@pytest.mark.parametrize("group", [1, 3, 50_000])
def test_records_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    monkeypatch.setattr(columnar, "GROUP", group)
    rows = records({"id": 1, "day": "2020"}, {"id": 2, "day": None}, explain=True)
    table = through_parquet(tmp_path, rows)

    assert table.num_rows == 4
    for row, record in zip(table.to_pylist(), rows, strict=True):
        probabilities = record.pop("probabilities")
        assert {name: row.pop(f"p_{name}") for name in NAMES} == probabilities
        assert row == record


def test_summaries_have_a_column_a_count(tmp_path: Path) -> None:
    table = through_parquet(tmp_path, records({}, {}, summary=True))

    assert table.column_names[:2] == ["article", "sentences"]
    assert all({f"n_{name}", f"share_{name}"} <= set(table.column_names) for name in NAMES)
    assert "columns" not in table.column_names


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2], "int64", [1, 2]),
        ([1, 2.5], "double", [1.0, 2.5]),
        ([True, None], "bool", [True, None]),
        (["a", None], "string", ["a", None]),
        ([None, None], "string", [None, None]),
        ([1, "a"], "string", ["1", '"a"']),
        ([True, 1], "string", ["true", "1"]),
        ([{"a": 1}, [2]], "string", ['{"a": 1}', "[2]"]),
        ([1, 2**53 + 1], "int64", [1, 2**53 + 1]),
        ([2**53 + 1, 0.5], "string", [str(2**53 + 1), "0.5"]),
        ([2**70, 1], "string", [str(2**70), "1"]),
        (["\ud83d", "a"], "string", ['"\\ud83d"', '"a"']),
    ],
    ids=str,
)
def test_other_columns_get_the_type_that_holds_them_all(
    tmp_path: Path, values: list[Any], kind: str, expected: list[Any]
) -> None:
    table = through_parquet(tmp_path, records(*({"x": value} for value in values)))
    column = table.column("columns").combine_chunks().field("x")

    assert str(column.type) == kind
    assert column.to_pylist() == [value for value in expected for _ in range(2)]


def test_columns_that_only_some_rows_have_are_empty_in_others(tmp_path: Path) -> None:
    table = through_parquet(tmp_path, records({"a": 1}, {}, {"b": 2}))

    assert table.column("columns").to_pylist()[::2] == [
        {"a": 1, "b": None},
        {"a": None, "b": None},
        {"a": None, "b": 2},
    ]


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NewsvoiceError, match=r"Parquet needs pyarrow; pip install 'newsvoice\[parquet\]'"):
        write_parquet(tmp_path / "in.jsonl", tmp_path / "out.parquet")
