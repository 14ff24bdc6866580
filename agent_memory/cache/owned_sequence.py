"""The tokens of a session, of which it speaks to the pool."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.cache.kv_engine import KvEngine
from agent_memory.ids import BlockHash, BlockOwner


@dataclass(frozen=True, slots=True)
class OwnedSequence:
    """Tokens of a session: what its blocks hold, or a beginning of that."""

    engine: KvEngine
    root: BlockHash
    token_ids: "array[int]"
    owner: BlockOwner

    @classmethod
    def of(
        cls, engine: KvEngine, root: BlockHash, token_ids: Sequence[int], owner: BlockOwner
    ) -> "OwnedSequence":
        return cls(engine, root, array("I", token_ids), owner)
