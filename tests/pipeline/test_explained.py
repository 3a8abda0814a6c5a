from pathlib import Path

from newsvoice.predict import Word
from newsvoice.records import write_jsonl
from pipeline.evaluation.explained import read_weights
from pipeline.evaluation.weighing import explain_scored
from tests.newsvoice.test_explain import CueEngine
from tests.pipeline.build import A, E, R, one_hot, scored

SENTENCES = [
    scored(R, one_hot(R), index=0, text="She said no."),
    scored(A, one_hot(R), index=1, text="He said so."),
    scored(A, one_hot(A), index=0, text="It rained.", article="b"),
    scored(E, one_hot(A), index=3, text="It poured.", article="b"),
    scored(A, one_hot(A), index=0, text="It snowed.", article="c"),
]


def test_errors_and_whole_articles_are_weighed_and_nothing_else() -> None:
    found = explain_scored(SENTENCES, CueEngine(), whole=["c"])
    assert [(e.article, e.index) for e in found] == [("a", 1), ("b", 3), ("c", 0)]


def test_weights_are_of_the_label_that_was_given_and_offsets_of_the_sentence() -> None:
    [error, *_] = explain_scored(SENTENCES, CueEngine(), whole=())
    # The engine is 0.7 less sure of reported speech without the cue.
    assert error.words == (Word(0, 2, 0.0), Word(3, 7, 0.7), Word(8, 10, 0.0))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    found = explain_scored(SENTENCES, CueEngine(), whole=["a"])
    write_jsonl(tmp_path / "explained.jsonl", found)
    assert read_weights(tmp_path / "explained.jsonl") == {(e.article, e.index): e.words for e in found}
