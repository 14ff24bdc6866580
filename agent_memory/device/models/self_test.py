"""A check at every start that this mlx and this mlx-lm still do what the engine builds on.

A tiny random model: rows in a batch must say what each says alone, also when one is fed its prompt
beside another, and a restored row must be, bit for bit, the one that was kept.
"""

from collections.abc import Sequence

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models import llama

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import CachedBlock, Lease, Location
from agent_memory.device.background import Background
from agent_memory.device.kv.block_keeper import BlockKeeper
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.leased_prefix import PrefixGatherer
from agent_memory.device.rows.quantised import KvBits
from agent_memory.device.runner import MlxRunner
from agent_memory.engine.events import Restored, Stored
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.runner import Feed, RowId
from agent_memory.errors import InvariantBroken
from agent_memory.ids import LeaseId
from agent_memory.turns.sampling import SamplingParams

_BLOCK_SIZE = 16
_NUM_STEPS = 4
_VOCABULARY = 64
_ROOT = root_hash("self-test", "float32", "self-test")


def run_self_test(kv_bits: KvBits | None = None) -> None:
    """Raise `InvariantBroken`, with what is wrong, if the engine cannot be relied on here."""
    bench = _Bench(kv_bits)
    long, short = _prompt(37), _prompt(18)
    alone = [bench.answer([long])[0], bench.answer([short])[0]]
    together = bench.answer([long, short])
    if together != alone:
        raise InvariantBroken("rows in a batch do not say what each says alone")
    if bench.answer_beside(short, long) != alone[0]:
        raise InvariantBroken("a row that is fed beside another does not say what it says alone")
    bench.check_restored((*long, *alone[0]))


class _Bench:
    """A runner of a tiny model, without a shelf."""

    def __init__(self, kv_bits: KvBits | None) -> None:
        model = _tiny_model()
        layout = CacheLayout(model, kv_bits)
        background = Background(lambda command: command())
        store = BlockStore()
        self._stored: list[Stored] = []
        self._num_rows = 0
        self._runner = MlxRunner(
            model,
            layout,
            PrefixGatherer(store, None, background, needs_snapshot=False),
            BlockKeeper(layout, _BLOCK_SIZE, store, None, background),
            can_batch=True,
            feeds_beside=True,
            min_batch=2,
            new_constraint=lambda _: None,
            later=lambda command: command(),
            on_ready=lambda _: None,
            on_stored=lambda _, stored: self._stored.append(stored),
        )

    def answer(self, prompts: Sequence[tuple[int, ...]]) -> list[list[int]]:
        """What greedy rows say after these prompts, together."""
        return self._answers([self._open(prompt) for prompt in prompts])

    def answer_beside(self, prompt: tuple[int, ...], fed: tuple[int, ...]) -> list[int]:
        """What a greedy row says after `fed`, which it is fed while another row decodes."""
        other, (row, _) = self._open(prompt), self._new_row(_request(fed))
        half = len(fed) // 2
        self._runner.decode([other], Feed(row, fed[:half])).wait()
        self._runner.start(row, _request(fed), 0, fed)
        return self._answers([row, other], Feed(row, fed[half:-1]))[0]

    def check_restored(self, tokens: tuple[int, ...]) -> None:
        """Keep a row, restore it, and compare keys, values and what follows."""
        kept = self._open(tokens)
        request = _request(tokens)
        before = self._runner.contents(kept)
        self._runner.store(0, kept, request, tokens[:-1], only_full=False)
        blocks = self._stored[-1].blocks
        cached = tuple(
            CachedBlock(b.hash, len(b.token_ids), len(b.token_ids), Location.RESIDENT, None)
            for b in blocks
        )
        restored = self._open(tokens, Lease(LeaseId("self-test"), 0, cached, len(tokens) - 1))
        after = self._runner.contents(restored)
        if not all(mx.array_equal(*pair) for pair in zip(before, after, strict=True)):
            raise InvariantBroken("a restored row is not the one that was kept")
        if self._runner.decode([kept]).wait() != self._runner.decode([restored]).wait():
            raise InvariantBroken("a restored row does not say what the kept one says")

    def _answers(self, rows: Sequence[RowId], feed: Feed | None = None) -> list[list[int]]:
        """What rows say, the first step feeding one of them before; they are closed then."""
        feeds = [feed, *[None] * (_NUM_STEPS - 1)]
        drawn = [self._runner.decode(rows, each).wait().token_ids for each in feeds]
        for row in rows:
            self._runner.close(row)
        return [list(tokens) for tokens in zip(*drawn, strict=True)]

    def _open(self, tokens: tuple[int, ...], lease: Lease | None = None) -> RowId:
        request = _request(tokens, lease)
        row, restored = self._new_row(request)
        if restored.num_cached_tokens < len(tokens) - 1:
            self._runner.prefill(Feed(row, tokens[restored.num_cached_tokens : -1])).wait()
        self._runner.start(row, request, 0, tokens)
        return row

    def _new_row(self, request: GenerationRequest) -> tuple[RowId, Restored]:
        self._num_rows += 1
        row = RowId(self._num_rows)
        self._runner.prepare(row, request)
        return row, self._runner.open(row, row, request)


def _request(tokens: tuple[int, ...], lease: Lease | None = None) -> GenerationRequest:
    sampling = SamplingParams(max_tokens=_NUM_STEPS, temperature=0)
    lease = lease or Lease(LeaseId("self-test"), 0)
    return GenerationRequest("self-test", "self-test", _ROOT, tokens, sampling, lease)


def _prompt(length: int) -> tuple[int, ...]:
    return tuple((at * 37 + length) % _VOCABULARY for at in range(length))


def _tiny_model() -> llama.Model:
    model = llama.Model(
        llama.ModelArgs(
            model_type="llama",
            hidden_size=32,
            num_hidden_layers=2,
            intermediate_size=64,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=32,
            rms_norm_eps=1e-5,
            vocab_size=_VOCABULARY,
        )
    )
    key = mx.random.key(7)
    weights = []
    for name, weight in tree_flatten(model.parameters()):
        key, use = mx.random.split(key)
        weights.append((name, mx.random.normal(weight.shape, key=use) * 0.3))
    model.load_weights(weights)
    return model
