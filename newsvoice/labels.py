"""The three labels: name, order, one-line definition and colours. Written nowhere else."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Label:
    """One voice a sentence can speak in.

    `letter` is the shorthand of annotation files; `light` and `dark` are the background colours of the
    two page schemes; `terminal` is a colour name that `rich` knows. The colours follow Okabe and Ito's
    palette (blue, yellow, vermilion), which stays apart under the common colour-vision deficiencies;
    `mark` tells the labels apart where there is no colour at all.
    """

    name: str
    letter: str
    definition: str
    light: str
    dark: str
    terminal: str
    mark: str


REPORTED_SPEECH: Final = Label(
    name="reported_speech",
    letter="R",
    definition="the sentence passes on what a source said, wrote, thinks, feels or wants",
    light="#cfe6f7",
    dark="#0b4a75",
    terminal="bright_blue",
    mark="❝",
)
ANALYSIS: Final = Label(
    name="analysis",
    letter="A",
    definition="the writer's own voice, informing: events, facts, background, cause, comparison, inference",
    light="#f6f0c4",
    dark="#4d4608",
    terminal="yellow",
    mark="·",
)
EDITORIAL_FRAMING: Final = Label(
    name="editorial_framing",
    letter="E",
    definition="the writer's own voice, steering: evaluation, loaded wording, verdict or advice without a source",
    light="#f8d3bf",
    dark="#7a3208",
    terminal="red",
    mark="▲",
)

# The order is that of every probability vector, table and confusion matrix in the project.
LABELS: Final = (REPORTED_SPEECH, ANALYSIS, EDITORIAL_FRAMING)
NAMES: Final = tuple(label.name for label in LABELS)
INDEX: Final = {name: index for index, name in enumerate(NAMES)}
BY_NAME: Final = {label.name: label for label in LABELS}
BY_LETTER: Final = {label.letter: label for label in LABELS}

# Annotators' mark for what is not the article's prose (byline, caption, "Read more"): never predicted.
NOT_PROSE: Final = "none"
# What the CLI says instead of a label below `--min-confidence`.
UNCERTAIN: Final = "uncertain"
