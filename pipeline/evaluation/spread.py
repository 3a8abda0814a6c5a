"""Runs with different seeds, taken together: mean, range and standard deviation of each figure.

A row is one run, as `reports/seeds.json` and `reports/learning_curve.json` hold it: plain values, and one mapping
of figures for each set it was measured on.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def spread(values: Sequence[float]) -> dict[str, float | int | None]:
    """Mean, least, most, sample standard deviation (None for a single run) and number of runs."""
    return {
        "mean": statistics.fmean(values),
        "low": min(values),
        "high": max(values),
        "deviation": statistics.stdev(values) if len(values) > 1 else None,
        "runs": len(values),
    }


def by_model(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Spread of every figure of each model's runs: `{model: {set: {figure: spread}}}`."""
    return {name: _figures([row for row in rows if row["model"] == name]) for name in _models(rows)}


def learning_curve(rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """For each model, a point for each share of the training articles, smallest first.

    A point has `share`, mean `articles` and `sentences` over its runs, and the spreads of `by_model`.
    """
    curve: dict[str, list[dict[str, Any]]] = {}
    for name in _models(rows):
        own = [row for row in rows if row["model"] == name]
        curve[name] = []
        for share in sorted({float(row["share"]) for row in own}):
            runs = [row for row in own if float(row["share"]) == share]
            size = {key: round(statistics.fmean(row[key] for row in runs)) for key in ("articles", "sentences")}
            curve[name].append({"share": share, **size, **_figures(runs)})
    return curve


def last_step(points: Sequence[Row], name: str) -> dict[str, Any] | None:
    """What the last growth of a `learning_curve` brought on a set: both shares, and the change of each mean figure.

    None where the set was not measured at the last two shares.
    """
    if len(points) < 2 or any(name not in point for point in points[-2:]):
        return None
    before, after = points[-2:]
    figures = [figure for figure in after[name] if figure in before[name]]
    change = {figure: after[name][figure]["mean"] - before[name][figure]["mean"] for figure in figures}
    return {"from": before["share"], "to": after["share"], "change": change}


def curve_rows(points: Sequence[Row], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one model's points of a `learning_curve` as plot data: `articles`, and mean macro-F1 on the named sets."""
    return [
        {"articles": point["articles"], **{name: point[name]["macro_f1"]["mean"] for name in names if name in point}}
        for point in points
    ]


def sets(rows: Sequence[Row]) -> list[str]:
    """Names of the sets that rows were measured on, in order of appearance."""
    return list(dict.fromkeys(key for row in rows for key, value in row.items() if isinstance(value, Mapping)))


def _models(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["model"] for row in rows))


def _figures(runs: Sequence[Row]) -> dict[str, Any]:
    """Spread of each figure over runs; one that some run lacks is taken over those that have it."""
    figures: dict[str, Any] = {}
    for name in sets(runs):
        measured = [row[name] for row in runs if row.get(name)]
        keys = dict.fromkeys(key for row in measured for key, value in row.items() if value is not None)
        figures[name] = {key: spread([row[key] for row in measured if row.get(key) is not None]) for key in keys}
    plain = ("contrast_both_right", "given_article")
    for key in plain:
        if values := [row[key] for row in runs if row.get(key) is not None]:
            figures[key] = spread(values)
    return figures
