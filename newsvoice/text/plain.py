"""What models read of a passage: its words, without layout or markup."""

import re

_IMAGE_OR_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_EMPHASIS = re.compile(r"(?<!\w)([*_]{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)", re.S)
_WHITE_SPACE = re.compile(r"\s+")
_OPENING_MARKS = tuple("\"'“‘«„")
# Zero-width characters, soft hyphen, byte-order mark and bidirectional controls: invisible, and noise to a tokenizer.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def plain(text: str) -> str:
    """Return `text` on one line: Markdown links and emphasis undone, invisible characters gone.

    Training, inference and rendering to a terminal all read a sentence through this function.
    """
    text = _INVISIBLE.sub("", text)
    text = _IMAGE_OR_LINK.sub(r"\1", text)
    text = _EMPHASIS.sub(r"\2", text)
    return _WHITE_SPACE.sub(" ", text).strip()


def marked(text: str, *, in_quotation: bool) -> str:
    """Return what a model reads of a sentence: its plain text, in marks when a running quotation hides them.

    A sentence inside a quotation of several sentences has no mark of its own; without one it looks like
    the writer's voice. `in_quotation` is the sentence's state in its article.
    """
    text = plain(text)
    return f"“{text}”" if in_quotation and not text.startswith(_OPENING_MARKS) else text
