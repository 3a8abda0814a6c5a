"""What the classifier was meant to reach, and how near it came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from newsvoice.labels import EDITORIAL_FRAMING, REPORTED_SPEECH
from pipeline.classifiers.registry import TRANSFORMER
from pipeline.report.render import words

# Least F1 on real news.
NEWS_MACRO_F1: Final = 0.88
NEWS_F1: Final = {EDITORIAL_FRAMING.name: 0.75, REPORTED_SPEECH.name: 0.95}
# Least macro-F1 there above TF-IDF's, and the largest calibration error.
NEWS_LEAD: Final = 0.12
NEWS_ECE: Final = 0.05
# Least share of contrast pairs with both sides right, and of the given article's sentences (25 of its 27).
PAIRS: Final = 0.85
GIVEN: Final = 25 / 27


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim: the figure wanted (`most`: at most that), the one measured, its interval and its spread over seeds."""

    what: str
    wanted: float
    measured: float
    interval: tuple[float, float] | None = None
    seeds: Mapping[str, Any] | None = None
    most: bool = False

    @property
    def missing(self) -> float:
        """What the measured figure lacks; 0 where the aim is reached."""
        return max(0.0, self.measured - self.wanted if self.most else self.wanted - self.measured)

    @property
    def verdict(self) -> str:
        """Whether the aim is reached, or how far it is."""
        if not self.missing:
            return "yes"
        return f"short by {self.missing:.4f}" if self.missing >= 0.00005 else "short by less than 0.0001"


def aims(
    results: Mapping[str, Any], news: Mapping[str, Any] | None, *, name: str | None, runs: Mapping[str, Any]
) -> list[Aim]:
    """Hold the recorded model against every aim that was measured.

    `results` and `news` are what `evaluate_models` returns for the test split and for real news, which is called
    `name`; `runs` are the model's spreads over seeds (`pipeline.evaluation.spread`), empty where there are none.
    """
    return [*(_on_news(news, runs.get(name or "", {})) if news else ()), *_at_home(results, runs)]


def _on_news(news: Mapping[str, Any], runs: Mapping[str, Any]) -> Iterator[Aim]:
    model, lead = news["models"][TRANSFORMER], news["comparisons"]["tfidf"]
    macro_f1, interval = model["macro_f1"], model["macro_f1_interval"]
    yield Aim("real news, macro-F1", NEWS_MACRO_F1, macro_f1, interval, runs.get("macro_f1"))
    for label, wanted in NEWS_F1.items():
        found = model["labels"][label]
        yield Aim(f"real news, F1 of {words(label)}", wanted, found["f1"], found["f1_interval"], runs.get(label))
    yield Aim("real news, macro-F1 above TF-IDF", NEWS_LEAD, lead["difference"], lead["interval"])
    yield Aim("real news, calibration error", NEWS_ECE, model["calibration"]["ece"], most=True)


def _at_home(results: Mapping[str, Any], runs: Mapping[str, Any]) -> Iterator[Aim]:
    pairs, seeds = results["contrast"][TRANSFORMER], runs.get("contrast_both_right")
    if pairs["both_right"] is not None:
        yield Aim("contrast pairs, both right", PAIRS, pairs["both_right"], pairs["interval"], seeds)
    for number, given in enumerate(results["given"].values()):
        right, sentences = given[TRANSFORMER]["right"], given[TRANSFORMER]["sentences"]
        # Runs count the first one alone.
        if counted := None if number else runs.get("given_article"):
            counted = counted | {key: counted[key] / sentences for key in ("mean", "low", "high")}
        yield Aim("given article, share right", GIVEN, right / sentences, seeds=counted)
