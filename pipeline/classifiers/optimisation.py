"""How training steps: precision, seeds, the optimiser and its schedule, the gradient of a batch."""

from typing import Any, Final

import torch

from pipeline.classifiers.batches import batch_loss, learnt
from pipeline.classifiers.processes import Processes

MAX_GRADIENT_NORM: Final = 1.0


def resolve_precision(wanted: str, device: str) -> str:
    """Return `bf16` or `fp32`; `auto` asks the processor whether it multiplies bf16 natively."""
    if wanted != "auto":
        return wanted
    if device == "cpu":
        return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() and _has_native_bf16() else "fp32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp32"


def _has_native_bf16() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16"))


def make_deterministic(*, threads: int, seed: int) -> None:
    """Seed and pin what training draws and adds up."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    # Filling memory that is written anyway only takes time: no kernel here reads it before.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def optimiser_and_schedule(
    model: Any, *, steps: int, learning_rate: float, weight_decay: float, warmup_share: float, reproducible: bool
) -> tuple[Any, Any]:
    """AdamW with decay on matrices alone, a linear warm-up and a linear way down to zero."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    # Of the two only the fused kernel takes square roots by the processor's exact instruction; the other one calls
    # MKL, which starts from an approximation that each maker defines for himself.
    optimiser = torch.optim.AdamW(groups, lr=learning_rate, foreach=not reproducible, fused=reproducible)
    warmup = max(1, round(warmup_share * steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))
    )
    return optimiser, scheduler


def backward(
    model: Any,
    tokenizer: Any,
    rows: dict[str, Any],
    processes: Processes,
    *,
    sharpness: float,
    device: str,
    precision: str,
) -> float:
    """Leave the gradient of a batch's mean loss in the parameters, the same in every process; return that loss.

    `sharpness` pools tokens to sentences, as in `batch_loss`.
    """
    share, sentences = processes.share(rows), learnt(rows)
    loss = torch.zeros((), device=device)
    if share["input_ids"]:
        loss = batch_loss(
            model, share, tokenizer, sharpness=sharpness, sentences=sentences, device=device, precision=precision
        )
        loss.backward()  # type: ignore[no-untyped-call]
    if processes.count > 1:
        trained = [p for p in model.parameters() if p.requires_grad]
        for parameter in trained:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        loss = loss.detach()
        processes.sum([loss, *(p.grad for p in trained if p.grad is not None)])
    return loss.item()


def pull_back(encoder: Any, pretrained: dict[str, torch.Tensor], share: float) -> None:
    """Leave each trained weight `share` of the way from where it was before (WiSE-FT, Wortsman et al. 2022)."""
    with torch.no_grad():
        for name, tensor in encoder.state_dict().items():
            tensor.copy_(torch.lerp(pretrained[name], tensor, share))
