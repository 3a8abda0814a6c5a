import random
from collections.abc import Sequence
from itertools import combinations

import pytest

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from pipeline.labelling.label import GOLD, RULES, LabelledSentence
from pipeline.splits import SPLITS, TEST, TRAIN, VALIDATION, SplitSettings, near_duplicate_groups, split_articles
from tests.pipeline.build import A, labelled


def settings(**changes: object) -> SplitSettings:
    defaults = {
        "validation_share": 0.2,
        "test_share": 0.2,
        "near_duplicate": 0.7,
        "min_words": 5,
        "always_test": (),
        "train_on_rules": False,
        "seed": 7,
    }
    return SplitSettings(**defaults | changes)


def words(count: int, *, seed: int) -> str:
    """Made-up words: no two seeds share a trigram."""
    rng = random.Random(seed)
    return " ".join(f"w{rng.randrange(10**9)}" for _ in range(count))


def article(name: str, *, seed: int, source: str = GOLD, sentences: int = 5) -> list[LabelledSentence]:
    return [
        labelled(words(12, seed=100 * seed + n), NAMES[n % 3], article=name, index=n, source=source)
        for n in range(sentences)
    ]


def corpus(count: int = 20) -> list[LabelledSentence]:
    return [s for n in range(count) for s in article(f"art-{n:02}", seed=n, sentences=4 + n % 3)]


def split(
    sentences: Sequence[LabelledSentence], **changes: object
) -> tuple[dict[str, list[LabelledSentence]], dict[str, object]]:
    genre_of = {s.article: "news" for s in sentences}
    return split_articles(sentences, settings(**changes), genre_of=genre_of)


def articles_of(splits: dict[str, list[LabelledSentence]]) -> dict[str, set[str]]:
    return {name: {s.article for s in group} for name, group in splits.items()}


def home_of(splits: dict[str, list[LabelledSentence]], name: str) -> list[str]:
    return [part for part, group in splits.items() if any(s.article == name for s in group)]


def test_articles_stay_whole_and_all_are_dealt_out() -> None:
    sentences = corpus()
    splits, _ = split(sentences)
    assert list(splits) == list(SPLITS)
    assert all(not one & other for one, other in combinations(articles_of(splits).values(), 2))
    assert sorted((s.article, s.index) for part in splits.values() for s in part) == [
        (s.article, s.index) for s in sentences
    ]


def test_sentences_stay_in_article_order() -> None:
    splits, _ = split(corpus())
    for group in splits.values():
        assert [(s.article, s.index) for s in group] == sorted((s.article, s.index) for s in group)


def test_shares_are_near_what_was_asked_for() -> None:
    sentences = corpus(40)
    splits, _ = split(sentences, validation_share=0.12, test_share=0.18)
    shares = {name: len(group) / len(sentences) for name, group in splits.items()}
    assert shares == pytest.approx({TRAIN: 0.70, VALIDATION: 0.12, TEST: 0.18}, abs=0.05)


def test_labels_are_in_balance() -> None:
    sentences = corpus(40)
    overall = {label: sum(s.label == label for s in sentences) / len(sentences) for label in NAMES}
    splits, description = split(sentences)
    for name, group in splits.items():
        shares = {label: count / len(group) for label, count in description[name]["by_label"].items()}
        assert shares == pytest.approx(overall, abs=0.05)


def test_genres_are_in_balance() -> None:
    sentences = corpus(40)
    genre_of = {s.article: "opinion" if s.article < "art-12" else "news" for s in sentences}
    splits, description = split_articles(sentences, settings(), genre_of=genre_of)
    for name, group in splits.items():
        opinion = sum(genre_of[s.article] == "opinion" for s in group) / len(group)
        assert opinion == pytest.approx(12 / 40, abs=0.07)
        assert description[name]["genres"] == 2


def copied(sentences: list[LabelledSentence], *, of: str, into: str) -> None:
    """Append a copy of the first sentence of one article to another one."""
    text = next(s.text for s in sentences if s.article == of)
    position, last = [(i, s) for i, s in enumerate(sentences) if s.article == into][-1]
    sentences.insert(position + 1, labelled(text, A, article=into, index=last.index + 1, source=last.source))


@pytest.mark.parametrize("seed", range(5))
def test_near_duplicates_never_straddle(seed: int) -> None:
    sentences = corpus()
    for n in range(0, 20, 2):
        copied(sentences, of=f"art-{n:02}", into=f"art-{n + 1:02}")
    splits, description = split(sentences, seed=seed)
    for n in range(0, 20, 2):
        assert home_of(splits, f"art-{n:02}") == home_of(splits, f"art-{n + 1:02}")
    assert description["near_duplicate_groups"] == 10


def test_near_duplicates_chain() -> None:
    sentences = corpus(6)
    copied(sentences, of="art-00", into="art-04")
    copied(sentences, of="art-02", into="art-04")
    copied(sentences, of="art-02", into="art-05")
    by_article = {f"art-0{n}": [s for s in sentences if s.article == f"art-0{n}"] for n in range(6)}
    groups = near_duplicate_groups(by_article, threshold=0.7, min_words=5)
    assert sorted(map(sorted, groups)) == [["art-00", "art-02", "art-04", "art-05"], ["art-01"], ["art-03"]]


