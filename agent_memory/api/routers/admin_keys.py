"""Workspaces and API keys, for administrators."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.key_bounds import KeyBounds
from agent_memory.access.key_rules import check_scopes
from agent_memory.access.principal import ApiKeyRecord, Scope
from agent_memory.api.administration import Administration
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.admin import (
    ChangeKeyBody,
    CreateKeyBody,
    CreateWorkspaceBody,
    RotateKeyBody,
)
from agent_memory.api.schemas.answers.admin import (
    KeyAnswer,
    NewKeyAnswer,
    NewWorkspaceAnswer,
    WorkspaceAnswer,
)
from agent_memory.api.schemas.answers.answer import Listing
from agent_memory.api.translators.admin_json import key_json
from agent_memory.api.translators.key_defaults import key_defaults
from agent_memory.api.translators.memory_words import memory_of_header
from agent_memory.errors import InvalidRequest, Unavailable
from agent_memory.ids import KeyId, WorkspaceId

router = APIRouter(prefix="/v1/admin", tags=["Administration"])

_KEY = {
    "object": "key",
    "id": "3f9c0a1b2c3d",
    "name": "ann",
    "scopes": ["inference", "memory", "sessions"],
    "created_at": "2026-01-01T00:00:00+00:00",
    "expires_at": None,
    "revoked_at": None,
    "disabled_at": None,
    "last_used_at": None,
    "previous_secret_until": None,
    "models": ["tiny"],
    "addresses": ["10.0.0.0/8"],
    "memory": None,
    "contexts": ["team/rules"],
    "memory_tool": None,
}
_SHOWN_ONCE = {**_KEY, "key": "am_3f9c0a1b2c3d_…"}
_WORKSPACE = {"object": "workspace", "id": "team"}


def administration_of(call: Call) -> Administration:
    """The desks; `Unavailable` where there are none."""
    found = call.surface.runtime.administration
    if found is None:
        raise Unavailable("Nothing is administered here.")
    return found


@router.get(
    "/workspaces",
    summary="List the workspaces",
    responses=answers(
        "All workspaces of the server.", {"data": [_WORKSPACE]}, Listing[WorkspaceAnswer]
    ),
)
async def list_workspaces(request: Request) -> Response:
    """For operators: their ids, and nothing of what is in them."""
    call = await Call.open(request, Scope.OPERATOR)
    found = await administration_of(call).workspaces.list_workspaces()
    return json_answer({"data": [{"object": "workspace", "id": one} for one in found]})


@router.post(
    "/workspaces",
    status_code=201,
    summary="Create a workspace",
    openapi_extra=takes(CreateWorkspaceBody, {"id": "team"}),
    responses=answers(
        "The workspace, with the first key of its administrator.",
        {**_WORKSPACE, "key_id": "3f9c0a1b2c3d", "key": "am_3f9c0a1b2c3d_…"},
        NewWorkspaceAnswer,
        status=201,
    ),
)
async def create_workspace(request: Request) -> Response:
    """For operators. The key has the scope `admin` and is shown this once; 409 when it exists."""
    call = await Call.open(request, Scope.OPERATOR)
    body = await call.read(CreateWorkspaceBody)
    desks, workspace = administration_of(call), WorkspaceId(body.id)
    await desks.workspaces.create_workspace(workspace, call.principal.key_id)
    record, raw = await desks.keys.create_key(
        workspace, "administrator", [Scope.ADMIN], actor=call.principal.key_id
    )
    answer = {"object": "workspace", "id": workspace, "key_id": record.key_id, "key": raw}
    return json_answer(answer, 201)


@router.get(
    "/keys",
    summary="List the keys",
    responses=answers("All keys.", {"data": [_KEY]}, Listing[KeyAnswer]),
)
async def list_keys(request: Request) -> Response:
    """Of the workspace, newest first, revoked ones too; never their secrets."""
    call = await Call.open(request, Scope.ADMIN)
    records = await administration_of(call).keys.list_keys(call.workspace)
    return json_answer({"data": [key_json(record) for record in records]})


@router.post(
    "/keys",
    status_code=201,
    summary="Create a key",
    openapi_extra=takes(CreateKeyBody, {"name": "ann", "models": ["tiny"]}),
    responses=answers("The key, with its secret.", _SHOWN_ONCE, NewKeyAnswer, status=201),
)
async def create_key(request: Request) -> Response:
    """The whole key is shown this once: only its hash is stored."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(CreateKeyBody)
    _require_own(call, body.scopes)
    if body.memory is not None:
        memory_of_header(body.memory)
    record, raw = await administration_of(call).keys.create_key(
        call.workspace,
        body.name,
        body.scopes,
        body.expires_at,
        body.memory,
        KeyBounds(_tuple(body.models), _tuple(body.addresses)),
        call.principal.key_id,
        key_defaults(body.contexts, body.memory_tool, body.scopes),
    )
    return json_answer({**key_json(record), "key": raw}, 201)


