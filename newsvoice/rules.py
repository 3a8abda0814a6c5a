"""Labelling functions: the codebook's questions as narrow patterns that vote or abstain.

Q1 functions look for an attribution, Q2 functions for the writer's hand on the scale. Where neither
speaks, Q3 holds and the sentence is `analysis` by default. Votes are combined in the codebook's order:
a sentence with a Q1 vote is reported speech however loaded its words, for those are the source's. How
good each function is, against gold, is a metric of the label stage. Their answer labels what has no gold, is a
baseline, guesses for annotators, and is weighed by trained models beside their own (`ModelDescription.offsets`).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from newsvoice.labels import ANALYSIS, EDITORIAL_FRAMING, REPORTED_SPEECH, Label
from newsvoice.records import Sentence
from newsvoice.text.plain import marked
from newsvoice.text.quotations import quotation_spans

# Raised with every change of what the functions answer: trained models weigh it (`ModelDescription.offsets`).
RULES_VERSION: Final = 1

# Verbs that report a proposition; forms spelt out, for a stem would catch nouns ("claim", "demand", "report").
_SAID = (
    r"(?:said|says|saying|told|tells|added|adds|argued|argues|arguing|claimed|claims that|claiming|warned|warns|warning that|"
    r"denied|denies|denying|promised|promises to|vowed|vows|vowing|threatened|threatens|urged|urges|urging|insisted|insists|"
    r"insisting|stressed|stresses|acknowledged|acknowledges|admitted|admits|conceded|concedes|contended|contends|asserted|"
    r"asserts|alleged|alleges|alleging|accused|accuses|accusing|believes?|believed|believing|hopes?|hoped|fears|feared|"
    r"predicted|predicts|estimated|estimates|suggested|suggests that|noted|notes that|noting|explained|explains|wrote|writes|"
    r"tweeted|testified that|recalled|recalls|replied|responded that|countered|retorted|quipped|joked|complained|lamented|"
    r"maintained|maintains|declared|declares|stated|states that|remarked|observed that|confirmed|disclosed|revealed that|"
    r"demanded|demands that|criticized|criticised|criticizes|criticises|condemned|condemns|denounced|denounces|praised|praises|"
    r"dismissed|dismisses|defended|defends|blamed|blames|rejected the|called for|calls for|calling for|calling on|called on|"
    r"calls on|pressed for|hit back|doubled down|played down|plays down|brushed off|portrayed|portrays|framing|described|"
    r"describes|expects?|expected that|wants|wanted|thinks?|thought that|feels that|pledged|pledges|asked whether|asks whether|"
    r"found that|finds that|shows that|showed that|concluded|concludes that|signalled that|signaled that|made clear|argu\w+ that|"
    r"emphasi[sz]ed|emphasi[sz]ing|cautioned|reiterated|boasted|mused|ventured|demurred|allowed that|agreed that|doubts?|opposes?)"
)
# Not in the passive without an agent: "has been criticised", "is widely believed" name no source.
_SOURCE_FIRST = re.compile(
    rf"(?<!been )(?<!being )(?<!widely )(?<!roundly )(?<!heavily )(?<!sharply )\b{_SAID}\b", re.I
)
_QUESTION = re.compile(r"\?$")
_EXCLAMATION = re.compile(r"!$")
_ACCORDING = re.compile(
    r"\b(?:according to|in the (?:view|words|opinion|telling) of|in (?:a|an|his|her|their|its) (?:statement|interview|letter|tweet|filing|"
    r"report|post|memo|email|speech)|per the|cited by|as quoted|citing)\b",
    re.I,
)
_DOCUMENT = re.compile(
    r"\b(?:report|study|survey|poll|data|figures|documents?|records|filings?|complaint|lawsuit|indictment|audit|analysis|census|letter|"
    r"resolution|statement|memo|transcript|affidavit|review|paper|ruling)\b[^.;]{0,60}\b(?:found|finds|shows?|showed|says?|said|states?|"
    r"suggests?|indicates?|concluded|estimates?|alleges?|claims?|reads?|listed|notes?|puts?)\b",
    re.I,
)
_COLLECTIVE = re.compile(
    r"^(?:But |And |Yet |However, |Still, )?(?:the |its |his |her |their )?(?:critics|supporters|opponents|experts|analysts|officials|residents|aides|"
    r"economists|scientists|researchers|prosecutors|police|lawyers|campaigners|activists|witnesses|doctors|investors|traders|"
    r"union leaders|advocates|allies|rivals|democrats|republicans)\b[^.]{0,40}\b(?:say|argue|contend|warn|believe|fear|hope|expect|"
    r"note|see|want|worry|think|point to|point out|counter|insist|complain|estimate|predict|accuse|call|credit|blame)\b",
    re.I,
)
_WEASEL = re.compile(
    r"\b(?:has|have|had) been (?:widely |roundly |heavily |sharply )?(?:praised|condemned|criticized|criticised|hailed|ridiculed|mocked|slammed|"
    r"viewed|seen|met with|accused|dubbed|welcomed)\b|\b(?:is|are|was|were) (?:widely|often|increasingly|rightly|generally) "
    r"(?:seen|viewed|regarded|considered|credited|blamed|condemned|mocked|praised)\b|\braised (?:\w+ )?(?:eyebrows|questions|concerns|alarm)\b|"
    r"\bquestions (?:are|have been|remain|swirl|mount)\w*|\b(?:faces?|facing|faced) (?:mounting|growing|increasing|intense) "
    r"(?:pressure|criticism|calls|scrutiny|questions)\b|\bviewed by (?:some|many)\b|\bdrawn? (?:particular |global |sharp |fierce )?(?:scrutiny|"
    r"criticism|attention|ire|praise)\b|\bsome (?:would|might) say\b|\bit is (?:no secret|hard to|clear that|worth)\b",
    re.I,
)
_SIGNIFICANCE = re.compile(
    r"\b(?:hallmark|cornerstone|defining (?:feature|moment|issue|test)|focal point|turning point|watershed|linchpin|game[- ]changer|wake-up call|"
    r"(?:stark|grim|sobering|powerful|timely) reminder|testament to|cannot be overstated|clear message|far-reaching|pivotal (?:moment|role|"
    r"juncture)|critical juncture|crossroads|new chapter|symbol of|sends? a (?:clear|strong|chilling)|underscor\w+ the (?:urgency|importance|"
    r"need|fragility|depth)|highlight\w* the (?:urgency|importance|need|fragility)|speaks volumes|lays? bare|laying bare|all eyes|looms large|"
    r"hangs? in the balance|at stake)\b",
    re.I,
)
_LOADED = re.compile(
    r"\b(?:so-called|shameful|disgrace\w*|reckless\w*|cynical\w*|hypocri\w+|farc\w+|fiasco|debacle|witch[- ]hunt|regime|cronies|bloated|"
    r"firestorm|specter|spectre|doomed|ticking time ?bomb|bombshell|stunning\w*|shocking\w*|outrageous\w*|absurd\w*|ludicrous\w*|laughabl\w+|"
    r"pathetic\w*|cowardly|cowardice|brazen\w*|blatant\w*|toothless|spineless|radical left|far-left mob|elites?|woke|heroic\w*|visionary|"
    r"masterful\w*|dazzling\w*|breathtaking\w*|stunner|unhinged|draconian|sinister|insidious|disastrous\w*|catastroph\w+|nightmare|"
    r"mercifully|unfortunately|sadly|tragically|thankfully|rightly|wrongly|laughing stock|sham|charade|circus|theatre of|"
    r"unforgivable|inexcusable|indefensible|of course|needless to say|no wonder|little wonder|frankly|to be sure)\b",
    re.I,
)
_PRESCRIPTION = re.compile(
    r"\b(?:we|voters|readers|lawmakers|ministers|congress|parliament|the government|the council|the president|they|leaders|you|it|he|she|"
    r"nobody|no one|everyone|europe|washington)\s+(?:should|must|ought to|need to|cannot afford)\b|\bit is (?:high )?time (?:to|for|that)\b|"
    r"\bdeserves? (?:better|more|an answer)\b|\blet us\b|\bshame on\b",
    re.I,
)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|let's|dear reader)\b", re.I)


@dataclass(frozen=True, slots=True)
class LabellingFunction:
    """One narrow test: `applies(sentence, text)` votes for `label` or abstains; `question` is the codebook's."""

    name: str
    question: int
    label: Label
    applies: Callable[[Sentence, str], bool]


