import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.records import Sentence
from newsvoice.rules import labels_by_rules
from newsvoice.runtime import classifier as module
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.encoding import windows
from newsvoice.text.segment import from_sentences

TEXTS = (
    "The council met.",
    "“We pay for it all,” he said.",
    "It was, by all accounts, a long and sad day on the pier.",
    "No.",
    "Ships that call at the old pier pay a fee to the council, and they pay it twice in a year of storms.",
    "She left.",
)


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> Classifier:
    return Classifier.load(tiny_model)


@pytest.fixture
def model_copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def article(texts: Sequence[str] = TEXTS, *, name: str = "a") -> list[Sentence]:
    return from_sentences(list(texts), article=name, paragraphs=[0] * len(texts))


def test_probabilities_are_one_row_a_sentence_and_sum_to_one(classifier: Classifier) -> None:
    probabilities = classifier.predict_proba(article())

    assert probabilities.shape == (len(TEXTS), len(NAMES))
    assert probabilities.sum(axis=1) == pytest.approx(1)
    # Else the tests below could not tell sentences apart.
    assert np.ptp(probabilities, axis=0).max() > 0.05


def test_batch_composition_changes_no_probability(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [article(TEXTS[n:], name=str(n)) for n in (0, 3, 5)]
    apart = np.concatenate([classifier.predict_proba(sentences) for sentences in articles])
    together = classifier.predict_proba([s for sentences in articles for s in sentences])
    monkeypatch.setattr(module, "TOKEN_BUDGET", 1)
    one_by_one = classifier.predict_proba([s for sentences in articles for s in sentences])

    assert np.abs(together - apart).max() < 1e-5
    assert np.abs(one_by_one - apart).max() < 1e-5


def test_the_order_of_sentences_is_kept(classifier: Classifier) -> None:
    forth = [article([text], name=str(n))[0] for n, text in enumerate(TEXTS)]

    assert np.abs(classifier.predict_proba(forth[::-1])[::-1] - classifier.predict_proba(forth)).max() < 1e-5
    assert [p.text for p in classifier.predict(forth[::-1])] == list(TEXTS[::-1])


def test_the_sentences_before_are_read_as_far_as_the_context_goes(classifier: Classifier) -> None:
    # Ten tokens each with its separator: windows own 0 to 2, then 3 and 4, then 5, and read one before along.
    texts = ["the council met the mayor and it was not"] * 5 + ["he said that we pay it to the ships"]
    other = "she said a fee was to pay in it"

    def last(changed: int) -> np.ndarray:
        return classifier.predict_proba(article([*texts[:changed], other, *texts[changed + 1 :]]))[-1]

    as_it_is = classifier.predict_proba(article(texts))[-1]
    assert np.abs(last(4) - as_it_is).max() > 1e-4
    assert np.abs(last(3) - as_it_is).max() < 1e-5


def test_the_state_of_quotation_is_read(classifier: Classifier) -> None:
    [sentence] = article(["“We pay.”"])

    inside, outside = (classifier.predict_proba([replace(sentence, in_quotation=state)])[0] for state in (True, False))
    assert np.abs(inside - outside).max() > 1e-4


def test_another_article_is_no_context(classifier: Classifier) -> None:
    alone = classifier.predict_proba(article(["No."], name="b"))[0]
    behind = classifier.predict_proba([*article(["He met the mayor."]), *article(["No."], name="b")])[-1]

    assert np.abs(behind - alone).max() < 1e-5


def test_the_temperature_divides_the_logits(classifier: Classifier, model_copy: Path) -> None:
    path = model_copy / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"temperature": 2 * classifier.description.temperature}))

    once = np.log(classifier.predict_proba(article()))
    twice = np.log(Classifier.load(model_copy).predict_proba(article()))

    assert twice - twice[:, :1] == pytest.approx((once - once[:, :1]) / 2, abs=1e-5)


