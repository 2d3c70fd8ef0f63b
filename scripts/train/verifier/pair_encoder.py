"""The published encoder, made to read two questions at once and to say whether one answer serves both.

All that is learnt lies beside the published weights: each matrix gets a correction of low rank (LoRA, Hu et al. 2021,
https://arxiv.org/abs/2106.09685), each bias and norm a small one of its own, and a head that is new. So what ships is a
few megabytes, and set-up adds it to weights that everybody can fetch and check.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN, HEADS, LAYERS, EPSILON = 384, 12, 6, 1e-12
RANK = 64
DROPOUT = 0.1
ABSENT = -10_000.0
"""Added to the score of a place that holds no piece."""

MATRICES = (
    'attention.self.query',
    'attention.self.key',
    'attention.self.value',
    'attention.output.dense',
    'intermediate.dense',
    'output.dense',
)


def drop_features(x: Tensor, training: bool) -> Tensor:
    """Dropout with one mask a text, shared by its pieces: on a CPU the masks cost as much as the products otherwise."""
    if not training:
        return x
    kept = torch.rand(x.shape[0], 1, x.shape[2]) > DROPOUT
    return x * kept.to(x.dtype) / (1 - DROPOUT)


class Corrected(nn.Module):
    """A published matrix W with its correction: `W x + up (down x)`, and its bias with one."""

    def __init__(self, weight: Tensor, bias: Tensor):
        super().__init__()
        outputs, inputs = weight.shape
        self.register_buffer('weight', weight, persistent=False)
        self.register_buffer('bias', bias, persistent=False)
        self.down = nn.Parameter(torch.randn(RANK, inputs) / math.sqrt(inputs))
        self.up = nn.Parameter(torch.zeros(outputs, RANK))
        self.bias_change = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        plain = torch.addmm(self.bias + self.bias_change, rows, self.weight.t())
        return torch.addmm(plain, rows @ self.down.t(), self.up.t()).view(*x.shape[:-1], -1)


class Norm(nn.Module):
    """A published layer norm with small changes of its own."""

    def __init__(self, weight: Tensor, bias: Tensor):
        super().__init__()
        self.register_buffer('weight', weight, persistent=False)
        self.register_buffer('bias', bias, persistent=False)
        self.weight_change = nn.Parameter(torch.zeros_like(weight))
        self.bias_change = nn.Parameter(torch.zeros_like(bias))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (HIDDEN,), self.weight + self.weight_change, self.bias + self.bias_change, EPSILON)


class Layer(nn.Module):
    """One layer of BERT (Devlin et al. 2018, https://arxiv.org/abs/1810.04805)."""

    def __init__(self, weights: Mapping[str, Tensor], name: str):
        super().__init__()

        def corrected(part: str) -> Corrected:
            return Corrected(weights[f'{name}.{part}.weight'], weights[f'{name}.{part}.bias'])

        def norm(part: str) -> Norm:
            return Norm(weights[f'{name}.{part}.LayerNorm.weight'], weights[f'{name}.{part}.LayerNorm.bias'])

        self.query, self.key, self.value, self.joined, self.wide, self.narrow = map(corrected, MATRICES)
        self.attention_norm, self.output_norm = norm('attention.output'), norm('output')

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        texts, pieces, _ = x.shape

        def per_head(part: Corrected) -> Tensor:
            return part(x).view(texts, pieces, HEADS, HIDDEN // HEADS).transpose(1, 2)

        # Written out: the fused kernel's way back is slow on a CPU.
        scores = per_head(self.query) @ per_head(self.key).transpose(-1, -2) / math.sqrt(HIDDEN // HEADS)
        mixed = torch.softmax(scores + mask, -1) @ per_head(self.value)
        x = self.attention_norm(x + self.joined(mixed.transpose(1, 2).reshape(texts, pieces, HIDDEN)))
        return self.output_norm(x + drop_features(self.narrow(F.gelu(self.wide(x))), self.training))


class PairEncoder(nn.Module):
    """Two texts in one row; one logit a row comes out."""

    def __init__(self, weights: Mapping[str, Tensor]):
        super().__init__()
        for table in ('word', 'position', 'token_type'):
            self.register_buffer(f'{table}s', weights[f'embeddings.{table}_embeddings.weight'], persistent=False)
        self.type_change = nn.Parameter(torch.zeros(2, HIDDEN))
        self.norm = Norm(weights['embeddings.LayerNorm.weight'], weights['embeddings.LayerNorm.bias'])
        self.layers = nn.ModuleList(Layer(weights, f'encoder.layer.{index}') for index in range(LAYERS))
        self.dense = nn.Linear(2 * HIDDEN, HIDDEN)
        self.logit = nn.Linear(HIDDEN, 1)

    def forward(self, ids: Tensor, types: Tensor, present: Tensor) -> Tensor:
        places = self.positions[: ids.shape[1]]
        x = self.norm(self.words[ids] + places + (self.token_types + self.type_change)[types])
        x = drop_features(x, self.training)
        mask = (1 - present[:, None, None, :]) * ABSENT
        for layer in self.layers:
            x = layer(x, mask)
        mean = (x * present[:, :, None]).sum(1) / present.sum(1, keepdim=True)
        hidden = torch.tanh(self.dense(torch.cat([x[:, 0], mean], 1)))
        return self.logit(F.dropout(hidden, DROPOUT, self.training))[:, 0]
