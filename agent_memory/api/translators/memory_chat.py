"""Conversations as OpenAI's and Anthropic's APIs have them, as messages to remember."""

from collections import Counter
from collections.abc import Iterator, Mapping

import orjson

from agent_memory.api.schemas.memory.fields import NO_METADATA
from agent_memory.api.schemas.memory.ingest import (
    ChatEntries,
    ChatEntry,
    ChatPart,
    ChatToolCall,
    Conversation,
)
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import Role

_ROLES: Mapping[str, Role] = {"developer": Role.SYSTEM, "function": Role.TOOL}
_BETWEEN_PARTS = "\n\n"


class ChatReading:
    """`messages` in their order. `notes` say of what there was no text to remember."""

    def __init__(self, chat: ChatEntries | Conversation | None) -> None:
        self._unread: Counter[str] = Counter()
        self.messages = tuple(
            message for entry in _entries(chat) for message in self._messages(entry)
        )

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(
            f"{count} '{kind}' of a message left out: it has no text to remember."
            for kind, count in sorted(self._unread.items())
        )

    def _messages(self, entry: ChatEntry) -> Iterator[ChatMessage]:
        """Results of tools, which Anthropic puts into messages of the user, stand before them."""
        content = entry.content
        parts = content if isinstance(content, list) else []
        for part in parts:
            if part.type == "tool_result":
                yield from self._message(entry, Role.TOOL, self._result(part))
        said = [content] if isinstance(content, str) else []
        said += [text for part in parts if (text := self._text(part))]
        said += [_call(call) for call in entry.tool_calls or () if call.function is not None]
        role = _ROLES.get(entry.role) or Role(entry.role)
        yield from self._message(entry, role, _BETWEEN_PARTS.join(said))

    def _message(self, entry: ChatEntry, role: Role, text: str) -> Iterator[ChatMessage]:
        if not text.strip():
            return
        speaker = entry.speaker if entry.speaker is not None else entry.name
        metadata = entry.metadata or NO_METADATA
        yield ChatMessage(role, text, speaker, entry.occurred_at, metadata)

    def _text(self, part: ChatPart) -> str:
        match part.type:
            case "tool_result":
                return ""
            case "tool_use" if part.name is not None:
                return f"{part.name} {orjson.dumps(part.input or {}).decode()}"
            case _:
                text = part.text or part.refusal
                if text is None:
                    self._unread[part.type] += 1
                return text or ""

    def _result(self, part: ChatPart) -> str:
        if isinstance(part.content, str):
            return part.content
        texts = (self._text(inner) for inner in part.content or ())
        return _BETWEEN_PARTS.join(text for text in texts if text)


def _entries(chat: ChatEntries | Conversation | None) -> Iterator[ChatEntry]:
    if isinstance(chat, Conversation):
        if chat.system is not None:
            yield ChatEntry(role="system", content=chat.system)
        yield from chat.messages
    else:
        yield from chat or ()


def _call(call: ChatToolCall) -> str:
    return "" if call.function is None else f"{call.function.name} {call.function.arguments}"
