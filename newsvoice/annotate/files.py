"""Which files the annotation commands read: articles by id, and exports whatever they are wrapped in."""

import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from newsvoice.annotate import doccano, label_studio, sheet
from newsvoice.annotate.exchange import Batch
from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article
from newsvoice.text.ingest import MAX_BYTES, SUFFIXES, decode, read_article, read_bytes

# Exports of a whole corpus with its context stay far below.
LARGEST_EXPORT = 100 * MAX_BYTES


def article_files(paths: Iterable[Path]) -> dict[str, Path]:
    """Return article files by id (the file's stem): files as named, of folders the articles in them.

    Raises `NewsvoiceError` for a folder without an article, and for two articles of one id, whose
    annotations would share a file.
    """
    found: dict[str, Path] = {}
    for path in paths:
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        if not path.exists():
            raise NewsvoiceError("no such file", where=str(path), advice="check the path")
        if not files:
            raise NewsvoiceError(
                "no article in this folder", where=str(path), advice=f"articles end in {', '.join(sorted(SUFFIXES))}"
            )
        for file in files:
            other = found.setdefault(file.stem, file)
            if other.resolve() != file.resolve():
                raise NewsvoiceError(
                    f"a second article {file.stem!r} beside {other}", where=str(file), advice="rename one"
                )
    return found


def article_finder(folder: Path) -> Callable[[str], Article | None]:
    """Return a function that reads the article of an id in a folder, once; None where there is none."""
    files = article_files([folder])

    @cache
    def find(article_id: str) -> Article | None:
        return read_article(files[article_id]) if article_id in files else None

    return find


def annotations_beside(article: Path) -> Path:
    """Return the folder `annotations` beside an article or beside its folder.

    Raises `NewsvoiceError` when there is neither.
    """
    folder = article.absolute().parent
    for parent in (folder, folder.parent):
        if (parent / "annotations").is_dir():
            return parent / "annotations"
    raise NewsvoiceError("no folder 'annotations' beside it", where=str(article), advice="name one: --annotations DIR")


def read_export(path: Path) -> Batch:
    """Read what an annotation tool exported, by the file's ending.

    `.json` is Label Studio's, `.jsonl` doccano's, `.zip` doccano's with one `USER.jsonl` a person, `.csv` a table.
    """
    data = read_bytes(path, limit=LARGEST_EXPORT)
    match path.suffix.lower():
        case ".zip":
            return _read_zip(path)
        case ".json":
            return label_studio.load(decode(data, where=str(path)), where=str(path))
        case ".jsonl":
            return doccano.load(decode(data, where=str(path)), where=str(path))
        case ".csv":
            return sheet.load(decode(data, where=str(path)), where=str(path))
    raise NewsvoiceError(
        "not an export by its ending",
        where=str(path),
        advice="Label Studio's is .json, doccano's .jsonl or .zip, a table's .csv",
    )


def _read_zip(path: Path) -> Batch:
    batches = []
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith(".jsonl"):
                    continue
                place = f"{path}/{entry.filename}"
                if entry.file_size > LARGEST_EXPORT:
                    raise NewsvoiceError(f"{entry.file_size / 1e6:.0f} MB is more than an export", where=place)
                text = decode(archive.read(entry), where=place)
                # A shared project's file is named for nobody.
                user = Path(entry.filename).stem
                batches.append(doccano.load(text, where=place, annotator=None if user == "all" else user))
    except zipfile.BadZipFile as error:
        raise NewsvoiceError(f"broken zip ({error})", where=str(path)) from None
    if not batches:
        raise NewsvoiceError("no .jsonl in it", where=str(path), advice="export from doccano as JSONL")
    return Batch(
        [label for b in batches for label in b.labels],
        sum(b.unlabelled for b in batches),
        [problem for b in batches for problem in b.problems],
    )
