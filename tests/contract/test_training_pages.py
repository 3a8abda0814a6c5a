"""The pages on training say what their records say, and the claims that the project makes hold in them."""

import json
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import sameness, training

ROOT = Path(__file__).parents[2]
PAGES = {training: ("training", "docs/training.md"), sameness: ("sameness", "docs/reproducibility.md")}


def record(module: ModuleType) -> Path:
    return ROOT / "benchmarks/results" / f"{PAGES[module][0]}.json"


@pytest.mark.parametrize("module", PAGES, ids=lambda module: module.__name__)
def test_a_page_is_written_from_its_record(module: ModuleType) -> None:
    if not record(module).exists():
        pytest.skip(f"nothing measured yet: see {module.__name__}")
    found = json.loads(record(module).read_text(encoding="utf-8"))
    assert (ROOT / PAGES[module][1]).read_text(encoding="utf-8") == module.page(found), "stale"


@pytest.mark.skipif(not record(sameness).exists(), reason="nothing measured yet: make sameness")
def test_every_reproducible_training_gave_the_same_bytes() -> None:
    rows = json.loads(record(sameness).read_text(encoding="utf-8"))["rows"]
    reproducible = [row for row in rows if row["profile"] == "reproducible"]
    assert len(reproducible) >= 2
    assert [row["machine"] for row in reproducible if not row["same_bytes"]] == []


def test_a_page_claims_another_makers_processor_only_where_one_was_emulated() -> None:
    agreement = {"same_labels": 1.0, "macro_f1_change": 0.0, "largest_probability_change": 0.0}
    row = {
        "profile": "reproducible",
        "machine": "as params.yaml says",
        "train_sentences": 9,
        "seconds": 1.0,
        "emulated": False,
    }
    row |= {"same_bytes": True, **agreement}
    found = {"machine": "M", "torch": "2", "share_of_articles": 0.1, "test_sentences": 9, "rows": [row]}
    found["classifier_sha256"] = "0123456789abcdef"
    found["answers"] = {"runtime": [{"machine": "ONNX Runtime, f32", **agreement}]}
    assert "no row has measured" in sameness.page(found)
    assert "The model `0123456789ab`" in sameness.page(found)
    assert "| `models/runtime` | ONNX Runtime, f32 | 100.00% | +0.0000 | 0.0000 |" in sameness.page(found)
    emulated = row | {"machine": "`qemu-x86_64 -cpu Haswell`", "emulated": True}
    assert "of another maker they hold." in sameness.page(found | {"rows": [row, emulated]})
    assert "they do not hold." in sameness.page(found | {"rows": [row, emulated | {"same_bytes": False}]})


def test_a_page_says_how_good_trainer_was_only_where_it_was_measured() -> None:
    rates = {training.TRAINER: 10.0, training.OURS: 150.0}
    found = {
        "machine": "M",
        "packages": {"torch": "2"},
        "rounds": 3,
        "sentences": dict.fromkeys(rates, 100),
        "sentences_per_second": rates,
        "ratio": {training.TRAINER: 1.0, training.OURS: 15.0},
        "least_ratio": 14.0,
        "validation_macro_f1": {training.OURS: 0.91},
    }
    assert "| transformers.Trainer, defaults | 10 | 1.0× | 100 | – |" in training.page(found)
    found["validation_macro_f1"][training.TRAINER] = 0.9
    text = training.page(found | {"trainer_epochs": 3})
    assert "| transformers.Trainer, defaults | 10 | 1.0× | 100 | 0.900 |" in text
    assert "Trainer's after 3 epochs" in text
