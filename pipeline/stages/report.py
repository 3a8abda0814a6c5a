"""Stage `report`: metrics files become the report, the cards and README's table. It computes nothing."""

import argparse
import csv
import json
from pathlib import Path
from typing import Any, Final

from newsvoice.records import read_articles, read_records, write_text
from newsvoice.runtime.manifest import file_hash
from pipeline.classifiers.registry import MODELS, TRANSFORMER
from pipeline.config import load_settings, load_yaml
from pipeline.evaluation import spread
from pipeline.evaluation.calibration import RELIABILITY, RISK_COVERAGE
from pipeline.evaluation.explained import read_weights
from pipeline.evaluation.predictions import TEST_PREDICTIONS, ScoredSentence
from pipeline.folders import folder_hash
from pipeline.report.context import Sources, build_context
from pipeline.report.origin import origin
from pipeline.report.render import render
from pipeline.splits import SplitSettings
from pipeline.stages.command import run
from pipeline.tables import write_csv

# Models whose learning curve `dvc.yaml` draws.
CURVES: Final = ("tfidf", TRANSFORMER)


def main(paths: argparse.Namespace) -> None:
    """Read every source, build one context, render five documents from it."""
    sources = Sources(
        results=_json(paths.results),
        labelling=_json(paths.labelling),
        split=_json(paths.split),
        contrast=_json(paths.contrast),
        finetune=_json(paths.finetune),
        epochs=_epochs(paths.curve),
        weights=read_weights(paths.explained),
        scored={name: read_records(paths.predictions / name / TEST_PREDICTIONS, ScoredSentence) for name in MODELS},
        articles=read_articles(paths.articles),
        external=current(_json(paths.external), paths.models),
        cost=beside(_json(paths.cost), paths.models / TRANSFORMER) or {"models": {}},
        settings=load_yaml(paths.params),
        always_test=load_settings(paths.params, "split", SplitSettings).always_test,
        origin=origin(
            articles=paths.articles,
            models=paths.models,
            locks=(paths.lock, paths.torch_lock),
            processor=_json(paths.processor),
        ),
        seeds=beside(_optional(paths.seeds), paths.models / TRANSFORMER).get("rows", ()),
        learning_curve=beside(_optional(paths.learning_curve), paths.models / TRANSFORMER).get("rows", ()),
        two_sample=of_these_labels(_optional(paths.two_sample), paths.labelled),
        suspects=of_these_labels(_optional(paths.suspects), paths.labelled),
        kinds=_optional(paths.errors),
        speed=beside(_optional(paths.speed), paths.models / TRANSFORMER),
    )
    context = build_context(sources)
    _write_plots(context, sources, paths)
    for output, template in (
        (paths.html, "report.html.j2"),
        (paths.markdown, "report.md.j2"),
        (paths.table, "table.md.j2"),
        (paths.model_card, "model_card.md.j2"),
        (paths.data_card, "data_card.md.j2"),
    ):
        write_text(output, render(template, context))


def _write_plots(context: dict[str, Any], sources: Sources, paths: argparse.Namespace) -> None:
    """Write the curves that no other stage has, for DVC's own plots; without data only the head of the table."""
    news = context["external"].get(context["news"])
    model = news["models"][TRANSFORMER] if news else None
    write_csv(paths.news / "reliability.csv", RELIABILITY, model["calibration"]["curve"] if model else ())
    write_csv(paths.news / "risk_coverage.csv", RISK_COVERAGE, model["risk_coverage"] if model else ())
    names = spread.sets(sources.learning_curve)
    curve = dict.fromkeys(CURVES, ()) | spread.learning_curve(sources.learning_curve)
    for name, points in curve.items():
        # A file a model: a share that only one of two was trained on would be drawn as 0 for the other.
        write_csv(paths.learning / f"{name}.csv", ("articles", *names), spread.curve_rows(points, names))


def current(external: dict[str, Any], models: Path) -> dict[str, Any]:
    """Keep the external measurements of these very models; any other counts as not measured."""
    hashes = {name: folder_hash(models / name) for name in MODELS}
    return {
        name: record if record["measured"] and record["models_sha256"] == hashes else {"measured": False}
        for name, record in external.items()
    }


def beside(record: dict[str, Any], classifier: Path) -> dict[str, Any]:
    """Keep a record that was made beside this very classifier; any other counts as not made."""
    return record if record.get("classifier_sha256") == folder_hash(classifier) else {}


def of_these_labels(record: dict[str, Any], labelled: Path) -> dict[str, Any]:
    """Keep a record made of these very labels; any other counts as not made."""
    return record if record.get("labelled_sha256") == file_hash(labelled) else {}


def _json(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _optional(path: Path | None) -> dict[str, Any]:
    """Read a record that need not have been made yet; empty where it was not."""
    return _json(path) if path is not None and path.exists() else {}


def _epochs(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
    return [{**row, "epoch": int(row["epoch"])} for row in rows]


if __name__ == "__main__":
    run(
        __doc__,
        main,
        inputs=(
            "params",
            "results",
            "labelling",
            "split",
            "contrast",
            "finetune",
            "curve",
            "predictions",
            "explained",
            "articles",
            "models",
            "external",
            "cost",
            "processor",
            "lock",
            "torch_lock",
            "seeds?",
            "learning_curve?",
            "two_sample?",
            "errors?",
            "labelled",
            "suspects?",
            "speed?",
        ),
        outputs=("html", "markdown", "table", "model_card", "data_card", "news", "learning"),
    )
