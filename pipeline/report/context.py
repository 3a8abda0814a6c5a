"""Everything the templates show, gathered from metrics files. Nothing is computed here but order and choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsvoice.labels import LABELS, NAMES
from newsvoice.records import Article
from pipeline.classifiers.registry import TITLES, TRANSFORMER
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.report import figures

# The baseline that a newcomer would build first.
YARDSTICK = "tfidf"


@dataclass(frozen=True, slots=True)
class Sources:
    """The parsed inputs of the report stage."""

    results: Mapping[str, Any]
    labelling: Mapping[str, Any]
    split: Mapping[str, Any]
    contrast: Mapping[str, Any]
    finetune: Mapping[str, Any]
    epochs: Sequence[Mapping[str, float]]
    scored: Mapping[str, Sequence[ScoredSentence]]
    articles: Sequence[Article]
    external: Mapping[str, Any]
    cost: Mapping[str, Any]
    settings: Mapping[str, Any]
    always_test: Sequence[str]


def build_context(sources: Sources) -> dict[str, Any]:
    """Return the templates' variables."""
    measured = {name: record for name, record in sources.external.items() if record["measured"]}
    sets = {"test split": sources.results, **measured}
    main = {title: results["models"][TRANSFORMER] for title, results in sets.items()}
    return {
        "labels": LABELS,
        "names": NAMES,
        "titles": TITLES,
        "main": TRANSFORMER,
        "yardstick": YARDSTICK,
        "sets": sets,
        "external": sources.external,
        "results": sources.results,
        "labelling": sources.labelling,
        "split": sources.split,
        "contrast": sources.contrast,
        "finetune": sources.finetune,
        "settings": sources.settings,
        "cost": sources.cost,
        "given": [_given(article, sources) for article in sources.always_test],
        "errors": errors(sources.scored[TRANSFORMER]),
        "corpus": corpus_portrait(sources.articles),
        "figures": {
            "scores": figures.scores(sets),
            "reliability": figures.reliability({t: m["calibration"]["curve"] for t, m in main.items()}),
            "risk_coverage": figures.risk_coverage({t: m["risk_coverage"] for t, m in main.items()}),
            "training": figures.training(sources.epochs),
            "label_mix": figures.label_mix(
                {name: sources.split[name]["by_label"] for name in ("train", "validation", "test")}
            ),
        },
    }


def errors(scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """Return the sentences that are wrong, the most confident first."""
    wrong = [s for s in scored if s.gold != s.predicted]
    return sorted(wrong, key=lambda s: (-max(s.probabilities), s.article, s.index))


def corpus_portrait(articles: Sequence[Article]) -> dict[str, Any]:
    """Count articles by what their front matter says of them."""
    portrait: dict[str, dict[str, int]] = {}
    for key in ("genre", "region", "style", "topic"):
        counts: dict[str, int] = {}
        for article in articles:
            value = article.meta.get(key, "unstated")
            counts[value] = counts.get(value, 0) + 1
        portrait[key] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return {"articles": len(articles), **portrait}


def _given(article: str, sources: Sources) -> dict[str, Any]:
    sentences = [s for s in sources.scored[TRANSFORMER] if s.article == article]
    return {
        "article": article,
        "sentences": sentences,
        "right": {TITLES[name]: row for name, row in sources.results["given"][article].items()},
        "paragraphs": [
            [s for s in sentences if s.paragraph == number] for number in dict.fromkeys(s.paragraph for s in sentences)
        ],
    }
