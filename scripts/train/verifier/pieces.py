"""Texts as the encoder reads them: word pieces, and two texts in one row of a batch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

CLS, SEP = 101, 102
LONGEST = 64
"""The gateway compares no text of more pieces."""


class Pieces:
    """The word pieces of every text that training asks about, without the marks at their ends."""

    def __init__(self, tokenizer_file: Path):
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.known: dict[str, list[int]] = {}

    def learn(self, texts: Sequence[str]) -> None:
        new = sorted(set(texts) - self.known.keys())
        for text, encoding in zip(new, self.tokenizer.encode_batch(new, add_special_tokens=False), strict=True):
            self.known[text] = encoding.ids

    def fits(self, text: str) -> bool:
        return len(self.known[text]) <= LONGEST

    def length(self, a: str, b: str) -> int:
        return len(self.known[a]) + len(self.known[b]) + 3

    def batch(self, pairs: Sequence[tuple[str, str]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """`[CLS] a [SEP] b [SEP]` a row: ids, types (0 up to the first [SEP], then 1) and where there is a piece."""
        width = max(self.length(a, b) for a, b in pairs)
        ids = np.zeros((len(pairs), width), np.int64)
        types = np.zeros_like(ids)
        present = np.zeros((len(pairs), width), np.float32)
        for row, (a, b) in enumerate(pairs):
            first = [CLS, *self.known[a], SEP]
            whole = [*first, *self.known[b], SEP]
            ids[row, : len(whole)] = whole
            types[row, len(first) : len(whole)] = 1
            present[row, : len(whole)] = 1
        return torch.from_numpy(ids), torch.from_numpy(types), torch.from_numpy(present)
