"""An ingestion as it is sent and answered."""

from agent_memory.api.schemas.memory.fields import NO_METADATA
from agent_memory.api.schemas.memory.ingest import ChatEntry, IngestBody, Texts
from agent_memory.ids import ThreadId
from agent_memory.memory.chat_message import ChatMessage
from agent_memory.memory.kinds import Role
from agent_memory.memory.service.ingest import Ingested, IngestRequest


def ingest_request(body: IngestBody) -> IngestRequest:
    """What the body asks to remember."""
    materials = body.materials
    return IngestRequest(
        thread_id=ThreadId(body.thread_id),
        chat=tuple(_message(entry) for entry in materials.chat or ()),
        diffs=_texts(materials.diffs),
        logs=_texts(materials.logs),
        purpose=body.purpose,
        occurred_at=body.occurred_at,
        metadata=body.metadata or NO_METADATA,
    )


def ingested_json(ingested: Ingested) -> dict[str, object]:
    """What was added and what is known now."""
    remembered = ingested.remembered
    return {
        "materials": remembered.materials,
        "added": remembered.added,
        "updated": remembered.updated,
        "counts": {
            "added": len(remembered.added),
            "updated": len(remembered.updated),
            "known": remembered.num_known,
            "derived": dict(ingested.num_drafts),
        },
        "notes": ingested.notes,
        "redactions": dict(ingested.redactions),
    }


def _message(entry: ChatEntry) -> ChatMessage:
    return ChatMessage(
        Role(entry.role),
        entry.content,
        entry.speaker,
        entry.occurred_at,
        entry.metadata or NO_METADATA,
    )


def _texts(texts: Texts | None) -> tuple[str, ...]:
    if texts is None:
        return ()
    return (texts,) if isinstance(texts, str) else tuple(texts)
