"""Sentences of an article, by offset, with news copy's own cases.

A rule-based splitter: every run of `.`, `!`, `?` or `…` with the closing marks behind it is a candidate,
and the words around it decide. Rules are cheap, explain themselves and give the same answer on every
machine; the cases they were written for stand in `tests/newsvoice/text/`.
"""

import bisect
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from newsvoice.records import Article, Sentence
from newsvoice.text import abbreviations as abbr
from newsvoice.text.quotations import Span, quotation_spans

# Raised when the rules change what they return, so that a model can say which splitter it was trained on.
SEGMENTER_VERSION: Final = "2"

# White space and the byte-order mark, which is no part of any line.
_LINE_EDGES = " \t\v\f\u00a0\ufeff"
_LINE = re.compile(r"[^\r\n]+")
_CANDIDATE = re.compile(r"(?P<stop>[.!?…]+)(?P<closers>[\"'”’»)\]*_]*)")
_TOKEN_BEFORE = re.compile(r"(?:[^\W_]|[.&’'-])*$")
_NEXT_WORD = re.compile(r"[\"'“‘«„(\[*_—–-]*\s*(?P<word>[^\W_]+(?:[.’'-][^\W_]+)*\.?)?")
_OPENING = frozenset("\"'“‘«„")
_DASHES = "—–-"
_GLUED_START = re.compile(r"[“‘«]?[A-Z][a-z]*\b")
_ATTRIBUTION_TAIL = re.compile(
    r"(?:(?:[A-Z][\w.’'-]*|the|a|one|of|an|his|her|its|former|and|for|[a-z]+(?:er|or|man|woman|ent|ist|ian|yst|al|ary))\s+){1,9}"
    r"(?:said|says|asked|asks|told|wrote|writes|added|replied|shouted|wondered|tweeted|demanded|quipped|continued|joked|"
    r"cried|exclaimed|recalled|explained|read|reads|declared|insisted|answered|responded|yelled|chanted)\b"
)
_FIRST_PERSON_TAIL = re.compile(r"I (?:said|asked|told|wondered|replied|shouted)\b")


def segment(article: Article) -> list[Sentence]:
    """Split an article's prose into sentences, in order; boilerplate is left out.

    Every sentence satisfies `article.text[s.start:s.end] == s.text`, so one that runs over a line or
    paragraph break holds that break.
    """
    prose = [block for block in article.blocks if block.kind != "boilerplate"]
    # A block carries on the one directly before it: neither a headline nor anything set aside runs on.
    carrying = {
        following.start
        for block, following in pairwise(article.blocks)
        if block.kind == "paragraph" == following.kind and _carries_on(article.text, block.end, following.start)
    }
    spans: list[tuple[int, int, int]] = []
    for paragraph, block in enumerate(prose):
        whole = [(block.start, block.end)]
        # A headline is one line of thought, whatever it is punctuated with.
        pieces = whole if block.kind == "headline" else list(sentence_spans(article.text, block.start, block.end))
        if spans and block.start in carrying:
            start, _, first_paragraph = spans.pop()
            spans.append((start, pieces.pop(0)[1], first_paragraph))
        spans.extend((start, end, paragraph) for start, end in pieces)
    return _records(article.text, spans, [(block.start, block.end) for block in prose], article=article.id)


def segment_lines(text: str, *, article: str, start: int, end: int) -> list[Sentence]:
    """Take every non-empty line of `text[start:end]` as one sentence of one paragraph."""
    spans = []
    for line in _LINE.finditer(text, start, end):
        content = line[0].strip(_LINE_EDGES)
        if content:
            first = line.start() + line[0].index(content)
            spans.append((first, first + len(content), 0))
    return _records(text, spans, [(spans[0][0], spans[-1][1])] if spans else [], article=article)


