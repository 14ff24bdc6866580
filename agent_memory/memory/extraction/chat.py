"""Conversations: every message whole, and what is stated in it."""

from calendar import month_name
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent_memory.ids import ThreadId
from agent_memory.json_value import Json
from agent_memory.memory.dates.mentioned import find_mentioned_dates
from agent_memory.memory.extraction.artifacts import add_artifacts
from agent_memory.memory.extraction.code_references import reference_keys
from agent_memory.memory.extraction.diff import read_diff
from agent_memory.memory.extraction.enclosures import Enclosure, EnclosureKind, find_enclosures
from agent_memory.memory.extraction.findings import Findings, Passage
from agent_memory.memory.extraction.log import read_log
from agent_memory.memory.extraction.statements import Speech, add_statements
from agent_memory.memory.extraction.transcript import read_transcript, strip
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Material
from agent_memory.memory.items.kinds import ItemKind, MaterialKind, Role
from agent_memory.memory.search.identifiers import split_identifiers

MESSAGES = "messages"
"""Where a material's metadata says which stretch of its text is whose message."""
_SEPARATOR = "\n\n"
_MAX_IDENTIFIER_WORDS = 200


def chat_material(
    thread_id: ThreadId,
    messages: Sequence[ChatMessage],
    occurred_at: datetime,
    purpose: str | None = None,
    metadata: Mapping[str, Json] | None = None,
) -> Material:
    """Messages as one text: their contents one after the other, verbatim. Whose and when they are
    stands in the metadata, so that nothing is lost and every span leads back."""
    extents: list[Json] = []
    place = 0
    for message in messages:
        extents.append(_described(message, place))
        place += len(message.content) + len(_SEPARATOR)
    return Material(
        thread_id=thread_id,
        kind=MaterialKind.CHAT,
        text=_SEPARATOR.join(message.content for message in messages),
        occurred_at=occurred_at,
        purpose=purpose,
        metadata={**(metadata or {}), MESSAGES: extents},
    )


def read_chat(material: Material, findings: Findings) -> None:
    said: Counter[str] = Counter()
    messages = list(_messages(material))
    answered = ""
    for message in messages:
        reader = _Reader(material, message, findings, said, answered)
        reader.read()
        if message.role is Role.USER:
            answered = reader.speech
    add_artifacts(material, findings)


@dataclass(frozen=True, slots=True)
class _Message:
    """Characters [begin, end) of the material."""

    role: Role
    speaker: str | None
    begin: int
    end: int
    said_at: datetime | None
    metadata: Mapping[str, Json] = field(default_factory=dict)


