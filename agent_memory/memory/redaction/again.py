"""Redacting again what was stored under an older policy, in its place."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent_memory.ids import ItemId, MaterialId
from agent_memory.json_value import Json
from agent_memory.memory.extraction.chat import MESSAGES
from agent_memory.memory.items.item import Key
from agent_memory.memory.redaction.marks import mark_of
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.redacted import Removal
from agent_memory.memory.redaction.redaction import redact

BLANK = "\N{FULL BLOCK}"
_THEIRS = frozenset({"speaker", "metadata"})
"""Of what is noted of a message, that which its author wrote."""
_MIN_REPEATED = 4
"""A secret shorter than this is not looked for elsewhere: it would be found in innocent words."""


@dataclass(frozen=True, slots=True)
class Wording:
    """All words of an item."""

    item_id: ItemId
    text: str
    context: str = ""
    search_text: str = ""
    speaker: str | None = None
    subject: str | None = None
    keys: tuple[Key, ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredMaterial:
    """A raw text with everything that was derived from it. is_held: it is under legal hold."""

    material_id: MaterialId
    text: str
    purpose: str | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)
    is_held: bool = False
    wordings: tuple[Wording, ...] = ()


@dataclass(frozen=True, slots=True)
class Reworded:
    """A material as it is to be stored from now on. `material.wordings`: of the items that change.
    counts: what was removed, by kind."""

    material: StoredMaterial
    counts: Mapping[str, int]


def redact_again(stored: StoredMaterial, policy: RedactionPolicy) -> Reworded | None:
    """None when the policy removes nothing more.

    In the raw text every character that goes becomes a block, so that the spans of its items still
    fit; items get marks. What is removed from the raw text goes from its items too, even where they
    lack the words around it that gave it away.
    """
    redacted = redact(stored.text, policy)
    words = _Words(policy, stored.text, redacted.removed)
    text = _blanked(stored.text, redacted.removed)
    purpose = None if stored.purpose is None else words.clean(stored.purpose)
    metadata = {**words.clean_mapping(stored.metadata), **_of_ours(stored.metadata, words)}
    cleaned = [_reword(wording, words) for wording in stored.wordings]
    changed = tuple(new for new, old in zip(cleaned, stored.wordings, strict=True) if new != old)
    material = replace(stored, text=text, purpose=purpose, metadata=metadata, wordings=changed)
    if not changed and replace(material, wordings=stored.wordings) == stored:
        return None
    return Reworded(material, {**redacted.counts} or dict(words.counts))


def _of_ours(metadata: Mapping[str, Json], words: "_Words") -> dict[str, Json]:
    """What we wrote there ourselves, which must stay as it is to be read again, but for words of
    others: who spoke, and what came with a message."""
    messages = metadata.get(MESSAGES)
    if not isinstance(messages, list):
        return {}
    return {MESSAGES: [_described_again(message, words) for message in messages]}


def _described_again(message: Json, words: "_Words") -> Json:
    if not isinstance(message, dict):
        return message
    theirs: Mapping[str, Json] = {name: value for name, value in message.items() if name in _THEIRS}
    return {**message, **words.clean_mapping(theirs)}


class _Words:
    """Removes from any text what the policy names, and what was removed from the raw text."""

    def __init__(self, policy: RedactionPolicy, raw: str, removed: Sequence[Removal]) -> None:
        self._policy = policy
        gone = {raw[one.begin : one.end]: mark_of(one.kind) for one in removed}
        self._gone = {text: mark for text, mark in gone.items() if len(text) >= _MIN_REPEATED}
        self.counts: Counter[str] = Counter()

    def clean(self, text: str) -> str:
        for gone, mark in self._gone.items():
            text = text.replace(gone, mark)
        redacted = redact(text, self._policy)
        self.counts.update(redacted.counts)
        return redacted.text

    def clean_json(self, value: Json) -> Json:
        match value:
            case str():
                return self.clean(value)
            case list():
                return [self.clean_json(entry) for entry in value]
            case dict():
                return self.clean_mapping(value)
            case _:
                return value

    def clean_mapping(self, values: Mapping[str, Json]) -> dict[str, Json]:
        return {name: self.clean_json(value) for name, value in values.items()}


def _reword(wording: Wording, words: _Words) -> Wording:
    return Wording(
        item_id=wording.item_id,
        text=words.clean(wording.text),
        context=words.clean(wording.context),
        search_text=words.clean(wording.search_text),
        speaker=None if wording.speaker is None else words.clean(wording.speaker),
        subject=None if wording.subject is None else words.clean(wording.subject),
        keys=tuple(replace(key, value=words.clean(key.value)) for key in wording.keys),
        metadata=words.clean_mapping(wording.metadata),
    )


def _blanked(text: str, removed: Sequence[Removal]) -> str:
    for one in removed:
        text = text[: one.begin] + BLANK * (one.end - one.begin) + text[one.end :]
    return text
