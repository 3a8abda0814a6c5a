"""Score every model on labelled news from outside the corpus: the honest mirror.

    make external

The sets stand in `external.yaml`, by name and path. They are not part of the pipeline's graph, because a
clone need not have them all; what was measured is recorded in `reports/external.json` with the hashes of the
set and of each model, and the report reads that record. A set that is not there is not measured: a record
of the same models stays, one of other models is replaced by `measured: false`. Texts never enter the
record.
"""

import argparse
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from newsvoice.errors import NewsvoiceError
from newsvoice.gold import read_gold
from newsvoice.records import write_json
from pipeline.classifiers.registry import MODELS, TRANSFORMER, load_classifier
from pipeline.config import load_settings, load_yaml
from pipeline.evaluation.evaluate import EvaluateSettings, evaluate_models
from pipeline.evaluation.headline import headline
from pipeline.evaluation.predictions import score
from pipeline.folders import folder_hash
from pipeline.labelling.label import GOLD, LabelledSentence, with_label
from pipeline.stages.command import run

log = logging.getLogger(__name__)


def gold_sentences(path: Path) -> list[LabelledSentence]:
    """Read a labelled set from outside as the pipeline's own sentences."""
    gold = read_gold(path)
    return [with_label(s, label, GOLD, 1.0) for s, label in zip(gold.sentences, gold.labels, strict=True)]


def sets_here(sets: Path) -> dict[str, Path]:
    """Return the sets that `external.yaml` names and that are there, by name."""
    return {name: Path(location) for name, location in load_yaml(sets).items() if Path(location).is_file()}


def real_news(sets: Path) -> dict[str, Path]:
    """Return name and place of the first set of `external.yaml`, which is real news; nothing where it is not there."""
    first = next(iter(load_yaml(sets)))
    return {name: path for name, path in sets_here(sets).items() if name == first}


def first_set(sets: Path) -> tuple[str, Path]:
    """Return name and place of the first set of `external.yaml`; raises `NewsvoiceError` where it is not there."""
    name, location = next(iter(load_yaml(sets).items()))
    if name not in real_news(sets):
        raise NewsvoiceError(f"{name} is not here", where=str(location), advice="the record stays as it is")
    return name, Path(location)


def measure(path: Path, models: Path, settings: EvaluateSettings) -> dict[str, Any]:
    """Evaluate every model on one labelled set, as `evaluate` does on test."""
    sentences = gold_sentences(path)
    scored = {name: score(load_classifier(name, models / name), sentences) for name in MODELS}
    return evaluate_models(scored, settings, main=TRANSFORMER)


def update(
    record: Mapping[str, Any], sets: Mapping[str, str], *, models: Path, settings: EvaluateSettings
) -> dict[str, Any]:
    """Return the new record: each set measured, kept, or marked as not measured."""
    hashes = {name: folder_hash(models / name) for name in MODELS}
    updated: dict[str, Any] = {}
    for name, location in sets.items():
        path, old = Path(location), record.get(name, {})
        if path.is_file():
            data_hash = hashlib.sha256(path.read_bytes()).hexdigest()
            log.info("%s: measuring on %s", name, path)
            judged = {"sha256": data_hash, "models_sha256": hashes}
            # Measured again, the same models on the same set keep the day on which they were new.
            known = old.get("measured") and all(old[key] == value for key, value in judged.items())
            since = old.get("since", today()) if known else today()
            results = measure(path, models, settings)
            updated[name] = {"measured": True, "since": since, **judged, **results}
        elif old.get("measured") and old["models_sha256"] == hashes:
            log.info("%s: not measured here (%s is not there); the record is of these very models", name, path)
            updated[name] = old
        else:
            log.info("%s: not measured (%s is not there)", name, path)
            updated[name] = {"measured": False}
    return updated


def today() -> str:
    """The day by this machine's clock, as in ISO 8601."""
    return datetime.now().astimezone().date().isoformat()


def headlines(record: Mapping[str, Any]) -> dict[str, Any]:
    """The headline figures of each measured set."""
    return {name: headline(results, main=TRANSFORMER) for name, results in record.items() if results["measured"]}


def main(paths: argparse.Namespace) -> None:
    """Read the sets and the old record, measure, write the new record."""
    if missing := [name for name in MODELS if not (paths.models / name).is_dir()]:
        raise NewsvoiceError("no model here", where=str(paths.models / missing[0]), advice="build it: make repro")
    settings = load_settings(paths.params, "evaluate", EvaluateSettings)
    sets = load_yaml(paths.sets)
    record = json.loads(paths.record.read_text(encoding="utf-8")) if paths.record.exists() else {}
    updated = update(record, sets, models=paths.models, settings=settings)
    write_json(paths.record, updated)
    write_json(paths.metrics, headlines(updated))


if __name__ == "__main__":
    run(__doc__, main, inputs=("sets", "params", "models"), outputs=("record", "metrics"))
