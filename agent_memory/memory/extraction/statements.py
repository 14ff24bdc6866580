"""Statements of a message: decisions, requirements, constraints, tasks, preferences, meanings, and
open questions."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.memory.dates.mentioned import find_mentioned_dates
from agent_memory.memory.extraction.classification import (
    Classified,
    accept,
    classify,
    is_hypothetical,
    is_question,
    words_of,
)
from agent_memory.memory.extraction.code_references import reference_keys
from agent_memory.memory.extraction.findings import Findings
from agent_memory.memory.extraction.sentences import find_sentences, unquoted
from agent_memory.memory.extraction.subjects import Subject, find_subject
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Span
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.search.identifiers import split_identifiers

_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Speech:
    """What someone says, without what is pasted into it.

    begin: where it lies in the material. is_dated: its time is its own and not the material's.
    context, source: those of its message.
    """

    text: str
    begin: int
    role: Role
    speaker: str | None
    said_at: datetime
    is_dated: bool
    context: str
    source: int


def add_statements(speech: Speech, findings: Findings) -> None:
    if speech.role is Role.TOOL:
        return
    for begin, end in find_sentences(speech.text):
        if end - begin >= _SHORTEST:
            _add_statement(speech, begin, end, findings)


def _add_statement(speech: Speech, begin: int, end: int, findings: Findings) -> None:
    sentence = speech.text[begin:end]
    plain = unquoted(sentence)
    words = words_of(plain)
    found = classify(plain, words, speech.role)
    is_open = is_question(plain) or is_hypothetical(plain, words)
    subject = None if is_open else find_subject(sentence, plain, words, _whose(speech))
    if found is None and subject is not None:
        found = accept(subject.kind, subject.weight, speech.role)
    if found is not None:
        findings.add(_draft(speech, begin, end, found, subject))


def _draft(
    speech: Speech, begin: int, end: int, found: Classified, subject: Subject | None
) -> Draft:
    """The same statement at another time is another one where a newer one supersedes it: people
    change their minds and change them back."""
    sentence = speech.text[begin:end]
    told_apart_by = [speech.speaker or "", subject.name if subject is not None else ""]
    if subject is not None and speech.is_dated:
        told_apart_by.append(speech.said_at.isoformat())
    mentioned = find_mentioned_dates(sentence, speech.said_at)
    words = (*split_identifiers(sentence), *(date.words for date in mentioned))
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
        subject=subject.name if subject is not None and found.kind in _SUPERSEDABLE else None,
        keys=reference_keys(sentence),
        confidence=found.confidence,
        metadata={"mentioned_dates": [date.day for date in mentioned]} if mentioned else {},
    )


_SUPERSEDABLE = frozenset(ItemKind) - {ItemKind.TASK, ItemKind.QUESTION}


def _whose(speech: Speech) -> str:
    return speech.speaker or speech.role.value
