"""The exported model: what it answers, beside the torch model it was made from, and what it refuses."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from newsvoice.engine import load_engine
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Sentence
from newsvoice.runtime import backends
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.exported import GRAPH, ExportedModel
from newsvoice.runtime.manifest import MANIFEST, Manifest
from newsvoice.text.segment import from_sentences

TEXTS = (
    "The council met.",
    "“We pay for it all,” he said.",
    "It was, by all accounts, a long and sad day on the pier.",
    "No.",
    "Ships that call at the old pier pay a fee to the council, and they pay it twice in a year of storms.",
    "She left.",
)


def article(*texts: str, name: str = "a") -> list[Sentence]:
    return from_sentences(list(texts or TEXTS), article=name, paragraphs=[0] * len(texts or TEXTS))


@pytest.fixture(params=list(backends.BACKENDS))
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(backends.BACKEND_VARIABLE, request.param)
    return str(request.param)


@pytest.fixture
def exported(tiny_runtime: Path, backend: str) -> ExportedModel:
    return ExportedModel.load(tiny_runtime)


@pytest.fixture
def runtime_copy(tiny_runtime: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_runtime, tmp_path / "copy"))


def test_it_answers_as_the_model_it_was_made_from(exported: ExportedModel, tiny_model: Path) -> None:
    torch_model = Classifier.load(tiny_model)
    difference = np.abs(exported.predict_proba(article()) - torch_model.predict_proba(article()))

    # Eight bits are not 32: the tiny model's layers of 16 columns round coarsely.
    assert 0 < difference.max() < 0.05
    named = f"{torch_model.description.name}@{'0' * 12}"
    assert exported.description == replace(torch_model.description, name=named)
    assert {prediction.model for prediction in exported.predict(article())} == {named}


def test_windows_that_wait_their_turn_get_the_same_answers(
    exported: ExportedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = [sentence for number in range(9) for sentence in article(name=str(number))]
    at_once = exported.predict_proba(together)
    monkeypatch.setattr(backends, "BEGUN", 2)
    assert (exported.predict_proba(together) == at_once).all()


def test_the_backend_says_its_name(exported: ExportedModel, backend: str) -> None:
    assert exported.backend.name.replace(" ", "").lower().startswith(backend)


def test_what_else_is_asked_changes_no_bit(exported: ExportedModel) -> None:
    articles = [article(*TEXTS[n:], name=str(n)) for n in (0, 3, 5)]
    apart = np.concatenate([exported.predict_proba(sentences) for sentences in articles])

    for _ in range(3):
        assert (exported.predict_proba([s for sentences in articles for s in sentences]) == apart).all()
    assert (exported.predict_proba([s for sentences in articles[::-1] for s in sentences])[:1] == apart[-1:]).all()


def test_no_sentences_give_no_predictions(exported: ExportedModel) -> None:
    assert exported.predict([]) == []
    assert exported.predict_proba([]).shape == (0, len(NAMES))


def test_inputs_of_any_length_are_read(exported: ExportedModel) -> None:
    predictions = exported.predict([*article("No."), *article("the " * 500, name="b")])

    assert [p.truncated for p in predictions] == [False, True]


def test_the_first_backend_that_works_is_taken(tiny_runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(graph: Path, *, threads: int, precision: str | None) -> backends.Backend:
        raise ImportError("No module named 'openvino'")

    monkeypatch.setitem(backends.BACKENDS, "openvino", missing)
    assert ExportedModel.load(tiny_runtime).backend.name.startswith("ONNX Runtime")

    monkeypatch.setitem(backends.BACKENDS, "onnxruntime", missing)
    with pytest.raises(NewsvoiceError, match=r"no engine can run the model \(openvino: No module.*onnxruntime: No"):
        ExportedModel.load(tiny_runtime)


def test_an_unknown_backend_is_refused(tiny_runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.BACKEND_VARIABLE, "abacus")

    with pytest.raises(NewsvoiceError, match="unknown backend 'abacus'; known: openvino, onnxruntime"):
        ExportedModel.load(tiny_runtime)


def test_an_unknown_precision_is_refused(tiny_runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.PRECISION_VARIABLE, "int3")

    with pytest.raises(NewsvoiceError, match="unknown precision 'int3'; known: f32, bf16, int8"):
        ExportedModel.load(tiny_runtime)


def test_the_precision_named_is_the_one_that_computes(tiny_runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for precision in backends.PRECISIONS:
        monkeypatch.setenv(backends.PRECISION_VARIABLE, precision)
        model = ExportedModel.load(tiny_runtime)
        assert model.backend.name.startswith("OpenVINO")
        assert model.backend.name.endswith(precision)
        found[precision] = model.predict_proba(article())

    assert 0 < np.abs(found["f32"] - found["bf16"]).max() < 0.05


def test_threads_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert backends.threads() == 3
    for text in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert backends.threads() >= 1


def test_the_folder_has_what_it_swears_to_and_no_pickle(tiny_runtime: Path) -> None:
    manifest = Manifest.check(tiny_runtime)

    assert sorted(manifest.files) == ["model.onnx", "newsvoice.json", "tokenizer.json", "weights.bin"]
    assert {path.name for path in tiny_runtime.iterdir()} == {*manifest.files, MANIFEST}
    assert str(Path.cwd()).encode() not in (tiny_runtime / GRAPH).read_bytes()


@pytest.mark.parametrize("name", ["model.onnx", "newsvoice.json", "tokenizer.json", "weights.bin"])
def test_a_changed_or_missing_file_is_refused(runtime_copy: Path, name: str) -> None:
    path = runtime_copy / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(NewsvoiceError, match=f"broken model: {name} is not the file that was exported"):
        ExportedModel.load(runtime_copy)

    path.unlink()
    with pytest.raises(NewsvoiceError, match=f"broken model: {name} is missing"):
        ExportedModel.load(runtime_copy)


def test_a_file_too_many_is_refused(runtime_copy: Path) -> None:
    (runtime_copy / "extra.bin").write_bytes(b"")

    with pytest.raises(NewsvoiceError, match=r"extra\.bin is not in the manifest"):
        ExportedModel.load(runtime_copy)


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"files": 3, "sources": {}}', '{"files": {}, "x": 1}'])
def test_a_broken_manifest_is_refused(runtime_copy: Path, text: str | None) -> None:
    path = runtime_copy / MANIFEST
    path.unlink()
    if text is not None:
        path.write_text(text)

    with pytest.raises(NewsvoiceError, match=r"manifest\.json: not the manifest of a runtime; build one: make repro"):
        ExportedModel.load(runtime_copy)


@pytest.mark.parametrize(("field", "what"), [("segmenter", "splitter"), ("rules", "rules")])
def test_a_model_for_another_splitter_or_other_rules_is_refused(runtime_copy: Path, field: str, what: str) -> None:
    path = runtime_copy / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: "0"}))
    (runtime_copy / MANIFEST).unlink()
    Manifest.write(runtime_copy, {})

    with pytest.raises(NewsvoiceError, match=f"made for {what} 0, this newsvoice has"):
        ExportedModel.load(runtime_copy)


def test_a_missing_folder_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match=r"nowhere: no model here; build one: make repro"):
        ExportedModel.load(tmp_path / "nowhere")


def test_the_folder_decides_the_engine(tiny_model: Path, tiny_runtime: Path) -> None:
    assert isinstance(load_engine(tiny_model), Classifier)
    assert isinstance(load_engine(tiny_runtime), ExportedModel)


def test_labelling_takes_no_torch_no_terminal_and_tells_nobody(tiny_runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "fee.txt").write_text("The council met. He said so.")
    program = """
import sys
from newsvoice.cli import main
main()
strangers = {"torch", "transformers", "sklearn", "onnx", "rich", "openvino.tools.ovc", "openvino_telemetry"}
print(*sorted(strangers & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "predict", tmp_path / "fee.txt", "--format", "jsonl", "--model", tiny_runtime],
        capture_output=True,
        text=True,
        env=os.environ,
        check=True,
    )

    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.split() == []
