"""Names of blocks: a chain of SHA-256 over token ids, salted."""

import hashlib
from array import array
from collections.abc import Sequence

from agent_memory.ids import BlockHash


def root_hash(model_fingerprint: str, kv_format: str, workspace_id: str) -> BlockHash:
    """The parent of every first block: two models, formats or workspaces share no block."""
    text = "\x00".join(("agent_memory.kv.1", model_fingerprint, kv_format, workspace_id))
    return BlockHash(hashlib.sha256(text.encode()).hexdigest())


def chain_hash(parent: BlockHash, token_ids: Sequence[int]) -> BlockHash:
    """The name of the block of `token_ids` that follows `parent`."""
    digest = hashlib.sha256(bytes.fromhex(parent))
    digest.update(array("I", token_ids).tobytes())
    return BlockHash(digest.hexdigest())
