"""The versions of a context: listed, compared, brought back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.context_examples import DIFF, RECEIPT, VERSIONS
from agent_memory.api.contexts.conditions import condition_of
from agent_memory.api.contexts.once import once_of
from agent_memory.api.contexts.path_key import path_key
from agent_memory.api.contexts.shown import diff_json, version_json
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.routers.contexts import receipt_answer
from agent_memory.api.schemas.contexts import RollBackContextBody

router = APIRouter(prefix="/v1/contexts", tags=["Contexts"])


@router.get(
    "/{key:path}/versions",
    summary="List the versions of a context",
    responses=answers("A page, the newest first.", VERSIONS),
)
async def list_versions(
    request: Request,
    key: str,
    cursor: Annotated[str | None, Query(max_length=32)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Those that are kept, without their content: read one with `?version=`."""
    call = await Call.open(request, Scope.CONTEXTS)
    reader = call.surface.runtime.contexts.reader
    page = await reader.list_versions(call.workspace, path_key(request, key), cursor, limit)
    return page_answer(page, version_json)


@router.get(
    "/{key:path}/diff",
    summary="Compare two versions of a context",
    responses=answers("What is different.", DIFF),
)
async def diff_context(
    request: Request,
    key: str,
    from_: Annotated[int | None, Query(alias="from", ge=1)] = None,
    to: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """A JSON Patch (RFC 6902) of two JSON documents, a unified diff of texts. By default from the
    version before `to`, to the present one."""
    call = await Call.open(request, Scope.CONTEXTS)
    reader = call.surface.runtime.contexts.reader
    return json_answer(
        diff_json(await reader.diff(call.workspace, path_key(request, key), from_, to))
    )


@router.post(
    "/{key:path}/rollback",
    summary="Bring an earlier version back",
    openapi_extra=takes(RollBackContextBody, {"version": 3}),
    responses=answers("What was written.", RECEIPT),
)
async def roll_back_context(request: Request, key: str) -> Response:
    """A new version with the content, tags and metadata of an earlier one."""
    call = await Call.open(request, Scope.CONTEXTS)
    body = await call.read(RollBackContextBody)
    receipt = await call.surface.runtime.contexts.writer.roll_back(
        writer_of(call),
        path_key(request, key),
        body.version,
        condition_of(request.headers),
        await once_of(call),
    )
    return receipt_answer(receipt)
