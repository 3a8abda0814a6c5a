"""The two engines that can compute the exported graph, and which of them does here.

Both read the same ONNX file. OpenVINO is the faster one where it is installed and runs; ONNX Runtime runs
everywhere. A window is one call, never part of a batch: so an answer cannot depend on what else is asked,
and nothing is padded. Windows share the cores, one thread each.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.encoding import Window

Logits = NDArray[np.floating]
# Names a backend of `BACKENDS`, where the first that works is not wanted.
BACKEND_VARIABLE: Final = "NEWSVOICE_BACKEND"


class Backend(Protocol):
    """Computes a graph. `name` says what does, and its version."""

    name: str

    def run(self, laid: Sequence[Window]) -> list[Logits]:
        """Return `(tokens, 3)` logits of each window, in order."""
        ...


class OpenVino:
    """Intel's runtime, for x86 and Arm. bf16 is not used: what one processor has, another one lacks."""

    def __init__(self, graph: Path, *, threads: int) -> None:
        import openvino

        self._openvino = openvino
        self.name = f"OpenVINO {openvino.__version__.partition('-')[0]}"
        options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
        }
        self._model = openvino.Core().compile_model(graph, "CPU", options)
        self._names = [port.any_name for port in self._model.inputs]
        self._queue = openvino.AsyncInferQueue(self._model, threads)

    def run(self, laid: Sequence[Window]) -> list[Logits]:
        """Return `(tokens, 3)` logits of each window, in order."""
        found: list[Any] = [None] * len(laid)

        def keep(request: Any, number: int) -> None:
            found[number] = request.get_output_tensor().data[0].copy()

        self._queue.set_callback(keep)
        for number, window in enumerate(laid):
            self._queue.start_async(inputs(window, self._names), number)
        self._queue.wait_all()
        return found


class OnnxRuntime:
    """The portable one."""

    def __init__(self, graph: Path, *, threads: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        import onnxruntime

        self.name = f"ONNX Runtime {onnxruntime.__version__}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._names = [port.name for port in self._session.get_inputs()]
        self._pool = ThreadPoolExecutor(threads)

    def run(self, laid: Sequence[Window]) -> list[Logits]:
        """Return `(tokens, 3)` logits of each window, in order."""
        return list(self._pool.map(self._one, laid))

    def _one(self, window: Window) -> Logits:
        [logits] = self._session.run(None, inputs(window, self._names))
        by_token: Logits = logits[0]
        return by_token


def inputs(window: Window, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return a window as `(1, tokens)` arrays, of those inputs that the graph takes."""
    arrays = {"input_ids": window.input_ids, "token_type_ids": window.type_ids}
    return {name: np.array([arrays[name]], dtype=np.int64) for name in names}


BACKENDS: Final[dict[str, Callable[..., Backend]]] = {"openvino": OpenVino, "onnxruntime": OnnxRuntime}


def open_graph(graph: Path) -> Backend:
    """Open a graph with the first backend that is installed and can, or the one that the environment names.

    Raises `NewsvoiceError` with each one's reason when none can.
    """
    wanted = os.environ.get(BACKEND_VARIABLE)
    if wanted and wanted not in BACKENDS:
        raise NewsvoiceError(
            f"unknown backend {wanted!r}", where=BACKEND_VARIABLE, advice=f"known: {', '.join(BACKENDS)}"
        )
    reasons = []
    for name in [wanted] if wanted else BACKENDS:
        try:
            return BACKENDS[name](graph, threads=threads())
        # Each library has error types of its own, and any of them means: not here.
        except Exception as error:
            reasons.append(f"{name}: {str(error).strip().splitlines()[0]}" if str(error).strip() else name)
    raise NewsvoiceError(f"no engine can run the model ({'; '.join(reasons)})", where=str(graph))


def threads() -> int:
    """How many threads to compute with: OMP_NUM_THREADS if it is set, else the cores this process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    if named.isdecimal() and int(named):
        return int(named)
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1
