"""Train, validation and test: whole articles, near-duplicates together, labels in balance."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from datasketch import MinHash, MinHashLSH
from pydantic import Field

from newsvoice.errors import NewsvoiceError
from newsvoice.labels import NAMES
from newsvoice.text.plain import plain
from pipeline.config import Settings
from pipeline.labelling.label import GOLD, LabelledSentence

TRAIN: Final = "train"
VALIDATION: Final = "validation"
TEST: Final = "test"
SPLITS: Final = (TRAIN, VALIDATION, TEST)
# Hash functions of a sketch; its estimate of a similarity has a standard error of at most 1 / (2 √128), 0.04.
PERMUTATIONS: Final = 128
# The index misses pairs near the threshold it is given, so it is given this share of the one that counts.
PROPOSAL: Final = 0.6


class SplitSettings(Settings):
    """How articles are dealt out.

    `always_test` names articles that are always in test. Sentences whose sets of word trigrams are
    estimated to be at least `near_duplicate` alike (Jaccard) keep their articles in one split; sentences
    below `min_words` words are too short to call copies. `train_on_rules` lets sentences without gold
    into training; validation and test never hold any.
    """

    validation_share: float = Field(gt=0, lt=0.5)
    test_share: float = Field(gt=0, lt=0.5)
    near_duplicate: float = Field(gt=0, le=1)
    min_words: int = Field(ge=3)
    always_test: tuple[str, ...] = Field(strict=False)
    train_on_rules: bool
    seed: int


def split_articles(
    sentences: Sequence[LabelledSentence], settings: SplitSettings, *, genre_of: Mapping[str, str]
) -> tuple[dict[str, list[LabelledSentence]], dict[str, Any]]:
    """Return the sentences of each split, in article order, and what the split looks like.

    Articles are dealt out in groups (near-duplicates together), largest first, each to the split whose
    labels and genres then lie nearest to its share: greedy stratification after Sechidis et al. (2011).
    Articles without gold go to training with `train_on_rules` (unless they share a near-duplicate with
    validation or test), and nowhere without.

    Raises `NewsvoiceError` when an article of `always_test` is missing or has no gold.
    """
    by_article: dict[str, list[LabelledSentence]] = defaultdict(list)
    for sentence in sentences:
        by_article[sentence.article].append(sentence)
    with_gold = {article for article, group in by_article.items() if any(s.source == GOLD for s in group)}
    if missing := set(settings.always_test) - with_gold:
        raise NewsvoiceError(
            f"split.always_test names {sorted(missing)[0]!r}, which is no article with annotations",
            where="params.yaml",
            advice="add article and annotations, or drop the name",
        )
    dealt = {a: group for a, group in by_article.items() if a in with_gold or settings.train_on_rules}
    groups = near_duplicate_groups(dealt, threshold=settings.near_duplicate, min_words=settings.min_words)
    # Articles without gold can only train, and only where they copy nothing that is tested.
    gold_groups = [gold for alike in groups if (gold := [article for article in alike if article in with_gold])]
    assigned = _deal(gold_groups, by_article, settings, genre_of=genre_of)
    for alike in groups:
        if all(assigned.get(article, TRAIN) == TRAIN for article in alike):
            assigned |= dict.fromkeys(alike, TRAIN)
    splits: dict[str, list[LabelledSentence]] = {name: [] for name in SPLITS}
    for article, group in by_article.items():
        if article in assigned:
            name = assigned[article]
            keep_rules = settings.train_on_rules and name == TRAIN
            splits[name].extend(s for s in group if s.source == GOLD or keep_rules)
    return splits, _describe(splits, groups, left_out=len(by_article) - len(assigned), genre_of=genre_of)


def near_duplicate_groups(
    by_article: Mapping[str, Sequence[LabelledSentence]], *, threshold: float, min_words: int
) -> list[list[str]]:
    """Group articles that share a near-duplicate sentence (MinHash over word trigrams, transitively)."""
    parent = {article: article for article in by_article}

    def root(article: str) -> str:
        while parent[article] != article:
            article = parent[article]
        return article

    # The index only proposes: it is asked for more than `threshold`, and the sketches themselves decide.
    index = MinHashLSH(threshold=PROPOSAL * threshold, num_perm=PERMUTATIONS)
    sketches: dict[str, MinHash] = {}
    for article, sentences in by_article.items():
        for sentence in sentences:
            words = plain(sentence.text).lower().split()
            if len(words) < min_words:
                continue
            sketch = MinHash(num_perm=PERMUTATIONS)
            sketch.update_batch([" ".join(words[i : i + 3]).encode() for i in range(len(words) - 2)])
            for other in index.query(sketch):
                if sketch.jaccard(sketches[other]) < threshold:
                    continue
                one, two = sorted((root(article), root(other.rpartition("#")[0])))
                parent[two] = one
            name = f"{article}#{sentence.index}"
            sketches[name] = sketch
            index.insert(name, sketch)
    groups: dict[str, list[str]] = defaultdict(list)
    for article in by_article:
        groups[root(article)].append(article)
    return list(groups.values())


def _deal(
    groups: Sequence[Sequence[str]],
    by_article: Mapping[str, Sequence[LabelledSentence]],
    settings: SplitSettings,
    *,
    genre_of: Mapping[str, str],
) -> dict[str, str]:
    genres = sorted({genre_of[article] for group in groups for article in group})
    features = {}
    for number, group in enumerate(groups):
        vector = np.zeros(len(NAMES) + len(genres))
        for article in group:
            vector[len(NAMES) + genres.index(genre_of[article])] += len(by_article[article])
            for sentence in by_article[article]:
                vector[NAMES.index(sentence.label)] += 1
        features[number] = vector
    total = sum(features.values(), np.zeros(len(NAMES) + len(genres)))
    shares = {
        TRAIN: 1 - settings.validation_share - settings.test_share,
        VALIDATION: settings.validation_share,
        TEST: settings.test_share,
    }
    have = {name: np.zeros_like(total) for name in SPLITS}
    assigned: dict[str, str] = {}

    def put(number: int, name: str) -> None:
        have[name] += features[number]
        assigned.update(dict.fromkeys(groups[number], name))

    free = []
    for number, group in enumerate(groups):
        if set(group) & set(settings.always_test):
            put(number, TEST)
        else:
            free.append(number)
    order = np.random.default_rng(settings.seed).permutation(free).tolist()
    order.sort(key=lambda number: -features[number].sum())
    for number in order:
        # Where does this group close the largest gap, relative to what each split should hold?
        def need(name: str, number: int = number) -> float:
            goal = shares[name] * total
            gap = np.divide(goal - have[name], goal, out=np.zeros_like(total), where=goal > 0)
            return float(gap @ (features[number] / features[number].sum()))

        put(number, max(SPLITS, key=need))
    return assigned


def _describe(
    splits: Mapping[str, Sequence[LabelledSentence]],
    groups: Sequence[Sequence[str]],
    *,
    left_out: int,
    genre_of: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "near_duplicate_groups": sum(len(group) > 1 for group in groups),
        "articles_without_gold_left_out": left_out,
        **{
            name: {
                "articles": len({s.article for s in group}),
                "sentences": len(group),
                "by_label": {label: sum(s.label == label for s in group) for label in NAMES},
                "by_source": dict(sorted(Counter(s.source for s in group).items())),
                "genres": len({genre_of[s.article] for s in group}),
            }
            for name, group in splits.items()
        },
    }
