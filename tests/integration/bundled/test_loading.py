"""The shipped model as mlx-lm and transformers load it, in both precisions, far out too."""

import json
import time
from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx_lm
import pytest
from mlx_lm.models.base import create_causal_mask
from transformers import AutoConfig, AutoTokenizer

from agent_memory import bundled

MAX_LOADING_CPU_S = 1.0
MAX_ANSWER_TOKENS = 40
TOLD = [
    {"role": "user", "content": "My name is Zorvek."},
    {"role": "assistant", "content": "Noted: your name is Zorvek."},
    {"role": "user", "content": "What is my name?"},
]
ANSWER = "Your name is Zorvek."
WINDOW = 32768

Precision = Callable[[Any], Any]


class FarCache:
    """Keys and values of tokens of which the first stands far from the beginning."""

    def __init__(self, first_position: int) -> None:
        self._first = self.offset = first_position
        self._kept: tuple[mx.array, mx.array] | None = None

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """As mlx-lm's own cache does, without room for what was never there."""
        if self._kept is not None:
            keys = mx.concatenate([self._kept[0], keys], axis=2)
            values = mx.concatenate([self._kept[1], values], axis=2)
        self._kept = keys, values
        self.offset = self._first + keys.shape[2]
        return keys, values

    def make_mask(self, num_tokens: int, **_: object) -> object:
        """Every token sees those before it and itself."""
        return create_causal_mask(num_tokens, self.offset - self._first)


def as_float32(model: Any) -> Any:
    model.set_dtype(mx.float32)
    return model


def as_float16(model: Any) -> Any:
    model.set_dtype(mx.float16)
    return model


def greedy_answer(model: Any, tokenizer: Any, first_position: int) -> str:
    """What the model says to `TOLD`, which begins at this position. Asserts finite logits."""
    prompt = tokenizer.apply_chat_template(TOLD, add_generation_prompt=True)
    cache = [FarCache(first_position) for _ in model.layers]
    tokens, said = mx.array([prompt]), list[int]()
    for _ in range(MAX_ANSWER_TOKENS):
        logits = model(tokens, cache=cache)[0, -1].astype(mx.float32)
        assert mx.all(mx.isfinite(logits)).item()
        chosen = mx.argmax(logits).item()
        assert isinstance(chosen, int)
        if chosen == tokenizer.eos_token_id:
            break
        said.append(chosen)
        tokens = mx.array([[chosen]])
    return str(tokenizer.decode(said))


def stored_weights() -> dict[str, mx.array]:
    weights = mx.load(str(bundled.path() / "model.safetensors"))
    assert isinstance(weights, dict)
    return weights


@pytest.mark.parametrize("cast", [as_float32, as_float16])
@pytest.mark.parametrize("first_position", [0, 16_000, WINDOW - 100])
def test_it_answers_alike_anywhere_in_its_window(cast: Precision, first_position: int) -> None:
    model, tokenizer = mlx_lm.load(str(bundled.path()))
    assert greedy_answer(cast(model), tokenizer, first_position) == ANSWER


def test_it_is_loaded_within_a_second() -> None:
    mlx_lm.load(str(bundled.path()))
    began = time.process_time()
    model, _ = mlx_lm.load(str(bundled.path()))
    mx.eval(model.parameters())
    assert time.process_time() - began < MAX_LOADING_CPU_S


def test_weights_are_stored_in_the_precision_that_accelerators_compute_in() -> None:
    assert {array.dtype for array in stored_weights().values()} == {mx.float16}


def test_transformers_reads_its_configuration_and_its_tokenizer() -> None:
    config = AutoConfig.from_pretrained(bundled.path())
    assert config.model_type == "llama"
    assert config.max_position_embeddings == WINDOW
    tokenizer = AutoTokenizer.from_pretrained(bundled.path())
    text = tokenizer.apply_chat_template(TOLD, tokenize=False, add_generation_prompt=True)
    assert text.endswith("<|im_start|>user\nWhat is my name?<|im_end|>\n<|im_start|>assistant\n")
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_every_weight_of_a_llama_is_there_in_its_shape() -> None:
    config = json.loads((bundled.path() / "config.json").read_text())
    stored = stored_weights()
    width, heads = config["hidden_size"], config["num_attention_heads"] * config["head_dim"]
    assert stored["model.embed_tokens.weight"].shape == (config["vocab_size"], width)
    for layer in range(config["num_hidden_layers"]):
        assert stored[f"model.layers.{layer}.self_attn.q_proj.weight"].shape == (heads, width)
    assert len(stored) == 2 + 9 * config["num_hidden_layers"]
