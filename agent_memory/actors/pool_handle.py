"""The pool as sessions see it. What is idempotent is repeated when the pool restarts."""

from array import array
from collections.abc import Sequence

from agent_memory.actors.lookup import NamedActor
from agent_memory.actors.options import BLOCK_POOL
from agent_memory.cache.import_line import MAX_WAIT_S
from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.lease_request import LeaseRequest
from agent_memory.cache.owned_sequence import OwnedSequence
from agent_memory.cache.parcel_folder import Parcel
from agent_memory.cache.stats import PoolStats
from agent_memory.cache.terms import LeaseTerms
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import PoolLost
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, RequestId, WorkspaceId

RESTART_TIMEOUT_S = 30.0
MEETING_TIMEOUT_S = 120.0
"""How long reading the headers of a full shelf may take."""
PARCEL_TIMEOUT_S = 600.0
"""How long packing or unpacking a whole session may take."""
PIECE_TIMEOUT_S = 30.0
LINE_TIMEOUT_S = MAX_WAIT_S + 10.0
QUEUE_TIMEOUT_S = 600.0
"""How long a turn may wait for room before it is given up."""


class PoolHandle:
    def __init__(self) -> None:
        self._actor = NamedActor(BLOCK_POOL.name, needs_mlx=True)

    async def meet(self, engine: EngineInfo) -> None:
        await self._actor.call_when_there(
            lambda actor: actor.meet.remote(engine),
            RESTART_TIMEOUT_S,
            PoolLost,
            answer_timeout_s=MEETING_TIMEOUT_S,
        )

    async def lease(
        self,
        engine: EngineInfo,
        root: BlockHash,
        prompt_tokens: Sequence[int],
        num_reserved_tokens: int,
        lease_id: LeaseId,
        owner: BlockOwner,
        request_id: RequestId,
        terms: LeaseTerms,
    ) -> Lease:
        tokens = array("I", prompt_tokens)
        request = LeaseRequest(
            engine, root, tokens, num_reserved_tokens, lease_id, owner, request_id, terms
        )
        # Repeatable: a lease of the same id takes the place of the one before.
        return await self._actor.call_when_there(
            lambda actor: actor.lease.remote(request),
            RESTART_TIMEOUT_S,
            PoolLost,
            answer_timeout_s=QUEUE_TIMEOUT_S,
        )

    async def publish(
        self,
        engine: EngineInfo,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None:
        await self._actor.call_when_there(
            lambda actor: actor.publish.remote(engine, lease_id, blocks, bad_files),
            RESTART_TIMEOUT_S,
            PoolLost,
        )

    async def release_owner(self, owner: BlockOwner) -> None:
        await self._actor.call(
            lambda actor: actor.release_owner.remote(owner), RESTART_TIMEOUT_S, PoolLost
        )

    async def forget(self, sequence: OwnedSequence) -> tuple[BlockHash, ...]:
        return await self._actor.call_when_there(
            lambda actor: actor.forget.remote(sequence), RESTART_TIMEOUT_S, PoolLost
        )

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> tuple[BlockHash, ...]:
        packed = [array("I", tokens) for tokens in sequences]
        return await self._actor.call_when_there(
            lambda actor: actor.erase.remote(workspace, owner, packed),
            RESTART_TIMEOUT_S,
            PoolLost,
            answer_timeout_s=PARCEL_TIMEOUT_S,
        )

    async def adopt(self, sequence: OwnedSequence) -> int:
        return await self._actor.call_when_there(
            lambda actor: actor.adopt.remote(sequence), RESTART_TIMEOUT_S, PoolLost
        )

    async def pack(self, sequence: OwnedSequence) -> Parcel:
        return await self._actor.call(
            lambda actor: actor.pack.remote(sequence), PARCEL_TIMEOUT_S, PoolLost
        )

    async def fetch(self, parcel_id: str, name: str, offset: int) -> bytes:
        return await self._actor.call(
            lambda actor: actor.fetch.remote(parcel_id, name, offset), PIECE_TIMEOUT_S, PoolLost
        )

    async def open_import(self, engine: EngineInfo, root: BlockHash) -> str:
        return await self._actor.call(
            lambda actor: actor.open_import.remote(engine, root), LINE_TIMEOUT_S, PoolLost
        )

    async def admit(self, parcel_id: str, name: str, num_bytes: int, num_tokens: int) -> None:
        await self._actor.call(
            lambda actor: actor.admit.remote(parcel_id, name, num_bytes, num_tokens),
            PIECE_TIMEOUT_S,
            PoolLost,
        )

    async def put(self, parcel_id: str, name: str, offset: int, piece: bytes) -> None:
        await self._actor.call(
            lambda actor: actor.put.remote(parcel_id, name, offset, piece),
            PIECE_TIMEOUT_S,
            PoolLost,
        )

    async def keep_parcel(self, parcel_id: str) -> None:
        await self._actor.call(
            lambda actor: actor.keep_parcel.remote(parcel_id), PIECE_TIMEOUT_S, PoolLost
        )

    async def unpack(self, parcel_id: str, sequence: OwnedSequence, old_root: BlockHash) -> int:
        return await self._actor.call(
            lambda actor: actor.unpack.remote(parcel_id, sequence, old_root),
            PARCEL_TIMEOUT_S,
            PoolLost,
        )

    async def close_parcel(self, parcel_id: str) -> None:
        await self._actor.call(
            lambda actor: actor.close_parcel.remote(parcel_id), PIECE_TIMEOUT_S, PoolLost
        )

    async def stats(self) -> PoolStats | None:
        return await self._actor.call(lambda actor: actor.stats.remote(), 2.0, PoolLost)
