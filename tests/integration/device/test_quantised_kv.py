"""Keys and values in few bits: rounded once, and the same bits wherever they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx_lm.generate import generate_step
from mlx_lm.models.cache import QuantizedKVCache
from mlx_lm.utils import load_model

from agent_memory.cache.lease import Location
from agent_memory.device.engine import MlxEngine
from agent_memory.device.kv.cache_layout import CacheLayout, LayerKind
from agent_memory.device.kv.kv_cut import cut_snapshot, cut_tokens, fill_layers
from agent_memory.device.models.self_test import run_self_test
from agent_memory.device.rows.attention import batch_layers, install_attention
from agent_memory.device.rows.quantised import KvBits, Quantised
from agent_memory.errors import ModelNotUsable
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.conftest import small_settings
from tests.integration.device.engine_driver import (
    GREEDY,
    Answer,
    a_prompt,
    a_request,
    ask,
    ask_all,
    lease_of,
)
from tests.integration.device.test_runner_oracle import LENGTHS, without_end

FORMATS = {"8": KvBits(8, 8), "4": KvBits(4, 4), "k8v4": KvBits(8, 4)}
WITH_LOGPROBS = SamplingParams(max_tokens=8, temperature=0, num_logprobs=3)
Row = list[Any]


@pytest.fixture(params=[("wide-llama", "8"), ("wide-llama", "k8v4"), ("wide-gemma3", "4"),
                        ("wide-recurrent", "8")], ids="-".join)  # fmt: skip
def quantising(
    request: pytest.FixtureRequest, model_folder: Callable[[str], Path], tmp_path: Path
) -> Iterator[MlxEngine]:
    """An engine whose KV is quantised, with a shelf."""
    shape, kv_bits = request.param
    engine = MlxEngine.load(model_folder(shape), shape, small_settings(kv_bits=kv_bits), tmp_path)
    yield engine
    engine.close()


@pytest.fixture(params=["wide-llama", "wide-gemma3"])
def model(request: pytest.FixtureRequest, model_folder: Callable[[str], Path]) -> Any:
    install_attention()
    return load_model(model_folder(request.param))[0]


@pytest.fixture(params=list(FORMATS.values()), ids=list(FORMATS))
def layout(request: pytest.FixtureRequest, model: Any) -> CacheLayout:
    return CacheLayout(model, request.param)


def fed(model: Any, layout: CacheLayout, tokens: Sequence[int]) -> Row:
    """A row that has been fed these tokens."""
    layers = layout.new_layers()
    mx.eval(model(mx.array([tokens]), cache=layers))
    return layers


def logits_behind(model: Any, layers: Row, tokens: Sequence[int]) -> mx.array:
    logits: mx.array = model(mx.array([tokens]), cache=layers)[0, -1]
    return logits


def as_floats(model: Any, quantised: CacheLayout, layers: Row) -> Row:
    """A row of plain layers that hold the numbers which the bits stand for."""
    plain = CacheLayout(model).new_layers()
    for kind, layer, own in zip(quantised.kinds, layers, plain, strict=True):
        keys, values = (part.dequantised() for part in layer.keys_and_values())
        if kind is LayerKind.FULL:
            own.fill([(keys, values)])
        else:
            own.fill((keys, values), layer.offset)
    return plain


def float_twin(model: Any, layout: CacheLayout, row: Row) -> Row:
    """A row whose attention is that of floats, to the numbers that the bits of `row` stand for and
    those that its own new bits will."""
    plain = as_floats(model, layout, row)
    return [_Rounding(*pair) for pair in zip(layout.fork(row), plain, strict=True)]


class _Rounding:
    """A plain layer into which everything is put as a quantised one gives it back."""

    def __init__(self, quantised: Any, plain: Any) -> None:
        self._quantised = quantised
        self._plain = plain

    @property
    def offset(self) -> int:
        return int(self._plain.offset)

    def make_mask(self, *args: Any, **kwargs: Any) -> Any:
        return self._plain.make_mask(*args, **kwargs)

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        rounded = self._quantised.update_and_fetch(keys, values)
        own_keys, own_values = (part.dequantised()[..., -keys.shape[2] :, :] for part in rounded)
        fetched: tuple[mx.array, mx.array] = self._plain.update_and_fetch(own_keys, own_values)
        return fetched


def all_bits(layers: Row) -> list[mx.array]:
    return [array for layer in layers for part in layer.keys_and_values() for array in part.parts]


@pytest.mark.parametrize("num_new", [1, 2, 9, 40])
def test_attention_is_that_of_floats_to_the_same_numbers(
    model: Any, layout: CacheLayout, num_new: int
) -> None:
    quantised = fed(model, layout, a_prompt(21))
    twin = float_twin(model, layout, quantised)
    new = a_prompt(num_new, variant=1)
    rounded, exact = logits_behind(model, quantised, new), logits_behind(model, twin, new)
    assert float(mx.abs(rounded - exact).max()) < 1e-3


def test_what_is_said_is_what_floats_of_the_same_numbers_say(
    model: Any, layout: CacheLayout
) -> None:
    quantised = fed(model, layout, a_prompt(40))
    twin = float_twin(model, layout, quantised)
    said: list[tuple[int, int]] = []
    tokens = (11, 11)
    for _ in range(12):
        logits = [
            logits_behind(model, row, [token])
            for row, token in zip((quantised, twin), tokens, strict=True)
        ]
        tokens = (int(mx.argmax(logits[0])), int(mx.argmax(logits[1])))
        said.append(tokens)
    assert all(token == of_floats for token, of_floats in said)


def test_a_token_has_the_same_bits_whatever_stands_beside_it(
    model_folder: Callable[[str], Path],
) -> None:
    model = load_model(model_folder("wide-llama"))[0]
    layers = CacheLayout(model, KvBits(8, 4)).new_layers()
    keys = mx.random.normal((1, 2, 30, 64), key=mx.random.key(3))
    together, piecemeal = layers[0], layers[1]
    together.update_and_fetch(keys, keys)
    for begin, end in ((0, 1), (1, 17), (17, 29), (29, 30)):
        piecemeal.update_and_fetch(keys[..., begin:end, :], keys[..., begin:end, :])
    pairs = zip(all_bits([together]), all_bits([piecemeal]), strict=True)
    assert all(mx.array_equal(*pair) for pair in pairs)


def test_what_is_cut_and_filled_again_has_the_same_bits(model: Any, layout: CacheLayout) -> None:
    row = fed(model, layout, a_prompt(40))
    snapshot = cut_snapshot(row, layout)
    blocks = [
        (cut_tokens(row, layout, 0, 16), 16),
        (cut_tokens(row, layout, 16, 32), 16),
        ({**cut_tokens(row, layout, 32, 40), **snapshot}, 8),
    ]
    again = layout.new_layers()
    fill_layers(again, layout, blocks)
    new = a_prompt(5, variant=2)
    kept, restored = logits_behind(model, row, new), logits_behind(model, again, new)
    assert mx.array_equal(kept, restored)
    pairs = zip(all_bits(row), all_bits(again), strict=True)
    assert all(mx.array_equal(*pair) for pair in pairs)


def test_a_block_holds_nothing_but_the_bits(model: Any, layout: CacheLayout) -> None:
    row = fed(model, layout, a_prompt(16))
    tensors = cut_tokens(row, layout, 0, 16)
    at = layout.full[0]
    keys, values = row[at].keys_and_values()
    assert isinstance(keys, Quantised)
    names = ("", ".scales", ".biases")
    for kind, part in (("k", keys), ("v", values)):
        for name, array in zip(names, part.parts, strict=True):
            assert mx.array_equal(tensors[f"{at}.{kind}{name}"], array)
    assert len(tensors) == 6 * len(layout.full)


def test_twins_go_ways_of_their_own(model: Any, layout: CacheLayout) -> None:
    row = fed(model, layout, a_prompt(20))
    twin, untouched = layout.fork(row), layout.fork(row)
    logits_behind(model, twin, [7])
    assert mx.array_equal(logits_behind(model, row, [9]), logits_behind(model, untouched, [9]))
    for layer in twin:
        layer.trim_to(20)
    again = logits_behind(model, twin, [9])
    assert mx.array_equal(again, logits_behind(model, fed(model, layout, a_prompt(20)), [9]))


def test_a_ragged_batch_computes_what_each_row_does_alone(model: Any, layout: CacheLayout) -> None:
    lengths = (5, 40, 23)
    rows = [fed(model, layout, a_prompt(length)) for length in lengths]
    alone = [logits_behind(model, layout.fork(row), [9]) for row in rows]
    together = model(mx.array([[9]] * 3), cache=batch_layers(rows, lengths))[:, -1]
    assert float(mx.abs(together - mx.stack(alone)).max()) < 1e-4


@pytest.mark.parametrize("bits", [8, 4])
async def test_it_says_what_mlx_lms_own_quantised_cache_says(
    model_folder: Callable[[str], Path], bits: int
) -> None:
    folder = model_folder("wide-llama")
    settings = small_settings(kv_bits=str(bits), step_token_budget=512)
    engine = MlxEngine.load(folder, "wide-llama", settings, None)
    try:
        request = a_request(engine, a_prompt(70), SamplingParams(max_tokens=30, temperature=0))
        said = without_end((await ask(engine, request)).tokens())
    finally:
        engine.close()
    theirs = load_model(folder)[0]
    cache = [QuantizedKVCache(64, bits) for _ in theirs.layers]
    steps = generate_step(
        mx.array(a_prompt(70)),
        theirs,
        max_tokens=30,
        prompt_cache=cache,
    )
    assert said == without_end([int(token) for token, _ in steps])


async def test_rows_that_prefill_and_decode_together_say_what_each_says_alone(
    quantising: MlxEngine,
) -> None:
    requests = [a_request(quantising, a_prompt(length, length)) for length in (*LENGTHS, 300)]
    alone = [(await ask(quantising, request)).tokens() for request in requests]
    together = await ask_all(quantising, requests)
    assert [answer.tokens() for answer in together] == alone


async def test_a_session_from_the_shelf_is_the_one_that_never_left(quantising: MlxEngine) -> None:
    prompt = a_prompt(41)
    first = await ask(quantising, a_request(quantising, prompt))
    prompt = (*prompt, *first.tokens(), *a_prompt(9, variant=5))
    blocks = first.stored.blocks
    kept = await ask(
        quantising, a_request(quantising, prompt, WITH_LOGPROBS, lease=lease_of(blocks, prompt))
    )
    on_shelf = lease_of(blocks, prompt, location=Location.SHELF)
    evicting = replace(on_shelf, cached=(), evict=tuple(block.hash for block in blocks))
    await ask(quantising, a_request(quantising, a_prompt(3), lease=evicting))
    restored = await ask(quantising, a_request(quantising, prompt, WITH_LOGPROBS, lease=on_shelf))
    assert restored.restored.num_from_shelf == first.stored.num_tokens
    assert restored.tokens() == kept.tokens()
    assert restored.logprobs() == kept.logprobs()  # to the last bit


async def test_several_answers_to_one_prompt_are_quantised_too(quantising: MlxEngine) -> None:
    prompt = a_prompt(30)
    sampling = replace(GREEDY, n=3)
    several = await ask(quantising, a_request(quantising, prompt, sampling))
    alone = (await ask(quantising, a_request(quantising, prompt))).tokens()
    assert [several.tokens(choice) for choice in range(3)] == [alone] * 3


def test_the_bits_are_counted_and_named(model_folder: Callable[[str], Path]) -> None:
    counted = {}
    for name in ("none", "8", "4", "k8v4"):
        folder = model_folder("wide-llama")
        engine = MlxEngine.load(folder, "wide-llama", small_settings(kv_bits=name), None)
        counted[engine.info.kv_format] = engine.info.bytes_per_token
        assert engine.info.notes == ()
        engine.close()
    heads = 2 * 2  # layers, heads
    # 64 numbers in so many bits, a scale and a bias of four bytes each.
    assert counted == {
        "float32": heads * 2 * 64 * 4,
        "float32+q8g64": heads * 2 * (64 + 8),
        "float32+q4g64": heads * 2 * (32 + 8),
        "float32+k8v4g64": heads * ((64 + 8) + (32 + 8)),
    }


@pytest.mark.parametrize(
    ("shape", "reason"), [("wide-sinks", "sinks"), ("mla", "latent"), ("mamba", "has none")]
)
async def test_a_model_that_cannot_have_it_keeps_floats_and_says_so(
    model_folder: Callable[[str], Path], engine_of: Callable[[str], MlxEngine], shape: str,
    reason: str,
) -> None:  # fmt: skip
    engine = MlxEngine.load(model_folder(shape), shape, small_settings(kv_bits="8"), None)
    plain = engine_of(shape)
    try:
        said = await ask(engine, a_request(engine, a_prompt(30)))
        expected = await ask(plain, a_request(plain, a_prompt(30)))
        assert engine.info.kv_format == plain.info.kv_format
        assert any("not quantised" in note and reason in note for note in engine.info.notes)
        assert said.tokens() == expected.tokens()
    finally:
        engine.close()


def test_heads_that_make_no_groups_are_refused(model_folder: Callable[[str], Path]) -> None:
    with pytest.raises(ModelNotUsable, match="heads of 16 numbers cannot be quantised"):
        MlxEngine.load(model_folder("llama"), "llama", small_settings(kv_bits="8"), None)


@pytest.mark.parametrize("bits", list(FORMATS.values()), ids=list(FORMATS))
def test_the_engines_self_test_passes_with_it(bits: KvBits) -> None:
    install_attention()
    run_self_test(bits)


def test_8_bits_are_closer_than_4(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("wide-llama"))[0]
    exact = logits_behind(model, CacheLayout(model).new_layers(), a_prompt(60))
    errors = {}
    for name, bits in FORMATS.items():
        rounded = logits_behind(model, CacheLayout(model, bits).new_layers(), a_prompt(60))
        errors[name] = float(mx.abs(rounded - exact).mean())
    assert 0 < errors["8"] < min(errors["k8v4"], errors["4"])


async def test_a_cancelled_row_leaves_blocks_that_can_be_gone_on_from(
    quantising: MlxEngine,
) -> None:
    prompt = a_prompt(30, variant=13)
    stream = quantising.generate(a_request(quantising, prompt, replace(GREEDY, max_tokens=200)))
    answer = Answer()
    async for event in stream:
        answer.events.append(event)
        if len(answer.tokens()) == 5:
            stream.cancel()
    said = answer.tokens()
    following = (*prompt, *said, *a_prompt(4))
    lease = lease_of(answer.stored.blocks, following)
    resumed = await ask(quantising, a_request(quantising, following, lease=lease))
    assert resumed.restored.num_cached_tokens >= len(prompt)
    cold = await ask(quantising, a_request(quantising, following))
    assert resumed.tokens() == cold.tokens()
