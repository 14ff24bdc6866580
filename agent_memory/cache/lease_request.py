"""A session's request to the pool for a turn."""

from array import array
from dataclasses import dataclass

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.usher import Plea
from agent_memory.ids import BlockHash, BlockOwner, LeaseId, RequestId


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """A plea, and whose engine it speaks of. `prompt_tokens` is an array of unsigned 32-bit ids."""

    engine: KvEngine
    root: BlockHash
    prompt_tokens: "array[int]"
    num_reserved_tokens: int
    lease_id: LeaseId
    owner: BlockOwner
    request_id: RequestId
    terms: LeaseTerms = LeaseTerms()  # noqa: RUF009  frozen value

    @property
    def plea(self) -> Plea:
        return Plea(
            self.root,
            self.prompt_tokens,
            self.num_reserved_tokens,
            self.lease_id,
            self.owner,
            self.terms,
        )
