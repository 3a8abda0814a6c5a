"""Stage `export`: the trained model as a small folder that runs without torch, and how well it agrees."""

import argparse
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from newsvoice.labels import INDEX
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import read_records, write_json
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.exported import WEIGHTS, WEIGHTS_SOURCE, ExportedModel
from newsvoice.runtime.manifest import Manifest, file_hash
from pipeline.config import load_yaml
from pipeline.export import export
from pipeline.folders import folder_hash
from pipeline.labelling.label import LabelledSentence
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Export, write the manifest, and let both models label the validation split."""
    classifier = Classifier.load(paths.model)
    export(classifier, paths.runtime)
    Manifest.write(
        paths.runtime,
        {
            WEIGHTS_SOURCE: folder_hash(paths.model),
            "train": file_hash(paths.train),
            "contrast": file_hash(paths.contrast),
            "parameters": sections_hash(load_yaml(paths.params), "finetune"),
        },
    )
    validation = read_records(paths.validation, LabelledSentence)
    exported = ExportedModel.load(paths.runtime)
    answers = [model.predict_proba(validation) for model in (classifier, exported)]
    before, after = (answer.argmax(axis=1).tolist() for answer in answers)
    gold = [INDEX[sentence.label] for sentence in validation]
    scores = [float(macro_f1(confusion_matrix(gold, labels))) for labels in (before, after)]
    write_json(
        paths.metrics,
        {
            "weights_megabytes": (paths.runtime / WEIGHTS).stat().st_size / 1e6,
            "sentences": len(gold),
            "agreement": sum(a == b for a, b in zip(before, after, strict=True)) / len(gold),
            "macro_f1_change": scores[1] - scores[0],
            "largest_probability_change": float(abs(answers[0] - answers[1]).max()),
        },
    )


def sections_hash(parameters: Mapping[str, Any], *sections: str) -> str:
    """SHA-256 of some sections of the parameters, however they are written."""
    chosen = {name: parameters[name] for name in sections}
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


if __name__ == "__main__":
    run(
        __doc__,
        main,
        inputs=("params", "train", "contrast", "validation", "model"),
        outputs=("runtime", "metrics"),
    )
