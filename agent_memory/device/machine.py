"""Everything that lives on MLX's thread: the model, its rows and blocks, the step loop."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx

from agent_memory.device.admission import Admission
from agent_memory.device.background import Background
from agent_memory.device.batch_rows import most_rows
from agent_memory.device.device_kind import DeviceKind, device_kind
from agent_memory.device.event_stream import EventStream
from agent_memory.device.kv.block_keeper import BlockKeeper
from agent_memory.device.kv.block_store import BlockStore
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.kv_choice import bits_of, choose_layout
from agent_memory.device.kv.leased_prefix import PrefixGatherer
from agent_memory.device.models.file_digests import FileDigests
from agent_memory.device.models.model_facts import context_window
from agent_memory.device.models.probe import Probe, probe_model
from agent_memory.device.models.self_test import run_self_test
from agent_memory.device.models.weights import (
    WeightFiles,
    load_weights,
    memory_in_use,
    num_parameters,
)
from agent_memory.device.post_office import PostOffice
from agent_memory.device.rows.attention import install_attention
from agent_memory.device.rows.quantised import KvBits
from agent_memory.device.runner import MlxRunner
from agent_memory.device.sampling.grammar import Constrainer
from agent_memory.device.shelf.fading_keys import FadingKeys
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.events import Stored
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.loop import StepLoop
from agent_memory.engine.outbox import Outbox
from agent_memory.engine.pace import Pace
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.stats import EngineStats, ShelfTraffic
from agent_memory.errors import EngineUnavailable, InvariantBroken, ModelNotUsable
from agent_memory.ids import BlockHash, new_id
from agent_memory.settings import Settings

_MODEL_ERRORS = (ValueError, TypeError, RuntimeError, LookupError, AttributeError)

_MAX_IDLE_BUFFERS = 512 * 1024 * 1024
"""Bytes of freed buffers that MLX may keep for later; by itself it keeps all it ever had."""


class ModelMachine:
    """One loaded model at work. Made and used on MLX's thread; `stats` may be asked from any."""

    def __init__(
        self,
        folder: Path,
        name: str,
        settings: Settings,
        shelf_folder: Path | None,
        *,
        post: Callable[[Callable[[], None]], None],
        admission: Admission,
    ) -> None:
        install_attention()
        mx.set_cache_limit(_MAX_IDLE_BUFFERS)
        self.prompter = Prompter.load(folder)
        files = WeightFiles(folder)
        model, config = load_weights(folder)
        layout, why_float = _choose_layout(model, config, name, bits_of(settings.kv_bits))
        _check_this_machine(name, layout)
        probe = _probe(model, layout, name)
        self.info = EngineInfo(
            model=name,
            fingerprint=files.fingerprint(self.prompter.fingerprint(), _digests(shelf_folder)),
            kv_format=probe.kv_format,
            context_window=context_window(config, settings.context_window),
            block_size=settings.block_size,
            bytes_per_token=probe.bytes_per_token,
            has_snapshots=layout.has_snapshots,
            has_tools=self.prompter.has_tools,
            has_thinking=self.prompter.has_thinking,
            num_parameters=num_parameters(model),
            incarnation=new_id("engine"),
            loaded_at=time.time(),
            notes=(*_notes(probe, why_float), *self.prompter.template_notes),
            num_token_ids=probe.num_logits,
            kv_form=probe.kv_form,
        )
        self._admission = admission
        self._background = Background(post)
        self._store = BlockStore()
        self._shelf = shelf = self._open_shelf(shelf_folder, settings)
        self.num_logits = probe.num_logits
        self.constrainer = Constrainer(self.prompter, probe.num_logits)
        runner = MlxRunner(
            model,
            layout,
            PrefixGatherer(
                self._store,
                shelf,
                self._background,
                needs_snapshot=layout.has_snapshots,
                forms=probe.forms,
                bytes_per_token=probe.bytes_per_token,
                prefill_tokens_per_s=lambda: self.loop.prefill_tokens_per_s,
            ),
            BlockKeeper(layout, settings.block_size, self._store, shelf, self._background),
            can_batch=probe.why_single is None,
            feeds_beside=probe.feeds_beside,
            # Attention in batches is the faster one on a CPU, even for a single row.
            min_batch=1 if device_kind() is DeviceKind.LINUX_CPU else 2,
            new_constraint=self.constrainer.new_constraint,
            later=post,
            on_ready=self._ready,
            on_stored=self._stored,
        )
        outbox = Outbox()
        self._post_office = PostOffice(outbox, on_ended=admission.leave, on_lost=self._lost)
        self.loop = StepLoop(
            runner,
            new_text=self.prompter.new_text,
            eos_token_ids=self.prompter.eos_token_ids,
            context_window=self.info.context_window,
            max_rows=most_rows(settings),
            pace=Pace(settings.step_token_budget),
            outbox=outbox,
            clock=time.perf_counter,
        )

    @property
    def has_work(self) -> bool:
        return self.loop.has_work

    def submit(self, key: int, request: GenerationRequest, stream: EventStream) -> None:
        """A request begins to wait; its events go to `stream`."""
        self._post_office.open(key, stream)
        self.loop.submit(key, request)

    def drop(self, hashes: Sequence[BlockHash]) -> None:
        """Forget blocks that are in memory."""
        self._store.drop(hashes)

    def turn(self) -> None:
        if self.loop.has_work:
            self.loop.step()
        self._post_office.deliver(self.loop.is_over)
        self._admission.tell_when_empty()

    def stop(self) -> None:
        self.loop.cancel_all()

    def finish(self) -> None:
        self._background.close()
        # MLX aborts the process if a thread ends while its work is still under way.
        mx.synchronize()

    def die(self, error: BaseException) -> None:
        unavailable = EngineUnavailable(f"The engine has stopped: {error}")
        self._post_office.fail_all(unavailable)
        self._admission.tell_when_empty()

    def stats(self) -> EngineStats:
        """Figures of this moment."""
        totals = self.loop.counters
        return EngineStats(
            running=self.loop.num_running,
            waiting=self.loop.num_waiting,
            resident_blocks=self._store.num_blocks,
            resident_bytes=self._store.nbytes,
            memory_blocks=self._store.num_at_rest,
            memory_bytes=self._store.nbytes_at_rest,
            active_bytes=memory_in_use(),
            steps=totals.steps,
            tokens_prefilled=totals.tokens_prefilled,
            tokens_generated=totals.tokens_generated,
            tokens_restored=totals.tokens_restored,
            tokens_from_memory=totals.tokens_from_memory,
            tokens_from_shelf=totals.tokens_from_shelf,
            requests_finished=totals.requests_finished,
            requests_cancelled=totals.requests_cancelled,
            requests_failed=totals.requests_failed,
            requests_preempted=totals.requests_preempted,
            queueing=totals.queueing.copy(),
            first_token=totals.first_token.copy(),
            shelf=self._shelf.traffic.copy() if self._shelf is not None else ShelfTraffic(),
            prefill_tokens_per_s=self.loop.prefill_tokens_per_s,
        )

    def _ready(self, key: int) -> None:
        self.loop.ready(key)

    def _stored(self, key: int, stored: Stored) -> None:
        self.loop.stored(key, stored)

    def _lost(self, key: int) -> None:
        self.loop.cancel(key)

    def _open_shelf(self, folder: Path | None, settings: Settings) -> Shelf | None:
        if folder is None:
            return None
        info, key = self.info, settings.shelf_key_bytes
        fading = FadingKeys(folder, settings.unstored_kv_s, key)
        return Shelf(folder, info.fingerprint, info.kv_format, key, fading)


