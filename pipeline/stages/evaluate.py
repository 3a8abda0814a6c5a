"""Stage `evaluate`: predictions of every model become metrics, comparisons and plot data."""

import argparse
from pathlib import Path

from newsvoice.records import read_articles, read_records, write_json
from pipeline.classifiers.registry import MODELS, TRANSFORMER
from pipeline.config import load_settings
from pipeline.evaluation.calibration import RELIABILITY, RISK_COVERAGE, recommended_threshold
from pipeline.evaluation.contrast import evaluate_pairs
from pipeline.evaluation.evaluate import EvaluateSettings, evaluate_models
from pipeline.evaluation.given import evaluate_given
from pipeline.evaluation.headline import headline
from pipeline.evaluation.predictions import CONTRAST_PREDICTIONS, TEST_PREDICTIONS, ScoredSentence
from pipeline.labelling.contrast import read_pairs
from pipeline.splits import SplitSettings
from pipeline.stages.command import run
from pipeline.tables import write_csv


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
    write_csv(
        paths.plots / "confusion.csv",
        ("gold", "predicted"),
        [{"gold": s.gold, "predicted": s.predicted} for s in main_scored],
    )
    write_csv(
        paths.plots / "reliability.csv",
        RELIABILITY,
        results["models"][TRANSFORMER]["calibration"]["curve"],
    )
    write_csv(
        paths.plots / "risk_coverage.csv",
        RISK_COVERAGE,
        results["models"][TRANSFORMER]["risk_coverage"],
    )


def _read(folder: Path, file: str) -> dict[str, list[ScoredSentence]]:
    return {name: read_records(folder / name / file, ScoredSentence) for name in MODELS}


if __name__ == "__main__":
    run(
        __doc__,
        main,
        inputs=("params", "predictions", "pairs", "articles"),
        outputs=("results", "metrics", "plots"),
    )
