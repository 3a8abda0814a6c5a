"""Stage `explain`: which words weighed in every error and in the given article, by leaving each out."""

import argparse

from newsvoice.engine import load_engine
from newsvoice.records import read_records, write_jsonl
from pipeline.config import load_settings
from pipeline.evaluation.predictions import TEST_PREDICTIONS, ScoredSentence
from pipeline.evaluation.weighing import explain_scored
from pipeline.splits import SplitSettings
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Read what the classifier said of the test split and ask the exported model about its words."""
    scored = read_records(paths.predictions / TEST_PREDICTIONS, ScoredSentence)
    always_test = load_settings(paths.params, "split", SplitSettings).always_test
    write_jsonl(paths.explained, explain_scored(scored, load_engine(paths.model), whole=always_test))


if __name__ == "__main__":
    run(__doc__, main, inputs=("params", "predictions", "model"), outputs=("explained",))
