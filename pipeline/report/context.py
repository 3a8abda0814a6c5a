"""Everything the templates show, gathered from metrics files. Nothing is computed here but order and choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsvoice.labels import LABELS, NAMES
from newsvoice.records import Article
from pipeline.classifiers.registry import BASELINES, TITLES, TRANSFORMER
from pipeline.evaluation import spread
from pipeline.evaluation.explained import Weights
from pipeline.evaluation.predictions import ScoredSentence
from pipeline.evaluation.slices import UNSTATED
from pipeline.report import figures
from pipeline.report.aims import aims
from pipeline.report.errors import errors
from pipeline.report.render import words

TEST = "test split"
# What a row of runs calls the test split.
TEST_KEY = "test"
# Errors that the page shows before somebody asks for more, and suspects that it lists.
PAGE_OF_ERRORS = 25
MOST_SUSPECTS = 20
# Front matter that is counted, and what it is called.
PORTRAIT = {"style": "Outlet styles", "genre": "Genres", "region": "Regions", "topic": "Topics"}


@dataclass(frozen=True, slots=True)
class Sources:
    """The parsed inputs of the report stage. `weights` are of the words that the stage `explain` asked
    about; what follows are records made by hand, and an empty one is left out."""

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
    origin: Mapping[str, Any]
    weights: Weights = field(default_factory=dict)
    seeds: Sequence[Mapping[str, Any]] = ()
    learning_curve: Sequence[Mapping[str, Any]] = ()
    two_sample: Mapping[str, Any] = field(default_factory=dict)
    suspects: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Any] = field(default_factory=dict)
    speed: Mapping[str, Any] = field(default_factory=dict)


def build_context(sources: Sources) -> dict[str, Any]:
    """Return the templates' variables."""
    measured = {name: record for name, record in sources.external.items() if record["measured"]}
    # The first set that external.yaml names is the real news; where it is not measured, no other stands in for it.
    news = next(iter(sources.external), None)
    sets = {TEST: sources.results, **measured}
    main = {words(title): results["models"][TRANSFORMER] for title, results in sets.items()}
    chosen = sources.results["min_confidence"]
    runs = seeds(sources.seeds)
    news = news if news in measured else None
    meta_of = {article.id: article.meta for article in sources.articles}
    return {
        "labels": LABELS,
        "names": NAMES,
        "titles": TITLES,
        "called": figures.CALLED,
        "main": TRANSFORMER,
        "sets": sets,
        "news": news,
        "strongest": {title: strongest_baseline(results) for title, results in sets.items()},
        "external": sources.external,
        "results": sources.results,
        "labelling": sources.labelling,
        "split": sources.split,
        "contrast": sources.contrast,
        "rules": rules_by_share(sources.results["contrast"][TRANSFORMER]["by_rule"]),
        "finetune": sources.finetune,
        "settings": sources.settings,
        "cost": sources.cost,
        "speed": sources.speed or None,
        "origin": sources.origin,
        "doubt": {
            "min_confidence": chosen,
            "rows": {title: at_threshold(results, chosen) for title, results in sets.items()},
        },
        "given": [_given(article, sources) for article in sources.always_test],
        "errors": errors(sources.scored[TRANSFORMER], meta_of, sources.weights),
        "corpus": corpus_portrait(sources.articles),
        "portrait": PORTRAIT,
        "unstated": UNSTATED,
        "seeds": runs,
        "aims": aims(
            sources.results,
            measured.get(news or ""),
            name=news,
            runs=runs["models"].get(TRANSFORMER, {}) if runs else {},
        ),
        "learning": learning(sources.learning_curve),
        "two_sample": sources.two_sample if sources.two_sample.get("auc") is not None else None,
        "suspects": sources.suspects or None,
        "most_suspects": MOST_SUSPECTS,
        "page_of_errors": PAGE_OF_ERRORS,
        "kinds": sources.kinds if sources.kinds.get("rows") else None,
        "kinds_current": sources.kinds.get("models_sha256", {}).get("now")
        == sources.origin["models_sha256"][TRANSFORMER],
        "figures": {
            "scores": [figures.scores(words(title).capitalize(), results) for title, results in sets.items()],
            "reliability": figures.reliability({t: m["calibration"]["curve"] for t, m in main.items()}),
            "risk_coverage": figures.risk_coverage({t: m["risk_coverage"] for t, m in main.items()}, chosen=chosen),
            "training": [figures.losses(sources.epochs), figures.validation(sources.epochs)],
            "label_mix": figures.label_mix(
                {name: sources.split[name]["by_label"] for name in ("train", "validation", "test")}
            ),
        },
    }


