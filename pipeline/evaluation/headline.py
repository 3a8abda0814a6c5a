"""The few figures that `dvc metrics diff` and `dvc exp show` put side by side."""

from collections.abc import Mapping
from typing import Any


def headline(results: Mapping[str, Any], *, main: str) -> dict[str, dict[str, float]]:
    """All headline figures of the `main` model, and what they are held against: macro-F1 of the others.

    `results` is of `evaluate_models`, with `contrast` and `given` where they were measured. A figure more is a
    column more in every table of experiments; the rest stands in the report.
    """
    found = {name: {"macro_f1": model["macro_f1"]} for name, model in results["models"].items()}
    model = results["models"][main]
    found[main] |= {
        "accuracy": model["accuracy"],
        **{f"f1_{label}": scores["f1"] for label, scores in model["labels"].items()},
        "ece": model["calibration"]["ece"],
    }
    if contrast := results.get("contrast"):
        found[main]["contrast_both_right"] = contrast[main]["both_right"] or 0.0
    for article, given in results.get("given", {}).items():
        found[main][f"right_in_{article}"] = given[main]["right"]
    return found
