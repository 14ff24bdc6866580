"""Contexts: named, versioned documents that agents share. Put, read, change, delete, list."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.context_examples import CONTEXT, CONTEXT_PAGE, DELETED, RECEIPT
from agent_memory.api.contexts.conditions import condition_of, is_unchanged
from agent_memory.api.contexts.once import once_of
from agent_memory.api.contexts.path_key import path_key
from agent_memory.api.contexts.sent_patch import sent_patch
from agent_memory.api.contexts.sent_put import sent_draft
from agent_memory.api.contexts.shown import context_json, read_json, receipt_json
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.schemas.contexts import ContextBody, ContextQuery, Tag
from agent_memory.contexts.change import ChangeOp
from agent_memory.contexts.context import ReadContext
from agent_memory.contexts.filter import MAX_TAGS, Filter
from agent_memory.contexts.key import MAX_KEY_LENGTH, check_prefix
from agent_memory.contexts.receipt import Receipt
from agent_memory.contexts.service.writer import MAX_DELETED
from agent_memory.errors import InvalidRequest, NotFound

router = APIRouter(prefix="/v1/contexts", tags=["Contexts"])

KEY = "/{key:path}"
_PUT = {"data": {"goal": "ship 1.0"}, "tags": ["release"], "ttl_s": 86400}
_PATCHES: dict[str, Any] = {
    "application/merge-patch+json": {"example": {"goal": "ship 1.1", "owner": None}},
    "application/json-patch+json": {
        "example": [{"op": "replace", "path": "/goal", "value": "ship 1.1"}]
    },
}
_NOT_AS_EXPECTED: dict[int | str, dict[str, Any]] = {
    412: {"description": "It is at another version; `version`, `etag` and `sha256` tell which."}
}
_MADE: dict[int | str, dict[str, Any]] = {201: {"description": "The context is new."}}


@router.get("", summary="List contexts", responses=answers("A page, by key.", CONTEXT_PAGE))
async def list_contexts(
    request: Request,
    prefix: Annotated[str, Query(max_length=MAX_KEY_LENGTH)] = "",
    tag: Annotated[list[Tag] | None, Query(max_length=MAX_TAGS)] = None,
    session_id: Annotated[str | None, Query(max_length=128)] = None,
    agent_id: Annotated[str | None, Query(max_length=128)] = None,
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Contexts without their content. `tag` may be repeated: all of them must stand on it."""
    call = await Call.open(request, Scope.CONTEXTS)
    wanted = Filter(check_prefix(prefix), tuple(tag or ()), session_id, agent_id)
    contexts = call.surface.runtime.contexts
    page = await contexts.reader.list(call.workspace, wanted, cursor, limit)
    return page_answer(page, context_json)


@router.delete(
    "",
    summary="Delete contexts by prefix",
    responses=answers("The deleted keys.", DELETED),
)
async def delete_contexts(
    request: Request,
    prefix: Annotated[str | None, Query(max_length=MAX_KEY_LENGTH)] = None,
    count: Annotated[int | None, Query(ge=0, le=MAX_DELETED)] = None,
    erase: Annotated[bool, Query()] = False,
) -> Response:
    """All whose keys begin with `prefix`. 409, and nothing is deleted, unless they are `count`."""
    call = await Call.open(request, Scope.CONTEXTS)
    if prefix is None or count is None:
        raise InvalidRequest("Name the prefix, and how many contexts begin so.", "count")
    writer = call.surface.runtime.contexts.writer
    keys = await writer.end_all(writer_of(call), check_prefix(prefix), count, erases=erase)
    return json_answer({"deleted": len(keys), "keys": keys})


