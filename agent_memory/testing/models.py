"""Small models with random weights of a fixed seed, made from mlx-lm's own model code."""

import importlib
import json
from collections.abc import Mapping
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

__all__ = ["SHAPES", "make_model_folder"]

_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_MARKS = ("<tool_call>", "</tool_call>")
_EOS = _SPECIAL.index("<|im_end|>")

_TEMPLATE = """\
{%- set has_system = messages and messages[0].role == 'system' -%}
{%- if has_system or tools -%}
  {{- '<|im_start|>system\\n' -}}
  {%- if has_system -%}{{- messages[0].content -}}{%- endif -%}
  {%- if tools -%}
    {{- '\\n\\n# Tools\\n<tools>' -}}
    {%- for tool in tools -%}{{- '\\n' + tool | tojson -}}{%- endfor -%}
    {{- '\\n</tools>' -}}
  {%- endif -%}
  {{- '<|im_end|>\\n' -}}
{%- endif -%}
{%- for message in messages -%}
  {%- if not (loop.first and has_system) -%}
    {{- '<|im_start|>' + message.role + '\\n' + (message.content or '') -}}
    {%- for call in message.tool_calls or [] -%}
      {%- set tool_call = call.function if call.function is defined else call -%}
      {{- '\\n<tool_call>\\n{"name": "' + tool_call.name + '", "arguments": ' -}}
      {%- if tool_call.arguments is string -%}
        {{- tool_call.arguments -}}
      {%- else -%}
        {{- tool_call.arguments | tojson -}}
      {%- endif -%}
      {{- '}\\n</tool_call>' -}}
    {%- endfor -%}
    {{- '<|im_end|>\\n' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""

_SMALL: Mapping[str, object] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "rms_norm_eps": 1e-5,
    "vocab_size": 512,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}

_NARROW: Mapping[str, Mapping[str, object]] = {
    "llama": {**_SMALL, "model_type": "llama", "num_hidden_layers": 2, "rope_theta": 10000.0},
    "gemma3": {
        **_SMALL,
        "model_type": "gemma3_text",
        "num_hidden_layers": 4,
        "sliding_window": 24,
        "sliding_window_pattern": 2,
        "query_pre_attn_scalar": 16,
    },
    "recurrent": {
        **_SMALL,
        "model_type": "qwen3_next",
        "num_hidden_layers": 4,
        "full_attention_interval": 2,
        "linear_num_value_heads": 4,
        "linear_num_key_heads": 2,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "linear_conv_kernel_dim": 4,
        "num_experts": 0,
        "num_experts_per_tok": 0,
        "decoder_sparse_step": 1,
        "shared_expert_intermediate_size": 0,
        "mlp_only_layers": [],
        "moe_intermediate_size": 0,
        "rope_theta": 10000.0,
        "partial_rotary_factor": 0.5,
    },
    "mla": {
        **_SMALL,
        "model_type": "deepseek_v3",
        "num_hidden_layers": 2,
        "num_key_value_heads": 4,
        "q_lora_rank": 32,
        "kv_lora_rank": 32,
        "qk_rope_head_dim": 16,
        "qk_nope_head_dim": 16,
        "v_head_dim": 16,
        "first_k_dense_replace": 2,
        "n_routed_experts": 2,
        "n_shared_experts": 1,
        "num_experts_per_tok": 1,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 32,
        "rope_theta": 10000.0,
    },
    "sinks": {
        **_SMALL,
        "model_type": "gpt_oss",
        "num_hidden_layers": 4,
        "sliding_window": 24,
        "num_local_experts": 2,
        "num_experts_per_tok": 1,
        "rope_theta": 10000,
    },
    "mamba": {
        **_SMALL,
        "model_type": "mamba",
        "num_hidden_layers": 2,
        "state_size": 8,
        "conv_kernel": 4,
        "use_bias": False,
        "use_conv_bias": True,
        "time_step_rank": 8,
    },
    # Much KV for what it takes to compute: 32 KiB a token in float32.
    "much-kv": {
        **_SMALL,
        "model_type": "llama",
        "hidden_size": 192,
        "num_hidden_layers": 8,
        "intermediate_size": 512,
        "num_attention_heads": 8,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "rope_theta": 10000.0,
    },
    "smollm2-135m": {
        "model_type": "llama",
        "hidden_size": 576,
        "num_hidden_layers": 30,
        "intermediate_size": 1536,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "head_dim": 64,
        "rms_norm_eps": 1e-5,
        "vocab_size": 49152,
        "rope_theta": 100000.0,
        "tie_word_embeddings": True,
        "max_position_embeddings": 8192,
    },
}

SHAPES: Mapping[str, Mapping[str, object]] = {
    **_NARROW,
    "wide-llama": {**_NARROW["llama"], "head_dim": 64},
    "wide-gemma3": {**_NARROW["gemma3"], "head_dim": 32},
    "wide-recurrent": {**_NARROW["recurrent"], "head_dim": 32},
    "wide-sinks": {**_NARROW["sinks"], "head_dim": 32},
    "long-windows": {
        **_NARROW["gemma3"],
        "head_dim": 128,
        "sliding_window": 512,
        "max_position_embeddings": 8192,
    },
}
"""Configurations by name: plain KV, sliding windows, recurrent layers beside plain ones, latent KV,
windows with attention sinks, recurrent layers alone, and a real size. The wide ones have heads that
can be quantised; the last one has windows as long as those of real models."""


def make_model_folder(folder: Path, shape: str = "llama", seed: int = 0) -> Path:
    """Write a whole model into `folder`: config, weights, tokenizer, ChatML template with tools.

    The same shape and seed give the same weights. Returns `folder`; raises `KeyError` for an
    unknown shape.
    """
    config = {**SHAPES[shape], "eos_token_id": _EOS}
    folder.mkdir(parents=True, exist_ok=True)
    mx.save_safetensors(
        str(folder / "model.safetensors"), _random_weights(config, seed), {"format": "mlx"}
    )
    _write_json(folder / "config.json", config)
    vocab_size = int(str(config["vocab_size"]))
    _make_tokenizer(vocab_size).save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "model_max_length": config["max_position_embeddings"],
            "clean_up_tokenization_spaces": False,
        },
    )
    (folder / "chat_template.jinja").write_text(_TEMPLATE)
    return folder


def _random_weights(config: Mapping[str, object], seed: int) -> dict[str, mx.array]:
    module = importlib.import_module(f"mlx_lm.models.{config['model_type']}")
    model = module.Model(module.ModelArgs.from_dict(config))
    key = mx.random.key(seed)
    weights: dict[str, mx.array] = {}
    for name, weight in tree_flatten(model.parameters()):
        key, use = mx.random.split(key)
        if name.endswith(".sinks"):  # one for each head, so that a mix-up shows
            weights[name] = mx.random.normal(weight.shape, key=use) * 2
        elif weight.ndim == 1:
            weights[name] = weight
        else:
            # A spread that keeps the logits far enough apart for equality to mean something.
            weights[name] = mx.random.normal(weight.shape, key=use) * (weight.shape[-1] ** -0.5)
    mx.eval(weights)
    return weights


def _make_tokenizer(vocab_size: int) -> Tokenizer:
    """Bytes, then pairs of printable characters until the vocabulary is full."""
    vocabulary = [*_SPECIAL, *_MARKS, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    printable = [c for c in sorted(pre_tokenizers.ByteLevel.alphabet()) if c.isprintable()]
    printable.sort(key=lambda c: (not (c.isascii() and c.islower()), c))
    merges = [(a, b) for a in printable for b in printable][: vocab_size - len(vocabulary)]
    vocabulary += [a + b for a, b in merges]
    ids = {token: index for index, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in _MARKS])
    return tokenizer


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
