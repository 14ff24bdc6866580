"""The step loop's device: rows of one mlx-lm model."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten

from agent_memory.device.background import Post
from agent_memory.device.kv.block_keeper import BlockKeeper
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.kv_cut import adopt_buffers, fill_layers
from agent_memory.device.kv.leased_prefix import PrefixGatherer
from agent_memory.device.rows.forward import Forward
from agent_memory.device.rows.quantised import Quantised
from agent_memory.device.rows.row import Row
from agent_memory.device.sampling.sampling import Logprobs, RowSampler, draw_tokens
from agent_memory.engine.constraint import TokenConstraint
from agent_memory.engine.events import Restored, Stored
from agent_memory.engine.guard import Guard
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.runner import Drawn, Feed, RowId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Prefilled:
    mark: mx.array

    def wait(self) -> Drawn:
        mx.eval(self.mark)
        return Drawn(())


@dataclass(frozen=True, slots=True)
class _Decoded:
    rows: Sequence[RowId]
    tokens: mx.array
    logprobs: dict[int, Logprobs]
    constraints: dict[int, TokenConstraint]

    def wait(self) -> Drawn:
        token_ids: list[int] = self.tokens.tolist()  # type: ignore[assignment]
        choices = {self.rows[at]: logprobs.read() for at, logprobs in self.logprobs.items()}
        errors: dict[RowId, Exception] = {}
        for at, constraint in self.constraints.items():
            with Guard(partial(errors.__setitem__, self.rows[at])):
                constraint.advance(token_ids[at])
        complete = {self.rows[at] for at, each in self.constraints.items() if each.is_finished}
        stepwise = {self.rows[at]: each.stepwise_from for at, each in self.constraints.items()}
        return Drawn(token_ids, choices, complete, errors, stepwise)


class MlxRunner:
    """A `ModelRunner`. Used by the thread that owns MLX and no other.

    can_batch: the model computes rows of different lengths together; feeds_beside: also many tokens
    of one beside one of each other (see `probe.py`).
    min_batch: the fewest rows for which that is worth it. later: has something done on this
    thread when the events of the present step are out.
    """

    def __init__(
        self,
        model: Any,
        layout: CacheLayout,
        gatherer: PrefixGatherer,
        keeper: BlockKeeper,
        *,
        can_batch: bool,
        feeds_beside: bool,
        min_batch: int,
        new_constraint: Callable[[GenerationRequest], TokenConstraint | None],
        later: Post,
        on_ready: Callable[[int], None],
        on_stored: Callable[[int, Stored], None],
    ) -> None:
        self._forward = Forward(model, min_batch if can_batch else math.inf)
        self._layout = layout
        self._gatherer = gatherer
        self._keeper = keeper
        self._feeds_beside = feeds_beside
        self._new_constraint = new_constraint
        self._later = later
        self._on_ready = on_ready
        self._on_stored = on_stored
        self._rows: dict[RowId, Row] = {}

    @property
    def looks_ahead(self) -> bool:
        return self._layout.is_trimmable

    @property
    def feeds_beside(self) -> bool:
        return self._feeds_beside

    def prepare(self, key: int, request: GenerationRequest) -> bool:
        return self._gatherer.prepare(key, request, self._on_ready)

    def forget(self, key: int) -> None:
        self._gatherer.forget(key)

    def open(self, key: int, row: RowId, request: GenerationRequest) -> Restored:
        prefix = self._gatherer.take(key, request)
        layers = self._layout.new_layers()
        num_expected = len(request.prompt_tokens) + len(request.forced_tokens)
        for at in self._layout.full:
            layers[at].reserve(num_expected)
        if prefix.buffers is not None:
            adopt_buffers(layers, self._layout, prefix.buffers.take(), prefix.num_tokens)
        elif prefix.parts:
            parts = [(block.tensors, num_used) for block, num_used in prefix.parts]
            fill_layers(layers, self._layout, parts)
        blocks = tuple(block for block, _ in prefix.parts)
        self._rows[row] = Row(layers, prefix.num_tokens, blocks)
        return Restored(
            prefix.num_tokens,
            prefix.num_from_shelf,
            prefix.bad_files,
            prefix.num_passed_over,
            prefix.num_from_memory,
        )

    def prefill(self, feed: Feed) -> _Prefilled:
        this = self._rows[feed.row]
        self._forward.feed(this, mx.array(list(feed.token_ids)))
        this.length += len(feed.token_ids)
        states = this.states
        mark = _mark(states)
        mx.async_eval(states, mark)  # type: ignore[no-untyped-call]
        return _Prefilled(mark)

    def mark(self, row: RowId, request: GenerationRequest, token_ids: Sequence[int]) -> None:
        this = self._rows[row]
        if (block := self._keeper.mark(this, request.root, token_ids)) is not None:
            # At once: what the layers hold now is written over when more is fed.
            mx.async_eval(list(block.tensors.values()))  # type: ignore[no-untyped-call]

    def fork(self, row: RowId, copy: RowId) -> None:
        this = self._rows[row]
        self._rows[copy] = Row(self._layout.fork(this.layers), this.length)

    def start(
        self, row: RowId, request: GenerationRequest, choice: int, token_ids: Sequence[int]
    ) -> int | None:
        this = self._rows[row]
        num_prompt = len(request.prompt_tokens)
        prompt, forced = token_ids[:num_prompt], token_ids[num_prompt:]
        constraint = self._new_constraint(request)
        if constraint is not None:
            for token_id in forced:
                constraint.advance(token_id)
        this.sampler = RowSampler(request.sampling, choice, prompt, forced, constraint)
        this.tokens, this.place = mx.array([token_ids[-1]]), 0
        return None if constraint is None else constraint.stepwise_from

    def decode(self, rows: Sequence[RowId], feed: Feed | None = None) -> _Decoded:
        batch = [self._rows[row] for row in rows]
        fed = None if feed is None else self._rows[feed.row]
        try:
            if feed is None or fed is None:
                logits = self._forward.decode(batch)
            else:
                logits = self._forward.decode_beside(batch, fed, feed.token_ids)
                fed.length += len(feed.token_ids)
        except Exception:
            if self.looks_ahead:
                for row in batch if fed is None else (fed, *batch):
                    row.trim_to(row.length)
            raise
        return self._draw(rows, batch, logits, fed)

    def _draw(
        self, rows: Sequence[RowId], batch: Sequence[Row], logits: mx.array, fed: Row | None
    ) -> _Decoded:
        """Draw after the last token of each row and begin to compute it."""
        samplers = [row.sampler for row in batch if row.sampler is not None]
        positions = [row.length + 1 for row in batch]
        tokens, logprobs = draw_tokens(logits, samplers, positions)
        for at, row in enumerate(batch):
            row.length += 1
            row.tokens, row.place = tokens, at
        mx.async_eval(  # type: ignore[no-untyped-call]
            tokens,
            [each.arrays() for each in logprobs.values()],
            [sampler.state() for sampler in samplers],
            [] if self.looks_ahead else [row.states for row in batch],
            [] if fed is None else fed.states,
        )
        constraints = {
            at: sampler.constraint
            for at, sampler in enumerate(samplers)
            if sampler.constraint is not None
        }
        return _Decoded(rows, tokens, logprobs, constraints)

    def store(
        self,
        key: int,
        row: RowId,
        request: GenerationRequest,
        token_ids: Sequence[int],
        *,
        only_full: bool,
    ) -> None:
        this = self._rows[row]
        # Later: cutting waits for what is under way, and the others' tokens should not.
        self._later(partial(self._keep, key, this, request, token_ids, only_full))

    def close(self, row: RowId) -> None:
        self._rows.pop(row, None)

    def _keep(
        self,
        key: int,
        row: Row,
        request: GenerationRequest,
        token_ids: Sequence[int],
        only_full: bool,
    ) -> None:
        with Guard(partial(self._lose, key)):
            if self.looks_ahead:
                row.trim_to(len(token_ids))
            self._keeper.keep(
                row,
                request.root,
                token_ids[: row.length],
                only_full=only_full or row.length != len(token_ids),
                owner=request.owner,
                then=partial(self._on_stored, key),
                is_fading=request.is_fading,
            )

    def _lose(self, key: int, error: Exception) -> None:
        log.error("the blocks of a request are not kept", exc_info=error)
        self._on_stored(key, Stored((), 0))

    def contents(self, row: RowId) -> list[mx.array]:
        """Keys and values of every token in a row, layer by layer, where layers have them: the
        bits, if they are quantised."""
        layers = self._rows[row].layers
        parts = [part for at in self._layout.full for part in layers[at].keys_and_values()]
        return [
            array
            for part in parts
            for array in (part.parts if isinstance(part, Quantised) else (part,))
        ]


def _mark(states: Sequence[Any]) -> mx.array:
    """Something small that is computed when the last layer is. It shares no memory with the
    layers: whoever waits for it does not keep them from growing in place."""
    arrays = [leaf for _, leaf in tree_flatten(states[-1]) if isinstance(leaf, mx.array)]
    return mx.stack([array.reshape(-1)[:1].astype(mx.float32) for array in arrays]).sum()
