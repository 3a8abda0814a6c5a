"""Candidates for tests, with defaults for what a test does not care about."""

from collections.abc import Sequence

from newsvoice.annotate.candidates import Candidate
from newsvoice.labels import ANALYSIS, EDITORIAL_FRAMING, NAMES, REPORTED_SPEECH

R, A, E = REPORTED_SPEECH.name, ANALYSIS.name, EDITORIAL_FRAMING.name


def candidate(
    text: str = "Ships pay.",
    probabilities: Sequence[float] = (0.2, 0.7, 0.1),
    *,
    article: str = "a",
    index: int = 0,
    rules: str | None = None,
    before: str = "",
    after: str = "",
) -> Candidate:
    shares = dict(zip(NAMES, probabilities, strict=True))
    return Candidate(article, index, 0, len(text), text, before, after, shares, rules, "tiny")
