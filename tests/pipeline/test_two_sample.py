import random

from pipeline.evaluation.evaluate import EvaluateSettings
from pipeline.labelling.label import LabelledSentence
from pipeline.two_sample import two_sample
from tests.pipeline.build import A, labelled

SETTINGS = EvaluateSettings(samples=200, seed=7, bins=5, min_slice=1, kept_accuracy=0.95)
WORDS = "pier fee ship council mayor harbour toll ferry crane dock berth tide net rope sail".split()


def articles(count: int, *, seed: int, habit: str = "") -> list[LabelledSentence]:
    chance = random.Random(seed)
    return [
        labelled(" ".join([*chance.choices(WORDS, k=9), habit]).strip(), A, article=f"{seed}-{n}", index=i)
        for n in range(count)
        for i in range(6)
    ]


def test_one_source_cannot_be_told_from_itself() -> None:
    found = two_sample(articles(30, seed=1), articles(30, seed=2), SETTINGS)
    assert 0.4 < found["auc"] < 0.6
    low, high = found["auc_interval"]
    assert low < 0.5 < high


def test_a_habit_gives_itself_away_and_words_of_the_real_set_alone_stay_out() -> None:
    found = two_sample(articles(30, seed=1, habit="moreover"), articles(30, seed=2, habit="secret"), SETTINGS)
    assert found["auc"] > 0.99
    by_side = {
        side: [row["feature"] for row in found["features"] if row["side"] == side] for side in ("corpus", "real")
    }
    assert by_side["corpus"][0] == "moreover"
    assert not any("secret" in feature for row in by_side.values() for feature in row)
    assert found["sentences"] == {"corpus": 180, "real": 180}
