"""The three steps of the training, which `scripts/train/train.ts` calls in this order.

`python -m verifier prepare` cuts the training split into what trains and what calibrates, and makes pairs by rule;
`learn` fine-tunes the pair encoder and grows the trees; `leave-out` says what becomes of a kind of trap that was never
seen, by trees that grew without it, and on request by a pair encoder that learnt without all of them.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .figures import area_under_curve, served_at
from .pairs import CALIBRATION, Pair, read_pairs, read_written, write_pairs
from .rule_made import make_pairs

if TYPE_CHECKING:
    from .pair_encoder import PairEncoder
    from .pieces import Pieces

CALIBRATION_FOLDER, TRAINING_FILE, FEATURES_FILE = 'calibration', 'training.jsonl', 'features.jsonl'


@dataclass(frozen=True)
class Read:
    """The training pairs, and what the gateway reads of each."""

    pairs: Sequence[Pair]
    names: Sequence[str]
    features: np.ndarray
    reaches: np.ndarray
    """Whether the trees are asked at all: a guard, the cosine or an equal form may have decided before."""


MIN_COSINE = 0.7


def prepare(arguments: argparse.Namespace) -> None:
    pairs = read_pairs(arguments.pairs, arguments.without)
    training = [pair for pair in pairs if pair.fold != CALIBRATION]
    calibration = [pair for pair in pairs if pair.fold == CALIBRATION]
    for family in sorted({pair.family for pair in calibration}):
        file = arguments.work / CALIBRATION_FOLDER / f'{family}.jsonl'
        write_pairs([pair for pair in calibration if pair.family == family], file)
    write_pairs([*training, *make_pairs(training), *calibration], arguments.work / TRAINING_FILE)


def read_training(work: Path) -> Read:
    pairs = read_written(work / TRAINING_FILE)
    head, *rows = (work / FEATURES_FILE).read_text('utf8').strip().split('\n')
    read = [json.loads(row) for row in rows]
    reaches = [not row['vetoes'] and not row['canonical'] and row['cosine'] >= MIN_COSINE for row in read]
    return Read(pairs, json.loads(head)['names'], np.array([row['features'] for row in read]), np.array(reaches))


def learn(arguments: argparse.Namespace) -> None:
    from .delta import write_delta
    from .fine_tune import score

    read = read_training(arguments.work)
    write_trees(read, arguments.out, arguments.tests)
    training = [pair for pair in read.pairs if pair.fold != CALIBRATION]
    model, pieces = train_encoder(arguments, read, training, checkpoint=arguments.work / 'checkpoint.pt')
    if arguments.tests:
        write_pair_logits(arguments.tests / 'perception/pair-logits.json', lambda pairs: score(model, pieces, pairs), pieces)
    print(f'the correction: {write_delta(model, arguments.out / "delta.safetensors")}')


def train_encoder(
    arguments: argparse.Namespace, read: Read, training: Sequence[Pair], *, checkpoint: Path
) -> tuple[PairEncoder, Pieces]:
    import torch
    from safetensors.torch import load_file

    from .fine_tune import fine_tune
    from .pair_encoder import PairEncoder
    from .pieces import Pieces

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    pieces = Pieces(arguments.published / 'tokenizer.json')
    pieces.learn([text for pair in read.pairs for text in (pair.a, pair.b)])
    model = PairEncoder(load_file(arguments.published / 'model.safetensors'))
    watched = [pair for pair in read.pairs if pair.fold == CALIBRATION and pieces.fits(pair.a) and pieces.fits(pair.b)]
    fine_tune(
        model,
        pieces,
        training,
        watched[::5],
        epochs=arguments.epochs,
        seed=arguments.seed,
        checkpoint=checkpoint,
        resume=arguments.resume,
    )
    return model, pieces


def write_pair_logits(file: Path, score: Callable[[list[tuple[str, str]]], np.ndarray], pieces: Pieces) -> None:
    """Puts its logit beside each pair of a test: what the gateway's form of the model is held against."""
    pairs = [(row['a'], row['b']) for row in json.loads(file.read_text('utf8'))]
    pieces.learn([text for pair in pairs for text in pair])
    rows = [{'a': a, 'b': b, 'logit': round(float(logit), 4)} for (a, b), logit in zip(pairs, score(pairs), strict=True)]
    file.write_text('[\n' + ',\n'.join(f'  {json.dumps(row)}' for row in rows) + '\n]\n', 'utf8')


def write_tree_logits(folder: Path, score: Callable[[np.ndarray], np.ndarray]) -> None:
    """The log-odds of each pair of the frozen features, to the last bit: the gateway adds up to the very same."""
    frozen = np.array([pair['features'] for pair in json.loads((folder / 'fixture.json').read_text('utf8'))['pairs']])
    (folder / 'tree-logits.json').write_text(json.dumps([float(logit) for logit in score(frozen)]) + '\n', 'utf8')


