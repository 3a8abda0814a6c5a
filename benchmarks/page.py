"""The page of results, from a record; it computes nothing."""

from collections.abc import Mapping
from typing import Any


def page(record: Mapping[str, Any]) -> str:
    """Return `docs/benchmarks.md`."""
    rates, agreement = record["sentences_per_second"], record["agreement"]
    rows = [
        f"| {name} | {rate:,.0f} | {record['throughput_ratio'][name]:.1f}× | {_share(record, name)} |"
        f" {agreement[name]:.2%} |"
        for name, rate in rates.items()
    ]
    lines = [
        "# Speed",
        "",
        "<!-- written by benchmarks/runtime.py from benchmarks/results/; do not edit -->",
        "",
        f"Measured once on {record['machine']}, in {record['rounds']} interleaved rounds; medians. Only the ratios"
        " carry over to other machines. The yardstick runs the same fine-tuned weights as a user of transformers"
        " would: float32, window after window. Packages: "
        + ", ".join(f"{name} {version}" for name, version in record["packages"].items())
        + ".",
        "",
        f"## Throughput: {record['sentences']} sentences of {record['tokens_per_sentence']:.1f} tokens,"
        " splitting and tokenizing included",
        "",
        "| way | sentences a second | ratio | share of the int8 limit | same label as the yardstick |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"The limit, {record['int8_limit_sentences_per_second']:,.0f} sentences a second, is this machine doing"
        " nothing but the encoder's int8 products on the sentences' own tokens.",
    ]
    for what, figures in record["processes"].items():
        title = "Cold start: one article of 40 sentences" if what == "one article" else f"One process, {what}"
        lines += [
            "",
            f"## {title}",
            "",
            "| way | seconds | ratio | peak memory, MB | ratio |",
            "|---|---|---|---|---|",
            *(
                f"| {name} | {seconds:.2f} | {figures['seconds_ratio'][name]:.3f} |"
                f" {figures['peak_megabytes'][name]:.0f} | {figures['peak_ratio'][name]:.2f} |"
                for name, seconds in figures["seconds"].items()
            ),
        ]
    lines += ["", f"`newsvoice --help` takes {record['help_seconds']:.2f} s."]
    return "\n".join(lines) + "\n"


def _share(record: Mapping[str, Any], name: str) -> str:
    share = record["share_of_int8_limit"].get(name)
    return "" if share is None else f"{share:.0%}"
