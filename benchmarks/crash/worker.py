"""The one who is killed: an engine and its pool, taking turns in several sessions until the end.

python -m benchmarks.crash.worker   (the assignment comes on standard input)
"""

import asyncio
import random
import resource
import signal
import sys
import time
from pathlib import Path

import orjson
from pydantic import TypeAdapter

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.lease import Lease
from agent_memory.cache.pool import BlockPool
from agent_memory.device.engine import MlxEngine
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.engine.events import Generated, Restored, Stored
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import LeaseId, WorkspaceId, new_id
from agent_memory.settings import Settings
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.sampling import SamplingParams
from benchmarks.crash.protocol import BLOCK_SIZE, MAX_TOKENS, Acknowledged, Assignment

NUM_AT_ONCE = 3
MAX_LENGTH = 900
"""A session that got so long begins again."""


class Worker:
    """One engine, its pool, and sessions that take turns at random."""

    def __init__(self, assignment: Assignment) -> None:
        self._sessions = dict(assignment.sessions)
        self._dice = random.Random(assignment.seed)  # noqa: S311  reproducible turns
        settings = Settings(block_size=BLOCK_SIZE, step_token_budget=64, max_batch_size=8)
        shelf_folder = Path(assignment.shelf)
        self._engine = MlxEngine.load(Path(assignment.model), "m", settings, shelf_folder)
        info = self._engine.info
        self._root = root_hash(info.fingerprint, info.kv_format, WorkspaceId("w"))
        self._pool = BlockPool(
            BLOCK_SIZE,
            info.bytes_per_token,
            assignment.resident_budget,
            assignment.shelf_budget,
            time.time,
            at_rest_budget=assignment.at_rest_budget,
            has_snapshots=info.has_snapshots,
        )
        self._pool.reset_resident(info.incarnation)
        shelf = Shelf(shelf_folder, info.fingerprint, info.kv_format)
        for file in self._pool.adopt_shelf(shelf.scan()):
            shelf.delete(file)

    async def work(self) -> None:
        """Take turns for ever."""
        say({"ready": True})
        names = list(self._sessions)
        shares = [names[at::NUM_AT_ONCE] for at in range(NUM_AT_ONCE)]
        await asyncio.gather(*(self._work_on(share) for share in shares))

    async def _work_on(self, names: list[str]) -> None:
        while True:
            name = self._dice.choice(names)
            before = self._sessions[name] if len(self._sessions[name]) < MAX_LENGTH else []
            # Every session has tokens of its own, so that none finds another's blocks.
            base = 10 + 20 * list(self._sessions).index(name)
            new = [base + self._dice.randrange(20) for _ in range(self._dice.randint(5, 90))]
            if (done := await self._take_turn(name, [*before, *new])) is not None:
                self._sessions[name] = done.tokens
                say(done)

    async def _take_turn(self, name: str, prompt: list[int]) -> Acknowledged | None:
        lease = self._pool.lease(self._root, prompt, MAX_TOKENS, LeaseId(new_id("lease")), name)
        if lease is None:
            await asyncio.sleep(0.01)
            return None
        generated: list[int] = []
        restored, stored = Restored(0, 0, ()), Stored((), 0)
        async for event in self._engine.generate(self._request(prompt, lease)):
            match event:
                case Restored():
                    restored = event
                case Generated(token_ids=token_ids):
                    generated.extend(token_ids)
                case Stored():
                    stored = event
                case _:
                    pass
        self._pool.publish(lease.lease_id, stored.blocks, restored.bad_files)
        self._pool.check_integrity()
        return Acknowledged(name, [*prompt, *generated], len(prompt), restored.num_cached_tokens)

    def _request(self, prompt: list[int], lease: Lease) -> GenerationRequest:
        sampling = SamplingParams(max_tokens=MAX_TOKENS, temperature=0.0)
        return GenerationRequest(
            "r", "w", self._root, tuple(prompt), sampling, lease, form=AnswerForm(parse=False)
        )


def say(message: object) -> None:
    """One line, out of this process before anything else happens."""
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    assignment = TypeAdapter(Assignment).validate_json(sys.stdin.buffer.read())
    if (limit := assignment.max_file_bytes) is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    asyncio.run(Worker(assignment).work())


if __name__ == "__main__":
    main()
