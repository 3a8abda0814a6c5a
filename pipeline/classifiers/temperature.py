"""Calibration by one number that divides the logits (Guo et al. 2017)."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar


def negative_log_likelihood(logits: NDArray[np.float64], gold: NDArray[np.int64], temperature: float) -> float:
    """Mean −log p(gold) of `(n, 3)` logits divided by `temperature`."""
    scaled = logits / temperature
    peak = scaled.max(axis=1, keepdims=True)
    normaliser = np.log(np.exp(scaled - peak).sum(axis=1)) + peak[:, 0]
    return float(np.mean(normaliser - scaled[np.arange(len(gold)), gold]))


def fit_temperature(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood, in 0.25 to 10."""
    found = minimize_scalar(lambda t: negative_log_likelihood(logits, gold, t), bounds=(0.25, 10.0), method="bounded")
    return round(float(found.x), 3)
