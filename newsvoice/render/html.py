"""Labelled articles as one self-contained page: coloured sentences, probabilities on hover and focus, filters.

No script runs in it: filters are form controls that style sheets look at (`:has`), and the page forbids
scripts and fetching to the browser besides (Content-Security-Policy).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from newsvoice.labels import LABELS, NAMES, UNCERTAIN
from newsvoice.predict import Labelled, Word
from newsvoice.records import Prediction
from newsvoice.render.templates import environment
from newsvoice.render.weights import heaviest, pieces
from newsvoice.text.plain import visible

# Least confidence in percent that the page can be filtered by; a sentence carries the highest it reaches.
THRESHOLDS = (50, 60, 70, 80, 90, 95, 99)


def render(articles: Iterable[Labelled]) -> str:
    """Return the page. Every text is escaped; nothing is fetched and nothing runs."""
    shown = [_view(labelled) for labelled in articles]
    totals = {name: sum(article["counts"][name] for article in shown) for name in (*NAMES, UNCERTAIN)}
    page: str = _template().render(
        articles=shown,
        labels=LABELS,
        uncertain=UNCERTAIN,
        totals=totals,
        sentences=sum(article["total"] for article in shown),
        explained=any(article["explained"] for article in shown),
        thresholds=THRESHOLDS,
    )
    return page


@cache
def _template() -> Any:
    env = environment("newsvoice", "render")
    env.filters["words"] = lambda name: name.replace("_", " ")
    return env.get_template("article.html.j2")


def _view(labelled: Labelled) -> dict[str, Any]:
    predictions = labelled.predictions
    return {
        "id": visible(labelled.article.id),
        "blocks": list(_blocks(labelled)),
        "counts": {name: sum(p.label == name for p in predictions) for name in (*NAMES, UNCERTAIN)},
        "total": len(predictions),
        "explained": bool(labelled.words),
    }


def _blocks(labelled: Labelled) -> Iterator[dict[str, Any]]:
    """Yield every block with its sentences; boilerplate stands in its place, greyed."""
    position, predictions = 0, labelled.predictions
    for block in labelled.article.blocks:
        if block.kind == "boilerplate":
            yield {"kind": block.kind, "text": visible(labelled.article.text[block.start : block.end])}
            continue
        own = []
        while position < len(predictions) and predictions[position].start < block.end:
            words = labelled.words[position] if labelled.words else ()
            own.append(_sentence(predictions[position], words) | {"place": position})
            position += 1
        if own:
            yield {"kind": block.kind, "sentences": own}


def _sentence(prediction: Prediction, words: Sequence[Word]) -> dict[str, Any]:
    best = max(prediction.probabilities.values())
    return {
        "pieces": list(pieces(prediction.text, words, start=prediction.start)),
        "label": prediction.label,
        "quoted": prediction.in_quotation,
        "truncated": prediction.truncated,
        "confidence": best,
        "reaches": max((t for t in THRESHOLDS if best * 100 >= t), default=0),
        "probabilities": [(name, prediction.probabilities[name]) for name in NAMES],
        "heaviest": heaviest(prediction.text, words, start=prediction.start),
    }
