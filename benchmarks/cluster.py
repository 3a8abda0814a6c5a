"""How a Ray cluster scales from one worker to two: `make scaling`.

A cluster of two nodes, of one core each, is started on this machine; `newsvoice predict --engine ray` labels
the same archive with one worker and with two, in turns. The whole command counts, from its start to the last
part. The price of a core-hour is an assumption that the record states.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.archive import write_archive
from benchmarks.runtime import in_turn, machine, ratios, timed
from newsvoice.records import write_json
from newsvoice.runtime.exported import WEIGHTS_SOURCE
from newsvoice.runtime.manifest import Manifest

WORKERS = (1, 2)


def main() -> None:
    """Measure, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("articles", "runtime", "record"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dollars-per-core-hour", type=float, default=0.05, help="an assumption, for the costs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "archive"
        folder.mkdir()
        tables = [folder / f"{number}.jsonl" for number in range(4)]
        sentences = write_archive(arguments.articles, tables, sentences=arguments.sentences)
        rates = measure(folder, Path(scratch), arguments.runtime, sentences=sentences, rounds=arguments.rounds)
    write_json(
        arguments.record,
        {
            "machine": machine(),
            "classifier_sha256": Manifest.check(arguments.runtime).sources[WEIGHTS_SOURCE],
            "packages": {name: version(name) for name in ("ray", "openvino")},
            "rounds": arguments.rounds,
            "sentences": sentences,
            "sentences_per_second": {workers: statistics.median(found) for workers, found in rates.items()},
            "speedup": ratios(rates, "1"),
            "dollars_per_core_hour": arguments.dollars_per_core_hour,
        },
    )


def measure(archive: Path, scratch: Path, runtime: Path, *, sentences: int, rounds: int) -> dict[str, list[float]]:
    """Return sentences a second by number of workers, a figure a round."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(max(WORKERS)):
            cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        environment = os.environ | {"RAY_ADDRESS": cluster.address}

        def predict(workers: str, output: Path) -> None:
            command = [sys.executable, "-m", "newsvoice.cli", "predict", "--engine", "ray", "--jobs", workers]
            command += [str(archive), "--output", str(output), "--model", str(runtime)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"newsvoice failed with {done.returncode}:\n{done.stderr}")

        names = {str(workers): workers for workers in WORKERS}
        rates: dict[str, list[float]] = {name: [] for name in names}
        for number in range(rounds):
            for name in in_turn(names, number):
                output = scratch / f"{number}-{name}.jsonl"
                rates[name].append(sentences / timed(lambda name=name, output=output: predict(name, output)))
                labelled = sum(len(part.read_bytes().splitlines()) for part in output.glob("part-*"))
                if labelled != sentences:
                    sys.exit(f"{labelled:,} records of {sentences:,} sentences")
        return rates
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
