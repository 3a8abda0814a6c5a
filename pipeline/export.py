"""A trained torch model becomes one ONNX file of half its size.

- Word vectors: int8, one scale a word, turned into float after the lookup.
- Trained matrices: stored as float16, turned into float32 when the graph is opened, so that every engine computes
  in float32 and answers stay those of the trained model.

int8 products were tried and are faster, but moved more labels than the half per cent that is allowed
(`docs/decisions/0007-runtime.md`).
"""

import logging
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np

from newsvoice.runtime.classifier import Classifier, model_inputs
from newsvoice.runtime.exported import GRAPH
from newsvoice.runtime.tokens import TOKENIZER

OPSET: Final = 20
OUTPUT: Final = "logits"
LEVELS: Final = 127


def export(classifier: Classifier, folder: Path) -> None:
    """Write graph, tokenizer and description of `classifier` into an empty or missing folder."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    # The exporters tell at length what they fold and what they miss; a graph that came out wrong fails loudly.
    logging.disable(logging.WARNING)
    try:
        onnx.save(halve_layers(quantise_lookups(trace(classifier))), folder / GRAPH)
    finally:
        logging.disable(logging.NOTSET)
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

    names = [name for name in model_inputs(classifier.model) if name != "attention_mask"]
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


def halve_layers(model: Any) -> Any:
    """Store every trained matrix as float16, and a cast to float32 in front of what uses it."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    casts = []
    for tensor in [t for t in graph.initializer if len(t.dims) == 2 and t.data_type == TensorProto.FLOAT]:
        name, values = tensor.name, numpy_helper.to_array(tensor)
        # Scales of the lookups are one column wide and stay exact.
        if min(values.shape) == 1:
            continue
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model
