"""The baseline to beat: word and character n-grams, weighted, under logistic regression."""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import skops.io
from numpy.typing import NDArray
from pydantic import Field
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from newsvoice.labels import INDEX, NAMES
from newsvoice.records import Sentence
from newsvoice.text.plain import marked
from pipeline.config import Settings
from pipeline.labelling.label import LabelledSentence

FILE = "tfidf.skops"
_SCHEMA = "schema.json"
# An object's address in skops's schema: as its id, as the name of its file, and where scikit-learn keeps one itself
# (`_stop_words_id`, by which a vectorizer knows that it has checked its stop words).
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<="file": ")\d+|(?<="content": ")\d{13,}(?=")')


class TfidfSettings(Settings):
    """`words` and `characters` are the longest n-grams; `inverse_regularisation` is scikit-learn's C."""

    words: int = Field(ge=1, le=4)
    characters: int = Field(ge=2, le=7)
    min_sentences: int = Field(ge=1)
    inverse_regularisation: float = Field(gt=0)
    class_weight: Literal["balanced"] | None
    seed: int


class TfidfClassifier:
    """TF-IDF over words and characters inside words, then multinomial logistic regression.

    The solver is saga: in trials it gave the same bytes whatever the BLAS kernel and thread count, which
    lbfgs did not.
    """

    def __init__(self, settings: TfidfSettings | None = None, model: Any = None) -> None:
        self.settings, self.model = settings, model

    def fit(self, train: Sequence[LabelledSentence], validation: Sequence[LabelledSentence]) -> Self:
        """Fit on `train` alone."""
        if self.settings is None:
            raise ValueError("settings are needed to fit")
        s = self.settings
        words = TfidfVectorizer(
            ngram_range=(1, s.words), min_df=s.min_sentences, sublinear_tf=True, token_pattern=r"\w+|[^\w\s]"
        )
        characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, s.characters), min_df=s.min_sentences, sublinear_tf=True
        )
        regression = LogisticRegression(
            C=s.inverse_regularisation,
            class_weight=s.class_weight,
            solver="saga",
            max_iter=1000,
            random_state=s.seed,
        )
        self.model = Pipeline(
            [
                ("features", FeatureUnion([("words", words), ("characters", characters)])),
                ("regression", regression),
            ]
        )
        self.model.fit(_texts(train), [INDEX[s.label] for s in train])
        return self

    def predict_proba(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Score each sentence alone; a label that training never showed gets probability 0."""
        probabilities = np.zeros((len(sentences), len(NAMES)))
        if sentences:
            probabilities[:, self.model.classes_] = self.model.predict_proba(_texts(sentences))
        return probabilities

    def save(self, folder: Path) -> None:
        """Write `tfidf.skops`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(canonical(skops.io.dumps(self.model)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `tfidf.skops`; skops refuses any type it does not trust."""
        return cls(model=skops.io.load(folder / FILE, trusted=[]))


def canonical(archive: bytes) -> bytes:
    """Return a skops archive with the same content and always the same bytes.

    skops names objects and array files by their address in memory and dates the entries of its zip by the
    clock. Here objects are numbered in order of appearance and every entry has the zip format's first date.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = source.read(_SCHEMA).decode()
        numbers = {found: str(n) for n, found in enumerate(dict.fromkeys(_ADDRESS.findall(schema)), start=1)}
        entries = {_renumbered(name, numbers): source.read(name) for name in source.namelist()}
    entries[_SCHEMA] = _ADDRESS.sub(lambda match: numbers[match.group()], schema).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(entries):
            out.writestr(zipfile.ZipInfo(name), entries[name], compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _renumbered(name: str, numbers: dict[str, str]) -> str:
    stem, dot, suffix = name.partition(".")
    return numbers.get(stem, stem) + dot + suffix


def _texts(sentences: Sequence[Sentence]) -> list[str]:
    return [marked(s.text, in_quotation=s.in_quotation) for s in sentences]
