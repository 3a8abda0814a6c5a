"""How much of a training holds on other threads and processors: `make sameness`.

The stage `finetune` trains on a share of the training articles, again and again, each time as if on another machine:
fewer threads, or libraries kept from the newer instruction sets. Every model then labels the test split, in this
process, and is compared with the first of its profile. Test is measured here, nothing is chosen by it.

With `--emulator` (`qemu-x86_64 -cpu Haswell`) the profile `reproducible` also trains on a processor of another maker,
slowly.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.runtime import machine, timed
from newsvoice.labels import INDEX
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import read_records, write_json, write_jsonl, write_text
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.manifest import file_hash
from pipeline.config import load_yaml
from pipeline.environment import PINNED
from pipeline.labelling.label import LabelledSentence
from pipeline.study import subset

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
OLDEST = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"}


@dataclass(frozen=True)
class Machine:
    """Where a training is to think it runs: settings of `finetune`, variables, a command before Python's."""

    name: str
    settings: Mapping[str, Any]
    variables: Mapping[str, str] = field(default_factory=dict)
    emulator: Sequence[str] = ()


def machines(emulator: Sequence[str]) -> list[Machine]:
    """What is compared; the first of a profile is what the others are compared with."""
    fast, same = {"profile": "fast"}, {"profile": "reproducible"}
    found = [
        Machine("as params.yaml says", fast),
        Machine("the same again", fast),
        Machine("one thread", fast | {"threads": 1}),
        Machine("float32", fast | {"precision": "fp32"}),
        Machine("a processor with AVX2 alone, so float32", fast | {"precision": "fp32"}, AVX2),
        Machine("a processor without AVX, so float32", fast | {"precision": "fp32"}, OLDEST),
        Machine("as params.yaml says", same),
        Machine("OMP_NUM_THREADS=2", same | {"threads": 2}, {"OMP_NUM_THREADS": "2"}),
        Machine("a processor with AVX2 alone", same, AVX2),
        Machine("a processor without AVX, as far as variables say", same, OLDEST),
    ]
    if emulator:
        # Emulated programs start others outside the emulator, so this one gets its variables at once.
        found.append(Machine(f"`{shlex.join(emulator)}`", same, PINNED, emulator))
    return found


def main() -> None:
    """Train, compare, write the record, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("params", "train", "contrast", "validation", "test", "record", "page"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.1, help="of the training articles")
    parser.add_argument("--emulator", default="")
    arguments = parser.parse_args()
    train, pairs, validation, test = (
        read_records(getattr(arguments, name), LabelledSentence) for name in ("train", "contrast", "validation", "test")
    )
    params = load_yaml(arguments.params)
    rows: list[dict[str, Any]] = []
    first: dict[str, tuple[str, Any]] = {}
    gold = [INDEX[s.label] for s in test]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        learnt = subset(train, arguments.share, seed=0)
        some_pairs = subset(pairs, arguments.share, seed=0)
        for name, sentences in (("train", learnt), ("contrast", some_pairs), ("validation", validation)):
            write_jsonl(place / f"{name}.jsonl", sentences)
        for number, where in enumerate(machines(shlex.split(arguments.emulator))):
            settings = params | {"finetune": params["finetune"] | where.settings}
            (place / "params.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
            model = place / str(number)
            seconds = timed(lambda model=model, where=where: finetune(place, model, where))
            probabilities = Classifier.load(model).predict_proba(test)
            digest = file_hash(model / "model.safetensors")
            profile = where.settings["profile"]
            digest_before, before = first.setdefault(profile, (digest, probabilities))
            scores = [
                float(macro_f1(confusion_matrix(gold, p.argmax(axis=1).tolist()))) for p in (before, probabilities)
            ]
            rows.append(
                {
                    "profile": profile,
                    "machine": where.name,
                    "same_bytes": digest == digest_before,
                    "same_labels": float(np.mean(before.argmax(axis=1) == probabilities.argmax(axis=1))),
                    "macro_f1_change": scores[1] - scores[0],
                    "largest_probability_change": float(np.abs(before - probabilities).max()),
                    "seconds": seconds,
                }
            )
            print(rows[-1], file=sys.stderr)
    record = {
        "machine": machine(),
        "torch": version("torch"),
        "share_of_articles": arguments.share,
        "train_sentences": len(learnt) + len(some_pairs),
        "test_sentences": len(test),
        "rows": rows,
    }
    write_json(arguments.record, record)
    write_text(arguments.page, page(record))


def finetune(place: Path, model: Path, where: Machine) -> None:
    """Run the stage as a process of its own, as a machine would have it."""
    paths = {name: place / f"{name}.jsonl" for name in ("train", "contrast", "validation")}
    paths |= {name: place / f"{model.name}.{name}" for name in ("metrics", "curve", "processor", "log")}
    paths |= {"params": place / "params.yaml", "model": model}
    options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    command = [*where.emulator, sys.executable, "-m", "pipeline.stages.finetune", *options]
    subprocess.run(command, check=True, env=os.environ | dict(where.variables))


def page(record: Mapping[str, Any]) -> str:
    """Return `docs/reproducibility.md`."""
    lines = [
        "# What holds on another machine",
        "",
        "<!-- written by benchmarks/sameness.py from benchmarks/results/; do not edit -->",
        "",
        "On the same type of processor with the same `threads`, `dvc repro --force` writes the same bytes"
        " (`models/processor.json` names the type). Elsewhere sums are taken in another order or another width, a"
        " last digit differs, and training amplifies it. Two ways to deal with it:",
        "",
        "- `finetune.profile: fast`, the default, uses what the processor has. Elsewhere the model is another one,"
        " as good as the first but for the spread that another seed has too.",
        "- `finetune.profile: reproducible` trains in float32, on one thread, with kernels that every x86-64 processor"
        " with AVX2 runs alike, whoever made it. Bytes hold across thread counts and such processors, with the"
        " pinned packages and one version of the C library. It sets variables that libraries read as they load, so"
        " the stage starts itself anew with them (`pipeline/environment.py`).",
        "",
        f"Measured on {record['machine']}, torch {record['torch']}: each row is one training on"
        f" {record['share_of_articles']:.0%} of the training articles ({record['train_sentences']:,} sentences),"
        f" compared with the first row of its profile on the {record['test_sentences']:,} sentences of the test split."
        " Other processors are imitated by keeping libraries from newer instructions. A training on so little is"
        " less settled than the real one.",
        "",
        "| profile | as if on | same bytes | same label | macro-F1 | largest change of a probability | seconds |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row['profile']} | {row['machine']} | {'yes' if row['same_bytes'] else 'no'} |"
            f" {row['same_labels']:.2%} | {row['macro_f1_change']:+.4f} | {row['largest_probability_change']:.4f} |"
            f" {row['seconds']:,.0f} |"
            for row in record["rows"]
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
