"""Kinds of errors on labelled news outside the repository: listed for a reader, counted by rule of the codebook.

    make unread OUTPUT=/tmp/unread.txt
    make errors BEFORE=/tmp/before

`list` writes the errors that nobody has read yet, with their text and context, to a file outside the repository.
The reader gives each a line in the table of types: article, sentence, predicted label's letter, the rule that
decides it (`NO_RULE`, or a tag of the contrast pairs), and the kind of error in a few words. `count` joins that table
with the errors of two models and records counts by rule and kind. Articles and sentences are numbers, both from 1;
the table and the record hold no text. The set is the first of `external.yaml`.
"""

import argparse
import csv
import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import BY_LETTER, BY_NAME
from newsvoice.records import write_json, write_text
from pipeline.classifiers.registry import TRANSFORMER, load_classifier
from pipeline.evaluation.predictions import ScoredSentence, score
from pipeline.external import first_set, gold_sentences
from pipeline.folders import folder_hash
from pipeline.labelling.contrast import read_pairs
from pipeline.report.render import render

# No rule of the codebook decides: the gold label itself is in doubt.
NO_RULE: Final = "gold-in-doubt"
# What has not been read stands under this kind.
UNREAD: Final = "not read yet"
COLUMNS: Final = ("article", "sentence", "predicted", "rule", "type")
# Sentences shown on either side of an error.
AROUND: Final = 2

# Article and sentence, from 1, and the letter of the wrong label.
Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """Why an error is one: the rule that decides the sentence, and the kind of error in a few words."""

    rule: str
    type: str


def numbered(scored: Sequence[ScoredSentence]) -> dict[tuple[int, int], ScoredSentence]:
    """Return the sentences by article and sentence number, both from 1, in order."""
    articles = list(dict.fromkeys(s.article for s in scored))
    place = {name: number for number, name in enumerate(articles, start=1)}
    return {(place[s.article], s.index + 1): s for s in scored}


def wrong(scored: Sequence[ScoredSentence]) -> dict[Key, ScoredSentence]:
    """Return the errors by key, in order."""
    return {
        (article, sentence, BY_NAME[s.predicted].letter): s
        for (article, sentence), s in numbered(scored).items()
        if s.gold != s.predicted
    }


def read_kinds(path: Path, *, rules: Sequence[str]) -> dict[Key, Kind]:
    """Read the table of types; raises `NewsvoiceError` with file and line for what is no row of it."""
    kinds: dict[Key, Kind] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream, delimiter="\t")
        if tuple(table.fieldnames or ()) != COLUMNS:
            raise NewsvoiceError(f"columns are not {', '.join(COLUMNS)}", where=f"{path}:1")
        for row in table:
            where = f"{path}:{table.line_num}"
            try:
                key = int(row["article"]), int(row["sentence"]), row["predicted"]
            except (TypeError, ValueError):
                raise NewsvoiceError("article and sentence are numbers", where=where) from None
            if row["predicted"] not in BY_LETTER:
                raise NewsvoiceError(f"unknown letter {row['predicted']!r}", where=where, advice="R, A or E")
            if row["rule"] not in rules:
                raise NewsvoiceError(
                    f"unknown rule {row['rule']!r}", where=where, advice=f"a tag of the contrast pairs, or {NO_RULE}"
                )
            if not row["type"]:
                raise NewsvoiceError("no type", where=where)
            if key in kinds:
                raise NewsvoiceError("a second line on this error", where=where)
            kinds[key] = Kind(row["rule"], row["type"])
    return kinds


def count(before: Mapping[Key, Any], now: Mapping[Key, Any], kinds: Mapping[Key, Kind]) -> list[dict[str, Any]]:
    """Count errors by rule and kind under both models, the most frequent now first; unread ones come last."""
    unread = Kind("", UNREAD)
    counts = [Counter(kinds.get(key, unread) for key in errors) for errors in (before, now)]
    found = sorted(
        {*counts[0], *counts[1]},
        key=lambda kind: (kind == unread, -counts[1][kind], -counts[0][kind], kind.rule, kind.type),
    )
    return [{"rule": k.rule, "type": k.type, "before": counts[0][k], "now": counts[1][k]} for k in found]


