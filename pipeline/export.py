"""A trained torch model becomes one small ONNX file that computes in whole numbers.

- Linear layers: int8 weights, one scale a column; uint8 activations with one fixed scale a tensor, from the
  ranges seen on calibration windows (static quantisation in QDQ form). Scales that follow the input would
  make an answer depend on its neighbours.
- Word vectors: int8, one scale a word, turned into float after the lookup.
- The rest (attention's products, normalisation, the head) stays float32.
"""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import Field

from newsvoice.records import Sentence
from newsvoice.runtime.backends import inputs
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.encoding import Window, tokenize, windows
from newsvoice.runtime.exported import GRAPH
from newsvoice.runtime.tokens import TOKENIZER
from pipeline.config import Settings

OPSET: Final = 20
OUTPUT: Final = "logits"
LEVELS: Final = 127


class ExportSettings(Settings):
    """`calibration_windows` of the training split, drawn with `seed`, give the ranges of activations."""

    calibration_windows: int = Field(ge=8)
    seed: int


def export(classifier: Classifier, train: Sequence[Sentence], settings: ExportSettings, folder: Path) -> None:
    """Write graph, tokenizer and description of `classifier` into an empty or missing folder."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    rows = calibration_rows(classifier, train, settings)
    # The exporters tell at length what they fold and what they miss; a graph that came out wrong fails loudly.
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            plain = Path(scratch) / "float.onnx"
            onnx.save(quantise_lookups(trace(classifier)), plain)
            quantise_layers(plain, folder / GRAPH, rows)
    finally:
        logging.disable(logging.NOTSET)
    classifier.text_tokenizer.backend.save(str(folder / TOKENIZER))
    classifier.description.save(folder)


def calibration_rows(classifier: Classifier, train: Sequence[Sentence], settings: ExportSettings) -> list[Window]:
    """Lay the sentences into windows as in inference, and draw some of them."""
    encoding = classifier.text_tokenizer, classifier.description
    tokens = tokenize(encoding[0], train, window_tokens=encoding[1].window_tokens)
    laid = windows(
        encoding[0],
        train,
        tokens,
        window_tokens=encoding[1].window_tokens,
        context_tokens=encoding[1].context_tokens,
    )
    drawn = np.random.default_rng(settings.seed).permutation(len(laid))[: settings.calibration_windows]
    return [laid[number] for number in sorted(drawn.tolist())]


def trace(classifier: Classifier) -> Any:
    """Return the float32 graph as an `onnx.ModelProto`: `(1, tokens)` ids and types to `(1, tokens, 3)` logits.

    Types are an input where the model takes them. No mask: a window is computed alone, never padded.
    """
    import torch

    class Graph(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(**dict(zip(names, values, strict=True))).logits
            return logits

    names = [name for name in ("input_ids", "token_type_ids") if name in classifier.tokenizer.model_input_names]
    longest = classifier.description.window_tokens
    tokens = torch.export.Dim("tokens", min=2, max=longest)
    with warnings.catch_warnings():
        # The exporter calls parts of torch that torch itself deprecates.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            Graph(classifier.model).eval(),
            tuple(torch.zeros((1, longest - 1), dtype=torch.long) for _ in names),
            input_names=names,
            output_names=[OUTPUT],
            dynamic_shapes=(({1: tokens},) * len(names),),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    return without_traces(program.model_proto)


def without_traces(model: Any) -> Any:
    """Drop what the exporter notes about its own source lines: paths of this machine, and most of the strings."""
    del model.metadata_props[:]
    for part in (*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    return model


def quantise_lookups(model: Any) -> Any:
    """Store every large table that is only looked up in as int8 rows with a scale each."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    tables = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) == 2}
    users = [name for node in graph.node for name in node.input]
    nodes = []
    for node in graph.node:
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or users.count(table.name) > 1 or table.data_type != TensorProto.FLOAT:
            nodes.append(node)
            continue
        values = numpy_helper.to_array(table)
        scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / LEVELS
        name = table.name
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
        index, [output] = node.input[1], node.output
        nodes += [
            helper.make_node("Gather", [f"{name}.int8", index], [f"{output}.int8"], name=f"{node.name}.int8"),
            helper.make_node("Cast", [f"{output}.int8"], [f"{output}.float"], name=f"{node.name}.float", to=1),
            helper.make_node("Gather", [f"{name}.scale", index], [f"{output}.scale"], name=f"{node.name}.scale"),
            helper.make_node("Mul", [f"{output}.float", f"{output}.scale"], [output], name=node.name),
        ]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def quantise_layers(source: Path, target: Path, rows: Sequence[Window]) -> None:
    """Quantise the products with trained matrices, the head's excepted; activations' ranges come from `rows`."""
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    graph = onnx.load(source).graph
    names = [port.name for port in graph.input]

    class Windows(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rows = iter(rows)

        def get_next(self) -> dict[str, Any] | None:
            row = next(self.rows, None)
            return None if row is None else inputs(row, names)

    trained = {tensor.name for tensor in graph.initializer}
    products = [n.name for n in graph.node if n.op_type in ("MatMul", "Gemm") and set(n.input) & trained]
    quantize_static(
        source,
        target,
        Windows(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["MatMul", "Gemm"],
        # The last one is the head: three columns, nothing to gain.
        nodes_to_quantize=products[:-1],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        extra_options={"WeightSymmetric": True, "OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"]},
    )
