"""Calibration on validation: a temperature that divides the logits, and what the codebook's rules add to them.

The temperature is Guo et al.'s (2017). The offsets pool two opinions log-linearly (Genest & Zidek 1986): the rules see
stock phrases that training texts have too few of, and a class that training made too rare gets its share back.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from newsvoice.labels import INDEX, NAMES
from newsvoice.records import Sentence
from newsvoice.rules import labels_by_rules

# Weight of the offsets' squares against one sentence's loss: an answer that the rules hardly ever give moves nothing.
RIDGE: Final = 1.0


def negative_log_likelihood(logits: NDArray[np.float64], gold: NDArray[np.int64], temperature: float) -> float:
    """Mean −log p(gold) of `(n, 3)` logits divided by `temperature`."""
    return float(-_log_softmax(logits / temperature)[np.arange(len(gold)), gold].mean())


def fit_temperature(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood, in 0.25 to 10."""
    found = minimize_scalar(lambda t: negative_log_likelihood(logits, gold, t), bounds=(0.25, 10.0), method="bounded")
    return round(float(found.x), 3)


def fit_offsets(
    logits: NDArray[np.float64], sentences: Sequence[Sentence], gold: NDArray[np.int64]
) -> dict[str, list[float]]:
    """Return, for each label that rules give, what to add to each label's logit for the least loss, ridge included.

    `logits` are `(n, 3)`, already divided by their temperature; `gold` are label numbers.
    """
    spoken = np.eye(len(NAMES))[[INDEX[label] for label in labels_by_rules(sentences)]]
    shape = len(NAMES), len(NAMES)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        offsets = flat.reshape(shape)
        log_p = _log_softmax(logits + spoken @ offsets)
        pulled = np.exp(log_p)
        pulled[np.arange(len(gold)), gold] -= 1
        value = RIDGE / 2 * (offsets**2).sum() - log_p[np.arange(len(gold)), gold].sum()
        return float(value), (spoken.T @ pulled + RIDGE * offsets).ravel()

    found = minimize(loss, np.zeros(len(NAMES) ** 2), jac=True, method="L-BFGS-B").x.reshape(shape)
    return dict(zip(NAMES, found.round(3).tolist(), strict=True))


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
