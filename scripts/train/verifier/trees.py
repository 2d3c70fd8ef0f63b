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
    'seed': 1,
    'verbose': -1,
}


def grow(features: np.ndarray, same: np.ndarray, weights: np.ndarray, names: Sequence[str]) -> lightgbm.Booster:
    """`features` has a row for each pair and a column for each name."""
    # LightGBM reads dots in a name as they are, but no other marks.
    data = lightgbm.Dataset(features, same.astype(np.float64), weight=weights, feature_name=list(names))
    return lightgbm.train(PARAMETERS, data, ROUNDS)


def export(booster: lightgbm.Booster, names: Sequence[str], provenance: str) -> dict[str, object]:
    """What `src/cache/verify/trees.ts` reads: splits in LightGBM's own numbering, a child below zero is the leaf ~child."""
    trees = [tree_of(tree['tree_structure'], tree['num_leaves']) for tree in booster.dump_model()['tree_info']]
    return {'format': 'near-verifier-trees/1', 'provenance': provenance, 'features': list(names), 'trees': trees}


def tree_of(root: dict, leaves: int) -> dict[str, list]:
    feature, left, right = ([0] * (leaves - 1) for _ in range(3))
    threshold, leaf = [0.0] * (leaves - 1), [0.0] * leaves

    def number_of(node: dict) -> int:
        """Writes the node down, and everything under it."""
        if 'split_index' not in node:
            at = node.get('leaf_index', 0)
            leaf[at] = node['leaf_value']
            return ~at
        if node['decision_type'] != '<=' or node['missing_type'] != 'None':
            raise ValueError(f'the gateway cannot read a split of this kind: {node}')
        at = node['split_index']
        feature[at], threshold[at] = node['split_feature'], node['threshold']
        left[at], right[at] = number_of(node['left_child']), number_of(node['right_child'])
        return at

    number_of(root)
    return {'feature': feature, 'threshold': threshold, 'left': left, 'right': right, 'leaf': leaf}
