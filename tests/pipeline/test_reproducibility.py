import copy
from typing import Any

import pytest
import torch

from pipeline.processor import processor_type
from pipeline.reproducibility import differing_metrics, verdict

SIDE: dict[str, Any] = {
    "lock": {
        "stages": {
            "split": {"outs": [{"path": "data/splits", "md5": "aa"}]},
            "finetune": {"outs": [{"path": "models/classifier", "md5": "bb"}]},
            "predict@tfidf": {"outs": [{"path": "data/predictions/tfidf", "md5": "cc"}]},
        }
    },
    "metrics": {"tfidf": {"macro_f1": 0.75, "right_in_rain": 9}, "classifier": {"macro_f1": 0.88}},
    "processor": {"architecture": "x86_64", "threads": 2},
}
OTHER_PROCESSOR = {"architecture": "aarch64", "threads": 2}


def side(*, stage: str = "", macro_f1: float = 0.88, processor: dict[str, Any] | None = None) -> dict[str, Any]:
    """A run like `SIDE` but for what is named."""
    changed = copy.deepcopy(SIDE)
    if stage:
        changed["lock"]["stages"][stage]["outs"][0]["md5"] = "ff"
    changed["metrics"]["classifier"]["macro_f1"] = macro_f1
    changed["processor"] = processor or SIDE["processor"]
    return changed


def test_the_same_run_on_the_same_processor_agrees() -> None:
    broken, compared = verdict(SIDE, side())
    assert broken == []
    assert compared == "same processor type: every stage byte for byte"


@pytest.mark.parametrize("stage", ["split", "finetune", "predict@tfidf"])
def test_on_the_same_processor_every_stage_must_reproduce(stage: str) -> None:
    assert verdict(SIDE, side(stage=stage))[0] == [f"stage {stage} does not reproduce"]


@pytest.mark.parametrize("macro_f1", [0.88, 0.851, 0.909])
def test_on_another_processor_models_may_differ_as_far_as_metrics_are_near(macro_f1: float) -> None:
    present = side(stage="finetune", macro_f1=macro_f1, processor=OTHER_PROCESSOR)
    broken, compared = verdict(SIDE, present)
    assert broken == []
    assert compared == "another processor type: data byte for byte, metrics within 0.03"


@pytest.mark.parametrize("macro_f1", [0.84, 0.92])
def test_on_another_processor_metrics_must_be_near(macro_f1: float) -> None:
    present = side(stage="finetune", macro_f1=macro_f1, processor=OTHER_PROCESSOR)
    assert verdict(SIDE, present)[0] == [f"classifier.macro_f1: 0.8800 against {macro_f1:.4f}"]
    assert verdict(SIDE, present, tolerance=0.05)[0] == []


def test_data_must_reproduce_on_any_processor() -> None:
    present = side(stage="split", processor=OTHER_PROCESSOR)
    assert verdict(SIDE, present)[0] == ["stage split does not reproduce"]


@pytest.mark.parametrize("drop", ["committed", "present"])
def test_a_stage_that_only_one_side_has_does_not_reproduce(drop: str) -> None:
    sides = {"committed": side(), "present": side()}
    del sides[drop]["lock"]["stages"]["finetune"]
    assert verdict(**sides)[0] == ["stage finetune does not reproduce"]


def test_a_metric_that_only_one_side_has_differs() -> None:
    found = differing_metrics({"m": {"a": 0.5}}, {"m": {"b": 0.5}}, tolerance=1.0)
    assert found == ["m.a: 0.5 against None", "m.b: None against 0.5"]


def test_counts_are_not_held_to_the_scores_tolerance() -> None:
    assert differing_metrics({"m": {"right_in_rain": 9}}, {"m": {"right_in_rain": 12}}, tolerance=0.03) == []


def test_an_accelerator_belongs_to_the_type_of_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"the {device} device")

    assert processor_type(threads=2, device="cuda")["accelerator"] == "the cuda device"
    assert "accelerator" not in processor_type(threads=2)
