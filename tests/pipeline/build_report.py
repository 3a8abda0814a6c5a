"""The sources of a small report."""

from collections.abc import Mapping, Sequence
from typing import Any

from newsvoice.labels import NAMES
from newsvoice.predict import Word
from newsvoice.records import Article
from pipeline.classifiers.registry import MODELS, TRANSFORMER
from pipeline.evaluation.calibration import recommended_threshold
from pipeline.evaluation.evaluate import EvaluateSettings, evaluate_models
from pipeline.evaluation.given import evaluate_given
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.labelling.label import label_sentences
from pipeline.report.context import Sources
from tests.pipeline.build import A, E, annotation, one_hot, scored, sentence, votes

META = {f"art-{n}": {"genre": "news", "style": "agency"} for n in range(4)}
SETTINGS = EvaluateSettings(samples=100, seed=7, bins=10, min_slice=1, kept_accuracy=0.5)


def model(wrong_every: int, *, text: str, confidence: float = 0.95) -> list[ScoredSentence]:
    """Four articles of nine sentences; each so-many-th sentence is wrong."""
    sentences = []
    for number in range(36):
        gold = NAMES[number % 3]
        predicted = NAMES[(number + 1) % 3] if number % wrong_every == 0 else gold
        row = one_hot(predicted, confidence=confidence - 0.01 * (number % 3))
        place = {"article": f"art-{number // 9}", "index": number % 9, "paragraph": number % 9 // 3}
        sentences.append(scored(gold, row, text=text, **place))
    return sentences


def results(text: str, *, confidence: float = 0.95) -> tuple[dict[str, Any], dict[str, list[ScoredSentence]]]:
    by_model = {name: model(n, text=text, confidence=confidence) for name, n in zip(MODELS, (2, 4, 5, 9), strict=True)}
    found = evaluate_models(by_model, SETTINGS, main=TRANSFORMER, meta_of=META)
    pairs = {
        "pairs": 4,
        "both_right": 0.5,
        "interval": [0.25, 0.75],
        "sides_right": 0.75,
        "by_rule": {"q1": {"pairs": 4, "both_right": 2}},
    }
    found["given"] = {"art-0": evaluate_given(by_model, "art-0")}
    found["contrast"] = dict.fromkeys(MODELS, pairs)
    found["min_confidence"] = recommended_threshold(
        found["models"][TRANSFORMER]["risk_coverage"], kept_accuracy=SETTINGS.kept_accuracy
    )
    return found, by_model


def sources(
    *,
    text: str = "Rain fell on Halden.",
    genre: str = "opinion",
    annotator: str = "reader",
    sets: Sequence[str] = (),
    confidence: float = 0.95,
    cost: Mapping[str, Any] | None = None,
) -> Sources:
    """All that the report stage reads, small; the named parts as given."""
    found, by_model = results(text, confidence=confidence)
    article = Article("art-0", "Rain fell. It stopped.", (), {"genre": genre, "region": genre})
    marks = [
        annotation(article.text, "Rain fell.", *votes(**{"writer": A, annotator: A})),
        annotation(article.text, "It stopped.", *votes(**{"writer": E, annotator: A})),
    ]
    labelling = label_sentences(
        [article], [sentence("Rain fell.", article="art-0")], {"art-0": marks}, source_of={"art-0": "art-0.jsonl"}
    )
    part = {"articles": 2, "sentences": 9, "by_label": dict.fromkeys(NAMES, 3)}
    return Sources(
        results=found,
        labelling=labelling.metrics,
        split={"train": part, "validation": part, "test": part},
        contrast={
            "pairs": 9,
            "usable": 8,
            "for_training": 6,
            "for_test": 2,
            "agreement": {"alpha": 0.9},
            "by_rule": {"no-source": 8},
        },
        finetune={
            "best_epoch": 1,
            "validation_macro_f1": 0.8,
            "validation_loss": 0.5,
            "train_sentences": 9,
            "steps": 3,
            "precision": "fp32",
            "temperature": 1.2,
        },
        epochs=[{"epoch": 1, "train_loss": 0.9, "validation_loss": 0.8, "validation_macro_f1": 0.8}],
        scored=by_model,
        articles=[article],
        external={name: {"measured": True, "since": "2026-11-26", "sha256": "0" * 64, **found} for name in sets},
        cost=cost or {"models": {}},
        settings={
            "split": {"train_on_rules": False},
            "finetune": {
                "encoder": "embedded",
                "epochs": 1,
                "every_epoch": "",
                "interpolation": 0.85,
                "window_tokens": 64,
                "context_tokens": 16,
                "sharpness": 2.0,
            },
            "evaluate": SETTINGS.model_dump(),
        },
        always_test=("art-0",),
        weights={("art-0", index): (Word(0, 4, 0.421), Word(5, 9, -0.131)) for index in range(9)},
        origin={
            "articles_sha256": "a" * 64,
            "models_sha256": dict.fromkeys(MODELS, "b" * 64),
            "versions": {"torch": "1.0"},
            "processor": {"vendor": "some", "instruction_sets": ["one", "two"]},
        },
    )


def records(text: str = "loaded verb") -> dict[str, Any]:
    """The records that are made by hand, each with something in it."""

    def run(model: str, seed: int, macro_f1: float) -> dict[str, Any]:
        figures = {"macro_f1": macro_f1, **dict.fromkeys(NAMES, macro_f1)}
        return {"model": model, "seed": seed, "test": figures, "real_news_dev": figures}

    return {
        "seeds": [run(TRANSFORMER, seed, 0.801 + 0.01 * seed) | {"given_article": 20 + seed} for seed in (1, 2, 3)],
        "learning_curve": [
            run(model, seed, 0.5 + share / 4) | {"share": share, "articles": round(40 * share), "sentences": 9}
            for model in ("tfidf", TRANSFORMER)
            for share in (0.25, 1.0)
            for seed in (1, 2)
        ],
        "kinds": {
            "set": "real_news_dev",
            "sentences": 715,
            "errors": {"before": 12, "now": 7},
            "models_sha256": {"before": "c" * 64, "now": "b" * 64},
            "rows": [{"rule": text, "type": text, "before": 12, "now": 7}],
        },
        "suspects": {
            "sentences": 900,
            "folds": 5,
            "macro_f1_on_unseen_articles": 0.812,
            "found": 41,
            "found_by_label": dict.fromkeys(NAMES, 13),
            "rows": [
                {"article": "art-1", "index": 2, "given": NAMES[0], "suggested": NAMES[1], "score": 0.031, "text": text}
            ],
        },
        "speed": {
            "machine": text,
            "rounds": 7,
            "sentences": 396,
            "sentences_per_second": {text: 376.0},
            "throughput_ratio": {text: 6.1},
            "share_of_int8_limit": {text: 0.36},
            "agreement": {"test": {"ways": {text: {"lower": 0.9961}}}},
        },
        "two_sample": {
            "auc": 0.912,
            "auc_interval": [0.9, 0.92],
            "features": [{"feature": text, "weight": 0.5, "side": "corpus"}],
            "previous": [{"when": text, "auc": 0.97}],
        },
    }