@router.get(
    "/keys/{id}", summary="Describe one key", responses=answers("The key.", _KEY, KeyAnswer)
)
async def get_key(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """One key by its id."""
    call = await Call.open(request, Scope.ADMIN)
    return json_answer(
        key_json(await administration_of(call).keys.get_key(call.workspace, KeyId(id)))
    )


@router.patch(
    "/keys/{id}",
    summary="Change a key",
    openapi_extra=takes(ChangeKeyBody, {"disabled": True}),
    responses=answers("The key as it is now.", _KEY, KeyAnswer),
)
async def change_key(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Only the fields that are sent change. A disabled key is refused within two seconds."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(ChangeKeyBody)
    now = datetime.fromtimestamp(call.surface.clock(), UTC)
    record = await administration_of(call).keys.change_key(
        call.workspace, KeyId(id), _change(call, body, now), call.principal.key_id
    )
    return json_answer(key_json(record))


@router.post(
    "/keys/{id}/rotate",
    summary="Give a key a new secret",
    openapi_extra=takes(RotateKeyBody, {"overlap_s": 3600}, is_required=False),
    responses=answers("The key, with its new secret.", _SHOWN_ONCE, NewKeyAnswer),
)
async def rotate_key(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """The old secret opens for `overlap_s` seconds more. The key's id stays, and with it its
    limits, budgets and ledger."""
    call = await Call.open(request, Scope.ADMIN)
    body = await call.read(RotateKeyBody) if await request.body() else RotateKeyBody()
    keys = administration_of(call).keys
    _require_own(call, (await keys.get_key(call.workspace, KeyId(id))).scopes)
    record, raw = await keys.rotate_key(
        call.workspace, KeyId(id), timedelta(seconds=body.overlap_s), call.principal.key_id
    )
    return json_answer({**key_json(record), "key": raw})


@router.delete(
    "/keys/{id}",
    summary="Revoke a key",
    responses=answers("The key, which is over.", _KEY, KeyAnswer),
)
async def revoke_key(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """For good; it is refused within two seconds."""
    call = await Call.open(request, Scope.ADMIN)
    record = await administration_of(call).keys.revoke_key(
        call.workspace, KeyId(id), call.principal.key_id
    )
    return json_answer(key_json(record))


def _change(
    call: Call, body: ChangeKeyBody, now: datetime
) -> Callable[[ApiKeyRecord], ApiKeyRecord]:
    sent = body.model_fields_set

    def change(record: ApiKeyRecord) -> ApiKeyRecord:
        bounds = KeyBounds(
            _tuple(body.models) if "models" in sent else record.bounds.models,
            _tuple(body.addresses) if "addresses" in sent else record.bounds.addresses,
        )
        changed = replace(record, bounds=bounds)
        if "name" in sent:
            changed = replace(changed, name=body.name)
        if "scopes" in sent:
            _require_own(call, body.scopes)
            changed = replace(changed, scopes=check_scopes(body.scopes))
        if "expires_at" in sent:
            changed = replace(changed, expires_at=body.expires_at)
        if "disabled" in sent:
            disabled_at = (record.disabled_at or now) if body.disabled else None
            changed = replace(changed, disabled_at=disabled_at)
        if sent & {"contexts", "memory_tool", "scopes"}:
            before = changed.defaults
            contexts = body.contexts if "contexts" in sent else before.contexts
            store = body.memory_tool if "memory_tool" in sent else before.memory_tool
            changed = replace(changed, defaults=key_defaults(contexts, store, changed.scopes))
        return changed

    if not sent:
        raise InvalidRequest("Nothing was sent that could change.")
    return change


def _require_own(call: Call, scopes: Iterable[str]) -> None:
    """Nobody gives away more than they have: only an operator makes operators."""
    if Scope.OPERATOR in set(scopes):
        call.principal.require(Scope.OPERATOR)


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
