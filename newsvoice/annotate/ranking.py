"""Which sentences to label first: those that teach most, and not the same thing twice.

Maximal marginal relevance (Carbonell and Goldstein 1998): the next one is that whose usefulness, less its
likeness to what was already taken, is greatest. Likeness is the cosine of hashed word counts, cheap enough
for tens of thousands of sentences and the same on every machine.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from newsvoice.annotate.candidates import Candidate

# A twin of a sentence already taken (likeness 1) falls behind any that is half as useful.
LIKENESS: Final = 0.5
# Only this many times the number wanted are compared; the rest are too plain to be taken.
POOL: Final = 10
DIMENSIONS: Final = 512
_WORD = re.compile(r"[^\W_]+")


def rank(found: Sequence[Candidate], *, limit: int | None = None, per_article: int | None = None) -> list[Candidate]:
    """Return candidates, most useful first: at most `limit`, and at most `per_article` of one article."""
    pool = sorted(found, key=lambda c: (-c.usefulness, c.article, c.index))
    wanted = len(pool) if limit is None else min(limit, len(pool))
    if per_article is None:
        pool = pool[: POOL * wanted]
    features = _features([candidate.text for candidate in pool])
    score = np.array([candidate.usefulness for candidate in pool])
    likeness = np.zeros(len(pool), dtype=np.float32)
    taken: list[Candidate] = []
    from_article: Counter[str] = Counter()
    while len(taken) < wanted and np.isfinite(score).any():
        best = int(np.argmax(score - LIKENESS * likeness))
        candidate = pool[best]
        score[best] = -np.inf
        if per_article is not None and from_article[candidate.article] >= per_article:
            continue
        from_article[candidate.article] += 1
        taken.append(candidate)
        likeness = np.maximum(likeness, features @ features[best])
    return taken


def _features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return `(n, DIMENSIONS)` unit vectors of hashed word counts; a text without words is a zero vector."""
    features = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in _WORD.findall(text.lower()):
            features[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(features, norms, out=np.zeros_like(features), where=norms > 0)
    return unit
