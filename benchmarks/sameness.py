"""How much of a training, and of a trained model's answers, holds on other threads and processors: `make sameness`.

The stage `finetune` trains on a share of the articles, again and again, each time as if on another machine:
fewer threads, or libraries kept from the newer instruction sets. Every model then labels the test split, in this
process, and is compared with the first of its profile. The recorded model labels it in processes that think so, too.
Test is measured here, nothing is chosen by it.

With `--emulator` (`qemu-x86_64 -cpu Haswell`) the profile `reproducible` also trains on an emulated processor of
another maker, slowly and so on an eighth of the articles; a row of this processor on the same comes before it.
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
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from benchmarks.runtime import machine, timed
from newsvoice.labels import INDEX
from newsvoice.metrics import confusion_matrix, macro_f1
from newsvoice.records import read_records, write_json, write_jsonl, write_text
from newsvoice.runtime.backends import BACKEND_VARIABLE, PRECISION_VARIABLE
from newsvoice.runtime.classifier import Classifier
from newsvoice.runtime.manifest import file_hash
from pipeline.config import load_yaml
from pipeline.environment import PINNED
from pipeline.folders import folder_hash
from pipeline.labelling.label import LabelledSentence
from pipeline.study import subset

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
OLDEST = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"}
EMULATED = 0.125
SETS = ("train", "contrast", "validation")


@dataclass(frozen=True)
class Machine:
    """Where a process is to think it runs: settings of `finetune`, variables, a command before Python's."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    emulator: Sequence[str] = ()
    # Of the articles that the others read.
    share: float = 1.0


def machines(emulator: Sequence[str]) -> list[Machine]:
    """What is compared; the first of a profile and share is what the others of it are compared with."""
    fast, same = {"profile": "fast"}, {"profile": "reproducible"}
    found = [
        Machine("as params.yaml says", fast),
        Machine("the same again", fast),
        Machine("one thread", fast | {"threads": 1}),
        Machine("float32", fast | {"precision": "fp32"}),
        Machine("a processor with AVX2 alone, so float32", fast | {"precision": "fp32"}, AVX2),
        Machine("a processor without AVX, so float32", fast | {"precision": "fp32"}, OLDEST),
        Machine("as params.yaml says", same),
        # The profile sets all of these itself; a caller who has set them otherwise must not matter.
        Machine(
            "a caller's own threads and instruction sets", same | {"threads": 2}, OLDEST | {"OMP_NUM_THREADS": "2"}
        ),
    ]
    if emulator:
        found.append(Machine("as params.yaml says", same, share=EMULATED))
        # Emulated programs start others outside the emulator, so this one gets its variables at once.
        found.append(
            Machine(f"`{Path(emulator[0]).name} {shlex.join(emulator[1:])}`", same, PINNED, emulator, EMULATED)
        )
    return found


# What the caller may have set otherwise.
USUAL = {"OMP_NUM_THREADS": "2", BACKEND_VARIABLE: "openvino", PRECISION_VARIABLE: "int8"}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# Where the recorded model answers, by folder; the first of a folder is what its others are compared with.
ANSWERING: Final = {
    "classifier": [
        Machine("PyTorch, two threads", variables=USUAL),
        Machine("one thread", variables=USUAL | ONE_THREAD),
        Machine("a processor with AVX2 alone", variables=USUAL | AVX2),
        Machine("a processor without AVX", variables=USUAL | OLDEST),
    ],
    "runtime": [
        Machine("OpenVINO, int8", variables=USUAL),
        Machine("one thread", variables=USUAL | ONE_THREAD),
        Machine("OpenVINO, bf16", variables=USUAL | {PRECISION_VARIABLE: "bf16"}),
        Machine("OpenVINO, f32", variables=USUAL | {PRECISION_VARIABLE: "f32"}),
        Machine("OpenVINO, f32, a processor with AVX2 alone", variables=USUAL | {PRECISION_VARIABLE: "f32"} | AVX2),
        Machine("ONNX Runtime, f32", variables=USUAL | {BACKEND_VARIABLE: "onnxruntime", PRECISION_VARIABLE: ""}),
    ],
}


