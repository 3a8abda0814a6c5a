"""What models read of a passage: its words, without layout or markup."""

import re

# Bounded, so that no text of stray brackets or stars takes quadratic time.
_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,1000}\)")
_EMPHASIS = re.compile(r"(?<![\w*_])([*_]{1,3})(?=[^\s*_])([^*_]{1,300})(?<=\S)\1(?!\w)")
_DOUBLE_MARK = re.compile('[“”"]')
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


def visible(text: str) -> str:
    """Return `text` without characters that are invisible or could steer a screen: controls and direction marks."""
    return "".join(c for c in _INVISIBLE.sub("", text) if c.isprintable() or c in "\n\t ")


def marked(text: str, *, in_quotation: bool) -> str:
    """Return what a model reads of a sentence: its plain text, with the marks that a running quotation hides.

    A sentence inside a quotation of several sentences has no mark of its own at its start, and its end;
    without one it looks like the writer's voice. Only what is missing is added: both marks, or the
    opening one where the quotation closes in this sentence. `in_quotation` is the sentence's state in its
    article.
    """
    text = plain(text)
    if not in_quotation or text.startswith(_OPENING_MARKS):
        return text
    first = _DOUBLE_MARK.search(text)
    if first is None:
        return f"“{text}”"
    closes = first.group() == "”" or (first.group() == '"' and text.count('"') % 2 == 1)
    return f"“{text}" if closes else text
