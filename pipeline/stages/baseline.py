"""Stage `baseline`: fit majority, rules and TF-IDF on the training split and contrast pairs."""

import argparse

from newsvoice.records import read_records
from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.majority import MajorityClassifier
from pipeline.classifiers.rules import RulesClassifier
from pipeline.classifiers.tfidf import TfidfClassifier, TfidfSettings
from pipeline.config import load_settings
from pipeline.labelling.label import CONTEXT, LabelledSentence
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Fit each baseline and save it in its folder."""
    sentences = [s for file in (paths.train, paths.contrast) for s in read_records(file, LabelledSentence)]
    train = [s for s in sentences if s.source != CONTEXT]
    baselines: dict[str, SentenceClassifier] = {
        "majority": MajorityClassifier(),
        "rules": RulesClassifier(),
        "tfidf": TfidfClassifier(load_settings(paths.params, "baseline.tfidf", TfidfSettings)),
    }
    for name, baseline in baselines.items():
        baseline.fit(train, ()).save(getattr(paths, name))


if __name__ == "__main__":
    run(__doc__, main, inputs=("params", "train", "contrast"), outputs=("majority", "rules", "tfidf"))
