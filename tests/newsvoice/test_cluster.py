"""`newsvoice predict --engine ray` on a cluster of two nodes (processes of this machine), with losses in the middle."""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsvoice import cli, cli_cluster
from tests.newsvoice.test_archive import ROOT

ray = pytest.importorskip("ray", reason="no Ray here: pip install 'newsvoice[cluster]'")
pq = pytest.importorskip("pyarrow.parquet")

import psutil  # noqa: E402
import pyarrow  # noqa: E402

from newsvoice import cluster as engine  # noqa: E402

Run = Callable[..., tuple[int, str]]

# Ray leaves files and sockets to the end of the process.
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[Any]]:
    """Two nodes of one core each, beside a head that computes nothing."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        memory = {"object_store_memory": 100_000_000}
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory})
        computing = [cluster.add_node(num_cpus=1, **memory) for _ in range(2)]
        ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
        cluster.wait_for_nodes()
        yield [cluster, *computing]
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def run(
    nodes: list[Any],
    tiny_runtime: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command in this process, in an empty folder; give its exit code and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "BLOCK_BYTES", 2_000)
    monkeypatch.setattr(engine, "PART_CHUNKS", 1)

    def run_command(*arguments: object) -> tuple[int, str]:
        command = ["newsvoice", "predict", "--model", str(tiny_runtime), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        code: Any = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        return code, capsys.readouterr().err

    return run_command


def write_news(path: Path, *, articles: int, sentences: int = 3, bad: int = 0) -> None:
    """Write a table, every `bad`-th line of which is no JSON."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for n in range(1, articles + 1):
            text = " ".join(f"Ship {n} of {k} pays the fee." for k in range(sentences))
            row = {
                "text": f"{text}\u2028“We pay,” he said.",
                "n": n if n % 2 else n / 2,
                "outlet": ["Post", None][n % 2],
            }
            file.write("{broken\n" if bad and n % bad == 0 else json.dumps(row, ensure_ascii=False) + "\n")


def records(folder: Path) -> list[dict[str, Any]]:
    """All records of a file or a folder's parts, in the order of their ids."""
    parts = sorted(folder.glob("part-*")) if folder.is_dir() else [folder]
    found: list[dict[str, Any]] = []
    for part in parts:
        if part.suffix == ".parquet":
            found += pq.read_table(part).to_pylist()
        else:
            found += [json.loads(line) for line in part.read_text(encoding="utf-8").split("\n") if line]
    return sorted(found, key=lambda record: (record["article"], record.get("index", 0)))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_records_are_those_of_the_local_engine(run: Run, form: str) -> None:
    write_news(Path("news/a.jsonl"), articles=60, bad=20)
    write_news(Path("news/b.jsonl"), articles=5)
    rows = [{"text": f"Ship {n} pays.", "n": n, "day": None} for n in range(30)]
    pq.write_table(pyarrow.Table.from_pylist(rows), "news/c.parquet", row_group_size=7)
    local, spread = Path(f"local.{form}"), Path(f"spread.{form}")

    assert run(Path("news").absolute(), "-o", local)[0] == 3
    code, said = run("--engine", "ray", "news", "-o", spread)

    assert code == 3
    assert said.splitlines()[-1] == f"newsvoice: 3 of 95 inputs failed; the rest is done; see {spread}.rejected.jsonl"
    assert records(spread) == records(local)
    assert len(list(spread.glob("part-*"))) >= 3
    assert records(Path(f"{spread}.rejected.jsonl")) == records(Path(f"{local}.rejected.jsonl"))
    assert json.loads((spread / cli_cluster.DONE).read_text())["articles"] == 92
    if form == "parquet":
        assert {str(pq.read_schema(part)) for part in spread.glob("part-*")} == {str(pq.read_schema(local))}


def test_patterns_urls_and_summaries(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b", "x"):
        write_news(Path(f"news/{name}.jsonl"), articles=2)
    code, said = run(
        "--engine", "ray", f"file://{tmp_path}/news/[ab].jsonl", "-o", "local://" + str(tmp_path / "out"), "--summary"
    )

    assert (code, said) == (0, "")
    assert [r["article"] for r in records(Path("out"))] == ["a:1", "a:2", "b:1", "b:2"]
    assert all(r["sentences"] == 4 and r["columns"]["n"] for r in records(Path("out")))
    assert not Path("out.rejected.jsonl").exists()


def test_what_is_in_the_way_is_not_overwritten(run: Run) -> None:
    write_news(Path("a.jsonl"), articles=1)
    Path("out").mkdir()
    Path("out/old").write_text("")

    assert run("--engine", "ray", "a.jsonl", "-o", "out") == (
        1,
        "newsvoice: out: holds files of another run; name another output, or delete it\n",
    )


def test_an_archive_without_an_article_leaves_nothing(run: Run, tmp_path: Path) -> None:
    write_news(Path("a.jsonl"), articles=2)
    code, said = run("--engine", "ray", "a.jsonl", "-o", "out.jsonl", "--text-field", "body")

    assert code == 1
    assert said.splitlines()[0].endswith(
        "a.jsonl:1: no field 'body'; name one with --text-field: 'text', 'n', 'outlet'"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def lose(output: Path, loss: Callable[[], None], parts: list[int]) -> threading.Thread:
    """Cause a loss as soon as a few parts are there; note how many there were."""

    def watch() -> None:
        while len(found := list(output.glob("part-*"))) < 3:
            time.sleep(0.02)
        loss()
        parts.append(len(found))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def kill_labeller() -> None:
    labellers = [p for p in psutil.Process().children(recursive=True) if "Labeller" in "".join(p.cmdline())]
    os.kill(labellers[0].pid, signal.SIGKILL)


# The lost node comes last: nothing brings it back.
@pytest.mark.parametrize("what", ["process", "node"])
def test_a_loss_in_the_middle_loses_and_doubles_nothing(run: Run, nodes: list[Any], what: str) -> None:
    write_news(Path("a.jsonl"), articles=4000, sentences=1, bad=500)
    assert run(Path("a.jsonl").absolute(), "-o", "local.jsonl")[0] == 3
    cluster, _, second = nodes
    parts_then: list[int] = []
    output = Path("spread.jsonl")

    watching = lose(
        output,
        kill_labeller if what == "process" else lambda: cluster.remove_node(second, allow_graceful=False),
        parts_then,
    )
    code, _ = run("--engine", "ray", "a.jsonl", "-o", output, "-j", 2)
    watching.join()

    assert code == 3
    assert parts_then[0] < len(list(output.glob("part-*"))) / 2, "the loss came too late to count"
    assert max(Counter((r["article"], r["index"]) for r in records(output)).values()) == 1
    assert records(output) == records(Path("local.jsonl"))
    assert records(Path("spread.jsonl.rejected.jsonl")) == records(Path("local.jsonl.rejected.jsonl"))
