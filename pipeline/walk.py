"""The walk of docs/annotate.md, done by a script: articles of one's own, reviewed, trained on, and what it bought.

    make walk
    make walk WALK=mine

Thirty articles of a kind that the corpus does not have lie in `data/walk/`, with the labels that a review gave
them; any other folder with `articles/` and settled `annotations/` will do. The script runs the commands that a user
would: export with the model's guesses, labels filled in (from the stored review, which stands for the person),
import. It then trains anew with all but the latest third of the articles added to the training split, and compares
the models before and after on these and on every other set. One training, by far the longest part; a run that was
stopped after it goes on from there.
"""

import argparse
import csv
import hashlib
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from newsvoice.annotate.files import article_files
from newsvoice.annotations import Annotation, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import BY_NAME, NAMES
from newsvoice.metrics import classification_scores, draws, intervals
from newsvoice.records import Article, read_records, rounded, write_json, write_text
from newsvoice.text.ingest import read_article
from newsvoice.text.segment import segment
from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.registry import TRANSFORMER, load_classifier
from pipeline.classifiers.transformer import FinetuneSettings, TransformerClassifier
from pipeline.config import load_settings
from pipeline.evaluation.changes import changes, share
from pipeline.evaluation.evaluate import EvaluateSettings
from pipeline.evaluation.predictions import ScoredSentence, score
from pipeline.evaluation.resampling import matrices_by_article
from pipeline.external import gold_sentences, sets_here
from pipeline.folders import folder_hash
from pipeline.labelling.label import CONTEXT, LabelledSentence, label_sentences
from pipeline.report.render import render
from pipeline.stages.command import run

log = logging.getLogger(__name__)

# One article in so many, the latest, is kept apart to judge by.
JUDGED: Final = 3
OWN: Final = "the articles kept apart"
ANNOTATOR: Final = "reviewer"


def in_order(articles: Sequence[Article]) -> list[str]:
    """Return the articles' names, the oldest first; undated ones stand first."""
    return [a.id for a in sorted(articles, key=lambda a: (a.meta.get("date", ""), a.id))]


def filled_in(table: str, review: dict[str, list[Annotation]]) -> str:
    """Return an exported CSV with its column `label` filled in from the stored review, as a person would.

    Raises `NewsvoiceError` for a sentence that the review does not have.
    """
    settled = {(name, m.start, m.end): m.label for name, marks in review.items() for m in marks}
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline="")))
    for row in rows:
        key = row["article"], int(row["start"]), int(row["end"])
        if settled.get(key) is None:
            raise NewsvoiceError("the review has no label for it", where=f"{key[0]}[{key[1]}:{key[2]}]")
        row["label"] = str(settled[key])
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def reviewed(articles: Path, review: Path, *, model: Path, work: Path) -> dict[str, list[Annotation]]:
    """Export, fill in and import by the console command; return the annotations that came of it, by article."""
    tasks, annotations = work / "tasks.csv", work / "annotations"
    for file in annotations.glob("*.jsonl"):
        file.unlink()
    annotations.mkdir(parents=True, exist_ok=True)
    exporting = ["export", articles, "--to", "csv", "--limit", "0", "--model", model, "--output", tasks]
    _newsvoice("annotate", *map(str, exporting))
    stored = {file.stem: read_annotations(file) for file in sorted(review.glob("*.jsonl"))}
    write_text(tasks, filled_in(tasks.read_text(encoding="utf-8"), stored))
    importing = ["import", tasks, "--articles", articles, "--annotations", annotations, "--annotator", ANNOTATOR]
    _newsvoice("annotate", *map(str, importing))
    return {file.stem: read_annotations(file) for file in sorted(annotations.glob("*.jsonl"))}


def _newsvoice(*arguments: str) -> None:
    log.info("newsvoice %s", " ".join(arguments))
    done = subprocess.run([sys.executable, "-m", "newsvoice.cli", *arguments], stdout=sys.stderr, check=False)
    if done.returncode:
        raise NewsvoiceError("stopped", where=f"newsvoice {' '.join(arguments[:2])}", advice="see the lines above")


def help_of_guesses(sentences: Sequence[LabelledSentence], guessed: Sequence[str]) -> dict[str, Any]:
    """How many of the guesses a reviewer could let stand, in all and by the label that is right."""
    right = [s.label == guess for s, guess in zip(sentences, guessed, strict=True)]
    by_label = {n: sum(r for s, r in zip(sentences, right, strict=True) if s.label == n) for n in NAMES}
    return {"right": sum(right), "by_label": by_label}


def measured(
    models: dict[str, SentenceClassifier], sentences: Sequence[LabelledSentence], settings: EvaluateSettings
) -> dict[str, Any]:
    """Scores of every model on one set, and what changed from `before` to `after`, with the paired test."""
    scored = {name: score(model, sentences) for name, model in models.items()}
    rows = {name: _scores(own, settings) for name, own in scored.items()}
    found = changes(share(scored["before"], scored["after"]), samples=settings.samples, seed=settings.seed)
    changed = {kind: [_change(c) for c in found[kind]] for kind in ("better", "worse")}
    sizes = {key: found[key] for key in ("sentences", "articles")}
    return {**sizes, "models": rows, "comparison": found["comparison"], **changed}


