"""Statements of a message: decisions, requirements, constraints, tasks, preferences, meanings, and
open questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_memory.json_value import Json
from agent_memory.memory.dates.mentioned import find_mentioned_dates
from agent_memory.memory.extraction.affirmation import is_said_by
from agent_memory.memory.extraction.changes import find_replaced, is_change
from agent_memory.memory.extraction.classification import (
    Classified,
    accept,
    classify,
    is_hypothetical,
    is_question,
    words_of,
)
from agent_memory.memory.extraction.code_references import reference_keys
from agent_memory.memory.extraction.done import is_ticked
from agent_memory.memory.extraction.findings import Findings
from agent_memory.memory.extraction.sentences import find_sentences, unquoted
from agent_memory.memory.extraction.subjects import Sentence, Subject, find_subject
from agent_memory.memory.extraction.topic import Topic
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Span
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.items.traits import replaced_by, traits_of
from agent_memory.memory.search.identifiers import split_identifiers

_SHORTEST = 8
_SHORTEST_LISTED = 4
_LISTED = 0.7


@dataclass(frozen=True, slots=True)
class Speech:
    """What someone says, without what is pasted into it.

    begin: where it lies in the material. is_dated: its time is its own and not the material's.
    context, source: those of its message. answered: what a user said just before it.
    """

    text: str
    begin: int
    role: Role
    speaker: str | None
    said_at: datetime
    is_dated: bool
    context: str
    source: int
    answered: str = ""


def add_statements(speech: Speech, findings: Findings) -> None:
    if speech.role is Role.TOOL:
        return
    topic = Topic(speech.text)
    for begin, end in find_sentences(speech.text):
        topic.move_to(begin, end)
        if end - begin >= (_SHORTEST if topic.kind is None else _SHORTEST_LISTED):
            _add_statement(speech, begin, end, topic, findings)


def _add_statement(speech: Speech, begin: int, end: int, topic: Topic, findings: Findings) -> None:
    text = speech.text[begin:end]
    plain = unquoted(text)
    words = words_of(plain)
    found = classify(plain, words, speech.role)
    is_open = is_question(plain) or is_hypothetical(plain, words)
    sentence = Sentence(text, plain, words, _whose(speech), topic.heading, topic.is_open)
    subject = None if is_open else find_subject(sentence)
    topic.note(has_subject=subject is not None)
    if found is None and subject is not None:
        found = accept(subject.kind, subject.weight, speech.role)
    if topic.kind is not None and not is_open and not is_ticked(text):
        found = _of_list(found, topic.kind, speech.role)
    if found is not None and not topic.names_kind:
        findings.add(_draft(speech, begin, end, found, _Said.of(speech, sentence, found, subject)))


def _of_list(found: Classified | None, kind: ItemKind, role: Role) -> Classified | None:
    """An item of a list is what stands above it, where it does not say itself that it is more."""
    if found is None or (found.kind is ItemKind.TASK and kind is not ItemKind.TASK):
        return accept(kind, _LISTED, role) or found
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """What a statement means for others: `traits` as `traits.py` reads them."""

    subject: str | None
    traits: Mapping[str, Json]

    @classmethod
    def of(
        cls, speech: Speech, sentence: Sentence, found: Classified, subject: Subject | None
    ) -> "_Said":
        if found.kind not in _SUPERSEDABLE:
            return cls(None, {})
        value = subject.value if subject is not None else ""
        traits = traits_of(
            value=value,
            replaced=find_replaced(sentence.plain, sentence.text, sentence.words),
            is_change=is_change(sentence.plain),
            is_affirmed=speech.role is Role.ASSISTANT and is_said_by(speech.answered, value),
        )
        return cls(subject.name if subject is not None else None, traits)


def _draft(speech: Speech, begin: int, end: int, found: Classified, said: _Said) -> Draft:
    """The same statement at another time, or in a model's mouth, is another one where a newer one
    supersedes it: people change their minds and change them back."""
    sentence = speech.text[begin:end]
    told_apart_by = [speech.speaker or "", said.subject or ""]
    if said.subject is not None or replaced_by(said.traits):
        told_apart_by += [speech.said_at.isoformat()] if speech.is_dated else []
        told_apart_by += [speech.role.value] if speech.role is not Role.USER else []
    mentioned = find_mentioned_dates(sentence, speech.said_at)
    words = (*split_identifiers(sentence), *(date.words for date in mentioned))
    dates: dict[str, Json] = {"mentioned_dates": [date.day for date in mentioned]}
    return Draft(
        kind=found.kind,
        text=sentence,
        span=Span(speech.begin + begin, speech.begin + end),
        occurred_at=speech.said_at,
        content_hash=content_hash(found.kind, sentence, *told_apart_by),
        context=speech.context,
        search_text=" ".join(words),
        role=speech.role,
        speaker=speech.speaker,
        source=speech.source,
        subject=said.subject,
        keys=reference_keys(sentence),
        confidence=found.confidence,
        metadata={**(dates if mentioned else {}), **said.traits},
    )


_SUPERSEDABLE = frozenset(ItemKind) - {ItemKind.TASK, ItemKind.QUESTION}


def _whose(speech: Speech) -> str:
    return speech.speaker or speech.role.value
