"""The answers of an engine that was never interrupted and keeps nothing."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease
from agent_memory.device.engine import MlxEngine
from agent_memory.engine.events import Generated
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import LeaseId, WorkspaceId
from agent_memory.settings import Settings
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.sampling import SamplingParams
from benchmarks.crash.protocol import BLOCK_SIZE


class Reference:
    """Computes every prompt from its first token."""

    def __init__(self, model: Path) -> None:
        settings = Settings(block_size=BLOCK_SIZE, step_token_budget=64, max_batch_size=8)
        self._engine = MlxEngine.load(model, "m", settings, None)
        self._epoch = 0
        info = self._engine.info
        self._root = root_hash(info.fingerprint, info.kv_format, WorkspaceId("w"))

    def answer(self, prompt: Sequence[int], max_tokens: int) -> list[int]:
        """The greedy continuation, `max_tokens` long or up to the model's end token."""
        return asyncio.run(self._generate(tuple(prompt), max_tokens))

    def close(self) -> None:
        self._engine.close()

    async def _generate(self, prompt: tuple[int, ...], max_tokens: int) -> list[int]:
        sampling = SamplingParams(max_tokens=max_tokens, temperature=0.0)
        nothing = Lease(LeaseId("none"), self._next_epoch())
        request = GenerationRequest(
            "r", "w", self._root, prompt, sampling, nothing, form=AnswerForm(parse=False)
        )
        tokens: list[int] = []
        async for event in self._engine.generate(request):
            if isinstance(event, Generated):
                tokens.extend(event.token_ids)
        return tokens

    def _next_epoch(self) -> int:
        """A new epoch makes the engine drop what it has kept."""
        self._epoch += 1
        return self._epoch
