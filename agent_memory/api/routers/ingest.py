"""Remembering raw texts."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.half_characters import count_halves
from agent_memory.api.idempotency import idempotency_key
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.api.translators.memory_ingest import ingest_request, ingested_json

router = APIRouter(tags=["Memory"])

_BODY = {
    "thread_id": "proj-1",
    "materials": {
        "chat": [{"role": "user", "content": "We decided to use PostgreSQL.", "speaker": "Ann"}],
        "logs": "FAILED tests/test_a.py::test_b - AssertionError: assert 1 == 2",
    },
}
_INGESTED = {
    "materials": ["mat_5e0c", "mat_77aa"],
    "added": ["item_01", "item_02", "item_03"],
    "updated": [],
    "counts": {
        "added": 3,
        "updated": 0,
        "known": 0,
        "derived": {"chat": 1, "decision": 1, "test_failure": 1},
    },
    "notes": [],
    "redactions": {},
}


@router.post(
    "/v1/ingest",
    summary="Remember conversations, diffs and logs",
    openapi_extra=takes(IngestBody, _BODY),
    responses=answers("What was added. The same call again adds nothing.", _INGESTED),
)
async def ingest(request: Request) -> Response:
    """Raw texts are kept verbatim, after redaction; items are derived from them without a model."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(IngestBody)
    asked = ingest_request(body)
    if num_halves := count_halves(await request.body()):
        note = f"{num_halves} halves of characters were replaced by U+FFFD."
        asked = replace(asked, notes=(*asked.notes, note))
    ingested = await call.surface.runtime.memory.ingest.ingest(
        call.workspace, asked, idempotency_key(request.headers)
    )
    call.surface.metrics.memory.note_ingested(ingested)
    return json_answer(ingested_json(ingested))
