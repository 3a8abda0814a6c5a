import sys
from collections.abc import Sequence

import pytest

from newsvoice.agreement import agreement
from newsvoice.annotations import Annotation, Vote
from newsvoice.errors import NewsvoiceError
from tests.pipeline.build import A, E, R, votes


def marks(*passes: Sequence[Vote]) -> list[Annotation]:
    return [Annotation(start=9 * n, end=9 * n + 5, text="words", votes=tuple(p)) for n, p in enumerate(passes)]


def pairs(*labels: str) -> list[Annotation]:
    """Each argument is `writer's reader's`, by letter."""
    names = {"R": R, "A": A, "E": E, "N": "none"}
    return marks(*(votes(writer=names[pair[0]], reader=names[pair[1]]) for pair in labels))


def test_alpha_and_kappa_are_those_computed_by_hand() -> None:
    found = agreement(pairs("AA", "RR", "AR", "AA"))
    # 8 votes, 5 A and 3 R; 2 of 8 ordered pairs differ. Expected to differ: 2·5·3 / (8·7).
    assert found["alpha"] == pytest.approx(1 - (2 / 8) / (30 / 56))
    # Observed 3/4; expected by chance: A 3/4·2/4, R 1/4·2/4.
    assert found["kappa"] == {"reader × writer": {"passages": 4, "kappa": pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))}}


def test_alpha_of_a_label_sets_it_against_the_rest() -> None:
    found = agreement(pairs("AA", "RR", "ER", "AA"))["alpha_by_label"]
    assert found[A] == pytest.approx(1.0)
    # R: votes 3 yes, 5 no; E: 1 yes, 7 no.
    assert found[R] == pytest.approx(1 - (2 / 8) / (30 / 56))
    assert found[E] == pytest.approx(1 - (2 / 8) / (14 / 56))
    assert found["none"] is None


def test_full_agreement_is_one() -> None:
    found = agreement(pairs("AA", "RR", "NN"))
    assert found["alpha"] == 1.0
    assert found["kappa"]["reader × writer"]["kappa"] == 1.0


def test_full_disagreement_of_two_is_below_chance() -> None:
    found = agreement(pairs("AR", "RA"))
    assert found["alpha"] == pytest.approx(1 - 1 / (8 / 12))
    assert found["kappa"]["reader × writer"]["kappa"] == -1.0


@pytest.mark.parametrize(
    "annotations",
    [[], marks(votes(writer=A)), marks(votes(writer=A), votes(reader=R)), marks(votes(writer=A, adjudicator=R))],
    ids=["nothing", "one-pass", "no-overlap", "adjudicator-is-no-pass"],
)
def test_without_a_second_pass_agreement_is_undefined(annotations: list[Annotation]) -> None:
    found = agreement(annotations)
    assert found["alpha"] is None
    assert set(found["alpha_by_label"].values()) == {None}
    assert found["kappa"] == {}
    assert found["labelled_twice_or_more"] == 0


def test_without_variation_agreement_is_undefined() -> None:
    found = agreement(pairs("AA", "AA"))
    assert found["alpha"] is None
    assert found["kappa"]["reader × writer"] == {"passages": 2, "kappa": None}


def test_counts_and_pairs_of_three_annotators() -> None:
    found = agreement(
        marks(
            votes(writer=A, reader=A, third=A),
            votes(writer=A, reader=E, third=E, adjudicator=E),
            votes(writer=R, third=R),
            votes(writer=R),
        )
    )
    assert {k: found[k] for k in ("passages", "labelled_twice_or_more", "differing", "adjudicated")} == {
        "passages": 4,
        "labelled_twice_or_more": 3,
        "differing": 1,
        "adjudicated": 1,
    }
    assert {pair: row["passages"] for pair, row in found["kappa"].items()} == {
        "reader × third": 2,
        "reader × writer": 2,
        "third × writer": 3,
    }


def test_the_adjudicator_does_not_raise_agreement() -> None:
    before = agreement(pairs("AA", "AR", "RR"))
    settled = pairs("AA", "AR", "RR")
    settled[1] = Annotation(9, 14, "words", (*settled[1].votes, Vote("adjudicator", R)))
    assert agreement(settled)["alpha"] == before["alpha"]


def test_the_order_of_votes_does_not_matter() -> None:
    turned = [
        *pairs("AA", "RR"),
        *marks(votes(reader=R, writer=A), votes(reader=A, writer=A)),
    ]
    assert agreement(turned)["kappa"] == agreement(pairs("AA", "RR", "AR", "AA"))["kappa"]


def test_kappa_is_scikit_learns() -> None:
    from sklearn.metrics import cohen_kappa_score

    letters = ["AA", "AE", "RR", "NN", "EE", "EA", "RA", "AA", "NR", "EE", "AA"]
    ours = agreement(pairs(*letters))["kappa"]["reader × writer"]["kappa"]
    assert ours == pytest.approx(cohen_kappa_score([p[0] for p in letters], [p[1] for p in letters]))


def test_without_its_extra_agreement_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "krippendorff", None)
    with pytest.raises(NewsvoiceError, match=r"krippendorff; pip install 'newsvoice\[annotate\]'"):
        agreement(pairs("AA", "AE"))
