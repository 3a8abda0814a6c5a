"""Pretrained encoders in name only: random ones of one layer, of each family, that know the words they are given."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModel,
    BertConfig,
    BertTokenizer,
    DebertaConfig,
    DebertaTokenizer,
    DebertaV2Config,
    DebertaV2Tokenizer,
    DistilBertConfig,
    DistilBertTokenizer,
    ModernBertConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaTokenizer,
)

BERT_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ROBERTA_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def word_pieces(texts: Sequence[str]) -> dict[str, int]:
    words = sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]", text.lower())})
    return {word: index for index, word in enumerate((*BERT_TOKENS, *words))}


def byte_pairs(texts: Sequence[str], special: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=list(special), initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def vocabulary_and_merges(texts: Sequence[str], special: Sequence[str]) -> dict[str, Any]:
    import json

    model = json.loads(byte_pairs(texts, special).to_str())["model"]
    return {"vocab": model["vocab"], "merges": [tuple(pair) for pair in model["merges"]]}


def modern_bert_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    backend = byte_pairs(texts, BERT_TOKENS)
    ends = [(token, backend.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    backend.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(tokenizer_object=backend, **dict(zip(names, BERT_TOKENS, strict=True)))


def unigram_pieces(texts: Sequence[str]) -> list[tuple[str, float]]:
    words = sorted({f"▁{word}" for text in texts for word in text.split()})
    letters = sorted({letter for text in texts for letter in text} | {"▁"})
    return [(token, 0.0) for token in BERT_TOKENS] + [(w, -5.0) for w in words] + [(c, -9.0) for c in letters]


def roberta(texts: Sequence[str], size: dict[str, int]) -> tuple[Any, Any]:
    # Positions are counted from behind the padding's, and as published there is one segment.
    size = size | {"max_position_embeddings": size["max_position_embeddings"] + 2, "type_vocab_size": 1}
    return RobertaConfig(**size), RobertaTokenizer(**vocabulary_and_merges(texts, ROBERTA_TOKENS))


def modern_bert(texts: Sequence[str], size: dict[str, int]) -> tuple[Any, Any]:
    ids = {"pad_token_id": 0, "bos_token_id": 2, "cls_token_id": 2, "eos_token_id": 3, "sep_token_id": 3}
    # One layer looks at everything, the other at its neighbours only.
    layers = {"num_hidden_layers": 2, "global_attn_every_n_layers": 2, "local_attention": 8}
    return ModernBertConfig(**size | ids | layers), modern_bert_tokenizer(texts)


RELATIVE = {"relative_attention": True, "position_biased_input": False, "pos_att_type": ["p2c", "c2p"]}
# Of each family, what is published under its name: configuration and tokenizer.
FAMILIES: dict[str, Callable[[Sequence[str], dict[str, int]], tuple[Any, Any]]] = {
    "bert": lambda texts, size: (BertConfig(**size), BertTokenizer(vocab=word_pieces(texts))),
    "distilbert": lambda texts, size: (DistilBertConfig(**size), DistilBertTokenizer(vocab=word_pieces(texts))),
    "roberta": roberta,
    "modernbert": modern_bert,
    "deberta": lambda texts, size: (
        DebertaConfig(**size, **RELATIVE),
        DebertaTokenizer(**vocabulary_and_merges(texts, BERT_TOKENS)),
    ),
    "deberta-v2": lambda texts, size: (
        DebertaV2Config(**size, **RELATIVE, position_buckets=16, norm_rel_ebd="layer_norm", share_att_key=True),
        DebertaV2Tokenizer(vocab=unigram_pieces(texts)),
    ),
}


def write_tiny_encoder(folder: Path, texts: Iterable[str], *, family: str = "bert", max_tokens: int = 64) -> Path:
    size = {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": max_tokens,
        # Wide enough that a few steps tell sentences apart.
        "initializer_range": 0.2,
    }
    config, tokenizer = FAMILIES[family](list(texts), size)
    config.vocab_size = len(tokenizer)
    torch.manual_seed(3)
    AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
