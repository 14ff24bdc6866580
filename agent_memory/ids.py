"""Identifiers: one `NewType` per noun, and how fresh ones are made."""

import secrets
from typing import NewType

WorkspaceId = NewType("WorkspaceId", str)
KeyId = NewType("KeyId", str)
SessionId = NewType("SessionId", str)
TurnId = NewType("TurnId", str)
RequestId = NewType("RequestId", str)
LeaseId = NewType("LeaseId", str)
ThreadId = NewType("ThreadId", str)
"""A conversation or line of work that memories belong to; a caller chooses it."""
MaterialId = NewType("MaterialId", str)
"""A piece of raw text as it was handed in."""
ItemId = NewType("ItemId", str)
"""Something remembered: a message, a decision, a failure, a change."""
JobId = NewType("JobId", str)
"""A piece of work left for later."""
ContextKey = NewType("ContextKey", str)
"""The name of a shared document, chosen by its writers; `/` may stand in it."""
Lineage = NewType("Lineage", str)
"""One life of a context key, from its making to its end; versions count within it."""
BlockHash = NewType("BlockHash", str)
"""Lower-case hex of the SHA-256 that names a KV block (64 characters)."""


BlockOwner = NewType("BlockOwner", str)
"""Who uses KV blocks: one session of one workspace."""


def block_owner(workspace: WorkspaceId, session: SessionId) -> BlockOwner:
    return BlockOwner(f"{workspace}/{session}")


def new_id(prefix: str) -> str:
    """A fresh random identifier such as `sess_3f9c…`: 96 random bits, safe in paths and URLs."""
    return f"{prefix}_{secrets.token_hex(12)}"
