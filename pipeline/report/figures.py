"""Figures of the report: what is drawn of which metrics. `drawing` owns how they look."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, Final

from newsvoice.labels import LABELS
from pipeline.classifiers.registry import TITLES, TRANSFORMER, YARDSTICKS
from pipeline.report.drawing import BLUE, INK, LABEL_FILLS, PAPER, RED, SERIES, SOFT, canvas, svg

Rows = Sequence[Mapping[str, Any]]
# What figures and tables call a model, those of `make study` included.
CALLED: Final = TITLES | YARDSTICKS


def scores(title: str, results: Mapping[str, Any]) -> str:
    """Macro-F1 of every model on one set, with its 95 % interval."""
    names = list(results["models"])[::-1]
    with canvas(0.7 + 0.48 * len(names)) as (figure, axis):
        for row, name in enumerate(names):
            model = results["models"][name]
            low, high = model["macro_f1_interval"]
            colour, marker = _main_apart(name)
            axis.plot([low, high], [row, row], color=colour, linewidth=2.6, solid_capstyle="butt")
            axis.plot(model["macro_f1"], row, marker, color=colour, markersize=7)
            axis.text(1.03, row, f"{model['macro_f1']:.3f}", va="center", weight="bold")
        _name_rows(axis, names)
        axis.set(xlim=(0, 1), xlabel="macro-F1 and its 95 % interval", title=title)
        return svg(figure, f"{title}: macro-F1 of every model with its interval")


def _main_apart(name: str) -> tuple[str, str]:
    """Colour and marker of a model: the main one's differ from the baselines'."""
    return (RED, "o") if name == TRANSFORMER else (BLUE, "s")


def _name_rows(axis: Any, names: Sequence[str]) -> None:
    """Write each model's name above its row, where a narrow page has room for it."""
    for row, name in enumerate(names):
        axis.text(0, row + 0.38, CALLED.get(name, name), transform=axis.get_yaxis_transform(), va="center")
    axis.set(yticks=[], ylim=(-0.45, len(names) - 0.3))
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x")


def reliability(sets: Mapping[str, Rows]) -> str:
    """Share right against confidence, a line a test set; on the diagonal a probability means what it says."""
    with canvas(3.5) as (figure, axis):
        axis.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
        for (title, curve), (colour, marker, line) in zip(sets.items(), cycle(SERIES), strict=False):
            x, y = ([row[key] for row in curve] for key in ("confidence", "accuracy"))
            axis.plot(x, y, color=colour, linestyle=line, label=title)
            # The area of a mark says how many sentences stand behind it.
            most = max((row.get("sentences", 1) for row in curve), default=1)
            sizes = [14 + 90 * row.get("sentences", 1) / most for row in curve]
            axis.scatter(
                x, y, s=sizes, marker=marker, color=colour, edgecolor=PAPER, linewidth=0.8, zorder=3, clip_on=False
            )
        axis.set(xlim=(0.3, 1.02), ylim=(0, 1.03), title="Calibration")
        axis.set(xlabel="probability the model gives its label", ylabel="share right")
        axis.grid()
        axis.legend(loc="lower right")
        return svg(figure, "Reliability curve: share of right labels against the probability given")


def risk_coverage(sets: Mapping[str, Rows], *, chosen: float | None = None) -> str:
    """Share right of the sentences that keep a label, as less certain ones are set aside; `chosen` is marked."""
    with canvas(3.5) as (figure, axis):
        for (title, rows), (colour, marker, line) in zip(sets.items(), cycle(SERIES), strict=False):
            x, y = ([row[key] for row in rows] for key in ("coverage", "accuracy"))
            axis.plot(x, y, color=colour, linestyle=line, marker=marker, markersize=3.5, label=title)
            for row in rows:
                if chosen is not None and row.get("min_confidence") == chosen:
                    axis.plot(
                        row["coverage"],
                        row["accuracy"],
                        marker=marker,
                        markersize=11,
                        color=colour,
                        markeredgecolor=INK,
                        markeredgewidth=1.4,
                    )
        axis.set(title="What doubt buys", xlabel="share of sentences that keep a label", ylabel="share of these right")
        axis.grid()
        axis.legend(loc="lower left")
        return svg(figure, "Accuracy of the kept labels against the share of sentences that keep one")