class _Reader:
    """Reads one message of a material."""

    def __init__(
        self,
        material: Material,
        message: _Message,
        findings: Findings,
        said: Counter[str],
        answered: str,
    ) -> None:
        self._message, self._findings, self._said = message, findings, said
        self._answered = answered
        self.speech = ""
        self._text = material.text[message.begin : message.end]
        self._said_at = message.said_at or material.occurred_at
        self._context = _context(self._said_at, message.speaker)

    def read(self) -> None:
        enclosures = find_enclosures(self._text)
        index = self._findings.add(self._draft())
        for enclosure in enclosures:
            self._read_enclosure(enclosure, index)
        message = self._message
        self.speech = _without(self._text, enclosures)
        speech = Speech(
            text=self.speech,
            begin=message.begin,
            role=message.role,
            speaker=message.speaker,
            said_at=self._said_at,
            is_dated=message.said_at is not None,
            context=self._context,
            source=index,
            answered=self._answered,
        )
        add_statements(speech, self._findings)

    def _draft(self) -> Draft:
        message, text = self._message, self._text
        mentioned = find_mentioned_dates(text, self._said_at)
        words = [
            *split_identifiers(text)[:_MAX_IDENTIFIER_WORDS],
            *(date.words for date in mentioned),
        ]
        metadata = dict(message.metadata)
        if mentioned:
            metadata["mentioned_dates"] = [date.day for date in mentioned]
        return Draft(
            kind=ItemKind.CHAT,
            text=text,
            span=Passage(text, message.begin, self._said_at).whole(),
            occurred_at=self._said_at,
            content_hash=self._hash(),
            context=self._context,
            search_text=" ".join(words),
            role=message.role,
            speaker=message.speaker,
            keys=reference_keys(text),
            metadata=metadata,
        )

    def _hash(self) -> str:
        """The same words are another message when someone else says them, or at another time, or
        a second time in one conversation; and the same message when a call is repeated."""
        message = self._message
        said_at = message.said_at.isoformat() if message.said_at is not None else ""
        whose = (message.role.value, message.speaker or "", said_at)
        words = content_hash(ItemKind.CHAT, self._text, *whose)
        self._said[words] += 1
        return content_hash(ItemKind.CHAT, self._text, *whose, str(self._said[words]))

    def _read_enclosure(self, enclosure: Enclosure, index: int) -> None:
        begin, end = enclosure.begin, enclosure.end
        passage = Passage(self._text[begin:end], self._message.begin + begin, self._said_at, index)
        if enclosure.kind is EnclosureKind.DIFF:
            read_diff(passage, self._findings)
        elif enclosure.kind is EnclosureKind.LOG:
            read_log(passage, self._findings)
        elif enclosure.kind is EnclosureKind.TRACE:
            read_log(passage, self._findings, with_templates=False)


def _described(message: ChatMessage, begin: int) -> dict[str, Json]:
    described: dict[str, Json] = {
        "begin": begin,
        "end": begin + len(message.content),
        "role": message.role.value,
    }
    if message.speaker is not None:
        described["speaker"] = message.speaker
    if message.occurred_at is not None:
        described["occurred_at"] = message.occurred_at.isoformat()
    if message.metadata:
        described["metadata"] = dict(message.metadata)
    return described


def _messages(material: Material) -> Iterator[_Message]:
    """As the metadata has them, or as they can be told from the text; else it is one message."""
    described = material.metadata.get(MESSAGES)
    if isinstance(described, list):
        messages = [_from_metadata(one, material) for one in described]
        yield from (message for message in messages if message is not None)
        return
    said = read_transcript(material.text, material.occurred_at)
    for one in said:
        yield _Message(one.role, one.speaker, one.begin, one.end, one.said_at)
    if not said:
        begin, end = strip(material.text, 0, len(material.text))
        if begin < end:
            yield _Message(Role.USER, None, begin, end, None)


def _from_metadata(described: Json, material: Material) -> _Message | None:
    """None for an empty message, and for a stretch that the text does not have."""
    if not isinstance(described, dict):
        return None
    begin, end, role = described.get("begin"), described.get("end"), described.get("role")
    if not (isinstance(begin, int) and isinstance(end, int) and isinstance(role, str)):
        return None
    if not 0 <= begin < end <= len(material.text) or not material.text[begin:end].strip():
        return None
    speaker, said_at = described.get("speaker"), described.get("occurred_at")
    metadata = described.get("metadata")
    return _Message(
        Role(role),
        speaker if isinstance(speaker, str) else None,
        begin,
        end,
        datetime.fromisoformat(said_at) if isinstance(said_at, str) else None,
        metadata if isinstance(metadata, dict) else {},
    )


def _context(said_at: datetime, speaker: str | None) -> str:
    day = f"{said_at.day} {month_name[said_at.month]} {said_at.year}"
    return f"{day}, {speaker}" if speaker is not None else day


def _without(text: str, enclosures: Sequence[Enclosure]) -> str:
    """With spaces where something is enclosed: places stay what they are."""
    for enclosure in enclosures:
        begin, end = enclosure.outer_begin, enclosure.outer_end
        text = f"{text[:begin]}{' ' * (end - begin - 1)}\n{text[end:]}"
    return text
