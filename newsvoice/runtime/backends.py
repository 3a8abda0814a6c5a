"""The two engines that can compute the exported graph, and which of them does here.

Both read the same ONNX file. OpenVINO is the faster one where it is installed and runs; ONNX Runtime runs
everywhere. A window is one call, never part of a batch: so an answer cannot depend on what else is asked,
and nothing is padded. Windows share the cores, one thread each.
"""

import os
import sys
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
# One of `PRECISIONS`, where the fastest is not wanted: whole numbers take part in `int8` alone, and only on
# processors that multiply them natively; others compute that as they would without.
PRECISION_VARIABLE: Final = "NEWSVOICE_PRECISION"
PRECISIONS: Final = ("f32", "bf16", "int8")
# Inputs of a product that share a scale, all of one token (an answer does not depend on what else is computed), and
# as many rows of an exported matrix.
SCALED_TOGETHER: Final = 64
# Windows that are under way at once: enough to keep every core busy, and a bound to what lies in memory.
BEGUN: Final = 64
# Plans of execution that OpenVINO keeps, a length of window each: most windows find theirs, in some 12 MB.
PLANS: Final = 64
CONVERTER: Final = "openvino.tools.ovc"


class Backend(Protocol):
    """Computes a graph. `name` says what does, and its version."""

    name: str

    def begin(self, laid: Sequence[Window]) -> Callable[[], list[Logits]]:
        """Begin to compute; what is returned waits for the `(tokens, 3)` logits of each window, in order."""
        ...


class OpenVino:
    """Intel's runtime; it comes with `newsvoice` on x86.

    Multiplies int8 weights by inputs rounded to int8, and the rest in bf16, each where the processor does so natively.
    """

    def __init__(self, graph: Path, *, threads: int, precision: str | None = None) -> None:
        openvino = openvino_alone()
        core = openvino.Core()
        native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precision = precision or "int8"
        whole_numbers = precision == "int8"
        rest = ("bf16" if native else "f32") if whole_numbers else precision
        self.name = f"OpenVINO {openvino.__version__.partition('-')[0]}, {precision}"
        options = {
            "INFERENCE_PRECISION_HINT": rest,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": SCALED_TOGETHER if whole_numbers else 0,
            "NUM_STREAMS": threads,
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
            # Plans kept, one for a length of input: with as many as it likes, memory would grow with every new length.
            "CPU_RUNTIME_CACHE_CAPACITY": PLANS,
        }
        self._model = core.compile_model(graph, "CPU", options)
        self._names = [port.any_name for port in self._model.inputs]

    def begin(self, laid: Sequence[Window]) -> Callable[[], list[Logits]]:
        """Begin to compute; what is returned waits for the `(tokens, 3)` logits of each window, in order."""
        running = self._start(laid[:BEGUN])

        def wait() -> list[Logits]:
            found = _logits(running)
            for first in range(BEGUN, len(laid), BEGUN):
                found += _logits(self._start(laid[first : first + BEGUN]))
            return found

        return wait

    def _start(self, laid: Sequence[Window]) -> list[Any]:
        """Start a request a window; the streams take them in turn."""
        requests = []
        for window in laid:
            request = self._model.create_infer_request()
            request.start_async(inputs(window, self._names))
            requests.append(request)
        return requests


def _logits(requests: Sequence[Any]) -> list[Logits]:
    """Wait for each request and take its answer out."""
    found = []
    for request in requests:
        request.wait()
        found.append(request.get_output_tensor().data[0].copy())
    return found


def openvino_alone() -> Any:
    """Import OpenVINO without its model converter, which labelling never needs.

    The converter reports its import to a server on the internet and keeps a record of it in the home folder.
    OpenVINO goes on without it where it cannot be imported; whoever wants it in this process may import
    `openvino.tools.ovc` afterwards.
    """
    first = "openvino" not in sys.modules
    if first:
        sys.modules[CONVERTER] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        if first:
            del sys.modules[CONVERTER]
    return openvino


class OnnxRuntime:
    """The portable one."""

    def __init__(self, graph: Path, *, threads: int, precision: str | None = None) -> None:
        from concurrent.futures import ThreadPoolExecutor

        import onnxruntime

        if precision not in (None, "f32"):
            raise ValueError("it computes in f32 alone")
        self.name = f"ONNX Runtime {onnxruntime.__version__}, f32"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._names = [port.name for port in self._session.get_inputs()]
        self._pool = ThreadPoolExecutor(threads)

    def begin(self, laid: Sequence[Window]) -> Callable[[], list[Logits]]:
        """Begin to compute; what is returned waits for the `(tokens, 3)` logits of each window, in order."""
        answers = self._pool.map(self._one, laid)
        return lambda: list(answers)

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
    """Open a graph with the first backend that is installed and can, or as the environment names them.

    Raises `NewsvoiceError` with each one's reason when none can.
    """
    wanted = os.environ.get(BACKEND_VARIABLE)
    if wanted and wanted not in BACKENDS:
        raise NewsvoiceError(
            f"unknown backend {wanted!r}", where=BACKEND_VARIABLE, advice=f"known: {', '.join(BACKENDS)}"
        )
    precision = precision_wanted()
    reasons = []
    for name in [wanted] if wanted else BACKENDS:
        try:
            return BACKENDS[name](graph, threads=threads(), precision=precision)
        # Each library has error types of its own, and any of them means: not here.
        except Exception as error:
            reasons.append(f"{name}: {str(error).strip().splitlines()[0]}" if str(error).strip() else name)
    raise NewsvoiceError(f"no engine can run the model ({'; '.join(reasons)})", where=str(graph))


def precision_wanted() -> str | None:
    """Return the precision that the environment names, None where it leaves the choice to the processor."""
    wanted = os.environ.get(PRECISION_VARIABLE) or None
    if wanted and wanted not in PRECISIONS:
        raise NewsvoiceError(
            f"unknown precision {wanted!r}", where=PRECISION_VARIABLE, advice=f"known: {', '.join(PRECISIONS)}"
        )
    return wanted


def threads() -> int:
    """How many threads to compute with: OMP_NUM_THREADS if it is set, else the cores this process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    return int(named) if named.isdecimal() and int(named) else cores()


def cores() -> int:
    """How many cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1
