"""Stage `predict`: one model reads the test split and the test pairs. Only this stage does."""

import argparse

from newsvoice.records import read_records, write_jsonl
from pipeline.classifiers.registry import load_classifier
from pipeline.evaluation.predictions import CONTRAST_PREDICTIONS, TEST_PREDICTIONS, score
from pipeline.labelling.label import LabelledSentence
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Load the model that the folder's name says, score what is for test, write predictions beside gold."""
    classifier = load_classifier(paths.predictions.name, paths.model)
    for source, name in ((paths.test, TEST_PREDICTIONS), (paths.contrast, CONTRAST_PREDICTIONS)):
        write_jsonl(paths.predictions / name, score(classifier, read_records(source, LabelledSentence)))


if __name__ == "__main__":
    run(__doc__, main, inputs=("test", "contrast", "model"), outputs=("predictions",))
