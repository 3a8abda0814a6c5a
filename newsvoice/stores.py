"""Where a cluster's archives lie: folders that every machine sees, and object stores (extra `[cluster]`).

Both are reached through pyarrow's file systems: S3, Google Cloud Storage, Azure and HDFS are its own, and
any other scheme is asked of fsspec.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from pyarrow import ArrowException, ArrowInvalid
from pyarrow.fs import FileSelector, FileSystem, FileType, FSSpecHandler, LocalFileSystem, PyFileSystem

from newsvoice.errors import NewsvoiceError
from newsvoice.inputs import TABLES, Kind, Source, is_hidden, is_url, names_of

_READ_AHEAD = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder: the file system it is on, its path there, and what the user called it."""

    files: Any
    path: str
    shown: str

    @classmethod
    def of(cls, name: str) -> "Place":
        """Find the place that a path of this machine or a URL names.

        Raises `NewsvoiceError` for a scheme that nothing here knows, or a URL that is none.
        """
        if not is_url(name):
            return cls(LocalFileSystem(), Path(name).absolute().as_posix(), name)
        try:
            files, path = FileSystem.from_uri(name)
        except ArrowInvalid:
            return cls._by_fsspec(name)
        return cls(files, path.rstrip("/"), name)

    @classmethod
    def _by_fsspec(cls, name: str) -> "Place":
        from fsspec.core import url_to_fs

        try:
            files, path = url_to_fs(name)
        except (ImportError, ValueError, OSError) as error:
            raise NewsvoiceError(f"cannot be reached ({error})", where=name, advice="check the address") from error
        return cls(PyFileSystem(FSSpecHandler(files)), path.rstrip("/"), name)

    def beside(self, ending: str) -> "Place":
        """Return the place whose name goes on with an ending."""
        address, mark, settings = self.shown.partition("?") if is_url(self.shown) else (self.shown, "", "")
        return Place(self.files, f"{self.path}.{ending}", f"{address}.{ending}{mark}{settings}")

    def open(self, path: Path) -> BinaryIO:
        """Open a file of the same file system for reading."""
        stream = self.files.open_input_file(path.as_posix())
        return cast(BinaryIO, io.BufferedReader(stream, _READ_AHEAD))

    def write(self, name: str, data: bytes) -> None:
        """Write a file into this folder."""
        with self.files.open_output_stream(f"{self.path}/{name}") as stream:
            stream.write(data)

    def list(self, path: str, *, deep: bool) -> list[Any]:
        """Return the files below a folder, in order of name, with their sizes; none where there is no folder."""
        found = self.files.get_file_info(FileSelector(path, recursive=deep, allow_not_found=True))
        return sorted((info for info in found if info.type == FileType.File), key=lambda info: info.path)


def find_tables(inputs: Sequence[str]) -> tuple[list[Place], list[tuple[int, Source]]]:
    """Return the places that were named, and every table in them with the number of its place.

    Order and names are those of `newsvoice.inputs`: a folder stands for its tables at any depth, a pattern
    (`*`, `?`, `[…]`) for the files it matches. Raises `NewsvoiceError` for what is not there or no table.
    """
    places = [Place.of(name) for name in inputs]
    found = []
    for number, place in enumerate(places):
        try:
            found += [(number, _source(info, place)) for info in _expand(place)]
        except (OSError, ArrowException) as error:
            reason = str(error).partition("\n")[0]
            raise NewsvoiceError(
                f"cannot be read ({reason})", where=place.shown, advice="check address and access"
            ) from error
    once: dict[tuple[str, Path], tuple[int, Source]] = {}
    for number, source in found:
        once.setdefault((places[number].files.type_name, source.path), (number, source))
    found = list(once.values())
    names = names_of([source.path for _, source in found])
    return places, [(number, replace(source, name=names[source.path])) for number, source in found]


def _expand(place: Place) -> Iterator[Any]:
    """Yield a file, the tables of a folder, or the files that a pattern matches."""
    [info] = place.files.get_file_info([place.path])
    if info.type == FileType.File:
        yield info
        return
    if info.type == FileType.Directory:
        below = PurePosixPath(place.path)
        tables = [
            one
            for one in place.list(place.path, deep=True)
            if _kind(one.path) and not is_hidden(PurePosixPath(one.path).relative_to(below))
        ]
        problem = f"no table in this folder; tables end in {', '.join(TABLES)}"
    else:
        fixed = "/".join(_before_magic(place.path))
        wanted = place.path.split("/")
        tables = [one for one in place.list(fixed, deep=True) if _matches(one.path.split("/"), wanted)]
        problem = "no such file; check the path"
    if not tables:
        raise NewsvoiceError(problem, where=place.shown)
    yield from tables


def _before_magic(path: str) -> Iterator[str]:
    for part in path.split("/")[:-1]:
        if any(mark in part for mark in "*?["):
            return
        yield part


def _matches(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _kind(path: str) -> Kind | None:
    return cast("Kind | None", TABLES.get(PurePosixPath(path).suffix.lower()))


def _source(info: Any, place: Place) -> Source:
    kind = _kind(info.path)
    if kind is None:
        advice = f"a cluster reads {', '.join(TABLES)}; other files: leave --engine out"
        raise NewsvoiceError("not a table", where=f"{place.shown} ({PurePosixPath(info.path).name})", advice=advice)
    return Source(Path(info.path), PurePosixPath(info.path).name, kind, info.size)
