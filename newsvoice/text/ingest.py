"""From a file's bytes to an article: decoded text, front matter, and blocks of prose and boilerplate.

Nothing is rewritten. The text is kept as it was read, carriage returns and byte-order mark included,
and everything downstream points into it by offset. HTML is the exception: its prose is taken out by
trafilatura, and offsets point into that extract, which travels in the record.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from newsvoice.errors import NewsvoiceError
from newsvoice.records import Article, Block, BlockKind
from newsvoice.text.boilerplate import is_boilerplate

# Encodings by their byte-order marks; UTF-32's begins with UTF-16's.
_WIDE = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}
# Web pages, whose prose is taken out; and all that is read.
PAGES = frozenset({".html", ".htm"})
SUFFIXES = frozenset({".txt", ".md", ".markdown", *PAGES})
# The longest book-length articles stay under one megabyte; beyond five, a file is an archive, not an article.
MAX_BYTES = 5_000_000
# Editors and mail programs wrap at up to about 100 columns: a longer line was never wrapped.
LONGEST_WRAPPED_LINE = 110
# In wrapped text, a line that ends well before the others ends its paragraph.
SHORT_LINE = 0.6
LONGEST_HEADLINE_WORDS = 30
# Below so many characters trafilatura doubts its own extract and takes the bare pieces of text instead: menus too,
# and a sentence in pieces wherever a name is bold. A page may be as short as a brief.
SHORT_PAGE = 500
# Encodings that pages name, as browsers take them.
_AS_BROWSERS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}
_DECLARED = re.compile(rb"<meta\b[^>]{0,200}?\bcharset\s*=\s*[\"']?([\w.:-]+)", re.I)

_LINE = re.compile(r"[^\r\n]+")
_MARKDOWN_LEAD = re.compile(r"[ \t]*(?:(?:#{1,6}|[-*+•])[ \t]+|>[ \t]?)+")
_TERMINATED = re.compile(r"[.!?…:;,][\"'”’)\]]*$")
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_META_LINE = re.compile(r"([A-Za-z][\w -]*):\s*(.*?)\s*$")


def read_article(path: Path, *, article_id: str | None = None) -> Article:
    """Read one article from a text, Markdown or HTML file; its id is the file's stem unless given.

    Raises `NewsvoiceError` for what is missing, not a file, too large, binary, not UTF-8, or empty.
    """
    where = str(path)
    data = read_bytes(path, limit=MAX_BYTES)
    text = decode(data, where=where)
    if path.suffix.lower() in PAGES:
        text = extract_html(text, where=where)
    return parse_article(text, article_id=article_id or path.stem, where=where)


def read_bytes(path: Path, *, limit: int | None) -> bytes:
    """Read a file; raise `NewsvoiceError` when it is missing, a folder, unreadable, or above `limit` bytes."""
    where = str(path)
    if path.is_dir():
        raise NewsvoiceError("is a directory, not an article", where=where, advice="name a file in it")
    try:
        size = path.stat().st_size
        if limit is not None and size > limit:
            raise NewsvoiceError(
                f"{size / 1e6:.1f} MB is more than one article (limit {limit / 1e6:.0f} MB)",
                where=where,
                advice="split it into one file an article",
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise NewsvoiceError("no such file", where=where, advice="check the path") from None
    except OSError as error:
        raise NewsvoiceError(f"cannot read ({error.strerror})", where=where) from error


def decode(data: bytes, *, where: str) -> str:
    """Decode UTF-8 strictly, and a web page that is not by the encoding it declares.

    Raises `NewsvoiceError` for binary data and other encodings.
    """
    for name, marks in _WIDE.items():
        if data.startswith(marks):
            advice = f"convert it first: iconv -f {name.lower()} -t utf-8"
            raise NewsvoiceError(f"{name}, not UTF-8", where=where, advice=advice)
    if b"\x00" in data:
        position = data.index(b"\x00")
        raise NewsvoiceError(
            f"binary, not text (NUL at byte {position})",
            where=where,
            advice="give plain text, Markdown or HTML",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if (page := _as_declared(data)) is not None:
            return page
        raise NewsvoiceError(
            f"not UTF-8 (byte 0x{data[error.start]:02x} at {error.start})",
            where=where,
            advice="convert it first, if it is Western European: iconv -f latin1 -t utf-8",
        ) from None


def _as_declared(data: bytes) -> str | None:
    """Decode a web page as its head declares; None where it declares nothing, or what does not fit."""
    declared = _DECLARED.search(data[:4096]) if data.lstrip()[:1] == b"<" else None
    if declared is None:
        return None
    name = declared[1].decode("ascii", errors="replace").lower()
    try:
        return data.decode(_AS_BROWSERS.get(name, name))
    except (LookupError, UnicodeDecodeError):
        return None


def extract_html(html: str, *, where: str) -> str:
    """Take an article's title and prose out of a web page with trafilatura.

    Raises `NewsvoiceError` when the extra `[html]` is not installed or the page holds no article.
    """
    try:
        import trafilatura
        from trafilatura.settings import use_config
    except ImportError:
        raise NewsvoiceError(
            "reading HTML needs trafilatura", where=where, advice="pip install 'newsvoice[html]'"
        ) from None
    options = {"include_comments": False, "include_tables": False, "with_metadata": True}
    page = trafilatura.bare_extraction(html, **options)
    body = (page.text or "").strip() if page is not None else ""
    if len(body) < SHORT_PAGE:
        config = use_config()
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
        short = trafilatura.bare_extraction(html, config=config, **options)
        # Less than half of the words is no article found, but a stray line.
        if short is not None and 2 * len((short.text or "").split()) >= len(body.split()) > 0:
            page, body = short, short.text.strip()
    if not body:
        raise NewsvoiceError("no article found in this page", where=where, advice="save its text as .txt")
    title = (page.title or "").strip()
    headed = title and not body.startswith(title)
    # trafilatura writes a paragraph a line; a blank line between them says so to every reader.
    return (f"{title}\n\n" if headed else "") + re.sub(r"\n+", "\n\n", body)


def parse_article(text: str, *, article_id: str, where: str = "") -> Article:
    """Split a decoded text into front matter and blocks.

    Raises `NewsvoiceError` when no prose is left after front matter and boilerplate.
    """
    meta, body_start = front_matter(text, where=where or article_id)
    spans = list(_block_spans(text, body_start))
    blocks: list[Block] = []
    prose_seen = 0
    for position, (start, end) in enumerate(spans):
        passage = text[start:end]
        kind: BlockKind = "paragraph"
        if is_boilerplate(passage):
            kind = "boilerplate"
        elif prose_seen == 0 and position + 1 < len(spans) and _looks_like_headline(passage):
            kind = "headline"
        prose_seen += kind != "boilerplate"
        blocks.append(Block(start=start, end=end, kind=kind))
    if not prose_seen:
        raise NewsvoiceError("no prose in it", where=where or article_id, advice="give a text with sentences")
    return Article(id=article_id, text=text, blocks=tuple(blocks), meta=meta)


def front_matter(text: str, *, where: str) -> tuple[dict[str, str], int]:
    """Return the `key: value` lines between two `---` lines at the top, and the offset of the body.

    Lists and folded values, as in YAML, are joined to one line. Where the first line between is none of these, the
    two are rules in a text, and there is no front matter.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, 0
    meta: dict[str, str] = {}
    key = ""
    for number, line in enumerate(match[1].splitlines(), start=2):
        if not line.strip() or line.startswith("#"):
            continue
        if entry := _META_LINE.fullmatch(line):
            key = entry[1].lower()
            meta[key] = entry[2]
        elif not key:
            return {}, 0
        elif line[0] in " \t-":
            meta[key] = " ".join((meta[key], line.strip(" \t-"))).strip()
        else:
            what = f"front matter holds 'key: value' lines only, line {number} is none"
            raise NewsvoiceError(what, where=f"{where}:{number}")
    return meta, match.end()