def listing(scored: Sequence[ScoredSentence], kinds: Mapping[Key, Kind]) -> str:
    """Return the errors that have no kind yet as text for a reader: key, labels, context."""
    places = numbered(scored)
    lines = []
    for key, s in wrong(scored).items():
        if key in kinds:
            continue
        article, sentence, letter = key
        lines.append(f"{article}\t{sentence}\t{letter}\tgold {BY_NAME[s.gold].letter}, {max(s.probabilities):.0%}")
        for number in range(sentence - AROUND, sentence + AROUND + 1):
            if neighbour := places.get((article, number)):
                mark = ">>>" if number == sentence else f"  {BY_NAME[neighbour.gold].letter}"
                lines.append(f"    {mark} {neighbour.text}")
    return "".join(f"{line}\n" for line in lines)


def refuse_inside(path: Path) -> None:
    """Raise `NewsvoiceError` for a path in a git repository, where no text of the set may come to lie."""
    folder = path.absolute().parent
    found = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        raise NewsvoiceError("lies in a repository", where=str(path), advice="write texts of the set outside: /tmp/…")


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run one of the two actions."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.errors", description=(__doc__ or "").splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    listing_ = actions.add_parser("list", help="write unread errors, with text, outside the repository")
    listing_.add_argument("--model", type=Path, required=True, help="folder of a trained classifier")
    listing_.add_argument("--output", type=Path, required=True)
    counting = actions.add_parser("count", help="count the errors of two models by rule and kind")
    counting.add_argument("--before", type=Path, required=True, help="folder of an earlier classifier")
    counting.add_argument("--now", type=Path, required=True)
    counting.add_argument("--record", type=Path, required=True)
    counting.add_argument("--page", type=Path, required=True)
    for action in (listing_, counting):
        action.add_argument("--sets", type=Path, required=True, help="names the sets; the first one is read")
        action.add_argument("--pairs", type=Path, required=True, help="contrast pairs, whose tags name the rules")
        action.add_argument("--types", type=Path, required=True, help="the table of types")
    options = parser.parse_args(arguments)
    try:
        _list(options) if options.action == "list" else _count(options)
    except NewsvoiceError as error:
        sys.exit(str(error))


def _list(options: argparse.Namespace) -> None:
    refuse_inside(options.output)
    _, location = first_set(options.sets)
    scored = score(load_classifier(TRANSFORMER, options.model), gold_sentences(location))
    write_text(options.output, listing(scored, _kinds(options)))


def _count(options: argparse.Namespace) -> None:
    name, location = first_set(options.sets)
    sentences = gold_sentences(location)
    models = {"before": options.before, "now": options.now}
    errors = {when: wrong(score(load_classifier(TRANSFORMER, model), sentences)) for when, model in models.items()}
    record = {
        "set": name,
        "sha256": hashlib.sha256(location.read_bytes()).hexdigest(),
        "sentences": len(sentences),
        "errors": {when: len(found) for when, found in errors.items()},
        "models_sha256": {when: folder_hash(model) for when, model in models.items()},
        "rows": count(errors["before"], errors["now"], _kinds(options)),
    }
    write_json(options.record, record)
    write_text(options.page, page(record))


def page(record: Mapping[str, Any]) -> str:
    """Return `docs/errors.md` of a record."""
    return render("errors.md.j2", {"record": record, "by_question": by_question(record["rows"])})


def by_question(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Add up counts by the question of the codebook that a rule's tag begins with."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        question = row["rule"].partition("-")[0].upper() if row["rule"].startswith("q") else row["rule"] or UNREAD
        counts = found.setdefault(question, {"before": 0, "now": 0})
        for when in counts:
            counts[when] += row[when]
    return dict(sorted(found.items()))


def _kinds(options: argparse.Namespace) -> dict[Key, Kind]:
    rules = [*dict.fromkeys(pair.rule for pair in read_pairs(options.pairs)), NO_RULE]
    return read_kinds(options.types, rules=rules) if options.types.exists() else {}


if __name__ == "__main__":
    main()
