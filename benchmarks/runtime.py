"""Speed of the exported model against the same weights in transformers: `make bench`.

Everything is measured in one run, in turns (A B A B …, the order reversed every other round), and compared
round by round: a machine that slows down slows all of them. Absolute figures are of the machine they name;
claims are ratios. The record is measured once and by hand; `docs/benchmarks.md` is written from it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.page import page
from newsvoice.records import Article, read_articles, write_json, write_text
from newsvoice.text.segment import segment

THREADS = 2
# Sentences of the text that a cold start labels.
COLD_SENTENCES = 40
YARDSTICK = "transformers, one window at a time"
BATCHED = "transformers, batches of 32"
FALLBACK = "newsvoice, ONNX Runtime"
NEWSVOICE = "newsvoice, OpenVINO"


def main() -> None:
    """Measure, write the record, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("articles", "model", "runtime", "record", "page"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(THREADS)
    articles = read_articles(arguments.articles)[: arguments.texts]
    record = {
        "machine": machine(),
        "packages": {name: version(name) for name in ("torch", "transformers", "openvino", "onnxruntime")},
        "rounds": arguments.rounds,
        **throughput(articles, arguments.model, arguments.runtime, rounds=arguments.rounds),
        **processes(articles, arguments.model, arguments.runtime, rounds=arguments.rounds),
    }
    write_json(arguments.record, record)
    write_text(arguments.page, page(record))


def throughput(articles: Sequence[Article], model: Path, runtime: Path, *, rounds: int) -> dict[str, Any]:
    """Sentences a second, splitting and tokenizing included; agreement of labels; the machine's int8 limit."""
    import torch

    from benchmarks.limit import Int8Products
    from benchmarks.plain import PlainTransformers
    from newsvoice.runtime.encoding import tokenize
    from newsvoice.runtime.exported import ExportedModel

    torch.set_num_threads(THREADS)
    plain, batched = PlainTransformers(model), PlainTransformers(model, batch=32)
    exported = {}
    for name, backend in ((FALLBACK, "onnxruntime"), (NEWSVOICE, "openvino")):
        os.environ["NEWSVOICE_BACKEND"] = backend
        exported[name] = ExportedModel.load(runtime)
    del os.environ["NEWSVOICE_BACKEND"]

    def every_label(label: Callable[[Sequence[Any]], list[str]]) -> list[str]:
        return [found for article in articles for found in label(segment(article))]

    def exported_labels(name: str) -> list[str]:
        return every_label(lambda sentences: [p.label for p in exported[name].predict(sentences)])

    contenders: dict[str, Callable[[], list[str]]] = {
        YARDSTICK: lambda: every_label(plain.label),
        BATCHED: lambda: every_label(batched.label),
        FALLBACK: lambda: exported_labels(FALLBACK),
        NEWSVOICE: lambda: exported_labels(NEWSVOICE),
    }
    answers = {name: work() for name, work in contenders.items()}
    sentences = [sentence for article in articles for sentence in segment(article)]
    size = exported[NEWSVOICE].description.window_tokens
    tokens = sum(len(t.ids) + 1 for t in tokenize(plain.text_tokenizer, sentences, window_tokens=size))
    limit = Int8Products(size * THREADS)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    limits = []
    for number in range(rounds):
        for name in in_turn(contenders, number):
            seconds[name].append(timed(contenders[name]))
        limits.append(limit.tokens_per_second() * len(sentences) / tokens)
    rates = {name: [len(sentences) / t for t in taken] for name, taken in seconds.items()}
    return {
        "sentences": len(sentences),
        "tokens_per_sentence": tokens / len(sentences),
        "sentences_per_second": {name: statistics.median(values) for name, values in rates.items()},
        "int8_limit_sentences_per_second": statistics.median(limits),
        "throughput_ratio": ratios(rates, YARDSTICK),
        "throughput_ratio_to_batches": ratios(rates, BATCHED),
        "share_of_int8_limit": {
            name: statistics.median(r / most for r, most in zip(rates[name], limits, strict=True)) for name in exported
        },
        "agreement": {
            name: sum(a == b for a, b in zip(answers[name], answers[YARDSTICK], strict=True)) / len(sentences)
            for name in contenders
        },
    }


def processes(articles: Sequence[Article], model: Path, runtime: Path, *, rounds: int) -> dict[str, Any]:
    """Seconds and peak memory of fresh processes: one article of 40 sentences, and all texts."""
    with tempfile.TemporaryDirectory() as scratch:
        short, folder = Path(scratch) / "short.txt", Path(scratch) / "texts"
        folder.mkdir()
        sentences = [s.text for article in articles[:5] for s in segment(article)][:COLD_SENTENCES]
        paragraphs = [" ".join(sentences[n : n + 4]) for n in range(0, len(sentences), 4)]
        short.write_text("\n\n".join(paragraphs), encoding="utf-8")
        for article in articles:
            (folder / f"{article.id}.txt").write_text(article.text, encoding="utf-8", newline="")
        predict = [sys.executable, "-m", "newsvoice.cli", "predict", "--jobs", "1", "--model", str(runtime)]
        torch_way = [sys.executable, "-m", "benchmarks.plain", str(model)]
        commands = {
            "one article": {
                YARDSTICK: [*torch_way, str(short)],
                NEWSVOICE: [*predict, "--format", "table", str(short)],
                FALLBACK: [*predict, "--format", "table", str(short)],
            },
            "all texts": {
                YARDSTICK: [*torch_way, *map(str, sorted(folder.iterdir()))],
                NEWSVOICE: [*predict, "--format", "jsonl", str(folder)],
                FALLBACK: [*predict, "--format", "jsonl", str(folder)],
            },
        }
        figures: dict[str, Any] = {}
        for what, of in commands.items():
            runs: dict[str, list[tuple[float, float]]] = {name: [] for name in of}
            # The first round warms the disk's cache and does not count.
            for number in range(rounds + 1):
                for name in in_turn(of, number):
                    backend = {FALLBACK: "onnxruntime", NEWSVOICE: "openvino"}.get(name, "")
                    runs[name].append(whole_process(of[name], backend))
            taken = {name: [seconds for seconds, _ in found[1:]] for name, found in runs.items()}
            memory = {name: [megabytes for _, megabytes in found[1:]] for name, found in runs.items()}
            figures[what] = {
                "seconds": {name: statistics.median(values) for name, values in taken.items()},
                "seconds_ratio": ratios(taken, YARDSTICK),
                "peak_megabytes": {name: statistics.median(values) for name, values in memory.items()},
                "peak_ratio": ratios(memory, YARDSTICK),
            }
    helps = [whole_process([sys.executable, "-m", "newsvoice.cli", "--help"], "")[0] for _ in range(rounds)]
    return {"processes": figures, "help_seconds": statistics.median(helps)}


def in_turn(names: Mapping[str, Any], number: int) -> list[str]:
    """Return the order of a round."""
    return list(names) if number % 2 == 0 else list(names)[::-1]


def ratios(figures: Mapping[str, Sequence[float]], yardstick: str) -> dict[str, float]:
    """Return each one's median, over rounds, of its figure divided by the yardstick's in the same round."""
    base = figures[yardstick]
    return {
        name: statistics.median(value / other for value, other in zip(values, base, strict=True))
        for name, values in figures.items()
    }


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def whole_process(command: Sequence[str], backend: str) -> tuple[float, float]:
    """Run a command; return its wall seconds and peak memory in megabytes."""
    environment = os.environ | ({"NEWSVOICE_BACKEND": backend} if backend else {})
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[:6])} … failed with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024 / 1e6


def machine() -> str:
    """Name the processor by what Linux says of it."""
    from pipeline.processor import processor_type

    found = processor_type(threads=THREADS)
    sets = ", ".join(name for name in found["instruction_sets"] if name.startswith(("avx", "amx", "sve")))
    return f"{found.get('vendor', '')} family {found.get('family', '?')}, {THREADS} threads ({sets})"


if __name__ == "__main__":
    main()