def losses(epochs: Rows) -> str:
    """Loss on training and validation by epoch."""
    with canvas(2.6) as (figure, axis):
        x = [row["epoch"] for row in epochs]
        for key, title, (colour, marker, line) in (
            ("train_loss", "training", SERIES[1]),
            ("validation_loss", "validation", SERIES[0]),
        ):
            axis.plot(x, [row[key] for row in epochs], marker=marker, linestyle=line, color=colour, label=title)
        axis.set(xlabel="epoch", ylabel="loss", xticks=x, title="Loss")
        axis.grid(axis="y")
        axis.legend()
        return svg(figure, "Loss on training and validation by epoch")


def validation(epochs: Rows) -> str:
    """Validation macro-F1 by epoch."""
    with canvas(2.6) as (figure, axis):
        x = [row["epoch"] for row in epochs]
        axis.plot(x, [row["validation_macro_f1"] for row in epochs], marker="o", color=RED)
        axis.set(xlabel="epoch", ylabel="macro-F1", xticks=x, title="Validation macro-F1")
        axis.grid(axis="y")
        return svg(figure, "Macro-F1 on validation by epoch")


def label_mix(splits: Mapping[str, Mapping[str, int]]) -> str:
    """Share of each label in each split, as stacked bars; marks name the labels where colour does not."""
    with canvas(0.35 + 0.45 * len(splits)) as (figure, axis):
        for row, counts in enumerate(reversed(list(splits.values()))):
            left, total = 0.0, sum(counts.values())
            for label in LABELS:
                share = counts[label.name] / total
                axis.barh(row, share, left=left, color=LABEL_FILLS[label.name], height=0.72, edgecolor=PAPER)
                axis.text(left + share / 2, row, f"{label.mark} {share:.0%}", ha="center", va="center")
                left += share
        axis.set_yticks(range(len(splits)), list(splits)[::-1])
        axis.tick_params(axis="y", length=0)
        axis.set(xlim=(0, 1), xticks=[], title="Labels in each split")
        axis.spines[["bottom", "left"]].set_visible(False)
        return svg(figure, "Share of each label in each split")


def seeds(title: str, models: Mapping[str, Mapping[str, float]], runs: Mapping[str, Sequence[float]]) -> str:
    """Macro-F1 of every run, a row a model, with mean and range (`models`: spreads) behind the single `runs`."""
    names = list(models)[::-1]
    with canvas(0.7 + 0.48 * len(names)) as (figure, axis):
        for row, name in enumerate(names):
            found = models[name]
            colour, marker = _main_apart(name)
            axis.plot([found["low"], found["high"]], [row, row], color=SOFT, linewidth=6, solid_capstyle="round")
            axis.plot(runs[name], [row] * len(runs[name]), marker, color=colour, markersize=5, alpha=0.75)
            axis.plot(found["mean"], row, "|", color=INK, markersize=14, markeredgewidth=2)
        _name_rows(axis, names)
        axis.margins(x=0.12)
        axis.locator_params(axis="x", nbins=5)
        axis.set(xlabel="macro-F1, a mark a seed; upright line: mean", title=title)
        return svg(figure, f"{title}: macro-F1 of every seed")


def learning_curve(title: str, curve: Mapping[str, Rows]) -> str:
    """Macro-F1 against the number of training articles, a line a model, its range over seeds as a band.

    `curve` maps a model to rows of `articles`, `mean`, `low` and `high`.
    """
    with canvas(3.2) as (figure, axis):
        names = sorted(curve, key=lambda name: name != TRANSFORMER)
        for name, (colour, marker, line) in zip(names, cycle(SERIES), strict=False):
            x, mean, low, high = ([row[key] for row in curve[name]] for key in ("articles", "mean", "low", "high"))
            axis.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)
            axis.plot(x, mean, color=colour, marker=marker, linestyle=line, label=CALLED.get(name, name))
        axis.set(xlabel="articles trained on", ylabel="macro-F1, mean and range of seeds", title=title)
        axis.set_xlim(left=0)
        axis.grid()
        axis.legend(loc="lower right")
        return svg(figure, f"{title}: macro-F1 against the number of training articles")