def _digests(shelf_folder: Path | None) -> FileDigests:
    return FileDigests(None if shelf_folder is None else shelf_folder / "weights.json")


def _check_this_machine(name: str, layout: CacheLayout) -> None:
    try:
        run_self_test(layout.kv_bits)
    except InvariantBroken as error:
        raise ModelNotUsable(
            name, f"the engine's self-test failed on this machine: {error}"
        ) from error


def _choose_layout(
    model: object, config: Mapping[str, Any], name: str, bits: KvBits | None
) -> tuple[CacheLayout, str | None]:
    try:
        return choose_layout(model, config, name, bits)
    except _MODEL_ERRORS as error:
        raise ModelNotUsable(name, f"its test computation failed ({error})") from error


def _probe(model: object, layout: CacheLayout, name: str) -> Probe:
    try:
        probe = probe_model(model, layout)
    except _MODEL_ERRORS as error:
        raise ModelNotUsable(name, f"its test computation failed ({error})") from error
    if not probe.is_finite:
        raise ModelNotUsable(
            name,
            "it computes NaN or infinity in place of numbers: its weights are damaged, or were "
            "converted wrongly",
        )
    return probe


def _notes(probe: Probe, why_float: str | None) -> tuple[str, ...]:
    notes: list[str] = []
    if probe.why_single is not None:
        notes.append(f"Several answers at once are computed one by one: {probe.why_single}.")
    if why_float is not None:
        notes.append(f"Keys and values are not quantised: {why_float}.")
    return tuple(notes)
