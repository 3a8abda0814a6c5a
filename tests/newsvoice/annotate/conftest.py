import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from newsvoice import cli

ARTICLE = """---
genre: local
---

Fee rises

By Ada Low

The council met on Monday. “We pay for it all,” he said. The fee is 9 crowns.

It is a shameful fee — and who will pay?
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with two articles in `articles/`."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "fee.txt").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "articles" / "ship.txt").write_text("The ship was late. Ships pay. She left.\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(tiny_model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `newsvoice annotate …` in this process, in the working folder, with the tiny model."""
    monkeypatch.setenv("NEWSVOICE_MODEL", str(tiny_model))
    monkeypatch.chdir(folder)

    def run_command(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["newsvoice", "annotate", *map(str, arguments)])
        code: Any = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        return Outcome(code, *capsys.readouterr())

    return run_command
