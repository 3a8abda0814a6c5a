"""How training runs: several processes, a pinned environment, soft labels, a model pulled back, a sudden end."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NOT_PROSE
from newsvoice.records import write_jsonl
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.encoding import DESCRIPTION
from pipeline.classifiers.processes import Processes
from pipeline.classifiers.targets import targets
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.environment import PINNED
from pipeline.labelling.label import CONTEXT, LabelledSentence, with_label
from tests.pipeline.build import A, E, R, labelled, toy_set

ROOT = Path(__file__).parents[2]
WEIGHTS = "model.safetensors"
# Variables of this process that would hide what a test sets.
CLEAN = {name: value for name, value in os.environ.items() if name not in PINNED}


def stage(folder: Path, settings: FinetuneSettings, *more: str) -> list[str]:
    """Write the stage's inputs into `folder` and return its command line; the model goes to `folder/model`."""
    folder.mkdir(exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump({"finetune": settings.model_dump()}), encoding="utf-8")
    for name, sentences in (("train", toy_set()), ("contrast", []), ("validation", toy_set("other"))):
        write_jsonl(folder / f"{name}.jsonl", sentences)
    files = {name: f"{name}.jsonl" for name in ("train", "contrast", "validation")}
    files |= {name: name for name in ("model", "metrics", "curve", "processor", "log")} | {"params": "params.yaml"}
    options = [word for name, file in files.items() for word in (f"--{name}", str(folder / file))]
    return [sys.executable, "-m", "pipeline.stages.finetune", *options, *more]


def run(command: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=CLEAN | variables, capture_output=True, text=True, check=False)


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model" / WEIGHTS).read_bytes()).hexdigest()


def changed(settings: FinetuneSettings, **changes: Any) -> FinetuneSettings:
    return settings.model_copy(update=changes)


# Several processes.


def test_shares_of_a_batch_are_the_batch() -> None:
    rows = {"input_ids": [[1], [2], [3]], "length": [1, 1, 1]}
    shares = [Processes(4, rank).share(rows) for rank in range(4)]
    assert [share["input_ids"] for share in shares] == [[[1]], [[2]], [[3]], []]
    assert Processes(1, 0).share(rows) == rows


def test_two_processes_train_what_one_trains(finetune_settings: FinetuneSettings, tmp_path: Path) -> None:
    models = {}
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        done = run(stage(folder, changed(finetune_settings, processes=processes, epochs=2)))
        assert done.returncode == 0, done.stderr
        models[processes] = load_file(folder / "model" / WEIGHTS)
        models[-processes] = json.loads((folder / "metrics").read_text())
    for name, weights in models[1].items():
        # Attention does not depend on the key's bias: its gradient is rounding alone, and so is where it goes.
        if not name.endswith("key.bias"):
            assert models[2][name] == pytest.approx(weights, abs=2e-4), name
    assert models[-2]["steps"] == models[-1]["steps"]
    assert models[-2]["validation_loss"] == pytest.approx(models[-1]["validation_loss"], abs=1e-3)


# The profile `reproducible`.


