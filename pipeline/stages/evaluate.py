"""Stage `evaluate`: predictions of every model become metrics, comparisons and plot data."""

import argparse
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from newsvoice.records import read_articles, read_records, write_json, write_text
from pipeline.classifiers.registry import MODELS, TRANSFORMER
from pipeline.config import load_settings
from pipeline.evaluation.calibration import recommended_threshold
from pipeline.evaluation.contrast import evaluate_pairs
from pipeline.evaluation.evaluate import EvaluateSettings, evaluate_models
from pipeline.evaluation.given import evaluate_given
from pipeline.evaluation.headline import headline
from pipeline.evaluation.predictions import CONTRAST_PREDICTIONS, TEST_PREDICTIONS, ScoredSentence
from pipeline.labelling.contrast import read_pairs
from pipeline.splits import SplitSettings
from pipeline.stages.command import run


def main(paths: argparse.Namespace) -> None:
    """Evaluate all models on the test split, and on each article that is always in it."""
    settings = load_settings(paths.params, "evaluate", EvaluateSettings)
    always_test = load_settings(paths.params, "split", SplitSettings).always_test
    meta_of = {article.id: article.meta for article in read_articles(paths.articles)}
    scored = _read(paths.predictions, TEST_PREDICTIONS)
    results = evaluate_models(scored, settings, main=TRANSFORMER, meta_of=meta_of)
    results["min_confidence"] = recommended_threshold(
        results["models"][TRANSFORMER]["risk_coverage"], kept_accuracy=settings.kept_accuracy
    )
    results["given"] = {article: evaluate_given(scored, article) for article in always_test}
    results["contrast"] = evaluate_pairs(
        _read(paths.predictions, CONTRAST_PREDICTIONS),
        read_pairs(paths.pairs),
        samples=settings.samples,
        seed=settings.seed,
    )
    write_json(paths.results, results)
    write_json(paths.metrics, headline(results, main=TRANSFORMER))
    main_scored = scored[TRANSFORMER]
    _write_csv(
        paths.plots / "confusion.csv",
        ("gold", "predicted"),
        [{"gold": s.gold, "predicted": s.predicted} for s in main_scored],
    )
    _write_csv(
        paths.plots / "reliability.csv",
        ("confidence", "accuracy", "sentences"),
        results["models"][TRANSFORMER]["calibration"]["curve"],
    )
    _write_csv(
        paths.plots / "risk_coverage.csv",
        ("min_confidence", "coverage", "accuracy"),
        results["models"][TRANSFORMER]["risk_coverage"],
    )


def _read(folder: Path, file: str) -> dict[str, list[ScoredSentence]]:
    return {name: read_records(folder / name / file, ScoredSentence) for name in MODELS}


def _write_csv(path: Path, fields: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    write_text(path, table.getvalue())


if __name__ == "__main__":
    run(
        __doc__,
        main,
        inputs=("params", "predictions", "pairs", "articles"),
        outputs=("results", "metrics", "plots"),
    )
