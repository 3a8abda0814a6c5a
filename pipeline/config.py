"""Strict settings: a section of params.yaml becomes a frozen settings object, or an error that says where.

The settings classes live beside the code they configure; this module only reads and checks.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from newsvoice.errors import NewsvoiceError


class Settings(BaseModel):
    """Base of every settings class: frozen, no unknown keys, no silent conversion between types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


S = TypeVar("S", bound=Settings)


class _Loader(yaml.SafeLoader):
    """YAML 1.2 numbers: DVC writes 5e-05, which YAML 1.1 takes for text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def load_yaml(path: Path) -> Any:
    """Read a YAML file; raise `NewsvoiceError` when it cannot be read or is not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise NewsvoiceError(f"cannot read ({error.strerror})", where=str(path)) from error
    except yaml.YAMLError as error:
        raise NewsvoiceError(f"not YAML ({str(error).splitlines()[0]})", where=str(path)) from error


def load_settings(path: Path, section: str, kind: type[S]) -> S:
    """Read one section (dots descend) of a parameter file into its settings class.

    Raises `NewsvoiceError` naming file, key and, for a misspelt key, the nearest known one.
    """
    value = load_yaml(path)
    for key in section.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise NewsvoiceError(f"no section {section!r}", where=str(path))
        value = value[key]
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        # A misspelt key is missing under its right name too; the misspelling is what helps.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        key = ".".join([section, *map(str, first["loc"])])
        if first["type"] == "extra_forbidden":
            known = _fields(kind, first["loc"][:-1])
            near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(known)}"
            raise NewsvoiceError(f"unknown parameter {key!r}", where=str(path), advice=advice) from error
        if first["type"] == "missing":
            raise NewsvoiceError(f"no parameter {key!r}", where=str(path), advice="add it") from error
        raise NewsvoiceError(f"{key}: {first['msg']}", where=str(path), advice=f"got {first['input']!r}") from error


def _fields(kind: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Names of the settings at a nested location, for the suggestion."""
    for key in location:
        field = kind.model_fields.get(str(key))
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return []
        kind = field.annotation
    return list(kind.model_fields)
