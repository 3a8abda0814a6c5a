"""Labelled articles as one self-contained page: coloured sentences, probabilities on hover, filters."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from newsvoice.labels import LABELS, NAMES
from newsvoice.predict import Labelled
from newsvoice.text.plain import visible


def render(articles: Iterable[Labelled]) -> str:
    """Return the page. Every text is escaped; nothing is fetched."""
    shown = [_view(labelled) for labelled in articles]
    page: str = _template().render(articles=shown, labels=LABELS)
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("newsvoice", "render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("article.html.j2")


def _view(labelled: Labelled) -> dict[str, Any]:
    predictions = labelled.predictions
    counts = {name: sum(p.label == name for p in predictions) for name in NAMES}
    return {
        "id": visible(labelled.article.id),
        "blocks": list(_blocks(labelled)),
        "counts": counts,
        "total": len(predictions),
    }


def _blocks(labelled: Labelled) -> Iterator[dict[str, Any]]:
    """Yield every block with its sentences; boilerplate stands in its place, greyed."""
    remaining = list(labelled.predictions)
    for block in labelled.article.blocks:
        if block.kind == "boilerplate":
            yield {"kind": block.kind, "text": visible(labelled.article.text[block.start : block.end])}
            continue
        own = [p for p in remaining if block.start <= p.start < block.end]
        if own:
            yield {"kind": block.kind, "sentences": [_sentence(p) for p in own]}


def _sentence(prediction: Any) -> dict[str, Any]:
    shares = ", ".join(f"{name} {prediction.probabilities[name]:.0%}" for name in NAMES)
    return {
        "text": visible(prediction.text),
        "label": prediction.label,
        "quoted": prediction.in_quotation,
        "confidence": max(prediction.probabilities.values()),
        "hover": f"{prediction.label}: {shares}",
    }
