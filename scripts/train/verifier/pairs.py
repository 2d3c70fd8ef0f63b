"""Question pairs: read from files, grouped so that no question is on both sides of a split.

A file of pairs holds one JSON object a line, `{"a": …, "b": …, "y": 0 or 1}`: `y` is 1 where the answer that was stored
for `a` is right for `b`. The file's name is the pairs' family.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDS = 4
"""The training split falls into so many folds. The last one, `CALIBRATION`, trains nothing: thresholds come from it."""

CALIBRATION = FOLDS - 1

FAMILY_WEIGHTS = {
    'checklist-templates': 0.5,
    'negation': 0.6,
    'parade-cs': 0.7,
    'gsm-plus': 1.5,
    'medical': 1.3,
    'cache-traps': 3.0,
    'rule-made': 0.6,
}
"""Many pairs of one pattern weigh less than their number, few pairs of a kind that is hard to come by weigh more."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions, and whether one answer is right for both."""

    a: str
    b: str
    same: bool
    family: str
    fold: int

    @property
    def weight(self) -> float:
        return FAMILY_WEIGHTS.get('rule-made' if self.family.startswith('rule-made') else self.family, 1.0)


def read_pairs(folder: Path, without: Sequence[str] = ()) -> list[Pair]:
    """Every pair of the folder's `*.jsonl`, in the order of the files' names, each with its fold.

    The folder is one side of the split that `scripts/train/split.ts` makes. Which fold a pair falls into depends on the
    texts alone, and on all of them: leaving a family out (`without`) moves no other pair.
    """
    rows = [
        (path.stem, row)
        for path in sorted(folder.glob('*.jsonl'))
        for row in map(json.loads, path.read_text('utf8').strip().split('\n'))
    ]
    folds = folds_of([(row['a'], row['b']) for _, row in rows])
    return [
        Pair(row['a'], row['b'], int(row['y']) == 1, family, fold)
        for (family, row), fold in zip(rows, folds, strict=True)
        if family not in without
    ]


def write_pairs(pairs: Sequence[Pair], file: Path) -> None:
    """One a line, with `y` as the files of pairs have it beside."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(''.join(json.dumps({**asdict(pair), 'y': int(pair.same)}) + '\n' for pair in pairs), 'utf8')


def read_written(file: Path) -> list[Pair]:
    rows = map(json.loads, file.read_text('utf8').strip().split('\n'))
    return [Pair(row['a'], row['b'], row['same'], row['family'], row['fold']) for row in rows]


def folds_of(texts: Sequence[tuple[str, str]]) -> list[int]:
    """The fold of each pair of texts. Pairs that share a text, also through others, are one cluster and stay together."""
    parent: dict[bytes, bytes] = {}

    def root(text: bytes) -> bytes:
        parent.setdefault(text, text)
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    pairs = [(a.encode(), b.encode()) for a, b in texts]
    for a, b in pairs:
        # The smallest text leads, so that the order of the pairs does not matter.
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    # By a fifth of the hash: its remainder by five is what chose the training split.
    return [fnv1a(root(a)) // 5 % FOLDS for a, _ in pairs]


def fnv1a(data: bytes) -> int:
    """The 32-bit FNV-1a hash (http://www.isthe.com/chongo/tech/comp/fnv/)."""
    hash = 0x811C9DC5
    for byte in data:
        hash = (hash ^ byte) * 0x01000193 & 0xFFFFFFFF
    return hash
