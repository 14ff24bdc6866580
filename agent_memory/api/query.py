"""Query parameters: one that is not known might change the meaning, as an unknown field might."""

from collections.abc import Iterable, Mapping

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from agent_memory.errors import InvalidRequest

_STORE = "/v1/memory_stores/{store}"
_HARMLESS: Mapping[str, frozenset[str]] = {
    "/v1/messages": frozenset({"beta"}),
    "/v1/messages/count_tokens": frozenset({"beta"}),
    "/v1/models": frozenset({"beta", "limit", "after_id", "before_id"}),
    "/v1/models/{id:path}": frozenset({"beta"}),
    f"{_STORE}/memories": frozenset({"beta"}),
    f"{_STORE}/memories/{{memory}}": frozenset({"beta"}),
    f"{_STORE}/memory_versions": frozenset({"beta"}),
    f"{_STORE}/memory_versions/{{version}}": frozenset({"beta"}),
    f"{_STORE}/memory_versions/{{version}}/redact": frozenset({"beta"}),
}
"""Official clients send these; the list of models is one page."""


async def check_query(request: HTTPConnection) -> None:
    """Refuse query parameters that the route of `request` does not have."""
    if not request.scope.get("query_string"):
        return
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not route.path.startswith("/v1/"):
        return
    known = {
        name
        for field in route.dependant.query_params
        for name in _names(field.alias, field.field_info.annotation)
    }
    known |= _HARMLESS.get(route.path, frozenset())
    for name in request.query_params:
        if name not in known:
            raise InvalidRequest(f"Unknown query parameter '{name}'.", name)


def _names(name: str, kind: object) -> Iterable[str]:
    """The parameters of a field: itself, or those of the model that it is."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_fields
    return (name,)