def test_bytes_hold_whatever_threads_and_instruction_sets_the_caller_names(
    finetune_settings: FinetuneSettings, tmp_path: Path
) -> None:
    found = {}
    for number, variables in enumerate(
        (
            {"OMP_NUM_THREADS": "1"},
            {"OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "avx512"},
            {"OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
        )
    ):
        folder = tmp_path / str(number)
        settings = changed(finetune_settings, profile="reproducible", threads=number + 1, precision="auto")
        done = run(stage(folder, settings), **variables)
        assert done.returncode == 0, done.stderr
        found[str(variables)] = digest(folder)
        assert json.loads((folder / "processor").read_text())["model"] == "any"
        assert json.loads((folder / "metrics").read_text())["precision"] == "fp32"
    assert len(set(found.values())) == 1, found


def test_a_process_that_was_not_started_for_it_does_not_pretend(finetune_settings: FinetuneSettings) -> None:
    settings = changed(finetune_settings, profile="reproducible")
    with pytest.raises(NewsvoiceError, match=r"^finetune\.profile: this process was not started for it"):
        TransformerClassifier(settings).fit(toy_set(), toy_set("other"))


# What training aims at.


def test_a_target_is_gold_smoothed_and_mixed_with_the_votes() -> None:
    context = with_label(labelled("x", A), NOT_PROSE, CONTEXT, 0.0)
    voted = replace(labelled("x", E, index=1), shares=(0.0, 0.5, 0.5))
    sentences = [labelled("x", R, index=0), voted, context]

    def rows(**how: float) -> list[list[float]]:
        found: list[list[float]] = targets(sentences, **how).tolist()
        return found

    assert rows(smoothing=0.0, soft_share=0.0) == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert rows(smoothing=0.3, soft_share=0.0)[0] == pytest.approx([0.8, 0.1, 0.1])
    assert rows(smoothing=0.0, soft_share=0.4) == [[1, 0, 0], pytest.approx([0, 0.2, 0.8]), [0, 0, 0]]


def test_votes_move_the_model_towards_them_and_count_for_nothing_at_share_zero(
    finetune_settings: FinetuneSettings,
) -> None:
    voted = [replace(s, shares=(0.0, 1.0, 0.0)) for s in toy_set()]

    def mean_analysis(share: float, train: Sequence[LabelledSentence]) -> float:
        settings = changed(finetune_settings, soft_share=share, epochs=3)
        runtime = TransformerClassifier(settings).fit(train, toy_set("other")).runtime
        # Calibration on validation would give the other labels their share back.
        runtime.description = replace(runtime.description, temperature=1.0, offsets={})
        return float(runtime.predict_proba(toy_set("new"))[:, 1].mean())

    assert mean_analysis(0.0, voted) == mean_analysis(0.0, toy_set())
    assert mean_analysis(0.8, voted) > mean_analysis(0.0, toy_set()) + 0.1


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_weights_go_part_of_the_way_and_the_head_all_of_it(
    finetune_settings: FinetuneSettings, tiny_encoder: Path, share: float
) -> None:
    trained, part = (
        TransformerClassifier(changed(finetune_settings, interpolation=how)).fit(toy_set(), toy_set("other")).runtime
        for how in (1.0, share)
    )
    before = load_file(tiny_encoder / WEIGHTS)
    for name, weights in trained.model.base_model.state_dict().items():
        wanted = before[name] + share * (weights.numpy() - before[name])
        assert part.model.base_model.state_dict()[name].numpy() == pytest.approx(wanted, abs=1e-6)
    assert (part.model.classifier.weight == trained.model.classifier.weight).all()
    assert (part.description.temperature == trained.description.temperature) == (share == 1.0)


# A sudden end.


def test_a_killed_training_leaves_nothing_half_that_loads_and_the_next_one_is_whole(
    finetune_settings: FinetuneSettings, tmp_path: Path
) -> None:
    command = stage(tmp_path, finetune_settings)
    started = time.monotonic()
    assert run(command).returncode == 0
    took = time.monotonic() - started
    model = tmp_path / "model"
    whole, answers = digest(tmp_path), Classifier.load(model).predict_proba(toy_set("new"))
    written = (model / WEIGHTS).stat().st_mtime_ns
    random_moment = np.random.default_rng().uniform(0, took)
    moments: dict[str, Callable[[float], bool]] = {
        f"{random_moment:.2f} s": lambda since: time.monotonic() - since > random_moment,
        "writing begins": lambda since: not (model / DESCRIPTION).exists(),
        "weights are written": lambda since: (model / WEIGHTS).stat().st_mtime_ns != written,
    }
    for name, has_come in moments.items():
        process = subprocess.Popen(command, cwd=ROOT, env=CLEAN, stderr=subprocess.DEVNULL)
        since = time.monotonic()
        while not has_come(since) and process.poll() is None:
            time.sleep(0.0005)
        process.kill()
        process.wait()
        try:
            left = Classifier.load(model)
        except NewsvoiceError:
            continue
        assert (left.predict_proba(toy_set("new")) == answers).all(), name
    assert run(command).returncode == 0
    assert digest(tmp_path) == whole


def test_weights_without_the_description_that_is_written_last_do_not_load(
    finetune_settings: FinetuneSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = TransformerClassifier(finetune_settings).fit(toy_set(), toy_set("other"))
    classifier.save(tmp_path)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier.runtime.tokenizer, "save_pretrained", interrupted)
    with pytest.raises(KeyboardInterrupt):
        classifier.save(tmp_path)
    with pytest.raises(NewsvoiceError, match="not a newsvoice model"):
        Classifier.load(tmp_path)
