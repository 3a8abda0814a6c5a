"""Rate and memory over time as one SVG, readable on light and dark pages."""

import io
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.report.drawing import BLUE, RED, STYLE, plt

# Points of the rate's line: single looks jump with the journal's seconds.
POINTS = 100


def soak_figure(record: Mapping[str, Any]) -> str:
    """Return the SVG of a record of `benchmarks.soak`: above sentences a second, below memory, both from 0."""
    samples = record["samples"]
    times, rates = rate_over_time(samples)
    with plt.rc_context(STYLE):
        figure, (above, below) = plt.subplots(2, sharex=True, figsize=(7, 4.2))
        above.plot(times, rates, color=BLUE)
        above.set_ylabel("sentences a second")
        below.plot([s["seconds"] / 60 for s in samples], [s["megabytes"] for s in samples], color=RED)
        below.set_ylabel("memory, MB")
        below.set_xlabel("minutes")
        for axis in (above, below):
            axis.set_ylim(0, 1.15 * axis.dataLim.ymax)
        stream = io.StringIO()
        undated = {"Date": None, "Creator": None}
        figure.savefig(stream, format="svg", facecolor="white", metadata=undated)
        plt.close(figure)
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().splitlines())


def rate_over_time(samples: Sequence[Mapping[str, float]]) -> tuple[list[float], list[float]]:
    """Return minutes and sentences a second between some hundred looks, from the first finished work on."""
    working = [s for s in samples if s["sentences"]]
    step = max(1, len(working) // POINTS)
    looks = list(pairwise(working[::step]))
    minutes = [b["seconds"] / 60 for _, b in looks]
    rates = [(b["sentences"] - a["sentences"]) / (b["seconds"] - a["seconds"]) for a, b in looks]
    return minutes, rates
