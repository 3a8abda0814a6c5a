import pytest

from newsvoice.rules import FUNCTIONS, label_by_rules, labels_by_rules
from tests.pipeline.build import A, E, R, sentence

QUESTION_OF = {function.name: function.question for function in FUNCTIONS}


@pytest.mark.parametrize(
    ("text", "votes"),
    [
        ("“We will open the pier again in May,” Mayor Low said.", ("quotation", "reporting_verb")),
        ('"We will open the pier again in May," Mayor Low said.', ("quotation", "reporting_verb")),
        ("“We will open the pier again in May.”", ("quotation",)),
        ("The pier, Mayor Low warned, could close.", ("reporting_verb",)),
        ("Ms Berg urged crews to wait.", ("reporting_verb",)),
        ("The minister wants the levy scrapped by June.", ("reporting_verb",)),
        ("Halden and its neighbours have repeatedly called for an end to the levy.", ("reporting_verb",)),
        ("The pier is safe, according to the port office.", ("according_to",)),
        ("In a letter to crews, Ms Berg set out her terms.", ("according_to",)),
        ("The audit puts the loss at 9 million crowns.", ("document_states",)),
        ("A survey by the port office found that landings fell 9%.", ("reporting_verb", "document_states")),
        ("Critics say the levy punishes small crews.", ("stated_kind_of_source",)),
        ("Residents in Halden fear another flood.", ("stated_kind_of_source",)),
        ("Analysts expect the levy to rise.", ("reporting_verb", "stated_kind_of_source")),
        ("The opposition faces mounting pressure to explain its vote.", ("bare_source",)),
        ("The pier is widely seen as a failure.", ("bare_source",)),
        ("The vote is a turning point for Halden.", ("asserted_significance",)),
        ("The cut is a stark reminder of the old days.", ("asserted_significance",)),
        ("The regime has tightened its grip.", ("loaded_wording",)),
        ("The so-called “clean-up” began in May.", ("loaded_wording",)),
        ("The council should reopen the pier.", ("prescription",)),
        ("It is time to reopen the pier.", ("prescription",)),
        ("Who, then, will pay for the pier?", ("question",)),
        ("What a summer for Halden!", ("exclamation",)),
        ("Imagine your pier gone overnight.", ("address",)),
        ("You deserve better.", ("prescription", "address")),
    ],
)
def test_the_functions_that_should_vote_do(text: str, votes: tuple[str, ...]) -> None:
    assert label_by_rules(sentence(text)).votes == votes


def test_a_sentence_inside_a_quotation_gets_a_vote_for_that() -> None:
    found = label_by_rules(sentence("It was checked in May.", in_quotation=True))
    assert (found.label, found.confidence, found.votes[0]) == (R, 1.0, "inside_quotation")


# The codebook's hard cases, in other words.
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Critics say the levy punishes small crews.", R),
        ("The levy has been criticised as punishing small crews.", E),
        ("The harbour plan has been widely condemned.", E),
        ("The levy passed 31 to 22 after a six-hour sitting.", A),
        ("She greeted the crews and sat down.", A),
        ("Mr Dane denied the charge.", R),
        ("Police arrested three men on suspicion of smuggling.", A),
        ("Three men have been arrested, police said.", R),
        ("A survey by the port office found that landings fell 9%.", R),
        ("Landings fell 9% last year.", A),
        ("The remarks came a week after the crews walked out.", A),
        ("Analysts expect the levy to rise.", R),
        ("The levy is likely to rise, since the fund has passed its limit.", A),
        ("Who, then, will pay?", E),
        ("The minister wants the levy scrapped by June.", R),
        ("The ministry will scrap the levy in June.", A),
        ("The opposition faces growing pressure to explain itself.", E),
        ("The union endorsed the challenger.", A),
        ("The two leaders spoke by telephone for an hour.", A),
        ("The court ordered his release.", A),
        ("She defended the levy as fair.", R),
        ("His remark underscores a belief that crews are spent.", A),
    ],
)
def test_hard_cases_of_the_codebook(text: str, label: str) -> None:
    assert label_by_rules(sentence(text)).label == label


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("The reckless plan, Ms Berg said, will fail.", 1 / 2),
        ("The reckless plan is a turning point, according to the audit, which puts the cost at 9 million.", 2 / 4),
        ("Should we go, asked whether the reckless crews must wait?", 1 / 3),
    ],
)
def test_an_attribution_wins_over_loaded_words_at_the_share_of_its_votes(text: str, confidence: float) -> None:
    found = label_by_rules(sentence(text))
    assert {QUESTION_OF[name] for name in found.votes} == {1, 2}
    assert found.label == R
    assert found.confidence == pytest.approx(confidence)


def test_functions_stand_in_the_codebooks_order_with_their_questions_label() -> None:
    questions = [function.question for function in FUNCTIONS]
    assert questions == sorted(questions)
    assert {(function.question, function.label.name) for function in FUNCTIONS} == {(1, R), (2, E)}
    assert len(QUESTION_OF) == len(FUNCTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "“It is a shameful farce,” she said.",
        '"It is a shameful farce," she said.',
        "‘It is a shameful farce,’ she said.",
        "‘It’s a shameful farce,’ she said.",
        "“You should go, and shame on you!” she said.",
        # A quotation that goes on in the next sentence.
        "She said: “It is a shameful farce.",
    ],
)
def test_loaded_words_inside_a_quotation_do_not_count(text: str) -> None:
    found = label_by_rules(sentence(text))
    assert found.label == R
    assert [name for name in found.votes if QUESTION_OF[name] == 2] == []


@pytest.mark.parametrize("text", ["It is a shameful farce.", "You should go.", "Who will pay?", "What a farce!"])
def test_loaded_words_of_a_quotation_that_began_earlier_do_not_count(text: str) -> None:
    found = label_by_rules(sentence(text, in_quotation=True))
    assert [name for name in found.votes if QUESTION_OF[name] == 2] == []


def test_loaded_words_beside_a_quoted_term_count() -> None:
    assert label_by_rules(sentence("The reckless “clean-up” began in May.")).label == E


@pytest.mark.parametrize("text", ["The pier opened in May.", "Rain fell on Halden for six hours.", "9 May"])
def test_where_no_function_votes_it_is_analysis_at_a_guess(text: str) -> None:
    found = label_by_rules(sentence(text))
    assert (found.label, found.confidence, found.votes) == (A, 0.5, ())


def test_layout_does_not_hide_a_word() -> None:
    assert label_by_rules(sentence("The *so-*\n\ncalled")).votes == ()
    assert label_by_rules(sentence("It is\ntime to reopen the **pier**.")).votes == ("prescription",)


def test_all_are_labelled_in_order() -> None:
    texts = ["The pier opened in May.", "Who will pay?", "Mr Dane denied the charge."]
    assert labels_by_rules([sentence(text) for text in texts]) == [A, E, R]


@pytest.mark.parametrize("text", ["“Who will pay?” he said, in a so-called debate.", "A reckless plan, critics say!"])
def test_the_first_to_speak_decides_as_the_vote_of_all_does(text: str) -> None:
    asked = sentence(text)
    assert len(label_by_rules(asked).votes) > 1
    assert labels_by_rules([asked]) == [label_by_rules(asked).label]
