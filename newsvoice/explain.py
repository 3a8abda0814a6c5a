"""Which words weighed: each is left out in turn, and the label's probability compared (occlusion).

It asks the engine and nothing else, so it works for any. What it says is a fact about the model and the rules that
its calibration weighs, not a proof about the sentence: words that only count together get little weight alone.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from newsvoice.engine import Engine
from newsvoice.predict import Word
from newsvoice.records import Prediction, Sentence

# Evaluations a sentence; in a longer one, neighbouring words are left out together.
MOST_VARIANTS = 48
# Sentences before it that are given along with every variant: enough to show who speaks, few enough to be quick.
BEFORE = 2
# What stands in for a sentence of one word, so that no engine meets an empty text.
_NOTHING = "…"
_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")


def explain(
    sentences: Sequence[Sentence],
    predictions: Sequence[Prediction],
    engine: Engine,
    *,
    only: Collection[int] | None = None,
) -> list[tuple[Word, ...]]:
    """Return the weighted words of every sentence of one article, in order.

    `only` names the positions to explain, all by default; the others' words are empty.

    `weight` is the probability of the predicted label less its probability without the word, both with the
    `BEFORE` sentences before it: above 0 the word speaks for the label, below 0 against it. At most
    `MOST_VARIANTS` evaluations a sentence, and one of it as it is.
    """
    asked: list[Sentence] = []
    # Where the answers stand: for each sentence as it is, and for each left-out stretch of it.
    places: list[list[tuple[int, int, int]]] = []
    for position, sentence in enumerate(sentences):
        if only is not None and position not in only:
            places.append([])
            continue
        before = sentences[max(0, position - BEFORE) : position]
        own = []
        for start, end in [(0, 0), *_stretches(sentence.text)]:
            # An article of its own, so that no variant reads another.
            name = f"{sentence.article}\0{position}\0{start}\0{end}"
            asked += [replace(other, article=name) for other in before]
            own.append((start, end, len(asked)))
            asked.append(replace(sentence, article=name, text=_without(sentence.text, start, end)))
        places.append(own)
    answers = engine.predict(asked) if asked else []
    explained: list[tuple[Word, ...]] = []
    for sentence, prediction, asked_of_it in zip(sentences, predictions, places, strict=True):
        if not asked_of_it:
            explained.append(())
            continue
        (_, _, as_it_is), *own = asked_of_it
        label = max(prediction.probabilities, key=prediction.probabilities.__getitem__)
        whole = answers[as_it_is].probabilities[label]
        explained.append(
            tuple(
                Word(
                    sentence.start + start,
                    sentence.start + end,
                    round(whole - answers[place].probabilities[label], 4),
                )
                for start, end, place in own
            )
        )
    return explained


def _stretches(text: str) -> list[tuple[int, int]]:
    """Return offsets of the words, or of runs of words where there are too many to try each."""
    words = [match.span() for match in _WORD.finditer(text)]
    run = -(-len(words) // MOST_VARIANTS)
    return [(words[i][0], words[min(i + run, len(words)) - 1][1]) for i in range(0, len(words), run or 1)]


def _without(text: str, start: int, end: int) -> str:
    if start == end:
        return text
    left = text[:start] + text[end:].removeprefix(" ")
    return left if any(c.isalnum() for c in left) else _NOTHING
