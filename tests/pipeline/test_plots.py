"""DVC's own plots: every one that dvc.yaml defines has its data, its axes and a title that names it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEFINED = {
    name: body
    for plot in yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["plots"]
    for name, body in plot.items()
}
# The curve's table has rows once the study was made beside the model that is here.
STUDIED = (ROOT / "reports/plots/learning/tfidf.csv").read_text("utf-8").splitlines()[1:]


def dvc(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=ROOT,
        env=os.environ | {"DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """What `dvc plots show` draws: a Vega-Lite specification a plot."""
    found = json.loads(dvc("plots", "show", "--json"))
    assert found.get("errors", []) == []
    data: dict[str, Any] = found["data"]
    return data


@pytest.mark.parametrize("name", DEFINED)
def test_a_plot_is_drawn_with_all_its_data(shown: dict[str, Any], name: str) -> None:
    [plot] = [drawn for key, drawn in shown.items() if key.endswith(name)]
    if name == "learning curve" and not STUDIED:
        pytest.skip("no row of the study is of this model: make study")
    specification = json.loads(plot[0]["content"]) if isinstance(plot[0]["content"], str) else plot[0]["content"]
    rows = specification["data"]["values"]
    columns = [column for y in DEFINED[name]["y"].values() for column in ([y] if isinstance(y, str) else y)]
    assert len(rows) >= len(columns)
    assert DEFINED[name]["x"] in rows[0]
    title = specification["title"]
    assert (title["text"] if isinstance(title, dict) else title) == DEFINED[name].get("title", name)


def test_experiments_and_metrics_fit_a_terminal_and_a_pull_request() -> None:
    diff = dvc("metrics", "diff", "--md", "--all", "HEAD")
    rows = [line for line in diff.splitlines() if line.startswith("|")]
    assert len(rows) > 10
    assert max(map(len, rows)) <= 120
