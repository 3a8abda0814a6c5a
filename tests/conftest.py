from pathlib import Path

import pytest

# Letters and marks one by one, so that any English text is words the model knows; a few words whole.
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = (
    *"[PAD] [UNK] [CLS] [SEP] [MASK]".split(),
    *CHARACTERS,
    *(f"##{character}" for character in CHARACTERS),
    *".,!?…:;“”‘’\"'()-–—<>&",
    *"the a of to in on and it is was not we they she he said council mayor fee ship ships pay met".split(),
)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a small BERT with random weights as a model folder: windows of 32 tokens, 12 of context."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizer

    from newsvoice.labels import NAMES
    from newsvoice.runtime.encoding import ModelDescription

    folder = tmp_path_factory.mktemp("tiny") / "classifier"
    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    BertTokenizer(str(vocabulary)).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        # Wide enough that different sentences get visibly different probabilities.
        initializer_range=0.5,
        id2label=dict(enumerate(NAMES)),
        label2id={name: index for index, name in enumerate(NAMES)},
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        BertForTokenClassification(config).save_pretrained(folder)
    description = ModelDescription(
        name="tiny", labels=NAMES, window_tokens=32, context_tokens=12, temperature=1.5, sharpness=2.0
    )
    description.save(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_runtime(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the tiny model as the stage does."""
    from newsvoice.runtime.classifier import Classifier
    from newsvoice.runtime.manifest import Manifest
    from pipeline.export import export

    folder = tmp_path_factory.mktemp("tiny") / "runtime"
    export(Classifier.load(tiny_model), folder)
    Manifest.write(folder, {"weights": "0" * 64})
    return folder
