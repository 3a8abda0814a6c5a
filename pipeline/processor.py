"""The processor type that a model's bytes are promised for."""

import platform
from typing import Any

import torch

# What decides which kernels run, and so how sums are rounded.
_ISA = (
    "avx2",
    "avx512_f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_bf16",
    "amx_int8",
    "neon",
    "sve",
    "bf16",
)


def processor_type(*, threads: int, pinned: bool = False, device: str = "cpu") -> dict[str, Any]:
    """Describe what rounding depends on: maker, family and model, instruction sets, threads, torch build.

    On another `device` than the CPU also which it is.

    `pinned`: the process was kept to what all processors of an architecture share (`pipeline.environment`).
    """
    if pinned:
        return {"architecture": platform.machine(), "model": "any", "threads": threads, "torch": torch.__version__}
    capabilities = torch.cpu.get_capabilities()
    accelerator = {} if device == "cpu" else {"accelerator": torch.cuda.get_device_name(device)}
    return {
        "architecture": platform.machine(),
        **_cpuinfo(),
        "instruction_sets": [name for name in _ISA if capabilities.get(name)],
        **accelerator,
        "threads": threads,
        "torch": torch.__version__,
    }


def _cpuinfo() -> dict[str, str]:
    """Vendor, family and model from Linux; elsewhere what Python knows."""
    wanted = {"vendor_id": "vendor", "cpu family": "family", "model": "model"}
    found: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            for line in lines:
                key, _, value = line.partition(":")
                if key.strip() in wanted:
                    found.setdefault(wanted[key.strip()], value.strip())
    except OSError:
        found["model"] = platform.processor()
    return found