def _scores(scored: Sequence[ScoredSentence], settings: EvaluateSettings) -> dict[str, Any]:
    matrices = matrices_by_article(scored)
    scores = classification_scores(matrices.sum(axis=0))
    bounds = intervals(matrices, draws(len(matrices), samples=settings.samples, seed=settings.seed))
    labels = {name: scores["labels"][name]["f1"] for name in NAMES}
    return {
        "macro_f1": scores["macro_f1"],
        "macro_f1_interval": bounds["macro_f1"],
        "accuracy": scores["accuracy"],
        "f1": labels,
    }


def _change(change: Any) -> dict[str, Any]:
    before, after = change.before, change.after
    return {
        "article": before.article,
        "index": before.index,
        "text": before.text,
        "gold": before.gold,
        "before": before.predicted,
        "after": after.predicted,
    }


def trained(
    train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence], settings: FinetuneSettings, folder: Path
) -> TransformerClassifier:
    """Train, or read the model that a stopped run of the same settings and sentences has left in `folder`."""
    told = json.dumps([settings.model_dump(), [(s.article, s.index, s.text, s.label) for s in train]], sort_keys=True)
    stamp, digest = folder.with_suffix(".inputs"), hashlib.sha256(told.encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        log.info("%s is of these very inputs: not trained again", folder)
        return TransformerClassifier.load(folder)
    stamp.unlink(missing_ok=True)
    classifier = TransformerClassifier(settings).fit(train, validation)
    classifier.save(folder)
    write_text(stamp, digest)
    return classifier


def walk(paths: argparse.Namespace) -> dict[str, Any]:
    """Do the whole walk and return its record."""
    evaluation = load_settings(paths.params, "evaluate", EvaluateSettings)
    finetune = load_settings(paths.params, "finetune", FinetuneSettings)
    files = article_files([paths.articles])
    if len(files) < JUDGED:
        raise NewsvoiceError(f"{len(files)} articles are too few to keep some apart", where=str(paths.articles))
    articles = [read_article(file) for file in files.values()]
    marks = reviewed(paths.articles, paths.review, model=paths.models / "runtime", work=paths.work)
    sentences = [s for article in articles for s in segment(article)]
    own = label_sentences(articles, sentences, marks, source_of={name: name for name in marks}).sentences
    judged = set(in_order(articles)[-(len(articles) // JUDGED) :])
    added, kept_apart = ([s for s in own if (s.article in judged) == wanted] for wanted in (False, True))
    rules, before = (load_classifier(name, paths.models / name) for name in ("rules", TRANSFORMER))
    train, pairs, validation, test = (
        read_records(file, LabelledSentence)
        for file in (
            paths.splits / "train.jsonl",
            paths.contrast / "train.jsonl",
            paths.splits / "validation.jsonl",
            paths.splits / "test.jsonl",
        )
    )
    if finetune.every_epoch:
        # One's own articles are what this model is for: every epoch reads them.
        read_again = "|".join([finetune.every_epoch, *(f"^{re.escape(article.id)}$" for article in articles)])
        finetune = finetune.model_copy(update={"every_epoch": read_again})
    after = trained([*train, *added, *pairs], validation, finetune, paths.work / "model")
    sets = {OWN: kept_apart, "test split": test}
    sets |= {name: gold_sentences(path) for name, path in sets_here(paths.sets).items()}
    found: dict[str, Any] = {}
    for name, of_set in sets.items():
        log.info("measuring on %s", name)
        models = {"rules": rules, "before": before, "after": after}
        found[name] = measured(models, of_set, evaluation)
        if name != OWN:
            # Other sets' sentences are counted, never shown.
            found[name] |= {kind: len(found[name][kind]) for kind in ("better", "worse")}
    guesses = {name: [s.predicted for s in score(model, own)] for name, model in (("rules", rules), ("model", before))}
    return {
        "about": paths.about.read_text(encoding="utf-8").strip() if paths.about.exists() else "",
        "articles": len(articles),
        "sentences": len(own),
        "by_label": {name: sum(s.label == name for s in own) for name in NAMES},
        "guesses": {name: help_of_guesses(own, guessed) for name, guessed in guesses.items()},
        "added": {"articles": len(articles) - len(judged), "sentences": len(added)},
        "trained_on": sum(s.source != CONTEXT for s in (*train, *added, *pairs)),
        "seed": finetune.seed,
        "before_sha256": folder_hash(paths.models / TRANSFORMER),
        "sets": found,
    }


def main(paths: argparse.Namespace) -> None:
    """Walk, and write the record and the page that is made of it."""
    if not (paths.models / "runtime").is_dir():
        raise NewsvoiceError("no model here", where=str(paths.models), advice="build it: make repro")
    record = rounded(walk(paths))
    write_json(paths.record, record)
    write_text(paths.page, page(record))


def page(record: dict[str, Any]) -> str:
    """Return `docs/walk.md` of a record."""
    return render(
        "walk.md.j2", {"record": record, "names": NAMES, "own": OWN, "letter": {n: BY_NAME[n].letter for n in NAMES}}
    )


if __name__ == "__main__":
    run(
        __doc__ or "",
        main,
        inputs=("params", "sets", "articles", "review", "splits", "contrast", "models", "work", "about"),
        outputs=("record", "page"),
    )
