"""Rate and memory of one long run, over time: `make soak`.

The corpus's articles are repeated until there are a million sentences, and labelled by the command that a
user would give, as a file that grows. How far it is stands in its journal; memory is what Linux says of all
its processes (resident set sizes, shared pages counted in each).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.archive import write_archive
from benchmarks.runtime import machine
from newsvoice.archive import beside
from newsvoice.records import write_json
from newsvoice.runtime.exported import WEIGHTS_SOURCE
from newsvoice.runtime.manifest import Manifest


def main() -> None:
    """Run, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("articles", "runtime", "record"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two looks")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        table, output = Path(scratch) / "archive.jsonl", Path(scratch) / "labels.jsonl"
        sentences = write_archive(arguments.articles, [table], sentences=arguments.sentences)
        command = [sys.executable, "-m", "newsvoice.cli", "predict", str(table), "--output", str(output)]
        command += ["--jobs", str(arguments.jobs), "--model", str(arguments.runtime)]
        samples, seconds = watched(command, output, every=arguments.every)
        with output.open("rb") as records:
            labelled = sum(1 for _ in records)
        if labelled != sentences:
            sys.exit(f"{labelled:,} records of {sentences:,} sentences")
        input_megabytes, output_megabytes = (path.stat().st_size / 1e6 for path in (table, output))
    write_json(
        arguments.record,
        {
            "machine": machine(),
            "classifier_sha256": Manifest.check(arguments.runtime).sources[WEIGHTS_SOURCE],
            "packages": {name: version(name) for name in ("openvino", "onnxruntime")},
            "jobs": arguments.jobs,
            "sentences": sentences,
            "input_megabytes": input_megabytes,
            "output_megabytes": output_megabytes,
            "seconds": seconds,
            "sentences_per_second": sentences / seconds,
            "samples": samples,
        },
    )


def watched(command: list[str], output: Path, *, every: float) -> tuple[list[dict[str, float]], float]:
    """Run a command that lets `output` grow; return seconds, sentences and megabytes at every look, and its seconds."""
    samples: list[dict[str, float]] = []
    started = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            samples.append(
                {
                    "seconds": round(time.monotonic() - started, 1),
                    "sentences": sentences_done(output),
                    "megabytes": round(memory_of(process.pid) / 1e6, 1),
                }
            )
            try:
                process.wait(every)
            except subprocess.TimeoutExpired:
                continue
        seconds = time.monotonic() - started
        assert process.stderr is not None
        if process.returncode:
            sys.exit(f"newsvoice failed with {process.returncode}:\n{process.stderr.read()}")
    return samples, seconds


def sentences_done(output: Path) -> int:
    """Return how many sentences are safe on disk, by the journal of a run."""
    try:
        return int(json.loads(beside(output, "journal").read_text(encoding="utf-8"))["state"]["sentences"])
    except FileNotFoundError:
        return 0


def memory_of(pid: int) -> int:
    """Bytes resident in a process and all below it."""
    total = 0
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


if __name__ == "__main__":
    main()
