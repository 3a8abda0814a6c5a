from pathlib import Path

from pipeline.tables import write_csv


def test_named_fields_are_written_rounded(tmp_path: Path) -> None:
    write_csv(tmp_path / "deep/t.csv", ("a", "b"), [{"a": 1 / 3, "b": 2, "c": "left out"}, {"a": 1.0}])
    assert (tmp_path / "deep/t.csv").read_text(encoding="utf-8") == "a,b\n0.333333,2\n1.0,\n"


def test_without_rows_the_head_stays(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ("a", "b"), [])
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "a,b\n"
