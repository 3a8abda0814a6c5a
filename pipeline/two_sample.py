"""How well can a classifier tell the corpus from real news? The further above 0.5, the more style of its own it has.

    make two-sample

Words and word pairs of single sentences under logistic regression (a classifier two-sample test, after
Lopez-Paz and Oquab 2017), scored on articles that it has not seen, as the area under the ROC curve. The features
that give the corpus away steer the next batch. Only features that the corpus itself holds are recorded, so
that nothing of the real set enters the record.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from newsvoice.metrics import draws, interval
from newsvoice.records import Sentence, read_records, write_json
from newsvoice.runtime.manifest import file_hash
from newsvoice.text.plain import plain
from pipeline.config import load_settings
from pipeline.evaluation.evaluate import EvaluateSettings
from pipeline.external import first_set, gold_sentences
from pipeline.labelling.label import LabelledSentence
from pipeline.register import register
from pipeline.stages.command import run

FOLDS: Final = 5
FEATURES: Final = 20
# A word must stand in this many corpus articles to be a habit rather than a topic.
LEAST_ARTICLES: Final = 10


def two_sample(corpus: Sequence[Sentence], real: Sequence[Sentence], settings: EvaluateSettings) -> dict[str, Any]:
    """AUC by cross-validation over whole articles, its 95 % interval over articles, and the telling features."""
    texts = [plain(s.text) for s in (*corpus, *real)]
    is_real = np.array([0] * len(corpus) + [1] * len(real))
    articles = np.array([f"{side} {s.article}" for side, s in zip(is_real, (*corpus, *real), strict=True)])
    scores = np.zeros(len(texts))
    for train, held_out in GroupKFold(FOLDS, shuffle=True, random_state=settings.seed).split(texts, is_real, articles):
        model = _model().fit([texts[i] for i in train], is_real[train])
        scores[held_out] = model.decision_function([texts[i] for i in held_out])
    vectorizer, regression = (step for _, step in _model().fit(texts, is_real).steps)
    return {
        "sentences": {"corpus": len(corpus), "real": len(real)},
        "auc": float(roc_auc_score(is_real, scores)),
        "auc_interval": _auc_interval(scores, is_real, articles, settings),
        "features": _telling(vectorizer, regression.coef_[0], corpus),
    }


def _model() -> Any:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=r"\w+|[^\w\s]")
    return make_pipeline(words, LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000))


def _auc_interval(
    scores: NDArray[np.float64], is_real: NDArray[np.int64], articles: NDArray[np.str_], settings: EvaluateSettings
) -> list[float]:
    names, owner = np.unique(articles, return_inverse=True)
    real_article = np.array([name.startswith("1 ") for name in names])
    values = []
    # Each side keeps its number of articles, or a draw could miss the smaller one.
    for side, other in zip(
        draws(int(real_article.sum()), samples=settings.samples // 10, seed=settings.seed),
        draws(int((~real_article).sum()), samples=settings.samples // 10, seed=settings.seed + 1),
        strict=True,
    ):
        weights = np.zeros(len(names))
        weights[real_article], weights[~real_article] = side, other
        values.append(roc_auc_score(is_real, scores, sample_weight=weights[owner]))
    return interval(np.array(values))


def _telling(vectorizer: Any, weights: NDArray[np.float64], corpus: Sequence[Sentence]) -> list[dict[str, Any]]:
    held: dict[str, set[str]] = {}
    analyse = vectorizer.build_analyzer()
    for sentence in corpus:
        for feature in analyse(plain(sentence.text)):
            held.setdefault(feature, set()).add(sentence.article)
    names = vectorizer.get_feature_names_out()
    order = [i for i in np.argsort(weights) if len(held.get(names[i], ())) >= LEAST_ARTICLES]
    rows = [("corpus", i) for i in order[:FEATURES]] + [("real", i) for i in order[: -FEATURES - 1 : -1]]
    return [{"feature": names[i], "weight": float(weights[i]), "side": side} for side, i in rows]


def main(paths: argparse.Namespace) -> None:
    """Measure the corpus (all splits) against the first external set, and keep the earlier figures."""
    _, location = first_set(paths.sets)
    corpus = read_records(paths.labelled, LabelledSentence)
    settings = load_settings(paths.params, "evaluate", EvaluateSettings)
    real = gold_sentences(location)
    found = two_sample(corpus, real, settings)
    habits = register(corpus, real, samples=settings.samples, seed=settings.seed)
    old = json.loads(paths.record.read_text(encoding="utf-8")) if paths.record.exists() else {}
    previous = old.get("previous", [])
    if old and old["sentences"] != found["sentences"]:
        previous = [*previous, {"when": f"{old['sentences']['corpus']} sentences", "auc": old["auc"]}]
    record = {"labelled_sha256": file_hash(paths.labelled), **found, "register": habits, "previous": previous}
    write_json(paths.record, record)


if __name__ == "__main__":
    run(__doc__, main, inputs=("params", "sets", "labelled"), outputs=("record",))