def test_layout_and_case_do_not_hide_a_copy() -> None:
    one = labelled("The *Harbour* board met on Monday to\nweigh a new levy on crews.", A, article="one")
    two = labelled("the harbour board met on monday to weigh a new levy on crews.", A, article="two")
    assert near_duplicate_groups({"one": [one], "two": [two]}, threshold=0.7, min_words=5) == [["one", "two"]]


def test_a_copy_with_its_last_word_changed_is_found() -> None:
    # 20 words, 17 of 19 distinct trigrams shared: 0.89 alike, five standard errors above the threshold.
    texts = [words(20, seed=seed) for seed in range(300)]
    pairs = {f"one-{n}": [labelled(text, A, article=f"one-{n}")] for n, text in enumerate(texts)}
    for n, text in enumerate(texts):
        pairs[f"two-{n}"] = [labelled(f"{text.rpartition(' ')[0]} other", A, article=f"two-{n}")]
    groups = near_duplicate_groups(pairs, threshold=0.7, min_words=5)
    assert [group for group in groups if len(group) != 2] == []


def test_sentences_that_share_little_are_no_copies() -> None:
    # 10 of 20 words, 8 of 28 distinct trigrams shared: 0.29 alike.
    articles = {
        f"{side}-{n}": [labelled(f"{words(10, seed=n)} {words(10, seed=n + 1000 * side)}", A, article=f"{side}-{n}")]
        for n in range(100)
        for side in (1, 2)
    }
    groups = near_duplicate_groups(articles, threshold=0.7, min_words=5)
    assert [group for group in groups if len(group) > 1] == []


@pytest.mark.parametrize(("min_words", "groups"), [(12, 1), (13, 2)])
def test_short_sentences_are_no_copies(min_words: int, groups: int) -> None:
    text = words(12, seed=1)
    pair = {name: [labelled(text, A, article=name)] for name in ("one", "two")}
    assert len(near_duplicate_groups(pair, threshold=0.7, min_words=min_words)) == groups


@pytest.mark.parametrize("seed", range(5))
def test_what_is_always_test_is_in_test_with_its_copies(seed: int) -> None:
    sentences = corpus()
    copied(sentences, of="art-03", into="art-11")
    splits, _ = split(sentences, always_test=("art-03", "art-17"), seed=seed)
    assert {"art-03", "art-11", "art-17"} <= articles_of(splits)[TEST]


def test_a_missing_always_test_article_is_an_error() -> None:
    with pytest.raises(
        NewsvoiceError, match=r"params\.yaml: split\.always_test names 'gone', which is no article with annotations"
    ):
        split(corpus(), always_test=("art-03", "gone"))


def test_without_gold_an_article_is_left_out() -> None:
    sentences = corpus() + article("new", seed=99, source=RULES)
    splits, description = split(sentences)
    assert home_of(splits, "new") == []
    assert description["articles_without_gold_left_out"] == 1
    assert split(corpus())[0] == splits


@pytest.mark.parametrize("seed", range(5))
def test_with_train_on_rules_an_article_without_gold_trains_and_never_judges(seed: int) -> None:
    sentences = corpus() + article("new", seed=99, source=RULES)
    splits, description = split(sentences, train_on_rules=True, seed=seed)
    assert home_of(splits, "new") == [TRAIN]
    assert description["articles_without_gold_left_out"] == 0
    assert description[TRAIN]["by_source"][RULES] == 5
    assert {s.source for name in (VALIDATION, TEST) for s in splits[name]} == {GOLD}


@pytest.mark.parametrize(("train_on_rules", "in_train"), [(False, 0), (True, 1)])
def test_a_rules_sentence_of_a_gold_article_stays_out_of_validation_and_test(
    train_on_rules: bool, in_train: int
) -> None:
    sentences = []
    for n in range(20):
        group = article(f"art-{n:02}", seed=n)
        group.append(labelled(words(12, seed=5000 + n), A, article=f"art-{n:02}", index=5, source=RULES))
        sentences += group
    splits, _ = split(sentences, train_on_rules=train_on_rules)
    trained = len(articles_of(splits)[TRAIN])
    assert sum(s.source == RULES for s in splits[TRAIN]) == in_train * trained
    assert {s.source for name in (VALIDATION, TEST) for s in splits[name]} == {GOLD}


def test_an_article_without_gold_that_copies_a_test_article_does_not_train() -> None:
    sentences = corpus()
    sentences += article("new", seed=99, source=RULES)
    copied(sentences, of="art-03", into="new")
    splits, _ = split(sentences, always_test=("art-03",), train_on_rules=True)
    assert home_of(splits, "art-03") == [TEST]
    assert TRAIN not in home_of(splits, "new")


def test_what_is_always_test_needs_gold() -> None:
    sentences = corpus() + article("new", seed=99, source=RULES)
    with pytest.raises(NewsvoiceError, match=r"'new', which is no article with annotations"):
        split(sentences, always_test=("new",), train_on_rules=True)


def test_the_same_seed_gives_the_same_split() -> None:
    assert split(corpus(), seed=3) == split(corpus(), seed=3)


def test_another_seed_gives_another_split() -> None:
    tests = {frozenset(articles_of(split(corpus(), seed=seed)[0])[TEST]) for seed in range(5)}
    assert len(tests) > 1


def test_the_description_counts_what_is_there() -> None:
    splits, description = split(corpus())
    for name, group in splits.items():
        assert description[name]["articles"] == len({s.article for s in group})
        assert description[name]["sentences"] == len(group)
        assert description[name]["by_source"] == {GOLD: len(group)}
    assert description["near_duplicate_groups"] == 0
