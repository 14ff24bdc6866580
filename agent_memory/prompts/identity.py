"""Which conversation this is: hashes of its prefixes, however a client has spelled it."""

import hashlib
import json
from collections.abc import Sequence

from agent_memory.prompts.canonical import CanonicalMessage, canonical_message
from agent_memory.turns.messages import Message, Role


def conversation_hashes(messages: Sequence[Message]) -> tuple[tuple[int, str], ...]:
    """(number of messages, SHA-256 in hex) of every prefix that ends with the assistant's word."""
    digest = hashlib.sha256(b"agent_memory.conversation.1")
    hashes = []
    for index, message in enumerate(messages):
        canonical = canonical_message(message)
        if canonical.is_empty and canonical.role is Role.SYSTEM:
            continue
        digest.update(_encode(canonical))
        if canonical.role is Role.ASSISTANT:
            hashes.append((index + 1, digest.hexdigest()))
    return tuple(hashes)


def head_hash(messages: Sequence[Message]) -> str:
    """SHA-256 in hex of the whole conversation, equal to its entry in `conversation_hashes` when
    it ends with the assistant's word."""
    digest = hashlib.sha256(b"agent_memory.conversation.1")
    for message in messages:
        canonical = canonical_message(message)
        if not (canonical.is_empty and canonical.role is Role.SYSTEM):
            digest.update(_encode(canonical))
    return digest.hexdigest()


def beginning_hash(messages: Sequence[Message]) -> str:
    """SHA-256 in hex of how a conversation begins: its system prompt and the first message after
    that."""
    digest = hashlib.sha256(b"agent_memory.beginning.1")
    for canonical in map(canonical_message, messages):
        if canonical.is_empty and canonical.role is Role.SYSTEM:
            continue
        digest.update(_encode(canonical))
        if canonical.role is not Role.SYSTEM:
            break
    return digest.hexdigest()


def common_prefix(stored: Sequence[Message], sent: Sequence[Message]) -> int:
    """The number of leading messages that say the same in both."""
    num_equal = 0
    for old, new in zip(stored, sent, strict=False):
        if old != new and canonical_message(old) != canonical_message(new):
            break
        num_equal += 1
    return num_equal


def _encode(message: CanonicalMessage) -> bytes:
    media = [message.media] if message.media else []
    text = json.dumps([message.role, message.text, message.calls, message.results, *media])
    return f"{len(text)}:{text}".encode()
