"""Remembering files that other programs wrote."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.file_import import imported, spooled
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers
from agent_memory.api.schemas.memory.fields import Instant, ThreadName

router = APIRouter(tags=["Memory"])

IMPORT_PATH = "/v1/ingest/file"
MAX_FILE_BYTES = 1024 * 1024 * 1024
_CONTENT: dict[str, Any] = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
}
_REPORT = {
    "kind": "chatgpt",
    "threads": ["chatgpt.6a1f"],
    "num_threads": 1,
    "counts": {"added": 41, "updated": 0, "known": 0},
    "skipped": [{"reason": "entries of another kind", "count": 1}],
    "notes": [],
    "redactions": {"token": 1},
}


@router.post(
    IMPORT_PATH,
    summary="Remember a file that another program wrote",
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
    responses=answers("What was added. The same file again adds nothing.", _REPORT),
)
async def ingest_file(
    request: Request,
    name: Annotated[str, Query(max_length=500)] = "",
    kind: Annotated[str | None, Query(max_length=32)] = None,
    thread_id: Annotated[ThreadName | None, Query()] = None,
    occurred_at: Annotated[Instant | None, Query()] = None,
) -> Response:
    """The body is the file. Its `kind` is found by what stands in it: `claude-code`, `codex`,
    `chatgpt`, `claude`, `slack` (a zip), `discord`, `whatsapp`, `jsonl`, `diffs`, `logs`, `text`.
    `name` helps to tell logs from text, and dates a note that is named by its day. `thread_id` puts
    all into one thread. `occurred_at` is the time of notes, diffs and logs that name none."""
    call = await Call.open(request, Scope.MEMORY)
    async with spooled(request.stream()) as path:
        return json_answer(await imported(call, path, name, kind, thread_id, occurred_at))
