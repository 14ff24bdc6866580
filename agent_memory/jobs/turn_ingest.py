"""The remembered part of a conversation: words of people and models, and failures."""

from collections.abc import Sequence
from datetime import datetime

from agent_memory.ids import ThreadId
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.lines import cut_lines
from agent_memory.memory.extraction.own_words import is_side_request, own_words
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import Role as MemoryRole
from agent_memory.memory.packing.recalled_text import without_blocks
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.size_limit import MAX_ITEM_BYTES
from agent_memory.turns.messages import Message, Role, ToolResult

_ROLES = {Role.USER: MemoryRole.USER, Role.ASSISTANT: MemoryRole.ASSISTANT}


def exchange_request(
    thread: ThreadId, messages: Sequence[Message], occurred_at: datetime
) -> IngestRequest | None:
    """The messages of a turn as something to remember; None when nothing was said.

    Instructions to the model and results of tools are left out, but for those that failed, which
    are read as logs. So is all that a client wrote by itself: reminders around a person's words,
    and requests for a title or a summary, with what the model answered to them. What memory itself
    put into the prompt is never remembered, whether it is a part of ours or text that a client
    sent back; nor is thinking.
    """
    if any(
        is_side_request(own_words(one.text)) for one in messages if one.role is not Role.ASSISTANT
    ):
        return None
    chat = [
        ChatMessage(_ROLES[message.role], text, occurred_at=occurred_at)
        for message in messages
        if message.role in _ROLES and (text := _said(message))
    ]
    logs = [
        fitting(part.content)
        for message in messages
        for part in message.parts
        if isinstance(part, ToolResult) and _has_failed(part)
    ]
    if not (chat or logs):
        return None
    return IngestRequest(thread, chat=tuple(chat), logs=tuple(logs), occurred_at=occurred_at)


def _said(message: Message) -> str:
    text = without_blocks(message.text)
    return fitting(own_words(text) if message.role is Role.USER else text.strip())


def _has_failed(result: ToolResult) -> bool:
    """Not every protocol says so: what reads like a failed test or a stack is a failure."""
    if not result.content.strip():
        return False
    found = find_failures(result.content, cut_lines(result.content))
    return result.is_error or any(one.test or one.exception or one.frames for one in found)


def fitting(text: str) -> str:
    """The beginning of a text that is longer than one item may be."""
    if len(text) * 4 <= MAX_ITEM_BYTES:
        return text
    return text.encode("utf-8", "replace")[:MAX_ITEM_BYTES].decode("utf-8", "ignore")
