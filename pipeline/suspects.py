"""Labels that look wrong: every gold sentence, judged by models that have not seen its article.

    make suspects

Confident learning (Northcutt, Jiang and Chuang 2021, package cleanlab) compares each label with what models
of different kinds, trained on the other articles, expect; a label is suspect where they are as sure of another
one as they are on average of the sentences that bear that other one. Two cheap views are averaged: TF-IDF with logistic
regression (wording) and logistic regression on the frozen encoder (meaning). A suspect is a question to a
person, not an answer: the record feeds the report and `newsvoice annotate review --only`.

The run is no pipeline stage: it changes nothing that trains or is measured.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from newsvoice.annotations import Annotation, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import INDEX, NAMES
from newsvoice.metrics import classification_scores, confusion_matrix
from newsvoice.records import read_records, rounded, write_json
from newsvoice.runtime.manifest import file_hash
from pipeline.classifiers.frozen import FrozenClassifier
from pipeline.classifiers.tfidf import TfidfClassifier, TfidfSettings
from pipeline.classifiers.transformer import FinetuneSettings
from pipeline.config import load_settings
from pipeline.labelling.label import GOLD, LabelledSentence
from pipeline.stages.command import run

log = logging.getLogger(__name__)

FOLDS: Final = 5
SEED: Final = 7
# Nobody walks through more in one go; the count of all is in the record.
SHOWN: Final = 200
# scikit-learn's C for 384 standardised features.
INVERSE_REGULARISATION: Final = 0.1

Array = NDArray[np.float64]


def unseen_probabilities(sentences: Sequence[LabelledSentence], settings: TfidfSettings, features: Array) -> Array:
    """Return `(n, 3)` probabilities, each sentence's from models trained on other articles alone.

    `features` is `(n, d)`, the frozen encoder's embedding of each sentence. Raises `NewsvoiceError` for fewer
    articles than folds.
    """
    labels = np.array([INDEX[s.label] for s in sentences])
    articles = [s.article for s in sentences]
    if len(set(articles)) < FOLDS:
        raise NewsvoiceError(f"{len(set(articles))} articles are too few for {FOLDS} folds", advice="annotate more")
    found = np.zeros((len(sentences), len(NAMES)))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(features, labels, articles)
    for number, (train, held_out) in enumerate(folds, start=1):
        words = TfidfClassifier(settings).fit([sentences[i] for i in train], [])
        found[held_out] += words.predict_proba([sentences[i] for i in held_out]) / 2
        regression = LogisticRegression(
            C=INVERSE_REGULARISATION, class_weight=settings.class_weight, max_iter=1000, random_state=SEED
        )
        meaning = make_pipeline(StandardScaler(), regression).fit(features[train], labels[train])
        columns = meaning.classes_.tolist()
        found[np.ix_(held_out, columns)] += meaning.predict_proba(features[held_out]) / 2
        log.info("fold %d of %d", number, FOLDS)
    return found


def suspects(
    sentences: Sequence[LabelledSentence],
    probabilities: Array,
    annotations: Mapping[str, Sequence[Annotation]],
) -> dict[str, Any]:
    """Rank the labels that `probabilities` (from unseen articles) speak against, the worst first.

    Returns counts, how well the models know the labels, and at most `SHOWN` rows: place, given and suggested
    label, `score` (probability of the given label, 0 to 1: the lower, the more suspect) and who has voted.
    """
    from cleanlab.filter import find_label_issues

    labels = np.array([INDEX[s.label] for s in sentences])
    order = find_label_issues(
        labels, probabilities, filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    predicted = probabilities.argmax(axis=1)
    rows = []
    for rank, position in enumerate(order[:SHOWN].tolist(), start=1):
        sentence = sentences[position]
        row = {
            "rank": rank,
            "article": sentence.article,
            "index": sentence.index,
            "start": sentence.start,
            "end": sentence.end,
            "text": sentence.text,
            "given": sentence.label,
            "suggested": NAMES[int(predicted[position])],
            "score": float(probabilities[position, labels[position]]),
            "annotators": _annotators(sentence, annotations.get(sentence.article, ())),
        }
        rows.append(row)
    scores = classification_scores(confusion_matrix(labels.tolist(), predicted.tolist()))
    return {
        "sentences": len(sentences),
        "articles": len({s.article for s in sentences}),
        "folds": FOLDS,
        "macro_f1_on_unseen_articles": scores["macro_f1"],
        "found": len(order),
        "found_by_label": {name: int(np.sum(labels[order] == i)) for i, name in enumerate(NAMES)},
        "rows": rows,
    }


def _annotators(sentence: LabelledSentence, marks: Sequence[Annotation]) -> list[str]:
    """Names of those who have voted on what a sentence covers."""
    touching = [mark for mark in marks if mark.start < sentence.end and sentence.start < mark.end]
    return sorted({vote.annotator for mark in touching for vote in mark.votes})


def main(paths: argparse.Namespace) -> None:
    """Judge every gold sentence and write the record."""
    sentences = [s for s in read_records(paths.labelled, LabelledSentence) if s.source == GOLD]
    settings = load_settings(paths.params, "baseline.tfidf", TfidfSettings)
    encoder = FrozenClassifier(load_settings(paths.params, "finetune", FinetuneSettings))
    # Once for all folds: the encoder is frozen and knows no label.
    probabilities = unseen_probabilities(sentences, settings, encoder.embed(sentences).astype(np.float64))
    annotations = {file.stem: read_annotations(file) for file in sorted(paths.annotations.glob("*.jsonl"))}
    record = {"labelled_sha256": file_hash(paths.labelled), **suspects(sentences, probabilities, annotations)}
    write_json(paths.record, rounded(record, digits=4))


if __name__ == "__main__":
    run(__doc__, main, inputs=("params", "labelled", "annotations"), outputs=("record",))
