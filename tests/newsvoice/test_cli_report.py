import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsvoice import cli_report
from newsvoice.cli import cli
from newsvoice.errors import NewsvoiceError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have been started, instead of starting them."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, returncode=len(commands) - 1)

    monkeypatch.setattr(cli_report.subprocess, "run", run)
    return commands


def test_runs_and_options_are_handed_to_the_pipeline(started: list[list[str]]) -> None:
    arguments = ["report", "--compare", "HEAD~1", "HEAD", "--model", "tfidf", "-o", "compare.md"]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    [command] = started
    assert command[2:] == ["pipeline.compare", "HEAD~1", "HEAD", "--model", "tfidf", "--output", "compare.md"]


def test_its_failure_is_the_commands(started: list[list[str]]) -> None:
    codes = [CliRunner().invoke(cli, ["report", "--compare", "a", "b"]).exit_code for _ in range(2)]
    assert codes == [0, 1]


def test_without_a_checkout_one_line_says_what_to_do(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli_report, "CHECKOUT", tmp_path)
    outcome = CliRunner().invoke(cli, ["report", "--compare", "a", "b"])
    assert isinstance(outcome.exception, NewsvoiceError)
    assert str(outcome.exception) == (
        "newsvoice report: compares runs of the pipeline, which is not installed here;"
        " use it in a clone of the repository: make repro"
    )
    assert started == []


@pytest.mark.parametrize("arguments", [[], ["--compare", "a"]])
def test_two_runs_are_needed(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, ["report", *arguments]).exit_code == 2
