"""Stage `predict`: one model reads the test split. Only this stage does."""

import argparse

from newsvoice.records import read_records, write_jsonl
from pipeline.classifiers.registry import load_classifier
from pipeline.evaluation.predictions import score
from pipeline.labelling.label import LabelledSentence
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Load the model that the folder's name says, score the test split, write predictions beside gold."""
    test = read_records(paths.test, LabelledSentence)
    classifier = load_classifier(paths.predictions.stem, paths.model)
    write_jsonl(paths.predictions, score(classifier, test))


if __name__ == "__main__":
    run(__doc__, main, inputs=("test", "model"), outputs=("predictions",))
