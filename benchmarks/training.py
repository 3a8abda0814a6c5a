"""Speed of fine-tuning against `transformers.Trainer` as it comes: `make bench-training`.

Both learn from sentences of the training split, on the same encoder and as many threads. Ours trains as `params.yaml`
says; Trainer by its defaults (float32, batches of 8, every weight, the encoder's own dropout), a sentence a row,
padded to 128 tokens. Each is timed whole, from loading the encoder to the last step, in turns; claims are ratios of
the same round. Trainer reads every tenth article of the sample, or a round would take the better part of an hour.

With `--epochs` above 0 Trainer also trains on everything, once, and its score on the validation split goes beside
ours: the ratio counts at equal quality only.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from benchmarks.runtime import in_turn, machine, packages_line, ratios, timed
from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import read_records, write_json, write_text
from newsvoice.text.plain import marked
from pipeline.classifiers.encoders import load_encoder
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.config import load_settings
from pipeline.labelling.label import CONTEXT, LabelledSentence

TRAINER, OURS = "transformers.Trainer, defaults", "newsvoice, finetune"
PADDED_TO = 128
# Trainer reads one article in so many of those that ours reads.
SPARSER = 10


def main() -> None:
    """Measure, write the record, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("params", "train", "contrast", "validation", "metrics", "record", "page"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=0)
    arguments = parser.parse_args()
    settings = load_settings(arguments.params, "finetune", FinetuneSettings)
    train, pairs, validation = (
        read_records(path, LabelledSentence) for path in (arguments.train, arguments.contrast, arguments.validation)
    )
    record: dict[str, Any] = {
        "machine": machine(),
        "packages": {name: version(name) for name in ("torch", "transformers", "accelerate")},
        **speed(train, validation, settings, articles=arguments.articles, rounds=arguments.rounds),
        "validation_macro_f1": {OURS: json.loads(arguments.metrics.read_text("utf-8"))["validation_macro_f1"]},
    }
    if arguments.epochs:
        record["trainer_epochs"] = arguments.epochs
        trainer = trained_by_trainer([*train, *pairs], settings, epochs=arguments.epochs)
        record["validation_macro_f1"][TRAINER] = score(trainer, validation, settings)
    write_json(arguments.record, record)
    write_text(arguments.page, page(record))


def speed(
    train: Sequence[LabelledSentence],
    validation: Sequence[LabelledSentence],
    settings: FinetuneSettings,
    *,
    articles: int,
    rounds: int,
) -> dict[str, Any]:
    """Sentences a second of an epoch each, in turns: medians and the ratio to Trainer's."""
    names = list(dict.fromkeys(s.article for s in train))[:articles]
    samples = {TRAINER: of_articles(train, names[::SPARSER]), OURS: of_articles(train, names)}
    # Choosing the epoch is no part of an epoch's speed; one article keeps it short.
    few = of_articles(validation, [validation[0].article])
    one_epoch = settings.model_copy(update={"epochs": 1})
    contenders: dict[str, Callable[[], Any]] = {
        TRAINER: lambda: trained_by_trainer(samples[TRAINER], settings, epochs=1),
        OURS: lambda: TransformerClassifier(one_epoch).fit(samples[OURS], few),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in in_turn(contenders, number):
            rates[name].append(len(samples[name]) / timed(contenders[name]))
    return {
        "rounds": rounds,
        "sentences": {name: len(sample) for name, sample in samples.items()},
        "sentences_per_second": {name: float(np.median(values)) for name, values in rates.items()},
        "ratio": ratios(rates, TRAINER),
        "least_ratio": min(ours / other for ours, other in zip(rates[OURS], rates[TRAINER], strict=True)),
    }


def of_articles(sentences: Sequence[LabelledSentence], articles: Sequence[str]) -> list[LabelledSentence]:
    """Return the sentences of the named articles."""
    return [s for s in sentences if s.article in set(articles)]


def trained_by_trainer(sentences: Sequence[LabelledSentence], settings: FinetuneSettings, *, epochs: int) -> Trainer:
    """Train as a tutorial would: one sentence a row, everything else left to Trainer."""
    torch.set_num_threads(settings.threads)
    # Ours asks for deterministic kernels, and for the whole process.
    torch.use_deterministic_algorithms(False)
    model, tokenizer = load_encoder(
        AutoModelForSequenceClassification, settings.encoder, settings.revision, labels=NAMES
    )
    with tempfile.TemporaryDirectory() as folder:
        options = TrainingArguments(
            folder, num_train_epochs=epochs, use_cpu=True, report_to="none", save_strategy="no", disable_tqdm=True
        )
        rows = padded([s for s in sentences if s.source != CONTEXT], tokenizer)
        trainer = Trainer(model=model, args=options, train_dataset=rows, processing_class=tokenizer)
        trainer.train()
    return trainer


def padded(sentences: Sequence[LabelledSentence], tokenizer: Any) -> Dataset:
    """Return what Trainer reads: a sentence a row, padded."""
    texts = [marked(s.text, in_quotation=s.in_quotation) for s in sentences]
    columns = tokenizer(texts, padding="max_length", truncation=True, max_length=PADDED_TO)
    return Dataset.from_dict({**columns, "labels": [INDEX[s.label] for s in sentences]})


def score(trainer: Trainer, sentences: Sequence[LabelledSentence], settings: FinetuneSettings) -> float:
    """Macro-F1 of what Trainer made, on the validation split."""
    logits = trainer.predict(padded(sentences, trainer.processing_class)).predictions
    gold = [INDEX[s.label] for s in sentences]
    return float(macro_f1(confusion_matrix(gold, np.asarray(logits).argmax(axis=1).tolist())))


def page(record: Mapping[str, Any]) -> str:
    """Return `docs/training.md`."""
    scores = record["validation_macro_f1"]
    rows = [
        f"| {name} | {rate:,.0f} | {record['ratio'][name]:.1f}× | {record['sentences'][name]:,} |"
        f" {format(scores[name], '.3f') if name in scores else '–'} |"
        for name, rate in record["sentences_per_second"].items()
    ]
    lines = [
        "# Speed of training",
        "",
        "<!-- written by benchmarks/training.py from benchmarks/results/; do not edit -->",
        "",
        f"Measured once on {record['machine']}, in {record['rounds']} interleaved rounds of one epoch; medians."
        " Only the ratio carries over to other machines. Loading the encoder and tokenizing are included. "
        + packages_line(record),
        "",
        "| way | sentences a second | ratio | sentences in a round | validation macro-F1 |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"In the worst round the ratio was {record['least_ratio']:.1f}. Trainer runs by its defaults: float32,"
        f" batches of 8 sentences padded to {PADDED_TO} tokens, dropout, every weight trained. Ours is `finetune` as"
        " `params.yaml` had it then. Validation macro-F1 is after training on everything, ours as"
        " `reports/finetune.json` said then"
        + (f", Trainer's after {record['trainer_epochs']} epochs." if TRAINER in scores else "."),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