@dataclass(frozen=True, slots=True)
class RuleLabel:
    """The combined vote: a label, how far the functions agree (0 to 1), and which of them spoke."""

    label: str
    confidence: float
    votes: tuple[str, ...]


def _matches(pattern: re.Pattern[str]) -> Callable[[Sentence, str], bool]:
    return lambda _sentence, text: pattern.search(_writers_words(text)) is not None


def _writers_words(text: str) -> str:
    """A sentence without what a source is quoted with: cues stand outside, and a source's loaded words don't count."""
    for start, end in reversed(quotation_spans(text, [(0, len(text))])):
        text = text[:start] + " " + text[end:]
    return text.strip()


def _partly_quoted(_sentence: Sentence, text: str) -> bool:
    """A quotation of several words; one or two quoted words may be a term or a distancing."""
    return any(len(found.split()) >= 4 for found in re.findall(r"[“\"]([^”\"]*)", text))


FUNCTIONS = (
    LabellingFunction("inside_quotation", 1, REPORTED_SPEECH, lambda sentence, _text: sentence.in_quotation),
    LabellingFunction("quotation", 1, REPORTED_SPEECH, _partly_quoted),
    LabellingFunction("reporting_verb", 1, REPORTED_SPEECH, _matches(_SOURCE_FIRST)),
    LabellingFunction("according_to", 1, REPORTED_SPEECH, _matches(_ACCORDING)),
    LabellingFunction("document_states", 1, REPORTED_SPEECH, _matches(_DOCUMENT)),
    LabellingFunction("stated_kind_of_source", 1, REPORTED_SPEECH, _matches(_COLLECTIVE)),
    LabellingFunction("bare_source", 2, EDITORIAL_FRAMING, _matches(_WEASEL)),
    LabellingFunction("asserted_significance", 2, EDITORIAL_FRAMING, _matches(_SIGNIFICANCE)),
    LabellingFunction("loaded_wording", 2, EDITORIAL_FRAMING, _matches(_LOADED)),
    LabellingFunction("prescription", 2, EDITORIAL_FRAMING, _matches(_PRESCRIPTION)),
    LabellingFunction("question", 2, EDITORIAL_FRAMING, _matches(_QUESTION)),
    LabellingFunction("exclamation", 2, EDITORIAL_FRAMING, _matches(_EXCLAMATION)),
    LabellingFunction("address", 2, EDITORIAL_FRAMING, _matches(_SECOND_PERSON)),
)
# Nothing spoke: Q3 by default, at the confidence of a guess between informing and steering.
_DEFAULT = RuleLabel(label=ANALYSIS.name, confidence=0.5, votes=())


def label_by_rules(sentence: Sentence) -> RuleLabel:
    """Label one sentence by its functions' votes, earlier questions first."""
    # With the marks that a running quotation hides, so that what is quoted can be told from what is not.
    text = marked(sentence.text, in_quotation=sentence.in_quotation)
    spoken = [function for function in FUNCTIONS if function.applies(sentence, text)]
    if not spoken:
        return _DEFAULT
    decisive = spoken[0].label
    agreeing = sum(function.label is decisive for function in spoken)
    return RuleLabel(
        label=decisive.name,
        confidence=agreeing / len(spoken),
        votes=tuple(function.name for function in spoken),
    )


def labels_by_rules(sentences: Sequence[Sentence]) -> list[str]:
    """Return the label that `label_by_rules` gives each sentence, in order; what the others say is not asked."""
    return [_first_label(sentence) for sentence in sentences]


def _first_label(sentence: Sentence) -> str:
    text = marked(sentence.text, in_quotation=sentence.in_quotation)
    return next((function.label.name for function in FUNCTIONS if function.applies(sentence, text)), _DEFAULT.label)