def strongest_baseline(results: Mapping[str, Any]) -> str:
    """The baseline with the highest macro-F1: the one to be compared with."""
    return max(BASELINES, key=lambda name: float(results["models"][name]["macro_f1"]))


def at_threshold(results: Mapping[str, Any], chosen: float | None) -> Mapping[str, Any] | None:
    """The main model's row of coverage and accuracy at the recommended threshold; None where there is none."""
    rows = results["models"][TRANSFORMER]["risk_coverage"]
    return next((row for row in rows if row["min_confidence"] == chosen), None)


def rules_by_share(by_rule: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    """Rules of the codebook, the one with the lowest share of pairs right first."""
    ordered = sorted(by_rule.items(), key=lambda item: (item[1]["both_right"] / item[1]["pairs"], item[0]))
    return dict(ordered)


def seeds(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Spreads by model and a figure for each set; None without rows."""
    if not rows:
        return None
    by_model, names = spread.by_model(rows), spread.sets(rows)
    return {
        "models": by_model,
        "sets": names,
        "seeds": sorted({row["seed"] for row in rows}),
        "figures": [
            figures.seeds(
                _set_title(name),
                {model: found[name]["macro_f1"] for model, found in by_model.items() if name in found},
                {
                    model: [row[name]["macro_f1"] for row in rows if row["model"] == model and name in row]
                    for model in by_model
                },
            )
            for name in names
        ],
    }


def learning(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The curve of every model and a figure for each set; None without rows."""
    if not rows:
        return None
    curve, names = spread.learning_curve(rows), spread.sets(rows)
    return {
        "curve": curve,
        "sets": names,
        "runs": {model: runs_of_points(points, names) for model, points in curve.items()},
        "last_steps": [
            {"model": model, "set": name, **step}
            for model, points in curve.items()
            for name in names
            if (step := spread.last_step(points, name))
        ],
        "figures": [
            figures.learning_curve(
                _set_title(name),
                {
                    model: [{"articles": p["articles"], **p[name]["macro_f1"]} for p in points if name in p]
                    for model, points in curve.items()
                },
            )
            for name in names
        ],
    }


def runs_of_points(points: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Say how many seeds the points of one model's curve are the mean of."""
    runs = [point[name]["macro_f1"]["runs"] for point in points for name in names if name in point]
    least, most = min(runs), max(runs)
    seeds = "seed" if most == 1 else "seeds"
    return f"{most} {seeds} a point" if least == most else f"{least} to {most} seeds a point"


def _set_title(key: str) -> str:
    return words(TEST if key == TEST_KEY else key).capitalize()


def corpus_portrait(articles: Sequence[Article]) -> dict[str, Any]:
    """Count articles by what their front matter says of them."""
    portrait: dict[str, dict[str, int]] = {}
    for key in PORTRAIT:
        counts: dict[str, int] = {}
        for article in articles:
            value = article.meta.get(key, UNSTATED)
            counts[value] = counts.get(value, 0) + 1
        portrait[key] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return {"articles": len(articles), **portrait}


def _given(article: str, sources: Sources) -> dict[str, Any]:
    sentences = [s for s in sources.scored[TRANSFORMER] if s.article == article]
    return {
        "article": article,
        "sentences": sentences,
        "weighed": [sources.weights.get((s.article, s.index), ()) for s in sentences],
        "right": {TITLES[name]: row for name, row in sources.results["given"][article].items()},
        "paragraphs": [
            [s for s in sentences if s.paragraph == number] for number in dict.fromkeys(s.paragraph for s in sentences)
        ],
    }
