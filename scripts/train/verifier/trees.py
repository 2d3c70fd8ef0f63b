"""Gradient-boosted trees over what the gateway itself reads of a pair: words left over, numbers, names, order, cosine."""

from collections.abc import Sequence

import lightgbm
import numpy as np

ROUNDS = 240
PARAMETERS = {
    'objective': 'binary',
    'learning_rate': 0.08,
    'num_leaves': 12,
    'max_depth': 5,
    'min_data_in_leaf': 40,
    'feature_fraction': 0.5,
    'bagging_fraction': 0.8,
    'bagging_freq': 1,
    'lambda_l2': 5.0,
    'max_bin': 127,
    'deterministic': True,
    'force_row_wise': True,
    'num_threads': 2,
    'verbose': -1,
}


def grow(features: np.ndarray, same: np.ndarray, weights: np.ndarray, names: Sequence[str], seed: int) -> lightgbm.Booster:
    """`features` has a row for each pair and a column for each name."""
    # LightGBM reads dots in a name as they are, but no other marks.
    data = lightgbm.Dataset(features, same.astype(np.float64), weight=weights, feature_name=list(names))
    return lightgbm.train({**PARAMETERS, 'seed': seed}, data, ROUNDS)
