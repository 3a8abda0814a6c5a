"""Two processes that write to one folder of annotations: no vote is lost."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from newsvoice import cli
from newsvoice.annotate.lock import locked
from newsvoice.annotate.review.session import Session
from newsvoice.annotations import read_annotations
from newsvoice.errors import NewsvoiceError
from tests.newsvoice.annotate.build import A, E

SENTENCES = [f"Ship {number} was late." for number in range(200)]
TEXT = " ".join(SENTENCES)


def review(folder: Path, annotator: str) -> None:
    """Vote on every sentence as the page does: once more, with the version just seen, after a refusal."""
    session = Session({"long": folder / "long.txt"}, annotations=folder / "gold", annotator=annotator)
    version = session.state(0)["version"]
    for unit in session.state(0)["units"]:
        outdated = True
        while outdated:
            answer = session.vote(0, start=unit["start"], end=unit["end"], label=E, version=version)
            outdated, version = answer.outdated, answer.state["version"]


def import_one_by_one(folder: Path, annotator: str) -> None:
    """Import a table for each sentence."""
    table = folder / "table.csv"
    for sentence in SENTENCES:
        start = TEXT.index(sentence)
        row = f"long,{start},{start + len(sentence)},{sentence},{A},{annotator}"
        table.write_text(f"article,start,end,sentence,label,annotator\n{row}\n")
        places = ("--articles", str(folder), "--annotations", str(folder / "gold"))
        sys.argv = ["newsvoice", "annotate", "import", str(table), *places]
        cli.main()


@pytest.mark.skipif(sys.platform == "win32", reason="no advisory locks there")
@pytest.mark.parametrize("other", [review, import_one_by_one])
def test_two_processes_lose_no_vote(tmp_path: Path, other: object) -> None:
    (tmp_path / "long.txt").write_text(TEXT)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(review, tmp_path, "ada"), pool.submit(other, tmp_path, "ben")]:
            done.result()

    marks = read_annotations(tmp_path / "gold/long.jsonl")
    assert [mark.text for mark in marks] == SENTENCES
    assert {len(mark.votes) for mark in marks} == {2}
    assert {path.name for path in (tmp_path / "gold").iterdir()} == {"long.jsonl"}


def test_a_place_for_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "gold").write_text("")
    with pytest.raises(NewsvoiceError, match="gold: cannot write"), locked(tmp_path / "gold"):
        pass
