"""How much the result owes to the seed and to the amount of data: many trainings, so outside the graph.

    make study

Each training is one row, written as soon as it is done; an interrupted study goes on where it stopped. Rows
belong to the settings and data they were made with (`inputs`) and to the recorded model; others in their place start
anew.
`reports/seeds.json` has every seed on the whole training split; `reports/learning_curve.json` has shares of its
articles. The report shows what is there.
"""

import argparse
import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import Field

from newsvoice.labels import NAMES
from newsvoice.metrics import classification_scores
from newsvoice.records import read_records, write_json
from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.contrastive import ContrastiveClassifier
from pipeline.classifiers.frozen import FrozenClassifier
from pipeline.classifiers.registry import FROZEN, SETFIT, TRANSFORMER, load_classifier
from pipeline.classifiers.tfidf import TfidfClassifier, TfidfSettings
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.config import Settings, load_settings, load_yaml
from pipeline.environment import start_anew
from pipeline.evaluation.contrast import both_right
from pipeline.evaluation.given import evaluate_given
from pipeline.evaluation.predictions import score
from pipeline.evaluation.resampling import matrices_by_article
from pipeline.external import gold_sentences, sets_here
from pipeline.folders import folder_hash
from pipeline.labelling.label import CONTEXT, LabelledSentence
from pipeline.splits import SplitSettings
from pipeline.stages.command import run

log = logging.getLogger(__name__)

TFIDF: Final = "tfidf"


class StudySettings(Settings):
    """`seeds` train on everything; the first `curve_seeds` of them also on each of `shares` of the articles.

    `setfit_pairs` is how many pairs of sentences SetFit's recipe learns from.
    """

    seeds: list[int] = Field(min_length=1)
    shares: list[float]
    curve_seeds: int = Field(ge=1)
    setfit_pairs: int = Field(ge=2)


@dataclass(frozen=True, slots=True)
class Data:
    """What the study trains and measures on: splits, contrast pairs, and external sets by name."""

    train: list[LabelledSentence]
    pairs: list[LabelledSentence]
    validation: list[LabelledSentence]
    sets: dict[str, list[LabelledSentence]]


@dataclass(frozen=True, slots=True)
class Plan:
    """One training: a model, a share of the training articles, a seed."""

    model: str
    share: float
    seed: int


def plans(settings: StudySettings, *, share_of_all: bool) -> Iterator[Plan]:
    """The trainings of the seeds' table, or of the learning curve, cheap ones first."""
    if share_of_all:
        yield Plan(TFIDF, 1.0, settings.seeds[0])
        yield Plan(FROZEN, 1.0, settings.seeds[0])
        for model in (SETFIT, TRANSFORMER):
            yield from (Plan(model, 1.0, seed) for seed in settings.seeds)
    else:
        for model in (TFIDF, TRANSFORMER):
            for share in settings.shares:
                yield from (Plan(model, share, seed) for seed in settings.seeds[: settings.curve_seeds])


def subset(sentences: Sequence[LabelledSentence], share: float, *, seed: int) -> list[LabelledSentence]:
    """Return the sentences of a random `share` of the articles, in their order."""
    articles = list(dict.fromkeys(s.article for s in sentences))
    count = round(share * len(articles))
    chosen = set(np.random.default_rng(seed).permutation(articles)[:count].tolist())
    return [s for s in sentences if s.article in chosen]


def measure(classifier: SentenceClassifier, data: Data, *, given: str) -> dict[str, Any]:
    """Macro-F1 and each label's F1 on every set; contrast pairs both right; the given article's right answers."""
    row: dict[str, Any] = {}
    for name, sentences in data.sets.items():
        scored = score(classifier, sentences)
        if name == "contrast":
            both = both_right(scored)
            row["contrast_both_right"] = sum(both.values()) / len(both)
            continue
        scores = classification_scores(matrices_by_article(scored).sum(axis=0))
        row[name] = {"macro_f1": scores["macro_f1"], **{label: scores["labels"][label]["f1"] for label in NAMES}}
        if name == "test":
            row["given_article"] = evaluate_given({"": scored}, given)[""]["right"]
    return row


