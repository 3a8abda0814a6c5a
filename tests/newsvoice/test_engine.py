"""Which model answers when nobody names one."""

from pathlib import Path

import pytest

from newsvoice import engine
from newsvoice.engine import MODEL_FOLDER, MODEL_VARIABLE, PACKAGED, find_model


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package at site/newsvoice, a working directory at work."""
    package, work = tmp_path / "site/newsvoice", tmp_path / "work"
    package.mkdir(parents=True)
    work.mkdir()
    monkeypatch.setattr(engine, "__file__", str(package / "engine.py"))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)
    monkeypatch.chdir(work)
    return package


def test_the_nearest_model_is_taken(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_model(None) == MODEL_FOLDER
    (installed / PACKAGED).mkdir()
    assert find_model(None) == installed / PACKAGED
    checkout = installed.parent / MODEL_FOLDER
    checkout.mkdir(parents=True)
    assert find_model(None) == checkout
    MODEL_FOLDER.mkdir(parents=True)
    assert find_model(None) == MODEL_FOLDER
    monkeypatch.setenv(MODEL_VARIABLE, "elsewhere")
    assert find_model(None) == Path("elsewhere")
    assert find_model(Path("named")) == Path("named")
