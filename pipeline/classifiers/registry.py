"""The models in the comparison, by name, in the order of every table."""

from pathlib import Path
from typing import Final

from pipeline.classifiers.base import SentenceClassifier
from pipeline.classifiers.majority import MajorityClassifier
from pipeline.classifiers.rules import RulesClassifier
from pipeline.classifiers.tfidf import TfidfClassifier
from pipeline.classifiers.transformer import TransformerClassifier

TRANSFORMER: Final = "classifier"
BASELINES: Final = ("majority", "rules", "tfidf")
MODELS: Final = (*BASELINES, TRANSFORMER)
# What tables call them.
TITLES: Final = {
    "majority": "majority",
    "rules": "rules",
    "tfidf": "TF-IDF + logistic regression",
    TRANSFORMER: "fine-tuned transformer",
}
# What the study measures beside them and nothing saves.
FROZEN, SETFIT = "frozen", "setfit"
YARDSTICKS: Final = {
    FROZEN: "frozen encoder + logistic regression",
    SETFIT: "SetFit's recipe, same encoder",
}
_KINDS: Final[dict[str, type[SentenceClassifier]]] = {
    "majority": MajorityClassifier,
    "rules": RulesClassifier,
    "tfidf": TfidfClassifier,
    TRANSFORMER: TransformerClassifier,
}


def load_classifier(name: str, folder: Path) -> SentenceClassifier:
    """Load a saved model by its name in the comparison."""
    return _KINDS[name].load(folder)
