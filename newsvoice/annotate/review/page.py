"""The review page: one template with its style and script inside, and the codebook."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from newsvoice.labels import LABELS, NOT_PROSE
from newsvoice.render.templates import environment

# The shared file docs/codebook.md; the package holds a link to it, which a wheel turns into a copy.
CODEBOOK: Final = Path(__file__).parents[1] / "codebook.md"
# What the page calls the label of what is not prose, and the key it lies on.
ASIDE: Final = {
    "name": NOT_PROSE,
    "title": "not prose",
    "key": "0",
    "mark": "∅",
    "definition": "not the article's prose: byline, caption, credit, “Read more”",
}


def render(*, nonce: str, articles: int, annotator: str, listed: bool, blind: bool) -> str:
    """Return the page. `nonce` is what the browser must find on style and script to accept them."""
    labels = [
        {
            "name": label.name,
            "title": label.name.replace("_", " "),
            "key": str(key),
            "mark": label.mark,
            "definition": label.definition,
        }
        for key, label in enumerate(LABELS, start=1)
    ]
    setup = {
        "labels": [*labels, ASIDE],
        "articles": articles,
        "annotator": annotator,
        "listed": listed,
        "blind": blind,
    }
    page: str = _template().render(nonce=nonce, setup=setup, colours=LABELS, codebook=_codebook(), **setup)
    return page


@cache
def _template() -> Any:
    return environment("newsvoice.annotate", "review/web").get_template("review.html.j2")


@cache
def _codebook() -> Any:
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    text = CODEBOOK.read_text(encoding="utf-8")
    # The panel has its own heading; the page's outline goes on one level below it.
    body = text.partition("\n")[2] if text.startswith("# ") else text
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Markup(markdown.render(body))