@router.put(
    KEY,
    summary="Put a context",
    openapi_extra=takes(ContextBody, _PUT),
    responses={**answers("What was written.", RECEIPT), **_MADE, **_NOT_AS_EXPECTED},
)
async def put_context(
    request: Request, key: str, query: Annotated[ContextQuery, Query()]
) -> Response:
    """A new version, or a new context. A body that is not JSON, or any body with `?raw=true`, is
    the content itself; its options then stand in the query."""
    call = await Call.open(request, Scope.CONTEXTS)
    draft = await sent_draft(call, path_key(request, key), query)
    condition = condition_of(request.headers)
    contexts = call.surface.runtime.contexts
    receipt = await contexts.writer.put(writer_of(call), draft, condition, await once_of(call))
    return receipt_answer(receipt)


@router.get(
    KEY,
    summary="Read a context",
    responses={
        **answers("The context.", CONTEXT),
        304: {"description": "It is still at the version of `If-None-Match`."},
    },
)
async def get_context(
    request: Request,
    key: str,
    version: Annotated[int | None, Query(ge=1)] = None,
    raw: Annotated[bool, Query()] = False,
) -> Response:
    """The present version or, with `version`, another one that is kept. With `raw` the answer is
    the content alone, byte for byte."""
    call = await Call.open(request, Scope.CONTEXTS)
    reader = call.surface.runtime.contexts.reader
    read = await reader.get(call.workspace, path_key(request, key), version)
    headers = {"ETag": read.version.etag, "Cache-Control": "no-cache"}
    if is_unchanged(request.headers, read.version, read.document.sha256):
        return Response(status_code=304, headers=headers)
    if raw:
        return _bare_answer(read, headers)
    return json_answer(read_json(read), headers=headers)


@router.patch(
    KEY,
    summary="Change a context by parts",
    openapi_extra={"requestBody": {"required": True, "content": _PATCHES}},
    responses={**answers("What was written.", RECEIPT), **_NOT_AS_EXPECTED},
)
async def patch_context(request: Request, key: str) -> Response:
    """A merge patch (RFC 7396) or a JSON Patch (RFC 6902) on the content, by its `Content-Type`; as
    `application/json` an array is a JSON Patch. 409 where a `test` fails or a place is missing."""
    call = await Call.open(request, Scope.CONTEXTS)
    rewrite = await sent_patch(call)
    receipt = await call.surface.runtime.contexts.writer.rewrite(
        writer_of(call),
        path_key(request, key),
        rewrite,
        condition_of(request.headers),
        await once_of(call),
    )
    return receipt_answer(receipt)


@router.delete(
    KEY,
    summary="Delete a context",
    responses={
        **answers("What was deleted.", {**RECEIPT, "change": "deleted"}),
        **_NOT_AS_EXPECTED,
    },
)
async def delete_context(
    request: Request, key: str, erase: Annotated[bool, Query()] = False
) -> Response:
    """Its versions are kept for 30 days, out of reach; with `erase` nothing of them is kept."""
    call = await Call.open(request, Scope.CONTEXTS)
    named = path_key(request, key)
    writer, condition = call.surface.runtime.contexts.writer, condition_of(request.headers)
    by, once = writer_of(call), await once_of(call)
    try:
        return receipt_answer(await writer.end(by, named, condition, once, erases=erase))
    except NotFound:
        if not erase:
            raise
    return json_answer({"key": named, "erased_versions": await writer.forget(by, named)})


def receipt_answer(receipt: Receipt) -> Response:
    """What was written; 201 for a new context."""
    is_gone = receipt.op is ChangeOp.DELETED
    headers = {} if is_gone else {"ETag": receipt.etag}
    status = 201 if receipt.op is ChangeOp.STORED else 200
    return json_answer(receipt_json(receipt), status, headers)


def _bare_answer(read: ReadContext, headers: dict[str, str]) -> Response:
    """The content alone. A browser must not take it for a page of ours."""
    told = {
        **headers,
        "X-Context-Version": str(read.version.address.version),
        "X-Context-SHA256": read.document.sha256,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
        "Content-Type": read.document.media_type,
    }
    return Response(read.document.body, headers=told)
