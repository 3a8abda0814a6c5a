"""The pages of speeds say what their records say, and the measurements measure what they claim to."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.archive import write_archive
from benchmarks.figure import rate_over_time
from benchmarks.page import BEGIN, END, cost, page, pages, read_results
from benchmarks.runtime import in_turn, ratios, whole_process
from benchmarks.soak import watched
from newsvoice.records import Article, Block, write_jsonl

ROOT = Path(__file__).parents[2]
RESULTS = read_results(ROOT / "benchmarks/results")


@pytest.mark.skipif(not RESULTS, reason="nothing measured yet: make bench, make soak, make scaling")
def test_the_pages_are_written_from_the_records() -> None:
    for path, text in pages(RESULTS, ROOT / "docs").items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is stale: python -m benchmarks.page --results benchmarks/results --docs docs"
        )


def test_a_page_shows_the_records_that_are_there() -> None:
    assert page({}).splitlines()[0] == "# Speed"
    soak = {
        "machine": "a processor",
        "packages": {"openvino": "1"},
        "jobs": 2,
        "sentences": 1000,
        "input_megabytes": 1.0,
        "output_megabytes": 4.0,
        "seconds": 60.0,
        "sentences_per_second": 1000 / 60,
        "samples": [{"seconds": float(n), "sentences": 10 * n, "megabytes": 300.0 + n} for n in range(60)],
    }
    found = pages({"soak": soak}, ROOT / "docs")

    text = found[ROOT / "docs/benchmarks.md"]
    assert "at most 305 MB in the first tenth of the run and 359 MB in the last" in text
    figure = found[ROOT / "docs/images/soak.svg"]
    assert figure.startswith("<?xml")
    assert figure == pages({"soak": soak}, ROOT / "docs")[ROOT / "docs/images/soak.svg"]


def test_costs_follow_from_rate_and_price(tmp_path: Path) -> None:
    record = {
        "machine": "a processor",
        "packages": {"ray": "2"},
        "rounds": 3,
        "sentences": 1000,
        "speedup": {"1": 1.0, "2": 1.7},
        "sentences_per_second": {"1": 60.0, "2": 100.0},
        "dollars_per_core_hour": 0.1,
    }
    lines = list(cost(record))

    # 10⁹ sentences at 50 a second and core.
    assert "| core-hours: 10⁹ ÷ 50.0 ÷ 3600 | 5,556 |" in lines
    assert "| cost: 5,556 × $0.10 | $556 |" in lines
    (tmp_path / "archives.md").write_text(f"a\n{BEGIN}\nold\n{END}\nb", encoding="utf-8")
    found = pages({"cluster": record}, tmp_path)
    assert found[tmp_path / "archives.md"] == "\n".join(["a", BEGIN, *lines, END, "b"])


def test_a_rate_is_of_the_time_between_two_looks() -> None:
    samples = [{"seconds": 60.0 * n, "sentences": 120 * max(0, n - 1), "megabytes": 1.0} for n in range(4)]

    assert rate_over_time(samples) == ([3.0], [2.0])


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_the_figures() -> None:
    # The second round ran on a machine at half speed.
    found = ratios({"plain": [10.0, 5.0, 10.0], "ours": [40.0, 20.0, 45.0]}, "plain")

    assert found == {"plain": 1.0, "ours": 4.0}


def test_every_other_round_runs_backwards() -> None:
    names = {"a": 1, "b": 2, "c": 3}

    assert [in_turn(names, number) for number in range(3)] == [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]]


def test_a_process_is_not_charged_with_the_memory_of_the_one_that_started_it() -> None:
    held = bytearray(b"x") * 300_000_000
    _, megabytes = whole_process([sys.executable, "-c", "pass"], "")

    assert len(held) > megabytes * 1e6 * 5


def test_an_archive_repeats_whole_articles(tmp_path: Path) -> None:
    text = "Ships pay. Tugs do not."
    write_jsonl(tmp_path / "articles.jsonl", [Article("a", text, (Block(0, len(text), "paragraph"),))])
    tables = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]

    assert write_archive(tmp_path / "articles.jsonl", tables, sentences=5) == 6
    assert [len(table.read_text().splitlines()) for table in tables] == [2, 1]
    assert json.loads(tables[1].read_text())["text"] == text


def test_a_run_is_watched_to_its_end(tmp_path: Path) -> None:
    journal = tmp_path / "out.jsonl.journal"
    program = (
        "import json, sys, time\nopen(sys.argv[1], 'w').write(json.dumps({'state': {'sentences': 7}}))\ntime.sleep(1)\n"
    )
    samples, seconds = watched([sys.executable, "-c", program, str(journal)], tmp_path / "out.jsonl", every=0.05)

    assert seconds >= 1
    assert samples[-1]["sentences"] == 7
    assert max(sample["megabytes"] for sample in samples) > 1
