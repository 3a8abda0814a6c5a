"""Figures of the report, as SVG fragments that take their ink from the page."""

import io
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, Final

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

from newsvoice.labels import NAMES
from pipeline.classifiers.registry import TITLES, TRANSFORMER

# Drawn in this colour and then replaced by the page's text colour, so that one figure serves light and dark.
_INK: Final = "#010203"
# Okabe and Ito's blue and vermilion: apart for every eye, and apart in grey.
_BLUE: Final = "#0072b2"
_RED: Final = "#d55e00"
_STYLE: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "newsvoice",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "legend.frameon": False,
}


def scores(sets: Mapping[str, Mapping[str, Any]]) -> str:
    """Macro-F1 of every model with its 95 % interval, one panel a test set."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(1, len(sets), figsize=(4.2 * len(sets), 2.3), sharey=True, squeeze=False)
        for axis, (title, results) in zip(axes[0], sets.items(), strict=True):
            names = list(results["models"])[::-1]
            for row, name in enumerate(names):
                model = results["models"][name]
                low, high = model["macro_f1_interval"]
                colour = _RED if name == TRANSFORMER else _BLUE
                axis.plot([low, high], [row, row], color=colour, linewidth=2)
                axis.plot(model["macro_f1"], row, "o" if name == TRANSFORMER else "s", color=colour)
            axis.set_yticks(range(len(names)), [TITLES[name] for name in names])
            axis.set_xlim(0, 1)
            axis.set_xlabel("macro-F1, 95 % interval over articles")
            axis.set_title(title, loc="left", fontsize=10)
            axis.grid(axis="x", alpha=0.25)
        return _svg(figure, "Macro-F1 of every model with its interval")


def reliability(sets: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Accuracy against confidence, a line a test set; on the diagonal a probability means what it says."""
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(4.2, 3.6))
        axis.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=":")
        for (title, curve), colour, marker in zip(sets.items(), cycle((_BLUE, _RED)), cycle("os^D"), strict=False):
            x = [row["confidence"] for row in curve]
            axis.plot(x, [row["accuracy"] for row in curve], marker=marker, color=colour, label=title)
        axis.set(xlim=(0.3, 1), ylim=(0, 1.02), xlabel="probability of the predicted label", ylabel="share right")
        axis.legend(loc="lower right")
        return _svg(figure, "Reliability curve")


def risk_coverage(sets: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Accuracy of the sentences that keep a label, as less certain ones are set aside."""
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(4.2, 3.6))
        for (title, rows), colour, marker in zip(sets.items(), cycle((_BLUE, _RED)), cycle("os^D"), strict=False):
            x = [row["coverage"] for row in rows]
            axis.plot(x, [row["accuracy"] for row in rows], marker=marker, color=colour, label=title, markersize=4)
        axis.set(xlim=(0, 1.02), xlabel="share of sentences that keep a label", ylabel="share right")
        axis.legend(loc="lower left")
        return _svg(figure, "Risk and coverage")


def training(epochs: Sequence[Mapping[str, float]]) -> str:
    """Loss on training and validation, and validation macro-F1, by epoch."""
    with plt.rc_context(_STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 2.8))
        x = [row["epoch"] for row in epochs]
        left.plot(x, [row["train_loss"] for row in epochs], marker="o", color=_BLUE, label="training")
        left.plot(x, [row["validation_loss"] for row in epochs], marker="s", color=_RED, label="validation")
        left.set(xlabel="epoch", ylabel="loss", xticks=x)
        left.legend()
        right.plot(x, [row["validation_macro_f1"] for row in epochs], marker="s", color=_RED)
        right.set(xlabel="epoch", ylabel="validation macro-F1", xticks=x)
        return _svg(figure, "Fine-tuning, epoch by epoch")


def label_mix(splits: Mapping[str, Mapping[str, int]]) -> str:
    """Share of each label in each split, as stacked bars."""
    colours = (_BLUE, "#e0c341", _RED)
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(7, 1.9))
        for row, counts in enumerate(reversed(list(splits.values()))):
            left = 0.0
            total = sum(counts.values())
            for label, colour in zip(NAMES, colours, strict=True):
                share = counts[label] / total
                axis.barh(row, share, left=left, color=colour, height=0.6, label=label if row == 0 else None)
                axis.text(left + share / 2, row, f"{share:.0%}", ha="center", va="center", color="#111", fontsize=9)
                left += share
        axis.set_yticks(range(len(splits)), list(splits)[::-1])
        axis.set(xlim=(0, 1), xticks=[])
        axis.spines[["bottom", "left"]].set_visible(False)
        axis.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.02))
        return _svg(figure, "Label mix of the splits")


def _svg(figure: Any, title: str) -> str:
    """Close a figure and return it as an SVG element without prologue, date or fixed ink."""
    stream = io.StringIO()
    undated = {"Date": None, "Creator": None}
    figure.savefig(stream, format="svg", bbox_inches="tight", transparent=True, metadata=undated)
    plt.close(figure)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
