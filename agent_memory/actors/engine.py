"""`BatchEngine`: the actor around the engine of one MLX node."""

import asyncio
import importlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.options import BATCH_ENGINE
from agent_memory.actors.place import StreamedActor
from agent_memory.actors.wire import Call, StreamAddress
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import InvariantBroken, ModelNotUsable
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.request import PromptRequest
from agent_memory.settings import Settings
from agent_memory.telemetry import configure_logging, request_id_var

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from agent_memory.device.engine import MlxEngine


class BatchEngineActor:
    """Owns one `MlxEngine` and serves it over a byte stream.

    A model that cannot be served does not make the constructor fail, for Ray would say only that
    the actor died: whoever asks who this is hears the reason.
    """

    def __init__(self, config: RuntimeConfig, model_folder: Path, model_name: str) -> None:
        configure_logging("engine", config.settings.log_level, config.log_file("engine"))
        settings = config.settings
        self._loaded: MlxEngine | ModelNotUsable = _load(model_folder, model_name, settings)
        self._stream = StreamedActor(BATCH_ENGINE.name, config, self._answer)

    async def introduce(self) -> tuple[EngineInfo, StreamAddress]:
        """Who this engine is and where it listens."""
        return self._engine.info, await self._stream.address()

    @property
    def _engine(self) -> "MlxEngine":
        if isinstance(self._loaded, ModelNotUsable):
            raise self._loaded
        return self._loaded

    async def tokenizer(self) -> str | None:
        """The served model's tokenizer in the form of `tokenizer.json`, where it has one."""
        return await asyncio.to_thread(self._engine.tokenizer_json)

    async def stats(self) -> EngineStats:
        return self._engine.stats()

    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        """Forget blocks now; rows that use them are not affected."""
        self._engine.drop(hashes)

    async def preempt(self, lease_ids: Sequence[LeaseId]) -> None:
        """Have generations give up their room."""
        self._engine.preempt(lease_ids)

    async def drain(self, grace_s: float) -> None:
        await self._engine.drain(grace_s)

    async def _answer(self, call: Call) -> None:
        match call.request:
            case PromptRequest() as request:
                call.send(await asyncio.to_thread(self._engine.render, request))
            case GenerationRequest() as request:
                request_id_var.set(request.request_id)
                await self._generate(call, request)
            case other:
                raise InvariantBroken(f"the engine does not know {type(other).__name__}")

    async def _generate(self, call: Call, request: GenerationRequest) -> None:
        events = self._engine.generate(request)
        call.on_cancel(events.cancel)
        try:
            async for event in events:
                call.send(event)
        finally:
            await events.aclose()
            log.info("generation ended", extra={"num_prompt": len(request.prompt_tokens)})


def _load(folder: Path, name: str, settings: Settings) -> "MlxEngine | ModelNotUsable":
    # MLX and what stands on it take seconds to import, and lower the limit on open files of their
    # process: they are for the engine's process alone, not for those that start or call it.
    engine: type[MlxEngine] = importlib.import_module("agent_memory.device.engine").MlxEngine
    try:
        return engine.load(folder, name, settings, settings.home / "shelf")
    except ModelNotUsable as error:
        return error
