"""Ports of a session: all that it needs of the rest of the world."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from agent_memory.cache.lease import Lease, StoredBlock
from agent_memory.cache.terms import LeaseTerms
from agent_memory.engine.events import EngineEvent
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, RequestId, SessionId, WorkspaceId
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.turns.placement import Branch
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.transcript import SessionRecord, Transcript, TurnCommit


class Generation(Protocol):
    """A generation under way. After its last event it raises the error that ended it: `Preempted`,
    when it gave up its room and may go on later."""

    def __aiter__(self) -> AsyncIterator[EngineEvent]: ...

    def cancel(self) -> None:
        """Stop soon; the events still end with `Stored`, for full blocks are kept."""
        ...

    def close(self) -> None:
        """Let go of it, whether it has ended or not."""
        ...


class Engine(Protocol):
    """The engine, wherever it runs. Every call raises `EngineLost` when the engine dies."""

    async def info(self) -> EngineInfo: ...

    async def render(self, request: PromptRequest) -> RenderedPrompt: ...

    async def generate(self, request: GenerationRequest) -> Generation: ...


class Pool(Protocol):
    """The register of blocks. Every call raises `PoolLost` when the pool dies."""

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
        """A lease, as soon as there is room; `QueueFull` when too many wait."""
        ...

    async def publish(
        self,
        engine: EngineInfo,
        lease_id: LeaseId,
        blocks: Sequence[StoredBlock],
        bad_files: Sequence[str],
    ) -> None: ...


class TranscriptStore(Protocol):
    async def load_transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript: ...

    async def load_branch(self, workspace: WorkspaceId, branch: Branch) -> PortableSession: ...

    async def commit_turn(self, commit: TurnCommit) -> SessionRecord: ...
