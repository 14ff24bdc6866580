"""The Llama network as a function of its named weights, in PyTorch.

The names are those of `LlamaForCausalLM`, so that the weights are exported as they are.
"""

import math
from dataclasses import asdict, dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

Weights: TypeAlias = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network, under the names of a Llama's config.json."""

    vocab_size: int = 1024
    hidden_size: int = 192
    intermediate_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 64
    max_position_embeddings: int = 32768
    rope_theta: float = 100000.0
    rms_norm_eps: float = 1e-5

    def config(self) -> dict[str, object]:
        """The contents of config.json."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            **asdict(self),
            "hidden_act": "silu",
            "attention_bias": False,
            "mlp_bias": False,
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "pad_token_id": 0,
            "eos_token_id": 2,
        }


def initial_weights(shape: Shape, seed: int) -> Weights:
    """Random weights; what is added to the residual stream starts smaller."""
    generator = torch.Generator().manual_seed(seed)
    weights: Weights = {}

    def matrix(name: str, rows: int, columns: int, scale: float = 1.0) -> None:
        drawn = torch.randn(rows, columns, generator=generator)
        weights[f"model.{name}.weight"] = drawn * 0.02 * scale

    shrink = 1 / math.sqrt(2 * shape.num_hidden_layers)
    width, queries = shape.hidden_size, shape.num_attention_heads * shape.head_dim
    keys = shape.num_key_value_heads * shape.head_dim
    matrix("embed_tokens", shape.vocab_size, width)
    for layer in range(shape.num_hidden_layers):
        prefix = f"layers.{layer}"
        matrix(f"{prefix}.self_attn.q_proj", queries, width, 2.0)
        matrix(f"{prefix}.self_attn.k_proj", keys, width, 2.0)
        matrix(f"{prefix}.self_attn.v_proj", keys, width, 2.0)
        matrix(f"{prefix}.self_attn.o_proj", width, queries, shrink)
        matrix(f"{prefix}.mlp.gate_proj", shape.intermediate_size, width, 2.0)
        matrix(f"{prefix}.mlp.up_proj", shape.intermediate_size, width, 2.0)
        matrix(f"{prefix}.mlp.down_proj", width, shape.intermediate_size, shrink)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.{prefix}.{norm}.weight"] = torch.ones(width)
    weights["model.norm.weight"] = torch.ones(width)
    return weights


def rotations(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary embedding, each [length, head_dim / 2]."""
    half = shape.head_dim // 2
    frequencies = shape.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies
    return angles.cos().float(), angles.sin().float()


def hidden_states(
    weights: Weights, shape: Shape, tokens: Tensor, rotation: tuple[Tensor, Tensor]
) -> Tensor:
    """Normed outputs of the last layer, [batch, length, width], for tokens [batch, length]."""
    states, _ = attended_states(weights, shape, tokens, rotation)
    return states


def attended_states(
    weights: Weights, shape: Shape, tokens: Tensor, rotation: tuple[Tensor, Tensor]
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """The same, and every layer's queries and keys, each [batch, heads, length, head_dim]."""
    attended = []
    states = functional.embedding(tokens, weights["model.embed_tokens.weight"])
    for layer in range(shape.num_hidden_layers):
        prefix = f"model.layers.{layer}"
        queries, keys, values = _heads(weights, shape, prefix, states, rotation)
        attended.append((queries, keys))
        states = states + _attention(weights, shape, prefix, queries, keys, values)
        states = states + _mlp(weights, shape, prefix, states)
    return _norm(states, weights["model.norm.weight"], shape), attended


def pointing_losses(queries: Tensor, keys: Tensor, pointers: Tensor, num_heads: int) -> Tensor:
    """How far the first heads are from attending to the right tokens, for each pointer.

    `pointers` is [pointers, 3]: row, written token, the token that it is copied from.
    """
    row, target, source = pointers.unbind(1)
    asking = queries[row, :num_heads, target - 1]
    scores = asking @ keys[row, 0].mT / math.sqrt(keys.size(-1))
    later = torch.arange(keys.size(2)) >= target[:, None]
    scores = scores.masked_fill(later[:, None], -torch.inf)
    wanted = source[:, None].expand(-1, num_heads)
    return functional.cross_entropy(scores.mT, wanted, reduction="none").mean(1)


def gathering_losses(queries: Tensor, keys: Tensor, gatherings: Tensor) -> Tensor:
    """How little the second head attends to any of the right tokens, for each gathering.

    `gatherings` is [gatherings, 4]: row, token, begin and end of the tokens that it must take in.
    """
    row, token, begin, end = gatherings.unbind(1)
    asking = queries[row, 1, token]
    scores = (keys[row, 0] @ asking[:, :, None]).squeeze(2) / math.sqrt(keys.size(-1))
    place = torch.arange(keys.size(2))
    scores = scores.masked_fill(place > token[:, None], -torch.inf)
    is_wanted = (place >= begin[:, None]) & (place < end[:, None])
    wanted = scores.masked_fill(~is_wanted, -torch.inf).logsumexp(1)
    return scores.logsumexp(1) - wanted


def logits(weights: Weights, states: Tensor) -> Tensor:
    """Scores of the next token; the head is the embedding."""
    return states @ weights["model.embed_tokens.weight"].T


def _heads(
    weights: Weights, shape: Shape, prefix: str, states: Tensor, rotation: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    batch, length, _ = states.shape
    normed = _norm(states, weights[f"{prefix}.input_layernorm.weight"], shape)
    heads = []
    for name in ("q", "k", "v"):
        projected = normed @ weights[f"{prefix}.self_attn.{name}_proj.weight"].T
        heads.append(projected.view(batch, length, -1, shape.head_dim).transpose(1, 2))
    queries, keys, values = heads
    return _rotate(queries, rotation), _rotate(keys, rotation), values


def _attention(
    weights: Weights, shape: Shape, prefix: str, queries: Tensor, keys: Tensor, values: Tensor
) -> Tensor:
    groups = shape.num_attention_heads // shape.num_key_value_heads
    keys, values = (item.repeat_interleave(groups, 1) for item in (keys, values))
    mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    batch, _, length, _ = mixed.shape
    mixed = mixed.transpose(1, 2).reshape(batch, length, -1)
    return mixed @ weights[f"{prefix}.self_attn.o_proj.weight"].T


def _mlp(weights: Weights, shape: Shape, prefix: str, states: Tensor) -> Tensor:
    normed = _norm(states, weights[f"{prefix}.post_attention_layernorm.weight"], shape)
    gate = normed @ weights[f"{prefix}.mlp.gate_proj.weight"].T
    up = normed @ weights[f"{prefix}.mlp.up_proj.weight"].T
    return (functional.silu(gate) * up) @ weights[f"{prefix}.mlp.down_proj.weight"].T


def _norm(states: Tensor, weight: Tensor, shape: Shape) -> Tensor:
    return functional.rms_norm(states, (shape.hidden_size,), weight, shape.rms_norm_eps)


def _rotate(heads: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    cosines, sines = rotation
    first, second = heads.chunk(2, -1)
    return torch.cat((first * cosines - second * sines, second * cosines + first * sines), -1)
