import re
import sys
from pathlib import Path

import pytest

from newsvoice.annotations import ADJUDICATOR, Vote, check_against, read_annotations
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NOT_PROSE
from newsvoice.text.ingest import read_article
from newsvoice.text.segment import segment
from pipeline import corpus
from pipeline.corpus import add, add_votes, disputes, parse_draft
from tests.pipeline.build import A, E, R

DRAFT = """\
genre: news report
topic: ports
---
A A Ferry Returns to Halden
N By Ines Marlow
A The ferry to Halden sailed at dawn.
R “We are glad,” said its captain, Olu Berg.

A A Budget Row
A The crossing had been shut since May.
E It was a shameful farce.
"""
SENTENCES = [line[2:] for line in DRAFT.splitlines()[3:] if line]


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    """The draft, brought in as the article `ferry`; the folder of its annotations."""
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts/ferry.txt").write_text(DRAFT, encoding="utf-8")
    add(tmp_path / "drafts", articles=tmp_path / "articles", annotations=tmp_path / "annotations")
    return tmp_path / "annotations"


def vote(annotations: Path, table: str, annotator: str = "reader") -> int:
    path = annotations.parent / f"{annotator}.tsv"
    path.write_text(table, encoding="utf-8")
    return add_votes(path, annotator=annotator, annotations=annotations)


def test_a_draft_becomes_an_article_and_annotations_with_true_offsets() -> None:
    text, marks = parse_draft(DRAFT, where="ferry.txt")
    assert [mark.text for mark in marks] == SENTENCES
    assert [text[mark.start : mark.end] for mark in marks] == SENTENCES
    assert [mark.label for mark in marks] == [A, NOT_PROSE, A, R, A, A, E]
    assert all(mark.votes == (Vote("writer", mark.label),) for mark in marks)


def test_front_matter_is_kept() -> None:
    text, _ = parse_draft(DRAFT, where="ferry.txt")
    assert text.startswith("---\ngenre: news report\ntopic: ports\n---\n\nA Ferry Returns")


def test_headline_byline_and_subheading_stand_alone() -> None:
    text, _ = parse_draft(DRAFT, where="ferry.txt")
    body = text.partition("---\n\n")[2]
    assert body.rstrip("\n").split("\n\n") == [
        "A Ferry Returns to Halden",
        "By Ines Marlow",
        "The ferry to Halden sailed at dawn. “We are glad,” said its captain, Olu Berg.",
        "A Budget Row",
        "The crossing had been shut since May. It was a shameful farce.",
    ]


def test_a_terminated_headline_stands_alone_too() -> None:
    text, _ = parse_draft("genre: x\n---\nE Who pays for Halden?\nA The ferry sailed.\n", where="ferry.txt")
    assert text.endswith("Who pays for Halden?\n\nThe ferry sailed.\n")


def test_what_is_no_prose_stands_alone_even_with_a_full_stop() -> None:
    text, _ = parse_draft("genre: x\n---\nA Head\nA One.\nN Photo: a ferry.\nA Two.\nA Three.\n", where="ferry.txt")
    assert text.endswith("Head\n\nOne.\n\nPhoto: a ferry.\n\nTwo. Three.\n")


def test_what_comes_in_can_be_ingested_and_split_as_the_writer_did(annotations: Path) -> None:
    article = read_article(annotations.parent / "articles/ferry.txt")
    marks = read_annotations(annotations / "ferry.jsonl")
    check_against(article, marks, where="ferry.jsonl")
    assert article.meta == {"genre": "news report", "topic": "ports"}
    assert [s.text for s in segment(article)] == [m.text for m in marks if m.label != NOT_PROSE]


