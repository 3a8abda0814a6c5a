import doctest
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsvoice import api
from newsvoice.engine import MODEL_VARIABLE
from newsvoice.errors import NewsvoiceError
from newsvoice.labels import UNCERTAIN
from tests.newsvoice.fake_engine import FakeEngine


def test_the_examples_in_the_documentation_are_true(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_VARIABLE, str(tiny_model))
    done = doctest.testmod(api)

    assert done.attempted >= 8
    assert done.failed == 0


def test_a_folder_may_be_a_string(tiny_model: Path) -> None:
    assert api.load(str(tiny_model)).predict("Ships pay.") == api.load(tiny_model).predict("Ships pay.")


def test_a_missing_model_is_named() -> None:
    with pytest.raises(NewsvoiceError, match="nowhere: no model here"):
        api.load("nowhere")


def test_many_texts_get_what_each_gets_alone() -> None:
    newsvoice = api.Newsvoice(FakeEngine())
    texts = [f"Ship {n} pays. Tug {n} does not." for n in range(40)]
    together = list(newsvoice.predict_many(texts))

    assert [[p.text for p in one] for one in together] == [[p.text for p in newsvoice.predict(t)] for t in texts]
    assert [[p.label for p in one] for one in together] == [[p.label for p in newsvoice.predict(t)] for t in texts]
    assert [one[0].article for one in together] == [str(n) for n in range(40)]


def test_many_texts_are_read_as_they_are_needed() -> None:
    read = []

    def endless() -> Iterator[str]:
        while True:
            read.append(1)
            yield "Ships pay."

    answers = api.Newsvoice(FakeEngine()).predict_many(endless())
    assert read == []
    next(answers)
    assert len(read) == api.TOGETHER


def test_no_prose_is_an_error() -> None:
    with pytest.raises(NewsvoiceError, match="no prose"):
        api.Newsvoice(FakeEngine()).predict("  \n")


def test_doubt_is_said() -> None:
    assert {p.label for p in api.Newsvoice(FakeEngine(), min_confidence=1.0).predict("Ships pay.")} == {UNCERTAIN}


def test_words_are_weighed() -> None:
    [(prediction, words)] = api.Newsvoice(FakeEngine()).explain("Ships pay.")
    assert [prediction.text[w.start : w.end] for w in words] == ["Ships", "pay"]


def test_a_text_without_prose_ends_no_long_run() -> None:
    texts = ["Ships pay."] * 20 + ["", "   "] + ["Tugs do not."] * 20

    assert [len(one) for one in api.Newsvoice(FakeEngine()).predict_many(texts)] == [1] * 20 + [0, 0] + [1] * 20
    with pytest.raises(NewsvoiceError, match="no prose"):
        api.Newsvoice(FakeEngine()).predict("")


def test_what_is_no_text_is_named() -> None:
    newsvoice = api.Newsvoice(FakeEngine())

    with pytest.raises(TypeError, match="`predict_many` takes an iterable"):
        newsvoice.predict_many("Ships pay.")
    with pytest.raises(TypeError, match="text 1 is bytes, not str"):
        list(newsvoice.predict_many(["Ships pay.", b"Tugs do not."]))  # type: ignore[list-item]


def test_half_a_character_is_named_and_ends_no_long_run() -> None:
    newsvoice = api.Newsvoice(FakeEngine())
    with pytest.raises(NewsvoiceError, match="half a character"):
        newsvoice.predict("Ships \ud800 pay.")
    with pytest.raises(TypeError, match="text 0 is bytes, not str"):
        newsvoice.predict(b"Ships pay.")  # type: ignore[arg-type]
    assert [len(found) for found in newsvoice.predict_many(["Ships \ud800 pay.", "Tugs do not."])] == [0, 1]
