"""From what was handed in to what may be stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from agent_memory.json_value import Json
from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Material
from agent_memory.memory.items.kinds import MaterialKind
from agent_memory.memory.items.preparation import prepare
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.redactor import Redactor


def prepare_all(
    request: IngestRequest, occurred_at: datetime, policy: RedactionPolicy, version: int
) -> Sequence[Prepared]:
    """One entry for the conversation, one for each diff and log; nothing of it is a secret."""
    return [
        replace(prepare(material, counts), redaction_version=version)
        for material, counts in _materials(request, occurred_at, policy)
    ]


def _materials(
    request: IngestRequest, occurred_at: datetime, policy: RedactionPolicy
) -> Iterator[tuple[Material, Mapping[str, int]]]:
    of_all = Redactor(policy)
    purpose = None if request.purpose is None else of_all.text(request.purpose)
    metadata = of_all.mapping(request.metadata)
    if request.chat:
        yield _conversation(request, occurred_at, policy, purpose, metadata)
    for kind, texts in ((MaterialKind.DIFF, request.diffs), (MaterialKind.LOG, request.logs)):
        for text in texts:
            redactor = Redactor(policy)
            clean = redactor.text(text)
            material = Material(request.thread_id, kind, clean, occurred_at, purpose, metadata)
            yield material, redactor.counts


def _conversation(
    request: IngestRequest,
    occurred_at: datetime,
    policy: RedactionPolicy,
    purpose: str | None,
    metadata: Mapping[str, Json],
) -> tuple[Material, Mapping[str, int]]:
    redactor = Redactor(policy)
    messages = [_clean(message, redactor) for message in request.chat]
    material = chat_material(request.thread_id, messages, occurred_at, purpose, metadata)
    return material, redactor.counts


def _clean(message: ChatMessage, redactor: Redactor) -> ChatMessage:
    return replace(
        message,
        content=redactor.text(message.content),
        speaker=None if message.speaker is None else redactor.text(message.speaker),
        metadata=redactor.mapping(message.metadata),
    )
