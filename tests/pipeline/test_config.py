import re
from pathlib import Path

import pytest
import yaml
from pydantic import Field, ValidationError

from newsvoice.errors import NewsvoiceError
from pipeline.classifiers.tfidf import TfidfSettings
from pipeline.classifiers.transformer import FinetuneSettings
from pipeline.config import Settings, load_settings, load_yaml
from pipeline.evaluation.evaluate import EvaluateSettings
from pipeline.splits import SplitSettings
from pipeline.study import StudySettings

PARAMS = Path(__file__).parents[2] / "params.yaml"
SECTIONS: dict[str, type[Settings]] = {
    "split": SplitSettings,
    "baseline.tfidf": TfidfSettings,
    "finetune": FinetuneSettings,
    "evaluate": EvaluateSettings,
    "study": StudySettings,
}


class Oven(Settings):
    degrees: int = Field(le=300)
    fan: bool


class Kitchen(Settings):
    oven: Oven
    chairs: tuple[str, ...] = Field(strict=False)
    length_m: float


def write(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def kitchen(folder: Path, *, oven: str = "{degrees: 180, fan: true}", more: str = "") -> Path:
    return write(folder, f"house:\n  kitchen:\n    oven: {oven}\n    chairs: [red]\n    length_m: 3.5\n{more}")


def test_a_section_becomes_a_frozen_object(tmp_path: Path) -> None:
    settings = load_settings(kitchen(tmp_path), "house.kitchen", Kitchen)
    assert settings == Kitchen(oven=Oven(degrees=180, fan=True), chairs=("red",), length_m=3.5)
    with pytest.raises(ValidationError, match="frozen"):
        settings.length_m = 4.0


@pytest.mark.parametrize(
    ("oven", "more", "key", "advice"),
    [
        ("{degrees: 180, fan: true}", "    lenght_m: 3.5\n", "house.kitchen.lenght_m", "did you mean 'length_m'?"),
        ("{degrees: 180, fan: true, fen: 1}", "", "house.kitchen.oven.fen", "did you mean 'fan'?"),
        (
            "{degrees: 180, fan: true}",
            "    zzz: 1\n",
            "house.kitchen.zzz",
            "known keys are oven, chairs, length_m",
        ),
    ],
    ids=["top", "nested", "nothing-near"],
)
def test_an_unknown_key_is_named_with_its_full_path(
    tmp_path: Path, oven: str, more: str, key: str, advice: str
) -> None:
    path = kitchen(tmp_path, oven=oven, more=more)
    with pytest.raises(NewsvoiceError) as caught:
        load_settings(path, "house.kitchen", Kitchen)
    assert str(caught.value) == f"{path}: unknown parameter {key!r}; {advice}"


@pytest.mark.parametrize(
    ("oven", "key", "got"),
    [
        ("{degrees: hot, fan: true}", "house.kitchen.oven.degrees", "got 'hot'"),
        ("{degrees: '180', fan: true}", "house.kitchen.oven.degrees", "got '180'"),
        ("{degrees: 180.0, fan: true}", "house.kitchen.oven.degrees", "got 180.0"),
        ("{degrees: 180, fan: 1}", "house.kitchen.oven.fan", "got 1"),
        ("{degrees: 301, fan: true}", "house.kitchen.oven.degrees", "got 301"),
        ("{degrees: 180}", "no parameter 'house.kitchen.oven.fan'", "add it"),
        ("[180]", "house.kitchen.oven", "got [180]"),
    ],
)
def test_a_wrong_value_is_named_and_shown(tmp_path: Path, oven: str, key: str, got: str) -> None:
    path = kitchen(tmp_path, oven=oven)
    with pytest.raises(NewsvoiceError) as caught:
        load_settings(path, "house.kitchen", Kitchen)
    message = str(caught.value)
    assert message.startswith(f"{path}: {key}")
    assert message.endswith(got)
    assert "\n" not in message


@pytest.mark.parametrize("text", ["", "other: 1\n", "house: 1\n", "house:\n  other: 1\n", "- house\n"])
def test_a_missing_section_is_an_error(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(NewsvoiceError, match=re.escape(f"{path}: no section 'house.kitchen'")):
        load_settings(path, "house.kitchen", Kitchen)


@pytest.mark.parametrize("text", ["house: [1\n", "house: {a: 1\n", "\thouse: 1\n", "a: b: c\n"])
def test_broken_yaml_is_an_error_of_one_line(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(NewsvoiceError) as caught:
        load_settings(path, "house", Kitchen)
    assert str(caught.value).startswith(f"{path}: not YAML (")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NewsvoiceError, match=r"nowhere\.yaml: cannot read"):
        load_settings(tmp_path / "nowhere.yaml", "house", Kitchen)


@pytest.mark.parametrize(("section", "kind"), SECTIONS.items())
def test_every_section_of_the_parameters_loads(section: str, kind: type[Settings]) -> None:
    assert isinstance(load_settings(PARAMS, section, kind), kind)


def test_the_parameters_hold_no_other_section() -> None:
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    assert sorted(params) == sorted({section.partition(".")[0] for section in SECTIONS})
    assert list(params["baseline"]) == ["tfidf"]


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("split", "test_share", 0.5),
        ("split", "test_share", 0),
        ("split", "near_duplicate", 1.1),
        ("split", "always_test", "putin-warns-kyiv"),
        ("finetune", "precision", "fp16"),
        ("finetune", "epochs", 0),
        ("finetune", "epochs", "4"),
        ("finetune", "every_epoch", "b(5"),
        ("finetune", "sharpness", 0.01),
        ("finetune", "sharpness", 5.0),
        ("finetune", "revision", 1),
        ("evaluate", "samples", 99),
        ("baseline.tfidf", "class_weight", "even"),
    ],
)
def test_a_parameter_out_of_range_is_an_error(tmp_path: Path, section: str, key: str, value: object) -> None:
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    inner = params
    for part in section.split("."):
        inner = inner[part]
    inner[key] = value
    path = write(tmp_path, yaml.safe_dump(params))
    with pytest.raises(NewsvoiceError, match=re.escape(f"{path}: {section}.{key}: ")):
        load_settings(path, section, SECTIONS[section])


@pytest.mark.parametrize(("written", "number"), [("5e-05", 5e-05), ("1E6", 1e6), ("-2.5e3", -2500.0), ("3.5", 3.5)])
def test_numbers_are_read_as_dvc_writes_them(tmp_path: Path, written: str, number: float) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(f"rate: {written}\nname: e5\n", encoding="utf-8")

    assert load_yaml(path) == {"rate": number, "name": "e5"}
