"""What each model costs: parameters, size on disk, and speed against what a user would write instead.

    make cost

Every model labels the same test sentences; the models take turns for a number of rounds, so that a
machine that slows down slows all of them, and the median round counts. The yardstick is
`transformers.pipeline("text-classification")`, one sentence at a time, on the transformer's own weights.
Speeds are of this machine; the ratios carry over. The record goes to `reports/cost.json`, which the report
shows; it is measured once and by hand, for no two runs give the same figures.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from newsvoice.records import read_records, write_json
from newsvoice.text.plain import plain
from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.registry import MODELS, TRANSFORMER, load_classifier
from pipeline.folders import folder_hash
from pipeline.labelling.label import LabelledSentence
from pipeline.processor import processor_type

THREADS = 2


def main() -> None:
    """Measure, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--finetune-log", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for needed in (arguments.test, arguments.models / TRANSFORMER, arguments.finetune_log):
        if not needed.exists():
            sys.exit(f"{needed}: not here; make it on this machine: make repro (or dvc repro --force finetune)")
    torch.set_num_threads(THREADS)
    sentences = read_records(arguments.test, LabelledSentence)[: arguments.sentences]
    classifiers = {name: load_classifier(name, arguments.models / name) for name in MODELS}
    contenders = {"pipeline": pipeline_contender(arguments.models / TRANSFORMER, sentences)}
    for name, classifier in classifiers.items():
        contenders[name] = lambda classifier=classifier: classifier.predict_proba(sentences)
    seconds = interleaved(contenders, rounds=arguments.rounds)
    processor = processor_type(threads=THREADS)
    write_json(
        arguments.record,
        {
            "machine": f"{processor.get('vendor', '')} family {processor.get('family', '?')}, {THREADS} threads",
            "rounds": arguments.rounds,
            "sentences": len(sentences),
            "pipeline_sentences_per_second": len(sentences) / seconds["pipeline"],
            "finetune_seconds": json.loads(arguments.finetune_log.read_text(encoding="utf-8"))["seconds"],
            "classifier_sha256": folder_hash(arguments.models / TRANSFORMER),
            "models": {
                name: {
                    "parameters": parameters(classifier),
                    "megabytes": folder_size(arguments.models / name) / 1e6,
                    "sentences_per_second": len(sentences) / seconds[name],
                    "ratio": seconds["pipeline"] / seconds[name],
                }
                for name, classifier in classifiers.items()
            },
        },
    )


def pipeline_contender(folder: Path, sentences: Sequence[LabelledSentence]) -> Callable[[], Any]:
    """What a user would write: transformers' own pipeline over a list of texts."""
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(folder), device="cpu")
    texts = [plain(sentence.text) for sentence in sentences]
    return lambda: classify(texts, truncation=True)


def interleaved(contenders: dict[str, Callable[[], Any]], *, rounds: int) -> dict[str, float]:
    """Run every contender once to warm up, then in turns; return each one's median seconds."""
    for work in contenders.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            started = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}


def parameters(classifier: SentenceClassifier) -> int:
    """Count a model's learned numbers."""
    if (runtime := getattr(classifier, "runtime", None)) is not None:
        return int(sum(p.numel() for p in runtime.model.parameters()))
    if (model := getattr(classifier, "model", None)) is not None:
        regression = model.named_steps["regression"]
        return int(regression.coef_.size + regression.intercept_.size)
    return int(getattr(classifier, "table", getattr(classifier, "shares", ())).size)


def folder_size(folder: Path) -> int:
    """Bytes of a folder's files."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


if __name__ == "__main__":
    main()
