"""Speed of the exported model against the same weights in transformers: `make bench`.

Everything is measured in one run, in turns (A B A B …, the order reversed every other round), and compared
round by round: a machine that slows down slows all of them. Absolute figures are of the machine they name;
claims are ratios. Timed texts are of the test split; labels are compared on the sets outside as well. The
record is measured once and by hand; `benchmarks.page` shows it.
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

from newsvoice.labels import INDEX
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import Article, Sentence, read_articles, read_records, write_json
from newsvoice.runtime.backends import BACKEND_VARIABLE
from newsvoice.text.segment import segment
from pipeline.external import gold_sentences, real_news
from pipeline.folders import folder_hash
from pipeline.labelling.label import LabelledSentence
from pipeline.package import build_wheel, installed_megabytes

THREADS = 2
# Sentences of the text that a cold start labels.
COLD_SENTENCES = 40
PIPELINE = "transformers pipeline, one sentence at a time"
WINDOWS = "transformers, one window at a time"
BATCHED = "transformers, batches of 32 windows"
FALLBACK = "newsvoice, ONNX Runtime"
NEWSVOICE = "newsvoice, OpenVINO"
BACKENDS = {FALLBACK: "onnxruntime", NEWSVOICE: "openvino"}

# Runs a command; prints its seconds, exit code and peak memory in KiB. A process of its own, and a small one:
# Linux counts what a process was before it became another program into that program's peak.
_MEASURE = """
import resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - started, done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main() -> None:
    """Measure, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("articles", "split", "sets", "model", "runtime", "record"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=30, help="articles that are timed")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(THREADS)
    test = read_records(arguments.split, LabelledSentence)
    sets = {"test": test} | {name: gold_sentences(path) for name, path in real_news(arguments.sets).items()}
    chosen = {sentence.article for sentence in test}
    articles = [article for article in read_articles(arguments.articles) if article.id in chosen]
    timed_articles = articles[: arguments.texts]
    folders = arguments.model, arguments.runtime
    write_json(
        arguments.record,
        {
            "machine": machine(),
            "classifier_sha256": folder_hash(arguments.model),
            "packages": {name: version(name) for name in ("torch", "transformers", "openvino", "onnxruntime")},
            "rounds": arguments.rounds,
            **processes(timed_articles, *folders, rounds=arguments.rounds),
            **throughput(timed_articles, *folders, rounds=arguments.rounds),
            "agreement": agreement(sets, *folders),
            **sizes(arguments.runtime),
        },
    )


def throughput(articles: Sequence[Article], model: Path, runtime: Path, *, rounds: int) -> dict[str, Any]:
    """Sentences a second, splitting and tokenizing included, and the machine's int8 limit."""
    import torch

    from benchmarks.limit import Int8Products
    from benchmarks.plain import Pipeline, Windows
    from newsvoice.api import Newsvoice
    from newsvoice.runtime.encoding import tokenize

    torch.set_num_threads(THREADS)
    plain = Windows(model)
    labellers: dict[str, Callable[[Sequence[Sentence]], Any]] = {
        PIPELINE: Pipeline(model).label,
        WINDOWS: plain.label,
        BATCHED: Windows(model, batch=32).label,
    }
    contenders = {name: lambda label=label: [label(segment(a)) for a in articles] for name, label in labellers.items()}
    texts = [article.text for article in articles]
    surfaces = {name: Newsvoice(exported) for name, exported in exported_models(runtime).items()}
    contenders |= {name: lambda of=surface: list(of.predict_many(texts)) for name, surface in surfaces.items()}
    sentences = [sentence for article in articles for sentence in segment(article)]
    tokens = sum(
        len(t.ids) + 1 for t in tokenize(plain.text_tokenizer, sentences, window_tokens=plain.description.window_tokens)
    )
    limit = Int8Products.fastest(model)
    for work in contenders.values():
        work()
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
        "throughput_ratio": ratios(rates, PIPELINE),
        "int8_limit_sentences_per_second": statistics.median(limits),
        "int8_limit_tokens_together": limit.rows,
        "share_of_int8_limit": {
            name: statistics.median(r / most for r, most in zip(values, limits, strict=True))
            for name, values in rates.items()
        },
    }


def agreement(sets: Mapping[str, Sequence[LabelledSentence]], model: Path, runtime: Path) -> dict[str, Any]:
    """Share of each set's sentences that get the float32 model's label, and what that does to macro-F1.

    `lower` is the lower end of the share's exact binomial 95 % interval.
    """
    from scipy.stats import binomtest

    from benchmarks.plain import Windows

    plain = Windows(model)
    found: dict[str, Any] = {}
    for what, sentences in sets.items():
        gold = [INDEX[sentence.label] for sentence in sentences]
        expected = plain.predict_proba(sentences).argmax(axis=1)
        ways = {}
        for name, exported in exported_models(runtime).items():
            labels = exported.predict_proba(sentences).argmax(axis=1)
            same = int((labels == expected).sum())
            before, after = (float(macro_f1(confusion_matrix(gold, answer.tolist()))) for answer in (expected, labels))
            ways[name] = {
                "share": same / len(gold),
                "lower": float(binomtest(same, len(gold)).proportion_ci(method="exact").low),
                "macro_f1_change": after - before,
            }
        found[what] = {"sentences": len(gold), "ways": ways}
    return found