def train(plan: Plan, data: Data, params: Path) -> tuple[SentenceClassifier, list[LabelledSentence]]:
    """Fit one model of the plan; returns it and the sentences it learnt from."""
    learnt = [*subset(data.train, plan.share, seed=plan.seed), *subset(data.pairs, plan.share, seed=plan.seed)]
    prose = [s for s in learnt if s.source != CONTEXT]
    finetune = load_settings(params, "finetune", FinetuneSettings).model_copy(update={"seed": plan.seed})
    classifier: SentenceClassifier
    if plan.model == TRANSFORMER:
        classifier = TransformerClassifier(finetune).fit(learnt, data.validation)
    elif plan.model == FROZEN:
        classifier = FrozenClassifier(finetune).fit(prose, data.validation)
    elif plan.model == SETFIT:
        pairs = load_settings(params, "study", StudySettings).setfit_pairs
        classifier = ContrastiveClassifier(finetune, pairs=pairs).fit(prose, data.validation)
    else:
        classifier = TfidfClassifier(load_settings(params, "baseline.tfidf", TfidfSettings)).fit(prose, data.validation)
    return classifier, prose


def study(
    record: Path, todo: Sequence[Plan], data: Data, *, params: Path, models: Path, given: str, inputs: str
) -> None:
    """Do what is missing of `todo` and write `record` after every training."""
    old = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    beside = {"inputs": inputs, "classifier_sha256": folder_hash(models / TRANSFORMER)}
    # Code is no input here. What it changes in the transformer shows in the recorded model; what it changes in the
    # others does not: remove their rows then.
    rows = old["rows"] if all(old.get(key) == value for key, value in beside.items()) else []
    done = {(row["model"], row["share"], row["seed"]) for row in rows}
    of_repro = load_settings(params, "finetune", FinetuneSettings).seed
    for plan in todo:
        if (plan.model, plan.share, plan.seed) in done:
            continue
        log.info("%s, share %g, seed %d", plan.model, plan.share, plan.seed)
        if plan == Plan(TRANSFORMER, 1.0, of_repro):
            classifier, prose = load_classifier(TRANSFORMER, models / TRANSFORMER), _prose(data)
        else:
            classifier, prose = train(plan, data, params)
        rows.append(
            {
                "model": plan.model,
                "share": plan.share,
                "seed": plan.seed,
                "articles": len({s.article for s in prose} - {s.article for s in data.pairs}),
                "sentences": len(prose),
                **measure(classifier, data, given=given),
            }
        )
        write_json(record, {**beside, "rows": rows})


def _prose(data: Data) -> list[LabelledSentence]:
    return [s for s in (*data.train, *data.pairs) if s.source != CONTEXT]


def fingerprint(params: Path, files: Sequence[Path]) -> str:
    """SHA-256 of the settings of training and of the data: what rows depend on."""
    settings = load_yaml(params)
    read = [settings["finetune"], settings["baseline"], settings["study"]["setfit_pairs"]]
    digest = hashlib.sha256(json.dumps(read, sort_keys=True).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main(paths: argparse.Namespace) -> None:
    """Read everything, then run the seeds and the curve."""
    settings = load_settings(paths.params, "study", StudySettings)
    start_anew(pinned=load_settings(paths.params, "finetune", FinetuneSettings).reproducible)
    files = [
        *(paths.splits / f"{name}.jsonl" for name in ("train", "validation", "test")),
        *(paths.contrast / f"{name}.jsonl" for name in ("train", "test")),
    ]
    training, validation, test, pairs, test_pairs = (read_records(file, LabelledSentence) for file in files)
    external = sets_here(paths.sets)
    sets = {"test": test, **{name: gold_sentences(path) for name, path in external.items()}, "contrast": test_pairs}
    data = Data(training, pairs, validation, sets)
    given = load_settings(paths.params, "split", SplitSettings).always_test[0]
    inputs = fingerprint(paths.params, [*files, *external.values()])
    for record, share_of_all in ((paths.seeds, True), (paths.curve, False)):
        todo = list(plans(settings, share_of_all=share_of_all))
        study(record, todo, data, params=paths.params, models=paths.models, given=given, inputs=inputs)
    extend_curve(paths.curve, paths.seeds)


def extend_curve(curve: Path, seeds: Path) -> None:
    """Give the curve its last point: what the seeds' table says of the whole training split."""
    record, full = (json.loads(path.read_text(encoding="utf-8")) for path in (curve, seeds))
    models = {row["model"] for row in record["rows"]}
    known = {(row["model"], row["share"], row["seed"]) for row in record["rows"]}
    record["rows"] += [
        row for row in full["rows"] if row["model"] in models and (row["model"], row["share"], row["seed"]) not in known
    ]
    write_json(curve, record)


if __name__ == "__main__":
    run(
        __doc__,
        main,
        inputs=("params", "sets", "splits", "contrast", "models"),
        outputs=("seeds", "curve"),
    )
