"""The page of speeds says what its record says, and the claims that the project makes hold in it."""

import json
from pathlib import Path

import pytest

from benchmarks.page import page
from benchmarks.runtime import in_turn, ratios

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "benchmarks/results/runtime.json"


@pytest.mark.skipif(not RECORD.exists(), reason="nothing measured yet: make bench")
def test_the_page_is_written_from_the_record() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))

    assert (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8") == page(record), "stale: make bench"


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_the_figures() -> None:
    # The second round ran on a machine at half speed.
    found = ratios({"plain": [10.0, 5.0, 10.0], "ours": [40.0, 20.0, 45.0]}, "plain")

    assert found == {"plain": 1.0, "ours": 4.0}


def test_every_other_round_runs_backwards() -> None:
    names = {"a": 1, "b": 2, "c": 3}

    assert [in_turn(names, number) for number in range(3)] == [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]]
