import pytest

from pipeline.register import HABITS, compare, rates, register
from tests.pipeline.build import A, labelled

PLAIN = "The Ministry of Transportation said that negotiations with Norway were to resume on 4 May."
COSY = "It had two benches, and three gulls sat on them, and nobody had paid for it."


def rate(text: str, habit: str) -> float:
    return dict(zip(HABITS, rates([text]), strict=True))[habit]


def test_a_rate_counts_uses_per_hundred_words() -> None:
    words = len(PLAIN.split())
    assert rate(PLAIN, "names: capitals inside a sentence") == pytest.approx(100 * 4 / words)
    assert rate(PLAIN, "“said”") == pytest.approx(100 / words)
    assert rate(COSY, "“, and”") == pytest.approx(200 / len(COSY.split()))
    assert rate(COSY, "number words") == pytest.approx(200 / len(COSY.split()))


def test_no_words_have_no_rate() -> None:
    assert not rates([]).any()


def test_a_draft_is_judged_by_the_band_of_real_batches() -> None:
    real = [labelled(PLAIN, A, article=f"r{n}") for n in range(20)]
    bands = register([labelled(COSY, A, article="own")], real, samples=50, seed=7)
    assert [row["habit"] for row in bands] == list(HABITS)
    assert all(row["low"] == pytest.approx(row["real"]) == pytest.approx(row["high"]) for row in bands)
    judged = {line.split(")  ")[1]: line.split()[0] for line in compare([COSY], bands)}
    assert judged["“had”"] == "high"
    assert judged["“said”"] == "low"