def from_sentences(texts: Sequence[str], *, article: str, paragraphs: Sequence[int]) -> list[Sentence]:
    """Make sentence records of ready-made sentences, as if they stood in one article.

    The article is their texts joined by spaces, and by a blank line where the paragraph number changes;
    offsets point into that. Quotation state is found as in any article.
    """
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for position, text in enumerate(texts):
        if position:
            parts.append(" " if paragraphs[position] == paragraphs[position - 1] else "\n\n")
            length += len(parts[-1])
        parts.append(text)
        spans.append((length, length + len(text)))
        length += len(text)
    whole = "".join(parts)
    limits: dict[int, Span] = {}
    for paragraph, (start, end) in zip(paragraphs, spans, strict=True):
        limits[paragraph] = (limits.get(paragraph, (start, end))[0], end)
    placed = [(start, end, paragraph) for (start, end), paragraph in zip(spans, paragraphs, strict=True)]
    return _records(whole, placed, list(limits.values()), article=article)


def _records(
    text: str, spans: Sequence[tuple[int, int, int]], paragraphs: Sequence[Span], *, article: str
) -> list[Sentence]:
    """Make records of `(start, end, paragraph)` spans, quotation state included."""
    quoted = quotation_spans(text, paragraphs)
    return [
        Sentence(
            article=article,
            index=index,
            start=start,
            end=end,
            text=text[start:end],
            paragraph=paragraph,
            in_quotation=mostly_quoted(text, start, end, quoted),
        )
        for index, (start, end, paragraph) in enumerate(spans)
    ]