def _block_spans(text: str, body_start: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of headline, paragraphs and other blocks, Markdown's leading marks left out."""
    group: list[tuple[int, int]] = []
    previous_end = None
    for line in _LINE.finditer(text, body_start):
        passage = line.group()
        blank = not passage.strip(" \t\ufeff\u00a0")
        if previous_end is not None:
            breaks = text[previous_end : line.start()].replace("\r\n", "\n")
            blank_line_before = breaks.count("\n") + breaks.count("\r") > 1
            if (blank or blank_line_before) and group:
                yield from _paragraphs(text, group)
                group = []
        previous_end = line.end()
        if not blank:
            group.append(line.span())
    if group:
        yield from _paragraphs(text, group)


def _paragraphs(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join the lines that an editor wrapped; keep apart those that were typed as paragraphs or list items."""
    longest = max(end - start for start, end in lines)
    wrapped = longest <= LONGEST_WRAPPED_LINE
    first = 0
    for number, (start, end) in enumerate(lines):
        last = number + 1 == len(lines)
        marked = not last and _MARKDOWN_LEAD.match(text, lines[number + 1][0]) is not None
        if last or not wrapped or marked or end - start < SHORT_LINE * longest:
            span = _trim(text, lines[first][0], end)
            if span[0] < span[1]:
                yield span
            first = number + 1


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    lead = _MARKDOWN_LEAD.match(text, start, end)
    start = lead.end() if lead else start
    while start < end and (text[start].isspace() or text[start] == "\ufeff"):
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _looks_like_headline(passage: str) -> bool:
    return len(passage.split()) <= LONGEST_HEADLINE_WORDS and (
        not _TERMINATED.search(passage) or (len(passage.split()) <= 16 and passage.endswith(("?", "!")))
    )
