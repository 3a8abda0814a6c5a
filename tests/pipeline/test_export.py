"""The `export` stage: what it writes, and that it writes the same again."""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from newsvoice.labels import NAMES
from newsvoice.records import write_jsonl
from newsvoice.runtime.backends import SCALED_TOGETHER
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.exported import GRAPH
from newsvoice.runtime.manifest import Manifest, file_hash
from newsvoice.text.segment import from_sentences
from pipeline.export import LEVELS, quantise_layers, quantise_lookups, trace
from pipeline.folders import folder_hash
from pipeline.labelling.label import GOLD, LabelledSentence, with_label
from pipeline.stages.export import main, sections_hash

PARAMS = "finetune:\n  seed: 1\n"


def labelled(*, articles: int) -> list[LabelledSentence]:
    texts = ["the council met the mayor", "she said a fee was to pay", "it was not in the ships"]
    return [
        with_label(sentence, NAMES[number % 3], GOLD, 1.0)
        for article in range(articles)
        for number, sentence in enumerate(from_sentences(texts, article=str(article), paragraphs=[0, 0, 0]))
    ]


@pytest.fixture
def paths(tiny_model: Path, tmp_path: Path) -> argparse.Namespace:
    (tmp_path / "params.yaml").write_text(PARAMS)
    for name, articles in (("train", 12), ("contrast", 2), ("validation", 4)):
        write_jsonl(tmp_path / f"{name}.jsonl", labelled(articles=articles))
    return argparse.Namespace(
        params=tmp_path / "params.yaml",
        train=tmp_path / "train.jsonl",
        contrast=tmp_path / "contrast.jsonl",
        validation=tmp_path / "validation.jsonl",
        model=tiny_model,
        runtime=tmp_path / "runtime",
        metrics=tmp_path / "export.json",
    )


def test_the_stage_exports_and_measures_and_does_so_again_to_the_byte(paths: argparse.Namespace) -> None:
    main(paths)

    metrics = json.loads(paths.metrics.read_text())
    assert metrics["sentences"] == 12
    assert metrics["agreement"] == 1
    assert 0 < metrics["largest_probability_change"] < 0.05
    manifest = Manifest.check(paths.runtime)
    assert manifest.sources == {
        "weights": folder_hash(paths.model),
        "train": file_hash(paths.train),
        "contrast": file_hash(paths.contrast),
        "parameters": sections_hash(yaml.safe_load(PARAMS), "finetune"),
    }
    before = folder_hash(paths.runtime)
    shutil.rmtree(paths.runtime)
    main(paths)
    assert folder_hash(paths.runtime) == before


def test_parameters_count_and_their_layout_does_not() -> None:
    one, same, other = {"a": {"x": 1, "y": 2}, "b": 1}, {"a": {"y": 2, "x": 1}, "b": 9}, {"a": {"x": 1, "y": 3}}

    assert sections_hash(one, "a") == sections_hash(same, "a") != sections_hash(other, "a")


def test_words_keep_their_vectors_to_a_127th_of_their_largest_number(tiny_model: Path) -> None:
    from onnx import numpy_helper

    classifier = Classifier.load(tiny_model)
    words = classifier.model.base_model.embeddings.word_embeddings.weight.detach().numpy()
    stored = {t.name: numpy_helper.to_array(t) for t in quantise_lookups(trace(classifier)).graph.initializer}
    [rows] = [t for name, t in stored.items() if name.endswith(".int8") and t.shape == words.shape]
    [scales] = [t for name, t in stored.items() if name.endswith(".scale") and len(t) == len(words)]

    assert np.abs(rows * scales - words).max() <= np.abs(words).max() / 127
    assert (np.abs(rows * scales - words) <= scales / 2 + 1e-7).all()


def test_matrices_keep_their_numbers_to_half_a_step_of_their_group(tiny_model: Path) -> None:
    from onnx import numpy_helper

    traced = trace(Classifier.load(tiny_model))
    before = {t.name: numpy_helper.to_array(t) for t in traced.graph.initializer}
    stored = {t.name: numpy_helper.to_array(t) for t in quantise_layers(traced).graph.initializer}
    names = [name.removesuffix(".int8") for name in stored if name.endswith(".int8")]

    # Query, key, value, output, and the two of the feed-forward part, of one layer.
    assert len(names) == 6
    for name in names:
        values, scales = stored[f"{name}.int8"], stored[f"{name}.scale"]
        assert values.dtype == np.int8
        error = (values * scales).reshape(before[name].shape) - before[name]
        assert (np.abs(error).reshape(values.shape) <= scales / 2 + 1e-7).all()


def test_rows_in_groups_have_scales_of_their_own() -> None:
    from onnx import TensorProto, helper, numpy_helper

    rows = 2 * SCALED_TOGETHER
    matrix = np.ones((rows, 8), dtype=np.float32)
    matrix[SCALED_TOGETHER:] = 100
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", rows])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(matrix, "w")],
    )
    stored = {t.name: numpy_helper.to_array(t) for t in quantise_layers(helper.make_model(graph)).graph.initializer}

    assert stored["w.scale"].shape == (2, 1, 8)
    assert (stored["w.int8"] == LEVELS).all()


def test_the_head_keeps_its_numbers_and_nothing_follows_what_is_asked_along(tiny_runtime: Path) -> None:
    import onnx

    graph = onnx.load(tiny_runtime / GRAPH).graph
    floats = {tuple(t.dims) for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and len(t.dims) == 2}
    assert {dims for dims in floats if min(dims) > 1} == {(16, len(NAMES))}
    # Scales of inputs are an engine's business, a token each; in the graph they would follow the whole input.
    assert not {node.op_type for node in graph.node} & {"DynamicQuantizeLinear", "QuantizeLinear"}
