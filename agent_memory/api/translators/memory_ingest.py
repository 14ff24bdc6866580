"""An ingestion as it is sent and answered."""

from agent_memory.api.schemas.memory.fields import NO_METADATA
from agent_memory.api.schemas.memory.ingest import IngestBody, Texts
from agent_memory.api.translators.memory_chat import ChatReading
from agent_memory.ids import ThreadId
from agent_memory.memory.service.ingest import Ingested, IngestRequest


def ingest_request(body: IngestBody) -> IngestRequest:
    """What the body asks to remember."""
    materials = body.materials
    chat = ChatReading(materials.chat)
    return IngestRequest(
        thread_id=ThreadId(body.thread_id),
        chat=chat.messages,
        diffs=_texts(materials.diffs),
        logs=_texts(materials.logs),
        purpose=body.purpose,
        occurred_at=body.occurred_at,
        metadata=body.metadata or NO_METADATA,
        notes=chat.notes,
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


def _texts(texts: Texts | None) -> tuple[str, ...]:
    if texts is None:
        return ()
    return (texts,) if isinstance(texts, str) else tuple(texts)
