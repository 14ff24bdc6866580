"""Texts that arrive together are embedded together."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.errors import AgentMemoryError, EmbeddingUnavailable, InvalidRequest, QueueFull
from agent_memory.memory.vectors.embedding_space import Embedded, Purpose
from agent_memory.providers.embedding import EmbeddingProvider

log = logging.getLogger(__name__)

_RETRY_AFTER_S = 2


class EmbeddingQueue:
    """In front of one provider, with a lane for questions and one for documents, so that a
    question does not wait for thousands of them."""

    def __init__(
        self,
        provider: EmbeddingProvider,
        max_waiting: int = 4096,
        max_batch: int = 128,
        gather_s: float = 0.003,
    ) -> None:
        """max_waiting: texts of a lane. max_batch: texts that go to the provider together, unless
        one caller brought more. gather_s: how long the first to come waits for company."""
        self.provider = provider
        self._max_waiting = max_waiting
        self._lanes = {
            purpose: _Lane(provider, purpose, max_batch, gather_s) for purpose in Purpose
        }

    @property
    def num_waiting(self) -> int:
        """Texts that wait or are being embedded."""
        return sum(lane.num_texts for lane in self._lanes.values())

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        """As the provider does; `QueueFull` when too much waits already."""
        lane = self._lanes[purpose]
        if lane.num_texts and lane.num_texts + len(texts) > self._max_waiting:
            raise QueueFull(lane.num_texts, _RETRY_AFTER_S)
        return await lane.embed(texts)

    async def close(self) -> None:
        """Whoever waits hears `EmbeddingUnavailable`."""
        for lane in self._lanes.values():
            await lane.close()
        await self.provider.close()


@dataclass(frozen=True, slots=True)
class _Waiting:
    texts: tuple[str, ...]
    answer: "asyncio.Future[Embedded]"


class _Lane:
    """Callers of one purpose, served in the order they came."""

    def __init__(
        self, provider: EmbeddingProvider, purpose: Purpose, max_batch: int, gather_s: float
    ) -> None:
        self._provider = provider
        self._purpose = purpose
        self._max_batch = max_batch
        self._gather_s = gather_s
        self._waiting: deque[_Waiting] = deque()
        self._serving: asyncio.Task[None] | None = None
        self.num_texts = 0

    async def embed(self, texts: Sequence[str]) -> Embedded:
        waiting = _Waiting(tuple(texts), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self.num_texts += len(texts)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        try:
            return await waiting.answer
        finally:
            self.num_texts -= len(texts)

    async def close(self) -> None:
        if self._serving is not None:
            self._serving.cancel()
        while self._waiting:
            _fail(self._waiting.popleft(), EmbeddingUnavailable("The embedder is stopping."))

    async def _serve(self) -> None:
        await asyncio.sleep(self._gather_s)
        while self._waiting:
            together = self._take()
            try:
                await self._embed(together)
            except asyncio.CancelledError:
                for waiting in together:
                    _fail(waiting, EmbeddingUnavailable("The embedder is stopping."))
                raise
            except Exception:
                log.exception("embedding failed for a reason that nobody foresaw")
                for waiting in together:
                    _fail(waiting, EmbeddingUnavailable("The embedder failed; see its log."))

    def _take(self) -> list[_Waiting]:
        """The next callers who still wait, as many as fit."""
        together: list[_Waiting] = []
        num_texts = 0
        while self._waiting:
            num_texts += len(self._waiting[0].texts)
            if together and num_texts > self._max_batch:
                break
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                together.append(waiting)
        return together

    async def _embed(self, together: list[_Waiting]) -> None:
        """Answer all. What one caller sent and the model does not take is nobody else's fault."""
        texts = [text for waiting in together for text in waiting.texts]
        try:
            embedded = await self._provider.embed(texts, self._purpose)
        except InvalidRequest as error:
            if len(together) == 1:
                _fail(together[0], error)
            else:
                for waiting in together:
                    await self._embed([waiting])
        except AgentMemoryError as error:
            for waiting in together:
                _fail(waiting, error)
        else:
            _hand_out(embedded, together)


def _hand_out(embedded: Embedded, together: list[_Waiting]) -> None:
    begin = 0
    for waiting in together:
        end = begin + len(waiting.texts)
        if not waiting.answer.done():
            waiting.answer.set_result(
                Embedded(embedded.vectors[begin:end], embedded.num_tokens[begin:end])
            )
        begin = end


def _fail(waiting: _Waiting, error: AgentMemoryError) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