def exported_models(runtime: Path) -> dict[str, Any]:
    """Open the exported model with each backend."""
    from newsvoice.runtime.exported import ExportedModel

    found = {}
    for name, backend in BACKENDS.items():
        os.environ[BACKEND_VARIABLE] = backend
        found[name] = ExportedModel.load(runtime)
    del os.environ[BACKEND_VARIABLE]
    return found


def processes(articles: Sequence[Article], model: Path, runtime: Path, *, rounds: int) -> dict[str, Any]:
    """Seconds and peak memory of fresh processes: one article of 40 sentences, and all texts."""
    with tempfile.TemporaryDirectory() as scratch:
        short, folder = Path(scratch) / "short.txt", Path(scratch) / "texts"
        folder.mkdir()
        sentences = [s.text for article in articles for s in segment(article)][:COLD_SENTENCES]
        paragraphs = [" ".join(sentences[n : n + 4]) for n in range(0, len(sentences), 4)]
        short.write_text("\n\n".join(paragraphs), encoding="utf-8")
        for article in articles:
            (folder / f"{article.id}.txt").write_text(article.text, encoding="utf-8", newline="")
        predict = [sys.executable, "-m", "newsvoice.cli", "predict", "--jobs", "1", "--model", str(runtime)]
        torch_way = [sys.executable, "-m", "benchmarks.plain", str(model)]
        commands = {
            "one article": {
                PIPELINE: [*torch_way, str(short)],
                **{name: [*predict, "--format", "table", str(short)] for name in BACKENDS},
            },
            "all texts": {
                PIPELINE: [*torch_way, *map(str, sorted(folder.iterdir()))],
                **{name: [*predict, "--format", "jsonl", str(folder)] for name in BACKENDS},
            },
        }
        figures = {what: measured_in_turns(of, rounds=rounds) for what, of in commands.items()}
    helps = [whole_process([sys.executable, "-m", "newsvoice.cli", "--help"], "")[0] for _ in range(rounds)]
    return {"processes": figures, "help_seconds": statistics.median(helps)}


def measured_in_turns(commands: Mapping[str, Sequence[str]], *, rounds: int) -> dict[str, Any]:
    """Run commands in turns; return medians of seconds and peak memory, and of their ratios to the pipeline's."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, list[float]] = {name: [] for name in commands}
    # The first round warms the disk's cache and does not count.
    for number in range(rounds + 1):
        for name in in_turn(commands, number):
            seconds, megabytes = whole_process(commands[name], BACKENDS.get(name, ""))
            if number:
                taken[name].append(seconds)
                memory[name].append(megabytes)
    return {
        "seconds": {name: statistics.median(values) for name, values in taken.items()},
        "seconds_ratio": ratios(taken, PIPELINE),
        "peak_megabytes": {name: statistics.median(values) for name, values in memory.items()},
        "peak_ratio": ratios(memory, PIPELINE),
    }


def sizes(runtime: Path) -> dict[str, Any]:
    """Megabytes of the wheel with this model inside, and of all that lies on disk once it is installed."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(runtime, Path(scratch))
        return {"wheel_megabytes": wheel.stat().st_size / 1e6, "installed_megabytes": installed_megabytes(wheel)}


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
    environment = os.environ | ({BACKEND_VARIABLE: backend} if backend else {})
    measure = [sys.executable, "-S", "-c", _MEASURE, *command]
    done = subprocess.run(measure, env=environment, capture_output=True, text=True, check=True)
    seconds, code, peak = done.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(command[:6])} … failed with {code}")
    return float(seconds), int(peak) * 1024 / 1e6


def packages_line(record: Mapping[str, Any]) -> str:
    """Say which versions a record was measured with."""
    return "Packages: " + ", ".join(f"{name} {number}" for name, number in record["packages"].items()) + "."


def machine() -> str:
    """Name the processor by what Linux says of it."""
    from pipeline.processor import processor_type

    found = processor_type(threads=THREADS)
    sets = ", ".join(name for name in found["instruction_sets"] if name.startswith(("avx", "amx", "sve")))
    return f"{found.get('vendor', '')} family {found.get('family', '?')}, {THREADS} threads ({sets})"


if __name__ == "__main__":
    main()
