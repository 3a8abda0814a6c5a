"""What every figure shares: style, colours that follow the page, and SVG fragments that fit into it.

A figure is drawn with fixed colours that stand for the page's own; `svg` then puts CSS variables in their place,
so that one figure serves light, dark and print. Text stays text, in the page's font.
"""

import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, Final

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

from newsvoice.labels import NAMES

INK: Final = "#010203"
SOFT: Final = "#040506"
PAPER: Final = "#070809"
BLUE: Final = "#0072b2"
RED: Final = "#d55e00"
GREEN: Final = "#009e73"
LABEL_FILLS: Final = dict(zip(NAMES, ("#0a0b0c", "#0d0e0f", "#101112"), strict=True))
# Series are told apart by colour, marker and line; any one of the three is enough. Okabe and Ito's palette.
SERIES: Final = ((RED, "o", "-"), (BLUE, "s", "--"), (GREEN, "^", "-."), (INK, "D", ":"))
_VARIABLES: Final = {
    INK: "var(--ink)",
    SOFT: "var(--line)",
    PAPER: "var(--page)",
    BLUE: "var(--series-blue)",
    RED: "var(--series-red)",
    GREEN: "var(--series-green)",
    **{fill: f"var(--{name})" for name, fill in LABEL_FILLS.items()},
}
STYLE: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "newsvoice",
    "text.parse_math": False,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "grid.color": SOFT,
    "grid.linewidth": 0.7,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
}
# Inches. Narrow enough that a telephone shows a panel with letters of a readable size.
WIDTH: Final = 4.3


@contextmanager
def canvas(height: float, *, width: float = WIDTH) -> Iterator[tuple[Any, Any]]:
    """Yield `(figure, axis)` in the house's style; the figure is closed at the end."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(width, height))
        try:
            yield figure, axis
        finally:
            plt.close(figure)


def svg(figure: Any, description: str) -> str:
    """Return a figure as an SVG element: no prologue, date, fixed colours or ids that another figure has too."""
    stream = io.StringIO()
    undated = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(stream, format="svg", transparent=True, metadata=undated)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    # The style sheet would be the page's too; the page has these rules itself.
    text = re.sub(r"<(metadata|style)\b.*?</\1>\s*|<!--.*?-->\s*", "", text, flags=re.S)
    text = re.sub(r'<g id="[^"]*"', "<g", text).replace("font-family: 'DejaVu Sans'; ", "")
    # What a figure refers to by id is its own, also where another figure has the same mark.
    own = f"{zlib.crc32(text.encode()):08x}"
    text = re.sub(r'(id="|href="#|url\(#)([mp][0-9a-f]{10})', rf"\1\2-{own}", text)
    for drawn, variable in _VARIABLES.items():
        text = text.replace(drawn, variable)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
