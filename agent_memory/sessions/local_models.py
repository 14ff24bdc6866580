"""The models of this server's engine as the surfaces list, load and offload them."""

import logging
from collections.abc import Sequence
from typing import Protocol

from agent_memory.engine.info import EngineInfo
from agent_memory.engine.model_roster import ModelStatus
from agent_memory.errors import ModelNotLoaded, NoModelLoaded, NotFound, Unavailable
from agent_memory.settings import Settings
from agent_memory.turns.models import ModelCard

log = logging.getLogger(__name__)

NAME_TIMEOUT_S = 1.0
"""A session is not kept waiting for the name of its model."""


class ModelEngine(Protocol):
    """The engine, asked which models it may load and which it has."""

    async def info(self, timeout_s: float = ...) -> EngineInfo: ...

    async def models(self) -> Sequence[ModelStatus]:
        """The loaded model first."""
        ...

    async def load(self, model: str, grace_s: float) -> EngineInfo: ...

    async def offload(self, model: str, grace_s: float) -> str: ...


class LocalModelCatalogue:
    """It meets `api.runtime.Models`. `created`: the Unix time that the cards bear."""

    def __init__(self, engine: ModelEngine, settings: Settings, created: int) -> None:
        self._engine = engine
        self._names = settings.model_names
        self._grace_s = settings.drain_grace_s
        self._created = created

    async def list(self) -> Sequence[ModelCard]:
        """All models, the loaded one first."""
        return [card_of(status, self._created) for status in await self._engine.models()]

    async def load(self, model: str, grace_s: float | None) -> ModelCard:
        log.info("a model is to be loaded", extra={"model": model})
        info = await self._engine.load(model, self._grace_s if grace_s is None else grace_s)
        return await self._card(info.model)

    async def offload(self, model: str, grace_s: float | None) -> ModelCard:
        log.info("a model is to be offloaded", extra={"model": model})
        name = await self._engine.offload(model, self._grace_s if grace_s is None else grace_s)
        return await self._card(name)

    async def check_is_loaded(self, model: str) -> None:
        """Raise `ModelNotLoaded` where a request names a model of ours and another one is loaded.
        Other names are those of clients, and whichever model is loaded answers them."""
        if len(self._names) == 1 or model not in self._names:
            return
        try:
            loaded = (await self._engine.info()).model
        except NoModelLoaded:
            raise ModelNotLoaded(model, None) from None
        if loaded != model:
            raise ModelNotLoaded(model, loaded)

    async def served_name(self) -> str:
        """The model that a new session will meet: the loaded one. While no engine says which that
        is, the one that the server was started with."""
        try:
            return (await self._engine.info(NAME_TIMEOUT_S)).model
        except Unavailable:
            return self._names[0]

    async def _card(self, name: str) -> ModelCard:
        for card in await self.list():
            if card.id == name:
                return card
        raise NotFound("model", name)


def card_of(status: ModelStatus, created: int) -> ModelCard:
    """What may be said of a model, loaded or not."""
    entry, info = status.entry, status.info
    return ModelCard(
        id=entry.name,
        created=created,
        context_window=status.context_window if info is None else info.context_window,
        has_tools=info is not None and info.has_tools,
        has_thinking=info is not None and info.has_thinking,
        parameters=None if info is None else info.num_parameters,
        state=entry.state.value,
        reason=entry.reason,
        weight_format=status.weight_format,
        kv_format=None if info is None else info.kv_format,
        num_bytes=status.num_bytes,
    )
