"""Templates and the few filters they share."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from newsvoice.labels import BY_NAME
from newsvoice.text.plain import plain


def environment() -> Environment:
    """Return the template environment: HTML escaped, unknown names an error."""
    env = Environment(
        loader=PackageLoader("pipeline.report", "templates"),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {
        "score": score,
        "percent": lambda value: "–" if value is None else f"{value:.1%}",
        "bounds": bounds,
        "words": lambda name: name.replace("_", " "),
        "plain": plain,
        "cell": lambda text: plain(text).replace("|", "\\|"),
        "mark": lambda name: BY_NAME[name].mark,
        "svg": Markup,
    }
    return env


def score(value: float | None) -> str:
    """Write a score with three digits, `–` for one that is undefined."""
    return "–" if value is None else f"{value:.3f}"


def bounds(interval: Sequence[float]) -> str:
    """Write an interval as `0.850–0.910`, with a true minus sign."""
    return (
        "–".join(f"{value:.3f}" for value in interval)
        if min(interval) >= 0
        else " to ".join(f"{value:+.3f}".replace("-", "−") for value in interval)
    )


def render(template: str, context: Mapping[str, Any]) -> str:
    """Render one template."""
    return environment().get_template(template).render(**context)
