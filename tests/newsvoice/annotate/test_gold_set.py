from pathlib import Path

import pytest

from newsvoice.annotate.gold_set import gold_set
from newsvoice.annotations import Annotation, Vote
from newsvoice.errors import NewsvoiceError
from newsvoice.gold import read_gold
from newsvoice.labels import NOT_PROSE
from newsvoice.records import write_jsonl
from tests.newsvoice.annotate.build import A, E, R
from tests.newsvoice.annotate.conftest import ARTICLE, Run


def mark(text: str, *labels: str) -> Annotation:
    start = ARTICLE.index(text)
    votes = tuple(Vote(name, label) for name, label in zip(("ada", "ben"), labels, strict=False))
    return Annotation(start, start + len(text), text, votes)


MARKS = [
    mark("Fee rises", A, A),
    mark("By Ada Low", NOT_PROSE),
    mark("The council met on Monday.", A, E),
    mark("“We pay for it all,” he said.", R),
    mark("It is a shameful fee — and who will pay?", E),
]


def test_what_is_settled_and_prose_is_gold(folder: Path) -> None:
    write_jsonl(folder / "annotations/fee.jsonl", MARKS)
    gold = gold_set({name: folder / f"articles/{name}.txt" for name in ("fee", "ship")}, folder / "annotations")

    assert [(row["text"], row["label"], row["article"]) for row in gold.rows] == [
        ("Fee rises", A, "fee"),
        ("“We pay for it all,” he said.", R, "fee"),
        ("It is a shameful fee — and who will pay?", E, "fee"),
    ]
    assert [row["para"] for row in gold.rows] == [1, 3, 4]
    assert (gold.articles, gold.disputed) == (1, 1)


def test_evaluate_reads_what_is_written(run: Run, folder: Path) -> None:
    write_jsonl(folder / "annotations/fee.jsonl", MARKS)
    outcome = run("gold", "articles", "-o", "gold.jsonl")

    assert outcome.code == 0
    assert outcome.err == "gold.jsonl: 3 sentences of 1 article; 1 disputed left out\n"
    read = read_gold(folder / "gold.jsonl")
    assert read.labels == [A, R, E]
    assert [s.paragraph for s in read.sentences] == [0, 1, 2]


def test_only_articles_that_gave_a_sentence_are_counted(run: Run, folder: Path) -> None:
    write_jsonl(folder / "annotations/fee.jsonl", MARKS[:1])
    ship = Annotation(0, 18, "The ship was late.", (Vote("ada", A), Vote("ben", E)))
    write_jsonl(folder / "annotations/ship.jsonl", [ship])
    outcome = run("gold", "articles", "-o", "gold.jsonl")
    assert outcome.err == "gold.jsonl: 1 sentence of 1 article; 1 disputed left out\n"


def test_no_gold_is_said(run: Run, folder: Path) -> None:
    assert "no folder 'annotations' beside it" in run("gold", "articles", "-o", "gold.jsonl").err
    (folder / "annotations").mkdir()
    outcome = run("gold", "articles", "-o", "gold.jsonl")
    assert outcome.code == 1
    assert "no settled label of these articles; newsvoice annotate review" in outcome.err
    assert not (folder / "gold.jsonl").exists()


def test_stale_gold_is_named(folder: Path) -> None:
    write_jsonl(folder / "annotations/ship.jsonl", [mark("Fee rises", A)])
    with pytest.raises(NewsvoiceError, match=r"ship\.jsonl:1: ship\["):
        gold_set({"ship": folder / "articles/ship.txt"}, folder / "annotations")
