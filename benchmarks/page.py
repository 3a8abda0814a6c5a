"""The pages of results, from the records; nothing is measured here.

    python -m benchmarks.page --results benchmarks/results --docs docs

Writes `benchmarks.md` and its figure, and the costs in `archives.md`, of those records that are there.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.figure import soak_figure
from benchmarks.runtime import BACKENDS, NEWSVOICE, PIPELINE, packages_line
from newsvoice.records import write_text
from pipeline.readme import with_between

BEGIN, END = "<!-- cost: written by benchmarks.page -->", "<!-- end of cost -->"
FIGURE = "images/soak.svg"
BILLION = 1_000_000_000
Record = Mapping[str, Any]


def main() -> None:
    """Write the pages anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("results", "docs"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    for path, text in pages(read_results(arguments.results), arguments.docs).items():
        write_text(path, text)


def read_results(folder: Path) -> dict[str, Record]:
    """Return the records that are there, by the name of their file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def pages(results: Mapping[str, Record], docs: Path) -> dict[Path, str]:
    """Return the text of each file that the records decide."""
    found = {docs / "benchmarks.md": page(results)}
    if "soak" in results:
        found[docs / FIGURE] = soak_figure(results["soak"])
    if "cluster" in results:
        archives = docs / "archives.md"
        lines = "\n".join(cost(results["cluster"], earlier=not of_the_present_model(results, "cluster")))
        found[archives] = with_between(archives.read_text(encoding="utf-8"), lines, BEGIN, END, where=archives.name)
    return found


def of_the_present_model(results: Mapping[str, Record], name: str) -> bool:
    """Whether a record was made with the model that the ratios are of."""
    model = results.get("runtime", {}).get("classifier_sha256")
    return model is None or results[name].get("classifier_sha256") == model


def page(results: Mapping[str, Record]) -> str:
    """Return `docs/benchmarks.md`."""
    lines = ["# Speed", "", "<!-- written by benchmarks.page from benchmarks/results/; do not edit -->"]
    for name, section in (("runtime", runtime), ("soak", soak), ("cluster", cluster)):
        if name in results:
            lines += ["", *section(results[name])]
            if not of_the_present_model(results, name):
                lines += ["", "Measured with an earlier model than the ratios above."]
    return "\n".join(lines) + "\n"


def runtime(record: Record) -> Iterator[str]:
    """Yield the lines on the exported model beside transformers."""
    yield from (
        f"Measured once on {record['machine']}, in {record['rounds']} interleaved rounds, with the model"
        f" `{record['classifier_sha256'][:12]}` (the report names the present one); medians. Only the ratios"
        " carry over to other machines. All ways have the same fine-tuned weights and split texts alike. The"
        " yardstick is what a user of transformers would write: its pipeline for text classification, a sentence"
        " at a time, in float32. The model reads a sentence among those around it, so that the pipeline's labels"
        " mean nothing; float32 labels come from transformers on `newsvoice`'s windows. " + packages_line(record),
        "",
        *_aims(record),
        "",
        f"## Throughput: {record['sentences']} sentences of {record['tokens_per_sentence']:.1f} tokens,"
        " splitting and tokenizing included",
        "",
        "| way | sentences a second | ratio | share of the int8 limit |",
        "|---|---|---|---|",
    )
    limit = record["int8_limit_sentences_per_second"] / record["sentences_per_second"][PIPELINE]
    for name, rate in record["sentences_per_second"].items():
        share = record["share_of_int8_limit"][name]
        yield f"| {name} | {rate:,.0f} | {record['throughput_ratio'][name]:.1f}× | {share:.0%} |"
    yield from (
        "",
        f"The limit, {record['int8_limit_sentences_per_second']:,.0f} sentences a second, is this machine doing"
        " nothing but the encoder's int8 products on the sentences' own tokens,"
        f" {record['int8_limit_tokens_together']} at a time: {limit:.0f} times the pipeline.",
    )
    for what, compared in record["agreement"].items():
        yield from (
            "",
            f"## Labels: {compared['sentences']:,} sentences of {what}",
            "",
            "| way | same label as float32 | lower end of the 95 % interval | macro-F1 against float32 |",
            "|---|---|---|---|",
        )
        for name, way in compared["ways"].items():
            yield f"| {name} | {way['share']:.2%} | {way['lower']:.2%} | {way['macro_f1_change']:+.4f} |"
    for what, figures in record["processes"].items():
        title = "Cold start: one article of 40 sentences" if what == "one article" else f"One process, {what}"
        yield from ("", f"## {title}", "")
        yield "| way | seconds | ratio | peak memory, MB | ratio |"
        yield "|---|---|---|---|---|"
        for name, seconds in figures["seconds"].items():
            yield (
                f"| {name} | {seconds:.2f} | {figures['seconds_ratio'][name]:.3f} |"
                f" {figures['peak_megabytes'][name]:.0f} | {figures['peak_ratio'][name]:.2f} |"
            )
    yield from ("", f"`newsvoice --help` takes {record['help_seconds']:.2f} s.", "", "## Size", "")
    parts = sorted(record["installed_megabytes"].items(), key=lambda part: -part[1])
    largest = ", ".join(f"{name} {size:.0f}" for name, size in parts[:4])
    yield (
        f"The wheel has {record['wheel_megabytes']:.0f} MB. Installed it takes, with what it needs,"
        f" {sum(size for _, size in parts):.0f} MB ({largest}, {len(parts) - 4} smaller packages)."
    )


def _aims(record: Record) -> Iterator[str]:
    """Yield a table of what was aimed at and what came of it, for the engine that is tried first."""
    cold, all_texts = record["processes"]["one article"], record["processes"]["all texts"]
    ratio, share = record["throughput_ratio"][NEWSVOICE], record["share_of_int8_limit"][NEWSVOICE]
    test = record["agreement"]["test"]["ways"]
    lower = min(test[name]["lower"] for name in BACKENDS)
    loss = max(-compared["ways"][NEWSVOICE]["macro_f1_change"] for compared in record["agreement"].values())
    start = 1 / cold["seconds_ratio"][NEWSVOICE]
    peak = max(figures["peak_ratio"][NEWSVOICE] for figures in (cold, all_texts))
    rows = [
        ("throughput against the pipeline", "at least 16×", f"{ratio:.1f}×", ratio >= 16),
        ("share of the int8 limit", "at least 45%", f"{share:.0%}", share >= 0.45),
        ("labels as in float32 on test, lower end", "at least 99.5%", f"{lower:.2%}", lower >= 0.995),
        ("macro-F1 lost, on the worst set", "at most 0.003", f"{loss:.4f}", loss <= 0.003),
        ("cold start against the pipeline", "at least 12× faster", f"{start:.1f}×", start >= 12),
        ("peak memory against the pipeline", "at most 0.5", f"{peak:.2f}", peak <= 0.5),
        ("`newsvoice --help`", "at most 0.2 s", f"{record['help_seconds']:.2f} s", record["help_seconds"] <= 0.2),
    ]
    yield f"| {NEWSVOICE} | aim | measured | |"
    yield "|---|---|---|---|"
    for what, aim, measured, reached in rows:
        yield f"| {what} | {aim} | {measured} | {'reached' if reached else '**missed**'} |"


def soak(record: Record) -> Iterator[str]:
    """Yield the lines on the long run."""
    samples = [s for s in record["samples"] if s["sentences"]]
    tenth = max(1, len(samples) // 10)
    first, last = (max(s["megabytes"] for s in part) for part in (samples[:tenth], samples[-tenth:]))
    yield from (
        f"## Soak: {record['sentences']:,} sentences in one run",
        "",
        f"The corpus's articles again and again, {record['input_megabytes']:,.0f} MB of JSON Lines, labelled by"
        f" `newsvoice predict --jobs {record['jobs']}` into {record['output_megabytes']:,.0f} MB, on"
        f" {record['machine']}: {record['seconds'] / 60:,.0f} minutes, {record['sentences_per_second']:,.0f} sentences"
        f" a second. Memory of all processes together (shared pages counted in each) was at most {first:,.0f} MB in"
        f" the first tenth of the run and {last:,.0f} MB in the last. Every sentence has its record. "
        + packages_line(record),
        "",
        f"![Sentences a second and memory over the minutes of the run]({FIGURE})",
    )


def cluster(record: Record) -> Iterator[str]:
    """Yield the lines on scaling."""
    yield from (
        "## Cluster: from one worker to two",
        "",
        f"`newsvoice predict --engine ray` on {record['sentences']:,} sentences, on a cluster of two nodes of one core"
        f" each on {record['machine']}, in {record['rounds']} rounds; medians. The whole command counts. "
        + packages_line(record),
        "",
        "| workers | sentences a second | ratio |",
        "|---|---|---|",
    )
    for workers, rate in record["sentences_per_second"].items():
        yield f"| {workers} | {rate:,.0f} | {record['speedup'][workers]:.2f}× |"
    yield from ("", "What that makes of a billion sentences: [archives](archives.md#what-a-billion-sentences-cost).")


def cost(record: Record, *, earlier: bool = False) -> Iterator[str]:
    """Yield the lines that work out, on paper, what a billion sentences cost; `earlier`: with an earlier model."""
    workers, rate = max((int(workers), rate) for workers, rate in record["sentences_per_second"].items())
    by_core = rate / workers
    hours = BILLION / by_core / 3600
    price = record["dollars_per_core_hour"]
    yield from (
        f"On paper, from the rate measured with {workers} workers{' and an earlier model' if earlier else ''} on"
        f" {record['machine']}"
        f" ([benchmarks](benchmarks.md)), {by_core:,.1f} sentences a second and core, and an assumed price of"
        f" ${price:.2f} a core-hour (a rented virtual core; put in your own):",
        "",
        "| | |",
        "|---|---|",
        f"| core-hours: 10⁹ ÷ {by_core:,.1f} ÷ 3600 | {hours:,.0f} |",
        f"| cost: {hours:,.0f} × ${price:.2f} | ${hours * price:,.0f} |",
    )
    for cores in (100, 1000):
        yield f"| time on {cores:,} cores, if scaling holds | {hours / cores:,.1f} hours |"
    yield from ("", "Storage and transfer are not in it. That scaling holds beyond two workers was not measured.")


if __name__ == "__main__":
    main()
