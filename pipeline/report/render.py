"""Templates and the few filters they share."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from newsvoice.labels import BY_NAME
from newsvoice.render import templates
from newsvoice.render.weights import contrary, heaviest, pieces
from newsvoice.text.plain import plain, visible

# Macros that an HTML page imports escape too; in Markdown their few values need no escape.
ESCAPED = ("answer.j2",)


def environment() -> Environment:
    """Return the template environment: HTML escaped, unknown names an error."""
    env = templates.environment("pipeline.report", "templates", escaped=_escaped)
    env.filters |= {
        "score": score,
        "percent": percent,
        "percents": percents,
        "bounds": bounds,
        "words": words,
        "shown": lambda text: visible(plain(text)),
        "signed": signed,
        "points": points,
        "cell": cell,
        "mark": lambda name: BY_NAME[name].mark,
        "svg": Markup,
        "prefix": lambda text, before: f"{before}{text}",
        "pieces": lambda text, weighed: pieces(text, weighed, start=0),
        "heaviest": lambda text, weighed: heaviest(text, weighed, start=0),
        "contrary": lambda text, weighed: contrary(text, weighed, start=0),
        "tuple_of": lambda row, *keys: tuple(row[key] for key in keys),
    }
    return env


def _escaped(name: str | None) -> bool:
    return name is not None and (".html" in name or name in ESCAPED)


def cell(text: str) -> str:
    """Make a text safe inside a Markdown table: no HTML, no column breaks."""
    return str(escape(visible(plain(text)))).replace("|", "\\|").replace("&#39;", "'").replace("&#34;", '"')


def words(name: str) -> str:
    """A name as text writes it: without underscores."""
    return name.replace("_", " ")


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as a percentage, `–` for one that is undefined."""
    return "–" if value is None else f"{value:.{digits}%}"


def percents(interval: Sequence[float] | None) -> str:
    """Write an interval of shares as `92.6–95.1%`; `–` for none."""
    return "–" if interval is None else f"{100 * interval[0]:.1f}–{interval[1]:.1%}"


def signed(value: float) -> str:
    """Write a difference with its sign, a true minus."""
    return f"{value:+.3f}".replace("-", "−")


def points(value: float) -> str:
    """Write a change of a probability in percentage points, with its sign: `+42`."""
    return f"{100 * value:+.0f}".replace("-", "−")


def score(value: float | None) -> str:
    """Write a score with three digits, `–` for one that is undefined."""
    return "–" if value is None else f"{value:.3f}"


def bounds(interval: Sequence[float] | None) -> str:
    """Write an interval as `0.850–0.910`, with a true minus sign; `–` for none."""
    if interval is None:
        return "–"
    return (
        "–".join(f"{value:.3f}" for value in interval)
        if min(interval) >= 0
        else " to ".join(f"{value:+.3f}".replace("-", "−") for value in interval)
    )


def render(template: str, context: Mapping[str, Any]) -> str:
    """Render one template."""
    return environment().get_template(template).render(**context)