def write_trees(read: Read, out: Path, tests: Path | None) -> None:
    from .trees import export, grow

    rows, unseen = sides(read.pairs)
    booster = grow(read.features[rows], same(read.pairs)[rows], weights(read.pairs)[rows], read.names)
    out.mkdir(parents=True, exist_ok=True)
    counts = Counter('rule-made' if read.pairs[at].family.startswith('rule-made') else read.pairs[at].family for at in rows)
    provenance = 'LightGBM on ' + ', '.join(f'{count} {family}' for family, count in sorted(counts.items()))
    (out / 'trees.json').write_text(json.dumps(export(booster, read.names, provenance), separators=(',', ':')) + '\n')
    if tests:
        write_tree_logits(tests / 'cache/verify', lambda features: booster.predict(features, raw_score=True))
    report('the trees', read.pairs, unseen, booster.predict(read.features[unseen]))


def leave_out(arguments: argparse.Namespace) -> None:
    from .trees import grow

    read = read_training(arguments.work)
    rows, unseen = sides(read.pairs)
    for family in arguments.families:
        kin = [at for at in rows if not belongs(read.pairs[at].family, family)]
        booster = grow(read.features[kin], same(read.pairs)[kin], weights(read.pairs)[kin], read.names)
        own = [at for at in unseen if read.pairs[at].family == family]
        probabilities = booster.predict(read.features[own])
        report(f'without {family}', read.pairs, own, probabilities)
        report(f'without {family}, after the guards', read.pairs, own, np.where(read.reaches[own], probabilities, 0))
    if arguments.both:
        leave_out_of_both(arguments, read)


def leave_out_of_both(arguments: argparse.Namespace, read: Read) -> None:
    """The joined verifier, with the weights that serve, after both of its readers learnt without any of the families."""
    from .fine_tune import score
    from .trees import grow

    rows, unseen = sides(read.pairs)
    kin = [at for at in rows if not any(belongs(read.pairs[at].family, family) for family in arguments.families)]
    booster = grow(read.features[kin], same(read.pairs)[kin], weights(read.pairs)[kin], read.names)
    model, pieces = train_encoder(
        arguments, read, [read.pairs[at] for at in kin], checkpoint=arguments.work / 'checkpoint-leave-out.pt'
    )
    served = [at for at in unseen if read.pairs[at].family in arguments.families and read.reaches[at]]
    logits = score(model, pieces, [(read.pairs[at].a, read.pairs[at].b) for at in served])
    join = json.loads((arguments.out / 'thresholds.json').read_text('utf8'))['joinWeights']
    odds = join['trees'] * booster.predict(read.features[served], raw_score=True) + join['pair'] * logits + join['bias']
    probabilities = np.zeros(len(read.pairs))
    # What is too long for the pair model has no logit, and is not served.
    probabilities[served] = 1 / (1 + np.exp(-np.nan_to_num(odds, nan=-np.inf)))
    for family in arguments.families:
        own = [at for at in unseen if read.pairs[at].family == family]
        report(f'both readers without {" ".join(arguments.families)}, after the guards', read.pairs, own, probabilities[own])


def belongs(family: str, left_out: str) -> bool:
    """Pairs made by rule that show the same trap go with it."""
    kin = {'checklist-swaps': ('swap', 'direction', 'name', 'number'), 'negation': ('negation',)}
    return family == left_out or family in {f'rule-made {rule}' for rule in kin.get(left_out, ())}


def sides(pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    places = range(len(pairs))
    return [at for at in places if pairs[at].fold != CALIBRATION], [at for at in places if pairs[at].fold == CALIBRATION]


def same(pairs: Sequence[Pair]) -> np.ndarray:
    return np.array([pair.same for pair in pairs])


def weights(pairs: Sequence[Pair]) -> np.ndarray:
    return np.array([pair.weight for pair in pairs])


def report(what: str, pairs: Sequence[Pair], rows: Sequence[int], probabilities: np.ndarray) -> None:
    for family in sorted({pairs[at].family for at in rows}):
        of_family = np.array([pairs[at].family == family for at in rows])
        truth = same(pairs)[np.array(rows)[of_family]]
        scores = probabilities[of_family]
        area = area_under_curve(scores, truth)
        counts = '; '.join(f'p ≥ {p}: {hits} hits, {wrong} wrong' for p in (0.8, 0.9, 0.95) for hits, wrong in [served_at(scores, truth, p)])
        print(f'{what}, {family}: {len(truth):,} pairs, area under the curve {area:.3f}; {counts}', flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog='verifier', description=__doc__)
    parser.add_argument('step', choices=['prepare', 'learn', 'leave-out'])
    parser.add_argument('--pairs', type=Path, help='the folder of the training split')
    parser.add_argument('--work', type=Path, required=True, help='the folder of what is made on the way')
    parser.add_argument('--published', type=Path, help='the folder of the published encoder')
    parser.add_argument('--out', type=Path, help='the folder that the trained files go to')
    parser.add_argument('--tests', type=Path, help="the folder of the tests, where what they expect of the weights is written")
    parser.add_argument('--without', nargs='*', default=[], help='families that take no part')
    parser.add_argument('--families', nargs='*', default=[], help='of leave-out: these, one after the other')
    parser.add_argument('--both', action='store_true', help='of leave-out: the pair encoder, too, learns without all of them')
    parser.add_argument('--epochs', type=int, default=5)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--resume', action='store_true')
    arguments = parser.parse_args()
    {'prepare': prepare, 'learn': learn, 'leave-out': leave_out}[arguments.step](arguments)


if __name__ == '__main__':
    main()