def sentence_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the offsets of the sentences of one paragraph, white space between them left out."""
    sentence_start = start
    for candidate in _CANDIDATE.finditer(text, start, end):
        stop = _boundary(text, candidate, sentence_start, end)
        if stop is None:
            continue
        yield sentence_start, stop
        sentence_start = stop
        while sentence_start < end and text[sentence_start].isspace():
            sentence_start += 1
    if sentence_start < end:
        yield sentence_start, end


def mostly_quoted(text: str, start: int, end: int, quoted: Sequence[Span]) -> bool:
    """Say whether more than half of the letters and digits of `text[start:end]` are inside quotations.

    `quoted` is in order and without overlap, as `quotation_spans` returns it.
    """
    inside = total = 0
    first = max(0, bisect.bisect_right(quoted, (start, start)) - 1)
    nearby = [span for span in quoted[first:] if span[0] < end and span[1] > start] if quoted else []
    for position in range(start, end):
        if text[position].isalnum():
            total += 1
            inside += any(left <= position < right for left, right in nearby)
    return 2 * inside > total


def _boundary(text: str, candidate: re.Match[str], sentence_start: int, end: int) -> int | None:
    """Return where the sentence ends if this candidate ends one, else None."""
    stop, closers = candidate["stop"], candidate["closers"]
    after = candidate.end()
    if after >= end:
        return None
    if not text[after].isspace():
        return _glued_boundary(text, candidate, end)
    if closers and closers[-1] in "\"'" and not candidate["closers"].strip("\"'") and _is_opener(text, candidate):
        return None
    rest = after
    while rest < end and text[rest].isspace():
        rest += 1
    if rest >= end:
        return None
    following = _NEXT_WORD.match(text, rest, end)
    word = (following["word"] or "") if following else ""
    opens = text[rest] in _OPENING
    if not word and not opens:
        # "1. —" or a dash alone: nothing that could begin a sentence.
        return None
    if word and word[0].islower() and not re.match(r"[a-z][A-Z]", word):
        return None
    if stop[-1] in "?!…" and not opens and _is_attribution_tail(text, rest, end, word, closers=closers):
        return None
    if len(stop) == 1 and stop == "." and not closers.strip(")]"):
        # "MOBILE, Ala. — The throne room …": behind a dash even a starter goes on with the sentence.
        dash = text[rest] in _DASHES
        if _is_abbreviation(text, candidate.start(), sentence_start, word, opens=opens, dash=dash):
            return None
    return after


def _glued_boundary(text: str, candidate: re.Match[str], end: int) -> int | None:
    """A missing space: `…peace.”He left` and `…the war.The talks` are two sentences; `U.S.A`, `3.5` are not."""
    after = candidate.end()
    start = _GLUED_START.match(text, after, end)
    before = text[candidate.start() - 1 : candidate.start()]
    if start is None or not before.isalnum():
        return None
    if candidate["closers"].strip("'\"*_") or (text[after] in "“‘«" and before.islower()):
        return after
    if not before.islower():
        return None
    return after if start.group().lower() in abbr.STARTERS and len(start.group()) > 1 else None


def _is_opener(text: str, candidate: re.Match[str]) -> bool:
    """A straight mark directly behind a stop closes, unless nothing was open: `he left. "` is left to the reader."""
    return text[candidate.start() - 1].isspace()


def _is_attribution_tail(text: str, rest: int, end: int, word: str, *, closers: str) -> bool:
    """`“Who pays?” Mayor Low asked.`: a cue behind the closing mark belongs to the sentence it attributes.

    Not behind a full stop, where copy puts a comma if a cue follows; and not before a capital He, She or
    The, which begin a sentence of their own.
    """
    if not any(mark in closers for mark in "\"'”’»"):
        return False
    if word == "I":
        return bool(_FIRST_PERSON_TAIL.match(text, rest, end))
    return word.lower() not in abbr.STARTERS and bool(_ATTRIBUTION_TAIL.match(text, rest, end))


def _is_abbreviation(text: str, stop: int, sentence_start: int, word: str, *, opens: bool, dash: bool) -> bool:
    """Say whether the full stop at `stop` belongs to an abbreviation and the sentence goes on with `word`."""
    before = _TOKEN_BEFORE.search(text, max(sentence_start, stop - 40), stop)
    token = before.group().lstrip("'’.-") if before else ""
    lowered = token.lower()
    next_lowered = word.lower().rstrip(".")
    if not token:
        return False
    if token.isdigit():
        # "1. The committee …" at the head of a list item; elsewhere a number ends its sentence.
        return before is not None and before.start() == sentence_start and len(token) <= 3
    if lowered in abbr.BEFORE_NAME:
        return True
    if lowered in abbr.BEFORE_NUMBER and (token[0].isupper() or lowered in {"p", "pp"}) and word[:1].isdigit():
        return True
    if lowered in abbr.COMPANY and token[0].isupper():
        return dash or next_lowered in abbr.AFTER_COMPANY
    if lowered in abbr.CLOCK:
        return dash or next_lowered in abbr.AFTER_CLOCK
    if len(token) == 1 and token.isalpha() and token.isupper():
        if token in "QA" and before is not None and before.start() == sentence_start:
            # "Q. How do fires start?" in an interview.
            return True
        return dash or next_lowered not in abbr.STARTERS or word == "I"
    if abbr.DOTTED.fullmatch(token) or lowered in abbr.EITHER:
        if lowered in abbr.EITHER and token[0].islower() and lowered not in {"etc", "al"}:
            # "sun.", "no.", "mass.": the common word, not the abbreviation.
            return False
        return dash or (not opens and next_lowered not in abbr.STARTERS)
    return False


def _carries_on(text: str, previous_end: int, next_start: int) -> bool:
    """Say whether a paragraph break cut a sentence in two: behind a title, or "U.S." before the name it modifies.

    Between paragraphs a break is the rule, so more is asked for than inside one.
    """
    if text[previous_end - 1] != ".":
        return False
    before = _TOKEN_BEFORE.search(text, max(0, previous_end - 40), previous_end - 1)
    token = before.group().lstrip("'’.-").lower() if before else ""
    following = _NEXT_WORD.match(text, next_start)
    word = (following["word"] or "").lower().rstrip(".") if following else ""
    if not word or text[next_start] in _OPENING:
        return False
    if token in abbr.BEFORE_NAME:
        return True
    if abbr.DOTTED.fullmatch(token) and token not in abbr.CLOCK:
        return word in abbr.AFTER_COUNTRY or text[next_start].islower()
    return token in abbr.EITHER and text[next_start].islower()
