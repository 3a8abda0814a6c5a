from pathlib import Path

import pytest

from newsvoice.errors import NewsvoiceError

pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")

from newsvoice.stores import Place, find_tables


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    for name in ("2025/a.jsonl", "2025/b.parquet", "2026/a.jsonl", "2026/notes.txt", "2026/deep/c.ndjson"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    return tmp_path


def found(*inputs: str) -> list[tuple[int, str, str]]:
    return [(place, source.name, source.kind) for place, source in find_tables(inputs)[1]]


@pytest.mark.parametrize("scheme", ["", "file://", "local://"], ids=["path", "pyarrow", "fsspec"])
def test_folders_patterns_and_files(tables: Path, scheme: str) -> None:
    place = f"{scheme}{tables}"

    assert found(f"{place}/2026") == [(0, "a", "jsonl"), (0, "c", "jsonl")]
    assert found(f"{place}/*/[ab].*") == [(0, "2025/a", "jsonl"), (0, "b", "parquet"), (0, "2026/a", "jsonl")]
    assert found(f"{place}/2025/b.parquet", f"{place}/2026/a.jsonl") == [(0, "b", "parquet"), (1, "a", "jsonl")]
    [*_, (_, source)] = find_tables([f"{place}/2025/a.jsonl"])[1]
    assert source.size == 3
    with Place.of(place).open(source.path) as stream:
        assert stream.readline(100) == b"{}\n"


def test_hidden_tables_are_left_out_and_none_is_read_twice(tables: Path) -> None:
    (tables / "2025/.old").mkdir()
    (tables / "2025/.old/a.jsonl").write_text("{}\n")
    folder = [(0, "a", "jsonl"), (0, "b", "parquet")]
    assert found(f"{tables}/2025", f"{tables}/2025/a.jsonl", f"file://{tables}/2025/*.parquet") == folder


def test_names_are_those_of_the_local_engine(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from newsvoice.inputs import find_sources

    monkeypatch.chdir(tables)
    for inputs in (["2025", "2026/a.jsonl"], ["2025/a.jsonl"], ["*/a.jsonl"]):
        local = find_sources([Path(name) for name in inputs], text_field=None)
        assert [name for _, name, _ in found(*inputs)] == [source.name for source in local]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("2027.jsonl", r"2027\.jsonl: no such file; check the path"),
        ("2027/*.jsonl", r"2027/\*\.jsonl: no such file"),
        ("2026/notes.txt", r"notes\.txt .*: not a table; a cluster reads \.jsonl, \.ndjson, \.parquet"),
        ("empty", "empty: no table in this folder"),
        ("nowhere://x/y.jsonl", "nowhere://x/y.jsonl: cannot be reached"),
    ],
)
def test_what_is_not_there_is_named(tables: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str) -> None:
    monkeypatch.chdir(tables)
    (tables / "empty").mkdir()

    with pytest.raises(NewsvoiceError, match=message):
        find_tables([name])


def test_files_are_written_into_a_place(tmp_path: Path) -> None:
    place = Place.of(f"file://{tmp_path}/out/")
    place.files.create_dir(place.path)
    place.write("part", b"1")

    assert (tmp_path / "out/part").read_bytes() == b"1"
    assert [Path(info.path).name for info in place.list(place.path, deep=False)] == ["part"]
    assert place.beside("rejected").list(place.beside("rejected").path, deep=True) == []


def test_what_lies_beside_a_place_is_shown_with_the_stores_settings() -> None:
    pyarrow_fs = pytest.importorskip("pyarrow.fs")
    place = Place(pyarrow_fs.LocalFileSystem(), "news/out", "s3://news/out?region=eu-west-1")

    assert place.beside("rejected").path == "news/out.rejected"
    assert place.beside("rejected").shown == "s3://news/out.rejected?region=eu-west-1"
