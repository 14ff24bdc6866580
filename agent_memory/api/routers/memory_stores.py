"""Anthropic's memory stores: the same rows as contexts, in the words of the official SDK."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_stores.listing import Folder, list_below
from agent_memory.api.memory_stores.shown import memory_json, version_json
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.memory_stores import (
    MAX_CONTENT,
    CreateMemoryBody,
    UpdateMemoryBody,
)
from agent_memory.api.schemas.moments import IsoMoment
from agent_memory.contexts.condition import ANY, UNCONDITIONAL, Condition
from agent_memory.contexts.context import Context
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.memory_stores.names import (
    check_path,
    lineage_of,
    path_of,
    prefix_of,
    version_of,
)
from agent_memory.contexts.memory_stores.versions import MemoryVersions, VersionFilter
from agent_memory.contexts.reachable import reachable_key
from agent_memory.errors import (
    Conflict,
    InvalidRequest,
    ItemTooLarge,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from agent_memory.ids import ContextKey

router = APIRouter(prefix="/v1/memory_stores/{store}", tags=["Contexts"])

View = Annotated[Literal["basic", "full"] | None, Query()]
Limit = Annotated[int, Query(ge=1, le=100)]
_MAX_FULL = 20

_MEMORY = {
    "type": "memory",
    "id": "mem_5e0c",
    "memory_store_id": "team",
    "memory_version_id": "memver_5e0c_3",
    "path": "/notes/plan.md",
    "content": None,
    "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "content_size_bytes": 4,
    "created_at": "2026-01-01T12:00:00+00:00",
    "updated_at": "2026-01-01T12:00:00+00:00",
}
_VERSION = {
    "type": "memory_version",
    "id": "memver_5e0c_3",
    "memory_id": "mem_5e0c",
    "memory_store_id": "team",
    "operation": "modified",
    "path": "/notes/plan.md",
    "content": None,
    "content_sha256": _MEMORY["content_sha256"],
    "content_size_bytes": 4,
    "created_at": "2026-01-01T12:00:00+00:00",
    "created_by": {"type": "api_actor", "api_key_id": "0a1b2c3d4e5f"},
    "redacted_at": None,
    "redacted_by": None,
}


@dataclass(frozen=True, slots=True)
class _Store:
    """A request about one store."""

    call: Call
    name: str
    prefix: str
    versions: MemoryVersions

    @classmethod
    async def open(cls, request: Request, name: str) -> "_Store":
        call = await Call.open(request, Scope.CONTEXTS)
        versions = call.surface.runtime.memory_versions
        if versions is None:
            raise Unavailable("This server has no memory stores.")
        return cls(call, name, prefix_of(name), versions)

    def key(self, path: str, param: str = "path") -> ContextKey:
        return reachable_key(self.prefix + check_path(path, param).removeprefix("/"), param)

    async def key_of(self, memory: str) -> ContextKey:
        """`NotFound` unless the memory lives in this store."""
        lineage = lineage_of(memory)
        key = await self.versions.find_key(self.call.workspace, self.prefix, lineage)
        if key is None:
            raise NotFound("memory", memory)
        return key

    async def shown(self, key: ContextKey, view: str) -> dict[str, object]:
        read = await self.call.surface.runtime.contexts.reader.get(self.call.workspace, key)
        is_full = view == "full"
        return memory_json(self.name, self.prefix, read.context, read, is_full=is_full)

    async def listed(self, context: Context, view: str) -> dict[str, object]:
        if view == "full" or context.present.sha256 is None:
            return await self.shown(context.present.address.key, view)
        return memory_json(self.name, self.prefix, context, is_full=False)

    async def put(self, key: ContextKey, content: str, condition: Condition) -> None:
        draft = Draft(key, _document(content))
        writer = self.call.surface.runtime.contexts.writer
        await writer.put(writer_of(self.call), draft, condition)

    async def move(
        self, key: ContextKey, to: ContextKey, content: str | None, condition: Condition
    ) -> None:
        document = None if content is None else _document(content)
        writer = self.call.surface.runtime.contexts.writer
        await writer.move(writer_of(self.call), key, to, condition, document)


@router.post(
    "/memories",
    summary="Create a memory",
    openapi_extra=takes(CreateMemoryBody, {"path": "/notes/plan.md", "content": "plan"}),
    responses=answers("The memory.", _MEMORY),
)
async def create_memory(request: Request, store: str, view: View = None) -> Response:
    """The context `store/path`. 409 where there is one."""
    opened = await _Store.open(request, store)
    body = await opened.call.read(CreateMemoryBody)
    key = opened.key(body.path)
    try:
        await opened.put(key, body.content, Condition(matches_none=(ANY,)))
    except PreconditionFailed:
        raise Conflict(f"A memory at the path '{body.path}' exists already.") from None
    return json_answer(await opened.shown(key, view or "basic"))


@router.get(
    "/memories",
    summary="List the memories of a store",
    responses=answers("A page, by path.", {"data": [_MEMORY], "next_page": None}),
)
async def list_memories(
    request: Request,
    store: str,
    path_prefix: Annotated[str, Query(max_length=1024)] = "/",
    depth: Annotated[int, Query(ge=0, le=1)] = 0,
    page: Annotated[str | None, Query(max_length=4096)] = None,
    limit: Limit = 20,
    view: View = None,
) -> Response:
    """Below `path_prefix`. With `depth=1` a `memory_prefix` stands for what lies in a folder."""
    opened = await _Store.open(request, store)
    if not (path_prefix.startswith("/") and path_prefix.endswith("/")):
        raise InvalidRequest("path_prefix begins and ends with '/'.", "path_prefix")
    shown = view or "basic"
    found = await list_below(
        opened.call.surface.runtime.contexts.reader,
        opened.call.workspace,
        opened.prefix + path_prefix.removeprefix("/"),
        page,
        min(limit, _MAX_FULL) if shown == "full" else limit,
        is_flat=depth == 1,
    )
    data = [
        {"type": "memory_prefix", "path": path_of(ContextKey(entry.key), opened.prefix)}
        if isinstance(entry, Folder)
        else await opened.listed(entry, shown)
        for entry in found.entries
    ]
    return json_answer({"data": data, "next_page": found.next_page})


@router.get(
    "/memories/{memory}",
    summary="Retrieve a memory",
    responses=answers("The memory.", {**_MEMORY, "content": "plan"}),
)
async def retrieve_memory(request: Request, store: str, memory: str, view: View = None) -> Response:
    """With its content, unless `view=basic`."""
    opened = await _Store.open(request, store)
    return json_answer(await opened.shown(await opened.key_of(memory), view or "full"))


@router.post(
    "/memories/{memory}",
    summary="Update a memory",
    openapi_extra=takes(UpdateMemoryBody, {"content": "another plan"}),
    responses=answers("The memory.", _MEMORY),
)
async def update_memory(request: Request, store: str, memory: str, view: View = None) -> Response:
    """A new version, unless nothing changes. With another `path` the memory moves there, and keeps
    its id and its versions. 409 unless the precondition holds, and where the path is taken."""
    opened = await _Store.open(request, store)
    body = await opened.call.read(UpdateMemoryBody)
    key = await opened.key_of(memory)
    to = key if body.path is None else opened.key(body.path)
    expected = None if body.precondition is None else body.precondition.content_sha256
    reader = opened.call.surface.runtime.contexts.reader
    present = (await reader.get(opened.call.workspace, key)).document
    if expected is not None and expected != present.sha256:
        raise _changed(memory)
    is_new = body.content is not None and body.content.encode() != present.body
    try:
        if to != key:
            await opened.move(key, to, body.content, _expecting(expected))
        elif is_new:
            await opened.put(key, body.content or "", _expecting(expected))
    except PreconditionFailed:
        raise _changed(memory) from None
    return json_answer(await opened.shown(to, view or "basic"))


@router.delete(
    "/memories/{memory}",
    summary="Delete a memory",
    responses=answers("It is gone.", {"type": "memory_deleted", "id": "mem_5e0c"}),
)
async def delete_memory(
    request: Request,
    store: str,
    memory: str,
    expected_content_sha256: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
) -> Response:
    """Its versions are kept for a while."""
    opened = await _Store.open(request, store)
    key = await opened.key_of(memory)
    writer = opened.call.surface.runtime.contexts.writer
    try:
        await writer.end(writer_of(opened.call), key, _expecting(expected_content_sha256))
    except PreconditionFailed:
        raise _changed(memory) from None
    return json_answer({"type": "memory_deleted", "id": memory})


@router.get(
    "/memory_versions",
    summary="List the versions of memories",
    responses=answers("A page, the newest first.", {"data": [_VERSION], "next_page": None}),
)
async def list_versions(
    request: Request,
    store: str,
    memory_id: Annotated[str | None, Query(max_length=128)] = None,
    operation: Annotated[Literal["created", "modified", "deleted"] | None, Query()] = None,
    api_key_id: Annotated[str | None, Query(max_length=128)] = None,
    session_id: Annotated[str | None, Query(max_length=128)] = None,
    service_account_id: Annotated[str | None, Query(max_length=128)] = None,
    since: Annotated[IsoMoment | None, Query(alias="created_at[gte]")] = None,
    until: Annotated[IsoMoment | None, Query(alias="created_at[lte]")] = None,
    page: Annotated[str | None, Query(max_length=4096)] = None,
    limit: Limit = 20,
    view: View = None,
) -> Response:
    """Those of deleted memories too, as long as they are kept. There are no service accounts here,
    so none has made a version."""
    opened = await _Store.open(request, store)
    if service_account_id is not None:
        return json_answer({"data": [], "next_page": None})
    is_full = view == "full"
    wanted = VersionFilter(
        lineage=None if memory_id is None else lineage_of(memory_id),
        operation=operation,
        made_by=api_key_id,
        session_id=session_id,
        since=since,
        until=until,
    )
    found = await opened.versions.list(
        opened.call.workspace,
        opened.prefix,
        wanted,
        page,
        min(limit, _MAX_FULL) if is_full else limit,
        with_content=is_full,
    )
    data = [version_json(store, opened.prefix, version) for version in found.items]
    return json_answer({"data": data, "next_page": found.next_cursor})


@router.get(
    "/memory_versions/{version}",
    summary="Retrieve a version of a memory",
    responses=answers("The version.", {**_VERSION, "content": "plan"}),
)
async def retrieve_version(
    request: Request, store: str, version: str, view: View = None
) -> Response:
    """With its content, unless `view=basic`."""
    opened = await _Store.open(request, store)
    return json_answer(await _version(opened, version, with_content=view != "basic"))


@router.post(
    "/memory_versions/{version}/redact",
    summary="Remove the content of a version",
    responses=answers("The version without it.", {**_VERSION, "content_sha256": None}),
)
async def redact_version(request: Request, store: str, version: str) -> Response:
    """For good; the version stays. The present version of a memory cannot be redacted."""
    opened = await _Store.open(request, store)
    before = await _version(opened, version, with_content=False)
    by = opened.call.principal.key_id
    name = version_of(version)
    if not await opened.versions.redact(opened.call.workspace, opened.prefix, name, by):
        reason = "a deletion has no" if before["operation"] == "deleted" else "it is the present"
        raise InvalidRequest(f"The version cannot be redacted: {reason} content.", "version")
    return json_answer(await _version(opened, version, with_content=False))


async def _version(opened: _Store, version: str, *, with_content: bool) -> dict[str, object]:
    found = await opened.versions.get(
        opened.call.workspace, opened.prefix, version_of(version), with_content=with_content
    )
    if found is None:
        raise NotFound("memory version", version)
    return version_json(opened.name, opened.prefix, found)


def _document(content: str) -> Document:
    raw = content.encode()
    if len(raw) > MAX_CONTENT:
        raise ItemTooLarge(len(raw), MAX_CONTENT, "content")
    return Document.of(Format.TEXT, raw)


def _expecting(sha256: str | None) -> Condition:
    return UNCONDITIONAL if sha256 is None else Condition(matches=(sha256,))


def _changed(memory: str) -> Conflict:
    return Conflict(f"The memory '{memory}' has other content now; nothing was changed.")
