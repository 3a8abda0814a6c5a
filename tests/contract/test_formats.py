"""docs/formats.md names every field that a file of this repository has."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOLD = set(re.findall(r"`([^`\s]+)`", (ROOT / "docs/formats.md").read_text(encoding="utf-8")))
# Objects whose keys are names: of labels, models, sets, rules, genres, articles, annotators.
BY_NAME = {
    *("by_label", "by_source", "alpha_by_label", "found_by_label", "by_rule", "kappa", "functions"),
    *("agreement_by_genre", "models", "comparisons", "models_sha256", "given", "contrast", "labels", "sets", "f1"),
}
TWICE = {"slices", "given"}
# `f1_LABEL` and the like, as formats.md writes them.
PATTERNS = {r"f1_[a-z_]+": "f1_LABEL", r"right_in_.*": "right_in_ARTICLE"}
FILES = [*sorted((ROOT / "reports").glob("*.json")), ROOT / "models/processor.json"]


def fields(value: Any, *, names: int = 0) -> Iterator[str]:
    """Yield every key of a record; `names` levels of objects are keyed by names, and theirs are left out."""
    if isinstance(value, list):
        for inner in value:
            yield from fields(inner, names=names)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if names:
                yield from fields(inner, names=names - 1)
            else:
                yield key
                yield from fields(inner, names=2 if key in TWICE else int(key in BY_NAME))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_field_of_a_record_is_explained(file: Path) -> None:
    record = json.loads(file.read_text(encoding="utf-8"))
    levels = {"external.json": 1, "metrics.json": 1, "external_metrics.json": 2}.get(file.name, 0)
    found = set(fields(record, names=levels))
    labels = {"reported_speech", "analysis", "editorial_framing", "none"}
    for pattern, written in PATTERNS.items():
        found = {written if re.fullmatch(pattern, key) and key not in TOLD else key for key in found}
    assert sorted(found - TOLD - labels) == []


def test_every_field_of_raw_data_is_explained() -> None:
    raw = ROOT / "data/raw"
    annotation = next(iter(sorted((raw / "annotations").glob("*.jsonl"))))
    for file in (raw / "contrast.jsonl", annotation):
        line = file.read_text(encoding="utf-8").splitlines()[0]
        assert sorted(set(fields(json.loads(line))) - TOLD) == []
    with (ROOT / "docs/errors.tsv").open(encoding="utf-8") as stream:
        assert set(csv.DictReader(stream, delimiter="\t").fieldnames or ()) <= TOLD


def test_every_file_of_records_is_named() -> None:
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert [file.name for file in FILES if file.name not in text] == []
