"""Writes what the pair encoder has learnt in the form that set-up adds to the published weights."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .pair_encoder import LAYERS, MATRICES, Corrected, Norm, PairEncoder


def delta_of(model: PairEncoder) -> dict[str, Tensor]:
    """By the published names: `NAME.up` and `NAME.down` for a matrix, `NAME.change` for a vector, the head as it is."""
    delta = {
        'embeddings.token_type_embeddings.weight.change': model.type_change,
        **norm_changes('embeddings.LayerNorm', model.norm),
        'pair.dense.weight': model.dense.weight,
        'pair.dense.bias': model.dense.bias,
        'pair.logit.weight': model.logit.weight,
        'pair.logit.bias': model.logit.bias,
    }
    for index in range(LAYERS):
        layer, name = model.layers[index], f'encoder.layer.{index}'
        parts = (layer.query, layer.key, layer.value, layer.joined, layer.wide, layer.narrow)
        for part, matrix in zip(parts, MATRICES, strict=True):
            delta |= corrections(f'{name}.{matrix}', part)
        delta |= norm_changes(f'{name}.attention.output.LayerNorm', layer.attention_norm)
        delta |= norm_changes(f'{name}.output.LayerNorm', layer.output_norm)
    return {key: tensor.detach().to(torch.float16).contiguous() for key, tensor in delta.items()}


def corrections(name: str, part: Corrected) -> dict[str, Tensor]:
    return {f'{name}.weight.up': part.up, f'{name}.weight.down': part.down, f'{name}.bias.change': part.bias_change}


def norm_changes(name: str, norm: Norm) -> dict[str, Tensor]:
    return {f'{name}.weight.change': norm.weight_change, f'{name}.bias.change': norm.bias_change}


def write_delta(model: PairEncoder, file: Path) -> Mapping[str, object]:
    """Writes the file, and says how to tell that it is the one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(delta_of(model), file)
    content = file.read_bytes()
    return {'file': file.name, 'bytes': len(content), 'sha256': hashlib.sha256(content).hexdigest()}
