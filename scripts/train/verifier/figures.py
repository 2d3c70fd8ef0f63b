"""The figures that say how good a score is."""

import numpy as np


def area_under_curve(scores: np.ndarray, same: np.ndarray) -> float:
    """The chance that a pair that is the same scores above one that is not (ties count half)."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ones = int(same.sum())
    zeros = len(same) - ones
    return float((ranks[same].sum() - ones * (ones + 1) / 2) / (ones * zeros)) if ones and zeros else float('nan')


def served_at(scores: np.ndarray, same: np.ndarray, threshold: float) -> tuple[int, int]:
    """How many pairs reach the threshold, and how many of those should not."""
    served = scores >= threshold
    return int(served.sum()), int((served & ~same).sum())