def test_add_converts_every_draft_of_a_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(DRAFT, encoding="utf-8")
    assert add(tmp_path, articles=tmp_path / "in", annotations=tmp_path / "out") == 2
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == ["one.txt", "two.txt"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["one.jsonl", "two.jsonl"]


@pytest.mark.parametrize(
    ("draft", "where"),
    [
        ("A No front matter.\n", "d.txt: "),
        ("genre: x\n---\nA Fine.\nNo letter here.\n", "d.txt:4: "),
        ("genre: x\n---\n\nX The ferry sailed.\n", "d.txt:4: "),
        ("genre: x\ntopic: y\n---\nAThe ferry sailed.\n", "d.txt:4: "),
        ("genre: x\n---\nr The ferry sailed.\n", "d.txt:3: "),
        ("genre: x\n---\nA\n", "d.txt:3: "),
    ],
)
def test_a_broken_draft_is_an_error_with_file_and_line(draft: str, where: str) -> None:
    with pytest.raises(NewsvoiceError, match=f"^{re.escape(where)}"):
        parse_draft(draft, where="d.txt")


def test_votes_join_the_writers(annotations: Path) -> None:
    assert vote(annotations, "ferry 0 A 3 -\nferry 2 A 2\n\nferry 6\tA\t1\tE\nferry 3 R\n") == 4
    marks = read_annotations(annotations / "ferry.jsonl")
    assert marks[0].votes == (Vote("writer", A), Vote("reader", A, 3, None))
    assert marks[2].votes[1] == Vote("reader", A, 2, None)
    assert marks[6].votes[1] == Vote("reader", A, 1, E)
    assert marks[3].votes[1] == Vote("reader", R, None, None)
    assert marks[1].votes == (Vote("writer", NOT_PROSE),)


def test_a_second_pass_of_one_annotator_replaces_the_first(annotations: Path) -> None:
    vote(annotations, "ferry 0 E 3 -\n")
    vote(annotations, "ferry 0 A 3 -\n")
    assert [v.label for v in read_annotations(annotations / "ferry.jsonl")[0].votes] == [A, A]


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("ferry 0 X 3 -", "reader.tsv:2"),
        ("ferry 1 A 3 -", "reader.tsv:2"),
        ("ferry 7 A 3 -", "reader.tsv"),
        ("ferry -1 A 3 -", "reader.tsv"),
        ("nowhere 0 A 3 -", "nowhere"),
        ("ferry zero A 3 -", "reader.tsv:2"),
        ("ferry 2", "reader.tsv:2"),
        ("ferry 2 A sure -", "reader.tsv:2"),
        ("ferry 2 A 4 -", "reader.tsv:2"),
        ("ferry 2 A 2 X", "reader.tsv:2"),
    ],
    ids=[
        "letter",
        "second-vote",
        "beyond",
        "negative",
        "article",
        "index",
        "short",
        "confidence-text",
        "confidence-4",
        "runner-up",
    ],
)
def test_a_broken_vote_is_an_error_that_names_the_place(annotations: Path, line: str, where: str) -> None:
    with pytest.raises(NewsvoiceError, match=re.escape(where)):
        vote(annotations, f"ferry 1 N 3 -\n{line}\n")


def test_disputes_show_labels_and_context_but_not_whose_they_are(annotations: Path) -> None:
    vote(annotations, "ferry 2 E 3 -\nferry 3 R 3 -\n")
    (shown,) = disputes(annotations)
    assert shown == (
        f"ferry 2 A/E\n    before: {SENTENCES[0]} {SENTENCES[1]}\n    >>> {SENTENCES[2]}\n    after: {SENTENCES[3]}"
    )


def test_the_order_of_labels_does_not_tell_who_gave_which(annotations: Path) -> None:
    vote(annotations, "ferry 5 E 3 -\nferry 6 A 3 -\n")
    assert [entry.splitlines()[0] for entry in disputes(annotations)] == ["ferry 5 A/E", "ferry 6 A/E"]


def test_a_dispute_on_the_last_sentence_has_nothing_after_it(annotations: Path) -> None:
    vote(annotations, "ferry 6 A 3 -\n")
    (shown,) = disputes(annotations)
    assert shown.endswith("    after: ")


def test_a_settled_dispute_is_not_listed(annotations: Path) -> None:
    vote(annotations, "ferry 2 E 3 -\nferry 6 A 3 -\n")
    vote(annotations, "ferry 2 A 3 -\n", annotator=ADJUDICATOR)
    assert [entry.splitlines()[0] for entry in disputes(annotations)] == ["ferry 6 A/E"]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["corpus", *map(str, arguments)])
    corpus.main()


def test_the_command_runs_all_three_actions(
    annotations: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = annotations.parent
    table = home / "pass.tsv"
    table.write_text("ferry 2 E 3 -\n", encoding="utf-8")
    run_main(monkeypatch, "add", home / "drafts", "--articles", home / "x", "--annotations", annotations)
    run_main(monkeypatch, "votes", table, "--annotator", "reader", "--annotations", annotations)
    run_main(monkeypatch, "disputes", "--annotations", annotations)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["1 articles", f"{table}: 1 votes", "ferry 2 A/E"]


def test_the_command_ends_with_one_line_on_a_broken_draft(annotations: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = annotations.parent / "drafts"
    (drafts / "odd.txt").write_text("genre: x\n---\nodd\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=re.escape(f"{drafts / 'odd.txt'}:3: a draft line is")):
        run_main(monkeypatch, "add", drafts, "--articles", annotations, "--annotations", annotations)


def test_a_draft_that_a_reader_labelled_bears_the_readers_vote(annotations: Path) -> None:
    folder = annotations.parent
    add(folder / "drafts", articles=folder / "articles", annotations=annotations, annotator="reader")
    marks = read_annotations(annotations / "ferry.jsonl")
    assert [mark.votes for mark in marks] == [(Vote("reader", mark.label),) for mark in marks]