def test_the_sharpness_pools_the_tokens(classifier: Classifier, model_copy: Path) -> None:
    path = model_copy / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sharpness": 0}))
    mean = Classifier.load(model_copy)
    [alone] = windows(
        classifier.text_tokenizer,
        article()[:1],
        classifier._tokenize(article()[:1]),
        window_tokens=classifier.description.window_tokens,
        context_tokens=0,
    )
    [by_token], [span] = classifier.token_logits([alone]), alone.own
    tokens = by_token[span.start : span.end]

    for model, pooled in (
        (mean, tokens.mean(axis=0)),
        (classifier, np.log(np.exp(2.0 * tokens.astype(np.float64)).mean(axis=0)) / 2.0),
    ):
        found = np.log(model.predict_proba(article()[:1])[0])
        expected = pooled / model.description.temperature
        assert found - found[0] == pytest.approx(expected - expected[0], abs=1e-5)


def test_what_the_rules_say_is_added_to_the_logits(classifier: Classifier, model_copy: Path) -> None:
    sentences = article()
    said = labels_by_rules(sentences)
    assert len(set(said)) > 1
    offsets = {label: [0.5 * number, 0.0, -1.0 * number] for number, label in enumerate(NAMES)}
    path = model_copy / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"offsets": offsets}))

    moved = np.log(Classifier.load(model_copy).predict_proba(sentences)) - np.log(classifier.predict_proba(sentences))

    added = np.array([offsets[label] for label in said])
    assert moved - moved[:, 1:2] == pytest.approx(added - added[:, 1:2], abs=1e-5)


def test_predictions_carry_their_sentences(classifier: Classifier) -> None:
    sentences = article()
    predictions = classifier.predict(sentences)

    for prediction, sentence in zip(predictions, sentences, strict=True):
        for field in ("article", "index", "start", "end", "text", "in_quotation"):
            assert getattr(prediction, field) == getattr(sentence, field)
        assert prediction.model == "tiny"
        assert tuple(prediction.probabilities) == NAMES
        assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=2e-4)
    assert [p.in_quotation for p in predictions] == [False, True, False, False, False, False]


def test_the_label_is_the_most_probable_one(classifier: Classifier) -> None:
    sentences = article()

    assert [p.label for p in classifier.predict(sentences)] == [
        NAMES[index] for index in classifier.predict_proba(sentences).argmax(axis=1)
    ]


def test_a_sentence_too_long_to_read_is_flagged(classifier: Classifier) -> None:
    predictions = classifier.predict(article(["the " * 30, "the " * 31, "the " * 500]))

    assert [p.truncated for p in predictions] == [False, True, True]


def test_no_sentences_give_no_predictions(classifier: Classifier) -> None:
    assert classifier.predict([]) == []
    assert classifier.predict_proba([]).shape == (0, len(NAMES))


def test_a_missing_model_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match=r"nowhere: no model here; build one: make repro"):
        Classifier.load(tmp_path / "nowhere")


def test_a_tampered_description_is_refused(model_copy: Path) -> None:
    path = model_copy / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": list(reversed(NAMES))}))

    with pytest.raises(NewsvoiceError, match="labels"):
        Classifier.load(model_copy)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("data", [None, b"version https://git-lfs.github.com/spec/v1\n", b""], ids=str)
def test_a_broken_folder_is_refused_in_one_line(model_copy: Path, name: str, data: bytes | None) -> None:
    # vocab.txt alone would do for the tokenizer.
    (model_copy / "vocab.txt").unlink()
    (model_copy / name).unlink()
    if data is not None:
        (model_copy / name).write_bytes(data)

    with pytest.raises(NewsvoiceError, match="broken model") as caught:
        Classifier.load(model_copy)

    assert "\n" not in str(caught.value)


def test_a_description_that_allows_more_tokens_than_the_model_reads_is_refused(model_copy: Path) -> None:
    path = model_copy / "newsvoice.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"window_tokens": 4096}))

    with pytest.raises(NewsvoiceError, match="window_tokens"):
        Classifier.load(model_copy)
