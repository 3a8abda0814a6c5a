"""A trained torch model becomes one ONNX graph of a quarter of its size.

- Word vectors: int8, one scale a word, turned into float after the lookup.
- Trained matrices: int8, one scale for every 64 rows of a column. Written as a float matrix times its scales, which
  every engine can compute; an engine that multiplies whole numbers keeps them so and takes the inputs' scales from
  each token alone (`newsvoice.runtime.backends`).
- The head and all that is no matrix stays float32.

Attention is traced in its plain form: products and a softmax are what engines know how to fuse, not the guards that
torch writes around its fused one.
"""

import copy
import logging
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsvoice.labels import NAMES
from newsvoice.runtime.backends import SCALED_TOGETHER
from newsvoice.runtime.classifier import Classifier, model_inputs
from newsvoice.runtime.exported import GRAPH, WEIGHTS
from newsvoice.runtime.tokens import TOKENIZER

OPSET: Final = 20
OUTPUT: Final = "logits"
LEVELS: Final = 127
# Numbers below this many bytes lie in the graph itself.
INSIDE: Final = 1024


def export(classifier: Classifier, folder: Path) -> None:
    """Write graph, tokenizer and description of `classifier` into an empty or missing folder."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    # The exporters tell at length what they fold and what they miss; a graph that came out wrong fails loudly.
    logging.disable(logging.WARNING)
    try:
        # Beside the graph, weights are mapped into memory where an engine can, not copied.
        onnx.save_model(
            quantise_layers(quantise_lookups(trace(classifier))),
            folder / GRAPH,
            save_as_external_data=True,
            location=WEIGHTS,
            size_threshold=INSIDE,
        )
    finally:
        logging.disable(logging.NOTSET)
    # onnx leaves it to its owner alone.
    (folder / WEIGHTS).chmod(0o644)
    classifier.text_tokenizer.backend.save(str(folder / TOKENIZER))
    classifier.description.save(folder)


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

    plain = copy.deepcopy(classifier.model)
    plain.set_attn_implementation("eager")
    names = [name for name in model_inputs(plain) if name != "attention_mask"]
    longest = classifier.description.window_tokens
    tokens = torch.export.Dim("tokens", min=2, max=longest)
    with warnings.catch_warnings():
        # The exporter calls parts of torch that torch itself deprecates.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            Graph(plain).eval(),
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


def quantise_layers(model: Any) -> Any:
    """Store every matrix that something is multiplied by as int8.

    Each `SCALED_TOGETHER` rows of a column have a scale; where a matrix has no multiple of that, each column has one.
    The head is left as it is.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    multiplied = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    nodes = []
    for tensor in [t for t in graph.initializer if t.name in multiplied and t.data_type == TensorProto.FLOAT]:
        rows, columns = tensor.dims
        if columns <= len(NAMES):
            continue
        name, group = tensor.name, rows if rows % SCALED_TOGETHER else SCALED_TOGETHER
        groups = numpy_helper.to_array(tensor).reshape(rows // group, group, columns)
        scale = np.maximum(np.abs(groups).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / LEVELS
        graph.initializer.remove(tensor)
        graph.initializer.extend(
            numpy_helper.from_array(values, f"{name}.{part}")
            for part, values in (
                ("int8", np.rint(groups / scale).astype(np.int8)),
                ("scale", scale.astype(np.float32)),
                ("shape", np.array([rows, columns])),
            )
        )
        nodes += [
            helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], name=f"{name}.float", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.groups"], name=f"{name}.groups"),
            helper.make_node("Reshape", [f"{name}.groups", f"{name}.shape"], [name], name=name),
        ]
    nodes += graph.node
    del graph.node[:]
    graph.node.extend(nodes)
    return model
