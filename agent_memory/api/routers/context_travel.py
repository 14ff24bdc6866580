"""Contexts exported and imported as lines of JSON."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers
from agent_memory.contexts.key import MAX_KEY_LENGTH, check_key, check_prefix
from agent_memory.contexts.lines import Compression, compressed, lines_of
from agent_memory.contexts.service.travel import ImportMode, ImportReport

router = APIRouter(prefix="/v1/contexts", tags=["Contexts"])

IMPORT_PATH = "/v1/contexts/import"
_LINES = "application/x-ndjson"
_MEDIA_TYPES = {
    Compression.NONE: _LINES,
    Compression.GZIP: "application/gzip",
    Compression.ZSTD: "application/zstd",
}
_EXAMPLE = {_LINES: {"example": '{"record":1,"key":"team/plan","version":7,"text":"{…}",…}\n'}}
_REPORT = {"imported": 12, "versions": 40, "skipped": 0, "expired": 1}


@router.get(
    "/export",
    summary="Export contexts",
    response_class=Response,
    responses={200: {"description": "A line for each version.", "content": _EXAMPLE}},
)
async def export_contexts(
    request: Request,
    prefix: Annotated[str, Query(max_length=MAX_KEY_LENGTH)] = "",
    versions: Annotated[bool, Query()] = False,
    decrypt: Annotated[bool, Query()] = False,
    compression: Annotated[Compression, Query()] = Compression.NONE,
    after: Annotated[str | None, Query(max_length=MAX_KEY_LENGTH)] = None,
    limit: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The present versions or, with `versions`, all that are kept; by parts with `limit`, and
    `after` the last key of the part before. What is encrypted stays so, and
    is imported where the same key is, unless `decrypt` opens it."""
    call = await Call.open(request, Scope.CONTEXTS)
    lines = call.surface.runtime.contexts.travel.export(
        call.workspace,
        check_prefix(prefix),
        None if after is None else check_key(after, "after"),
        limit,
        with_versions=versions,
        decrypts=decrypt,
    )
    return StreamingResponse(compressed(lines, compression), media_type=_MEDIA_TYPES[compression])


@router.post(
    "/import",
    summary="Import contexts",
    openapi_extra={"requestBody": {"required": True, "content": _EXAMPLE}},
    responses=answers("What was imported.", _REPORT),
)
async def import_contexts(
    request: Request, mode: Annotated[ImportMode, Query()] = ImportMode.FAIL
) -> Response:
    """What an export has written, plain or compressed. `mode` says what happens to a key that
    exists: `fail` (409), `skip`, or `overwrite`."""
    call = await Call.open(request, Scope.CONTEXTS)
    travel = call.surface.runtime.contexts.travel
    report = await travel.arrive(writer_of(call), lines_of(request.stream()), mode)
    return json_answer(report_json(report))


def report_json(report: ImportReport) -> dict[str, object]:
    return {
        "imported": report.num_imported,
        "versions": report.num_versions,
        "skipped": report.num_skipped,
        "expired": report.num_expired,
    }
