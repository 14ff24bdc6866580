"""What the pool is asked, as it travels: without what answers it, which takes long to import."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.cache.terms import LeaseTerms
from agent_memory.engine.info import EngineInfo
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, RequestId


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """What a session asks of the pool. `prompt_tokens` is an array of unsigned 32-bit ids."""

    engine: EngineInfo
    root: BlockHash
    prompt_tokens: "array[int]"
    num_reserved_tokens: int
    lease_id: LeaseId
    owner: BlockOwner
    request_id: RequestId
    terms: LeaseTerms = LeaseTerms()  # noqa: RUF009  frozen value


@dataclass(frozen=True, slots=True)
class OwnedSequence:
    """Tokens of a session: what its blocks hold, or a beginning of that."""

    engine: EngineInfo
    root: BlockHash
    token_ids: "array[int]"
    owner: BlockOwner

    @classmethod
    def of(
        cls, engine: EngineInfo, root: BlockHash, token_ids: Sequence[int], owner: BlockOwner
    ) -> "OwnedSequence":
        return cls(engine, root, array("I", token_ids), owner)
