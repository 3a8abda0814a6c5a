"""Which stretches of a text stand between quotation marks.

News sets quotations in three ways: “ ”, " " and ‘ ’ or ' '. A quotation that runs on into the next
paragraph re-opens the mark there and closes only at its end. The same characters serve as apostrophes
and primes, and writers forget marks; a mark without its partner reaches to the end of its sentence, or
of its paragraph when the next paragraph re-opens it, or closes it before it opens another.
"""

import re
from collections.abc import Sequence

Span = tuple[int, int]

_OPENERS = {"“": "”", "„": "”", "«": "»", "‘": "’", '"': '"', "'": "'"}
_MARK = re.compile("[“”„«»‘’\"']")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")


def quotation_spans(text: str, paragraphs: Sequence[Span]) -> list[Span]:
    """Return the quoted stretches of `text`, marks included, in order and without overlap.

    `paragraphs` are the offsets of the prose, in order; a quotation lives inside one paragraph or runs
    on over several. Quotations inside quotations belong to the outer one.
    """
    spans: list[Span] = []
    running = ""
    for number, (start, end) in enumerate(paragraphs):
        following = paragraphs[number + 1] if number + 1 < len(paragraphs) else None
        found, running = _in_paragraph(text, start, end, following=following, running=running)
        spans.extend(found)
    return spans


def _in_paragraph(text: str, start: int, end: int, *, following: Span | None, running: str) -> tuple[list[Span], str]:
    """Return the spans of one paragraph, and the mark that runs on into the `following` one without re-opening.

    `running` is such a mark from the paragraph before. The last span reaches the paragraph's end when the
    following one re-opens the mark, or closes it first thing.
    """
    spans: list[Span] = []
    opened_at, mark = (start, running) if running else (-1, "")
    for match in _MARK.finditer(text, start, end):
        position, character = match.start(), match.group()
        if opened_at < 0:
            if character in _OPENERS and _opens(text, position, start):
                opened_at, mark = position, character
        elif character == _OPENERS[mark] and _closes(text, position, opened_at, end, mark=mark):
            spans.append((opened_at, position + 1))
            opened_at, mark = -1, ""
        elif character == mark == "“" and position > opened_at + 1 and _opens(text, position, start):
            # A second opener: the first was never closed.
            spans.append((opened_at, _sentence_end(text, opened_at, position)))
            opened_at = position
    if opened_at < 0:
        return spans, ""
    # Straight marks look alike open and closed; the position at the next paragraph's start makes it an opener.
    reopened = following is not None and text[following[0]] == mark and _opens(text, following[0], following[0])
    closed_later = following is not None and _closes_first(text, following, mark)
    spans.append((opened_at, end if reopened or closed_later else _sentence_end(text, opened_at, end)))
    return spans, mark if closed_later else ""


def _closes_first(text: str, paragraph: Span, mark: str) -> bool:
    """Whether a paragraph's first double mark ends a quotation that it did not begin: `… of us."`."""
    closer = _OPENERS[mark]
    first = next((m for m in _MARK.finditer(text, *paragraph) if m.group() in (mark, closer)), None)
    if mark not in '“„«"' or first is None or first.group() != closer:
        return False
    # A straight mark could be an inch: only behind a full stop or the like it surely closes.
    return mark != '"' or (first.start() > paragraph[0] and text[first.start() - 1] in ".,!?…")


def _opens(text: str, position: int, paragraph_start: int) -> bool:
    before = text[position - 1] if position > paragraph_start else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if after.isspace():
        return False
    if text[position] in "“„«":
        return True
    # ‘70s, 'tis: an apostrophe before a digit or a known clipping opens nothing.
    if text[position] in "‘'" and re.match(
        r"\d0s|(?:t(?:is|was)|em|n|til|cause|round)\b", text[position + 1 : position + 7], re.I
    ):
        return False
    return before.isspace() or before in '([{—–-/“"‘…:'


def _closes(text: str, position: int, opened_at: int, end: int, *, mark: str) -> bool:
    if mark in "“„«":
        return True
    before = text[position - 1]
    after = text[position + 1] if position + 1 < end else " "
    if position == opened_at + 1 or before.isspace():
        return False
    if mark == '"':
        return not after.isalnum() or before in ".,!?…"
    # A single mark between letters is an apostrophe.
    if after.isalnum():
        return False
    if before in ".,!?…;:—-" or not before.isalpha():
        return True
    # Behind a letter: a plural's apostrophe (workers’ pay) or the end of a quoted term (‘special operation’).
    if before == "s":
        later = _next_close(text, position + 1, end)
        return later is None
    return True


def _next_close(text: str, start: int, end: int) -> int | None:
    """Find a surer single closing mark further on, before another one opens."""
    for match in re.finditer("[‘’']", text[start:end]):
        position = start + match.start()
        if text[position] == "‘" or (text[position] == "'" and _opens(text, position, start)):
            return None
        before = text[position - 1]
        after = text[position + 1] if position + 1 < end else " "
        if not after.isalnum() and not (before == "s" and after == " "):
            return position
    return None


def _sentence_end(text: str, start: int, end: int) -> int:
    match = _SENTENCE_END.search(text, start, end)
    return match.end() if match else end
