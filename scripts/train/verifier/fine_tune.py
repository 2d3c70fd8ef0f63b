"""Trains the pair encoder, and scores pairs with it."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .figures import area_under_curve
from .pair_encoder import PairEncoder
from .pairs import Pair
from .pieces import Pieces

BATCH = 64
LEARNING_RATE = 8e-4
WARM_UP = 0.06
"""The share of the steps in which the learning rate rises."""
SMOOTHING = 0.02
"""Nobody's labels are that sure."""
CHECKPOINT_SECONDS = 120

EPOCH_SHARES = {
    'checklist-templates': 0.4,
    'negation': 0.45,
    'checklist-swaps': 0.7,
    'parade-cs': 0.7,
    'rule-made': 0.35,
}
"""How much of a family an epoch draws. Families of one pattern are learnt from fewer rows, and the time goes to the others."""


def epoch_batches(pairs: Sequence[Pair], pieces: Pieces, chance: np.random.Generator) -> list[list[Pair]]:
    """One epoch: each family's share of its pairs, drawn anew, grouped by length."""
    drawn = [pair for pair in pairs if chance.random() < EPOCH_SHARES.get(kind(pair), 1)]
    order = chance.permutation(len(drawn))
    batches = []
    # Sorting all at once would put the same pairs together in every epoch.
    for start in range(0, len(order), 50 * BATCH):
        chunk = sorted((drawn[at] for at in order[start : start + 50 * BATCH]), key=lambda pair: pieces.length(pair.a, pair.b))
        batches += [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
    return [batches[at] for at in chance.permutation(len(batches))]


def kind(pair: Pair) -> str:
    return 'rule-made' if pair.family.startswith('rule-made') else pair.family


def all_batches(pairs: Sequence[Pair], pieces: Pieces, epochs: int, seed: int) -> Iterator[tuple[int, list[Pair]]]:
    for epoch in range(epochs):
        for batch in epoch_batches(pairs, pieces, np.random.default_rng([seed, epoch])):
            yield epoch, batch


def fine_tune(
    model: PairEncoder,
    pieces: Pieces,
    training: Sequence[Pair],
    watched: Sequence[Pair],
    *,
    epochs: int,
    seed: int,
    checkpoint: Path,
    resume: bool,
) -> None:
    """Trains `model` in place on `training`, and says after each epoch how well it ranks `watched`, which it never learns.

    What it has learnt is kept in `checkpoint` every other minute, so that `resume` loses no more than that.
    """
    training = [pair for pair in training if pieces.fits(pair.a) and pieces.fits(pair.b)]
    batches = list(all_batches(training, pieces, epochs, seed))
    learnt = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {'params': [part for part in learnt if part.ndim >= 2], 'weight_decay': 0.01},
            {'params': [part for part in learnt if part.ndim < 2], 'weight_decay': 0.0},
        ],
        lr=LEARNING_RATE,
    )
    rising = WARM_UP * len(batches)
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / rising) * max(0.02, 1 - step / len(batches))
    )
    done = 0
    if resume and checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(kept['model'])
        optimizer.load_state_dict(kept['optimizer'])
        pace.load_state_dict(kept['pace'])
        done = kept['done']
    torch.manual_seed(seed + done)
    chance = np.random.default_rng([seed, done])
    print(f'{sum(part.numel() for part in learnt):,} numbers learn from {len(training):,} pairs, {len(batches):,} steps', flush=True)

    started = saved = time.monotonic()
    losses: list[float] = []
    for step, (epoch, batch) in enumerate(batches[done:], done + 1):
        model.train()
        loss = loss_of(model, pieces, batch, chance)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        pace.step()
        losses.append(loss.item())
        now = time.monotonic()
        if step % 25 == 0:
            per_step = (now - started) / (step - done)
            left = per_step * (len(batches) - step) / 60
            print(f'step {step}, loss {np.mean(losses[-100:]):.4f}, {per_step:.2f} s a step, {left:.0f} min left', flush=True)
        is_end = step == len(batches)
        if is_end or now - saved > CHECKPOINT_SECONDS:
            kept = {'model': model.state_dict(), 'optimizer': optimizer.state_dict(), 'pace': pace.state_dict(), 'done': step}
            torch.save(kept, checkpoint.with_suffix('.part'))
            checkpoint.with_suffix('.part').replace(checkpoint)
            saved = now
        if is_end or batches[step][0] != epoch:
            logits = score(model, pieces, [(pair.a, pair.b) for pair in watched])
            area = area_under_curve(logits, np.array([pair.same for pair in watched]))
            print(f'epoch {epoch + 1} of {epochs}: area under the curve {area:.4f} on {len(watched):,} pairs', flush=True)


def loss_of(model: PairEncoder, pieces: Pieces, batch: Sequence[Pair], chance: np.random.Generator) -> torch.Tensor:
    # In either order: which question came first must not matter.
    turned = [(pair.b, pair.a) if chance.random() < 0.5 else (pair.a, pair.b) for pair in batch]
    wanted = torch.tensor([float(pair.same) for pair in batch]) * (1 - SMOOTHING) + SMOOTHING / 2
    weights = torch.tensor([max(1.0, pair.weight) for pair in batch])
    logits = model(*pieces.batch(turned))
    return (F.binary_cross_entropy_with_logits(logits, wanted, reduction='none') * weights).mean()


def score(model: PairEncoder, pieces: Pieces, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """The logit of each pair, as the gateway takes it: of both orders the mean. NaN where a text is too long for it."""
    model.eval()
    logits = np.full(len(pairs), np.nan)
    fitting = [at for at, (a, b) in enumerate(pairs) if pieces.fits(a) and pieces.fits(b)]
    fitting.sort(key=lambda at: pieces.length(*pairs[at]))
    with torch.inference_mode():
        for start in range(0, len(fitting), 2 * BATCH):
            chunk = fitting[start : start + 2 * BATCH]
            forth = model(*pieces.batch([pairs[at] for at in chunk]))
            back = model(*pieces.batch([pairs[at][::-1] for at in chunk]))
            logits[chunk] = ((forth + back) / 2).numpy()
    return logits
