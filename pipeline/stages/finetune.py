"""Stage `finetune`: fine-tune the encoder, keep the best epoch, write a model folder."""

import argparse
import csv
import io
import time
from dataclasses import asdict

from newsvoice.records import read_records, write_json, write_text
from pipeline.classifiers.processes import Processes
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.config import load_settings
from pipeline.environment import start_anew
from pipeline.labelling.label import CONTEXT, LabelledSentence
from pipeline.processor import processor_type
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Train on one split, choose by the other; record what was trained, on which processor, how fast."""
    settings = load_settings(paths.params, "finetune", FinetuneSettings)
    start_anew(pinned=settings.reproducible, processes=settings.processes)
    train = [s for file in (paths.train, paths.contrast) for s in read_records(file, LabelledSentence)]
    learnt = sum(s.source != CONTEXT for s in train)
    validation = read_records(paths.validation, LabelledSentence)
    started = time.perf_counter()
    classifier = TransformerClassifier(settings).fit(train, validation)
    seconds = time.perf_counter() - started
    if Processes.present(device=settings.device).rank:
        # All hold the same model; the first process writes it.
        return
    classifier.save(paths.model)
    history = classifier.history
    write_json(
        paths.metrics,
        {
            "best_epoch": history.best_epoch,
            "validation_macro_f1": history.validation_macro_f1,
            "validation_loss": history.validation_loss,
            "train_sentences": learnt,
            "steps": history.steps,
            "precision": history.precision,
            "temperature": classifier.runtime.description.temperature if classifier.runtime else None,
        },
    )
    # Model bytes are promised for this processor type only; reproducibility checks compare against it.
    effective = settings.effective()
    write_json(
        paths.processor,
        processor_type(threads=effective.threads, pinned=settings.reproducible, device=effective.device),
    )
    table = io.StringIO()
    rows = [asdict(epoch) for epoch in history.epochs]
    writer = csv.DictWriter(table, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    write_text(paths.curve, table.getvalue())
    # Wall time differs from run to run, so it stays out of every hashed file.
    write_json(
        paths.log,
        {"seconds": round(seconds, 1), "sentences_per_second": round(history.sentences_seen / seconds, 1)},
    )


if __name__ == "__main__":
    run(
        __doc__,
        main,
        inputs=("params", "train", "contrast", "validation"),
        outputs=("model", "metrics", "curve", "processor", "log"),
    )
