from pathlib import Path

from pipeline.classifiers.registry import MODELS
from pipeline.report.origin import origin, pinned


def test_pins_are_read_from_lock_files() -> None:
    lock = "# comment\ntorch==2.13.0 \\\n    --hash=sha256:ab==cd\nscikit-learn==1.9.0 ; python_version > '3'\n"
    assert pinned(lock) == {"torch": "2.13.0", "scikit-learn": "1.9.0"}


def test_origin_changes_with_data_and_models(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text("{}", encoding="utf-8")
    (tmp_path / "lock.txt").write_text("torch==1.0\nother==2\n", encoding="utf-8")
    for name in MODELS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_bytes(b"1")
    where = {"articles": tmp_path / "articles.jsonl", "models": tmp_path, "locks": [tmp_path / "lock.txt"]}
    before = origin(**where, processor={"vendor": "some"})
    assert before["versions"] == {"torch": "1.0"}
    assert before["processor"] == {"vendor": "some"}
    (tmp_path / MODELS[0] / "weights").write_bytes(b"2")
    (tmp_path / "articles.jsonl").write_text("{} ", encoding="utf-8")
    after = origin(**where, processor={})
    changed = [name for name in MODELS if before["models_sha256"][name] != after["models_sha256"][name]]
    assert changed == [MODELS[0]]
    assert before["articles_sha256"] != after["articles_sha256"]
