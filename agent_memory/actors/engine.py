"""`BatchEngine`: the actor around the engine of one MLX node."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import ray

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.options import BATCH_ENGINE
from agent_memory.actors.place import StreamedActor
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.actors.unheard import keeping_unheard
from agent_memory.device.models.loaded_model import (
    LoadedModel,
    read_loaded_model,
    write_loaded_model,
)
from agent_memory.device.models.model_choice import ServedModel, read_model_facts, resolve_model
from agent_memory.device.models.model_facts import ModelFacts
from agent_memory.engine.events import Finished, Stored
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.model_host import ModelHost
from agent_memory.engine.model_roster import ModelEntry, ModelRoster, ModelStatus
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import AgentMemoryError, EngineLost, InvariantBroken, NoModelLoaded
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.request import PromptRequest
from agent_memory.telemetry import configure_logging, request_id_var
from agent_memory.turns.events import FinishReason
from agent_memory.wire.streams import Call, StreamAddress

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from agent_memory.device.engine import MlxEngine

EngineType: TypeAlias = "Callable[[], type[MlxEngine]]"
"""Imports the engine, in its own process: Ray imports this module wherever the engine is called."""

DIED_LOADING = "the engine's process died while it was being loaded (was there enough memory?)"


class BatchEngineActor:
    """Owns the loaded model and serves it over a byte stream.

    A model that cannot be served does not make the constructor fail, for Ray would say only that
    the actor died: whoever asks who this is hears the reason. A process that takes the place of one
    that died loads what that one served last.
    """

    def __init__(
        self, config: RuntimeConfig, model_folder: Path, model_name: str, engine_type: EngineType
    ) -> None:
        configure_logging("engine", config.settings.log_level, config.log_file("engine"))
        self._settings = config.settings
        self._first = ServedModel(model_folder, model_name)
        self._pool = PoolHandle()
        self._facts: dict[str, ModelFacts | None] = {}
        self._type = engine_type()
        roster = ModelRoster(self._settings.model_names)
        self._host = ModelHost(roster, self._check, self._load, self._remember)
        self._begin(model_name)
        self._stream = StreamedActor(BATCH_ENGINE.name, config, self._answer)

    async def introduce(self) -> tuple[EngineInfo, StreamAddress]:
        """Who this engine is and where it listens."""
        return self._host.engine.info, await self._stream.address()

    async def models(self) -> tuple[ModelStatus, ...]:
        """What may be loaded, the loaded model first."""
        entries = self._host.roster.entries()
        return tuple([await asyncio.to_thread(self._status, entry) for entry in entries])

    async def load(self, model: str, grace_s: float) -> EngineInfo:
        """See `ModelHost.load`."""
        return await self._host.load(model, grace_s)

    async def offload(self, model: str, grace_s: float) -> str:
        """See `ModelHost.offload`."""
        return await self._host.offload(model, grace_s)

    async def tokenizer(self) -> str | None:
        """The served model's tokenizer in the form of `tokenizer.json`, where it has one."""
        return await asyncio.to_thread(self._host.engine.tokenizer_json)

    async def stats(self) -> EngineStats:
        if (engine := self._host.present) is None:
            raise NoModelLoaded("No model is loaded.")
        return engine.stats()

    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        """Forget blocks now; rows that use them are not affected."""
        if (engine := self._host.present) is not None:
            engine.drop(hashes)

    async def preempt(self, lease_ids: Sequence[LeaseId]) -> None:
        """Have generations give up their room."""
        if (engine := self._host.present) is not None:
            engine.preempt(lease_ids)

    def _begin(self, first: str) -> None:
        record = None
        if ray.get_runtime_context().was_current_actor_reconstructed:
            record = read_loaded_model(self._settings.home)
        record = record or LoadedModel(first)
        roster = self._host.roster
        if record.loading is not None and record.loading in roster:
            roster.has_failed(record.loading, DIED_LOADING)
        if record.serving is not None:
            self._host.begin(record.serving if record.serving in roster else first)
        self._remember(roster.loaded, None)

    def _folder(self, name: str) -> Path:
        first = self._first
        return first.folder if name == first.name else resolve_model(self._settings, name).folder

    def _check(self, name: str) -> None:
        self._type.check(self._folder(name), name)

    def _load(self, name: str) -> "MlxEngine":
        settings = self._settings
        return self._type.load(self._folder(name), name, settings, settings.home / "shelf")

    def _remember(self, serving: str | None, loading: str | None) -> None:
        write_loaded_model(self._settings.home, LoadedModel(serving, loading))

    def _status(self, entry: ModelEntry) -> ModelStatus:
        if (facts := self._facts.get(entry.name)) is None:
            facts = self._facts[entry.name] = read_model_facts(self._settings, entry.name)
        engine = self._host.present
        info = engine.info if engine is not None and engine.info.model == entry.name else None
        if facts is None:
            return ModelStatus(entry, info=info)
        return ModelStatus(entry, facts.context_window, facts.weight_format, facts.num_bytes, info)

    async def _answer(self, call: Call) -> None:
        match call.request:
            case PromptRequest() as request:
                engine = self._engine_for(request.incarnation)
                call.send(await asyncio.to_thread(engine.render, request))
            case GenerationRequest() as request:
                request_id_var.set(request.request_id)
                await self._generate(call, request)
            case other:
                raise InvariantBroken(f"the engine does not know {type(other).__name__}")

    def _engine_for(self, incarnation: str | None) -> "MlxEngine":
        """The engine whose tokens the caller speaks of. Those of another one mean nothing to it."""
        engine = self._host.engine
        if incarnation not in {None, engine.info.incarnation}:
            raise EngineLost("Another model was loaded in the meantime.")
        return engine

    async def _generate(self, call: Call, request: GenerationRequest) -> None:
        engine = self._engine_for(request.incarnation)
        events = engine.generate(request)
        call.on_cancel(events.cancel)
        keep = partial(self._publish, engine.info, request.lease.lease_id)
        is_cut_off = False
        try:
            async for event in keeping_unheard(events, call, keep):
                if self._host.is_closed and _is_cancelled(event):
                    is_cut_off = True
                else:
                    call.send(event)
        finally:
            await events.aclose()
            log.info("generation ended", extra={"num_prompt": len(request.prompt_tokens)})
        if is_cut_off:
            raise EngineLost("The model was changed while it answered.")

    async def _publish(self, info: EngineInfo, lease_id: LeaseId, stored: Stored) -> None:
        try:
            await self._pool.publish(info, lease_id, stored.blocks, ())
        except AgentMemoryError as error:
            log.warning("blocks not published", extra={"error": str(error)})


def _is_cancelled(event: object) -> bool:
    return isinstance(event, Finished) and event.reason is FinishReason.CANCELLED
