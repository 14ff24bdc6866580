"""One authenticated request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from starlette.datastructures import Headers
from starlette.requests import Request

from agent_memory.access.principal import Principal, Scope
from agent_memory.api.access_line import AccessLine, access_line
from agent_memory.api.client_address import client_address
from agent_memory.api.idempotency import idempotency_key, session_of_key, turn_of_key
from agent_memory.api.identity import named_session
from agent_memory.api.json_body import judged, parse_body, parse_object, understood
from agent_memory.api.onward import names_session, sent_request
from agent_memory.api.schemas.body import Body
from agent_memory.api.surface import Surface, surface_of
from agent_memory.errors import Conflict, Unauthenticated
from agent_memory.ids import RequestId, SessionId, TurnId, WorkspaceId, new_id
from agent_memory.telemetry import request_id_var
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.route import Route
from agent_memory.turns.transcript import SessionRecord

_MAX_KEY_LENGTH = 512
_PARSED_AT_ONCE = 64 * 1024
"""Bytes of a body that keep the event loop for a millisecond or two."""
BodyT = TypeVar("BodyT", bound=Body)
LOCAL_ROUTE = Route("")


@dataclass(frozen=True, slots=True)
class TurnIdentity:
    """The ids that a translator puts into a `TurnRequest`."""

    turn_id: TurnId
    request_id: RequestId
    workspace_id: WorkspaceId
    session_id: SessionId | None
    is_repeatable: bool = False
    route: Route = LOCAL_ROUTE


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known and may do what the route does."""

    request: Request
    surface: Surface
    principal: Principal
    line: AccessLine
    started_at: float
    """Monotonic seconds."""

    @classmethod
    async def open(cls, request: Request, scope: Scope) -> Self:
        """Authenticate, and demand `scope`, before anything of the body is read."""
        surface = surface_of(request)
        started_at = surface.monotonic()
        principal = await surface.runtime.keys.authenticate(sent_key(request.headers))
        line = access_line(request)
        line.key_id, line.workspace_id = principal.key_id, principal.workspace_id
        principal.bounds.require_address(client_address(request))
        principal.require(scope)
        return cls(request, surface, principal, line, started_at)

    @property
    def workspace(self) -> WorkspaceId:
        return self.principal.workspace_id

    def require_memory(self, turn: TurnRequest) -> None:
        """Demand the scope of memory where a turn has to do with it."""
        if turn.memory is not None:
            self.principal.require(Scope.MEMORY)

    async def read(self, model: type[BodyT]) -> BodyT:
        """The body as a `model`; `InvalidRequest` or `PayloadTooLarge` when it cannot be."""
        raw = await self.request.body()
        if len(raw) <= _PARSED_AT_ONCE:
            return parse_body(raw, model, self.surface.limits)
        return await asyncio.to_thread(parse_body, raw, model, self.surface.limits)

    async def read_turn(self, model: type[BodyT]) -> BodyT:
        """The body of a turn. The model that it names says who judges its fields: for the local
        engine we do, as in `read`."""
        fields = parse_object(await self.request.body(), self.surface.limits)
        route = await self.find_route(fields.get("model"))
        judge = judged if route.is_local else understood
        return judge(fields, model, self.surface.limits)

    async def find_route(self, model: object) -> Route:
        """Where a request for `model` goes; `UnknownModel` where nobody has that name."""
        name = model if isinstance(model, str) else ""
        route = await self.surface.runtime.routes.route(name)
        self.request.state.route = route
        return route

    @property
    def route(self) -> Route:
        """The route that was found for this request; until then the local engine's."""
        route = getattr(self.request.state, "route", LOCAL_ROUTE)
        return route if isinstance(route, Route) else LOCAL_ROUTE

    async def as_sent(self, turn: TurnRequest) -> TurnRequest:
        """The turn on its route, with the request that it came in where others judge that."""
        route = self.route
        if route.is_local:
            return replace(turn, route=route)
        turn = replace(turn, route=route, sent=await sent_request(self.request, turn.sent))
        if turn.memory is None and not await names_session(self.request):
            turn = replace(turn, named_session=None)
        return turn

    def session(self, field: str | None = None, user_id: str | None = None) -> SessionId | None:
        """The session that the request names, if any."""
        return named_session(self.request.headers, field, user_id)

    async def make_once(
        self, make: Callable[[SessionId | None], Awaitable[SessionRecord]]
    ) -> SessionRecord:
        """What `make` makes of the id it is given: a new session, or None where none matters. With
        an `Idempotency-Key` the same one each time."""
        key = idempotency_key(self.request.headers)
        if key is None:
            return await make(None)
        session = session_of_key(self.workspace, key)
        try:
            return await make(session)
        except Conflict:
            return await self.surface.runtime.sessions.get(self.workspace, session)

    def turn(self, session_id: SessionId | None) -> TurnIdentity:
        """Ids for a turn: a new one, or that of its `Idempotency-Key`."""
        key = idempotency_key(self.request.headers)
        return TurnIdentity(
            TurnId(new_id("turn")) if key is None else turn_of_key(self.workspace, key),
            RequestId(request_id_var.get() or new_id("req")),
            self.workspace,
            session_id,
            is_repeatable=key is not None,
            route=self.route,
        )


def sent_key(headers: Headers) -> str:
    """The API key, from either header that clients use."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else ""
    key = key or headers.get("x-api-key", "").strip()
    if not key:
        raise Unauthenticated(
            "No API key was sent; send 'Authorization: Bearer KEY' or 'x-api-key: KEY'."
        )
    if len(key) > _MAX_KEY_LENGTH:
        raise Unauthenticated("The API key is not valid.")
    return key