def main() -> None:
    """Train, label, compare, write the record, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("params", *SETS, "test", "models", "record", "page"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.1, help="of the articles")
    parser.add_argument("--emulator", default="")
    arguments = parser.parse_args()
    data = {name: read_records(getattr(arguments, name), LabelledSentence) for name in (*SETS, "test")}
    record = {
        "machine": machine(),
        "torch": version("torch"),
        "share_of_articles": arguments.share,
        "test_sentences": len(data["test"]),
        "classifier_sha256": folder_hash(arguments.models / "classifier"),
        # First, for they are quick to fail.
        "answers": {name: answers(arguments.models / name, arguments.test, where) for name, where in ANSWERING.items()},
        "rows": compared(
            data, load_yaml(arguments.params), machines(shlex.split(arguments.emulator)), share=arguments.share
        ),
    }
    write_json(arguments.record, record)
    write_text(arguments.page, page(record))


def compared(
    data: Mapping[str, list[LabelledSentence]], params: Mapping[str, Any], where: Sequence[Machine], *, share: float
) -> list[dict[str, Any]]:
    """Train as on each machine and compare what came out with the first of the same profile and share."""
    rows: list[dict[str, Any]] = []
    first: dict[tuple[str, float], tuple[str, NDArray[np.float64]]] = {}
    gold = [INDEX[s.label] for s in data["test"]]
    for one in where:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            read = {name: subset(data[name], share * one.share, seed=0) for name in SETS}
            for name, sentences in read.items():
                write_jsonl(place / f"{name}.jsonl", sentences)
            settings = {**params, "finetune": params["finetune"] | one.settings}
            (place / "params.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
            seconds = timed(lambda place=place, one=one: finetune(place, one))
            digest = file_hash(place / "model/model.safetensors")
            after = Classifier.load(place / "model").predict_proba(data["test"])
        digest_before, before = first.setdefault((one.settings["profile"], one.share), (digest, after))
        rows.append(
            {
                "profile": one.settings["profile"],
                "machine": one.name,
                "emulated": bool(one.emulator),
                "train_sentences": len(read["train"]) + len(read["contrast"]),
                "same_bytes": digest == digest_before,
                **difference(before, after, gold),
                "seconds": seconds,
            }
        )
        print(rows[-1], file=sys.stderr)
    return rows


def answers(model: Path, test: Path, where: Sequence[Machine]) -> list[dict[str, Any]]:
    """Let a model label the test split as on each machine; compare with what it says on the first."""
    gold = [INDEX[s.label] for s in read_records(test, LabelledSentence)]
    rows: list[dict[str, Any]] = []
    first: NDArray[np.float64] | None = None
    for one in where:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "probabilities.npy"
            command = [sys.executable, "-m", "benchmarks.answers", str(model), str(test), str(output)]
            subprocess.run(command, check=True, env=os.environ | dict(one.variables))
            found = np.load(output)
        first = found if first is None else first
        rows.append({"machine": one.name, **difference(first, found, gold)})
        print(model.name, rows[-1], file=sys.stderr)
    return rows


def difference(before: NDArray[np.float64], after: NDArray[np.float64], gold: Sequence[int]) -> dict[str, float]:
    """How far two `(n, 3)` arrays of probabilities agree: labels, macro-F1, the largest change of any."""
    labels = [p.argmax(axis=1) for p in (before, after)]
    scores = [float(macro_f1(confusion_matrix(gold, found.tolist()))) for found in labels]
    return {
        "same_labels": float(np.mean(labels[0] == labels[1])),
        "macro_f1_change": scores[1] - scores[0],
        "largest_probability_change": float(np.abs(before - after).max()),
    }


def finetune(place: Path, where: Machine) -> None:
    """Run the stage as a process of its own, as a machine would have it; the model goes to `place/model`."""
    paths = {name: place / f"{name}.jsonl" for name in SETS}
    paths |= {name: place / name for name in ("model", "metrics", "curve", "processor", "log")}
    paths["params"] = place / "params.yaml"
    options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    command = [*where.emulator, sys.executable, "-m", "pipeline.stages.finetune", *options]
    subprocess.run(command, check=True, env=os.environ | dict(where.variables))


def page(record: Mapping[str, Any]) -> str:
    """Return `docs/reproducibility.md`."""
    emulated = [row for row in record["rows"] if row["emulated"]]
    elsewhere = "Whether they hold on another maker's processor no row has measured."
    if emulated:
        verb = "hold" if all(row["same_bytes"] for row in emulated) else "do not hold"
        elsewhere = f"On the emulated processor of another maker they {verb}."
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
        " with AVX2 is meant to run alike, with the pinned packages and one version of the C library. It sets"
        " variables that libraries read as they load, so the stage starts itself anew with them"
        " (`pipeline/environment.py`), and what the caller had set is no matter: bytes hold across thread counts. "
        + elsewhere,
        "",
        "## Training",
        "",
        f"Measured on {record['machine']}, torch {record['torch']}: each row is one training on"
        f" {record['share_of_articles']:.0%} of the articles or less, compared with the first row of the same"
        f" profile and number of sentences, on the {record['test_sentences']:,} sentences of the test split. Other"
        " processors are imitated by keeping libraries from newer instructions, or emulated where a row names the"
        " emulator.",
        "",
        "| profile | as if on | sentences | same bytes | same label | macro-F1 | largest change | seconds |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {row['profile']} | {row['machine']} | {row['train_sentences']:,}"
            f" | {'yes' if row['same_bytes'] else 'no'} | {_cells(row)} | {row['seconds']:,.0f} |"
            for row in record["rows"]
        ),
        "",
        "Largest change: of a probability of a sentence of the test split.",
        "",
        "## Labelling",
        "",
        f"The model `{record['classifier_sha256'][:12]}` (the report names the present one) on the same sentences, as"
        " PyTorch computes it (`models/classifier`) and as users have it (`models/runtime`); each row is compared with"
        " the first of its folder.",
        "",
        "| folder | as if on | same label | macro-F1 | largest change |",
        "|---|---|---|---|---|",
        *(
            f"| `models/{name}` | {row['machine']} | {_cells(row)} |"
            for name, rows in record["answers"].items()
            for row in rows
        ),
    ]
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, float]) -> str:
    return f"{row['same_labels']:.2%} | {row['macro_f1_change']:+.4f} | {row['largest_probability_change']:.4f}"


if __name__ == "__main__":
    main()
