"""What every operation may answer besides: errors in the protocol of its path, and headers."""

from collections.abc import Iterator, Mapping
from typing import Any

from agent_memory.api.dialect import Dialect, dialect_of

Operation = dict[str, Any]

_DESCRIPTIONS = {
    400: "The request is not what the route takes.",
    401: "The key is missing, not known, disabled or expired.",
    402: "A budget is used up, or has no price to count with.",
    403: "The key may not do this.",
    404: "There is nothing of that name.",
    409: "It does not fit what is there.",
    412: "It is not the version that the request was made for.",
    413: "The body is too large.",
    415: "The body is in an encoding that is not accepted.",
    429: "A limit is reached, or too many requests wait.",
    431: "The headers are too large.",
    500: "An internal error.",
    502: "The provider failed.",
    503: "It cannot be done now.",
    504: "The provider did not answer in time.",
}
_OF_MODELS = (402, 429, 502, 504)
_MODEL_PATHS = (
    "/v1/messages",
    "/v1/chat",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/agents/{id}/turns",
)
_ASKS_PROVIDER = "/v1/admin/providers/{name}/test"
_VERSIONED = ("/v1/contexts", "/v1/memory_stores")
_FORMS: Mapping[Dialect, tuple[str, str]] = {
    Dialect.ANTHROPIC: ("application/json", "AnthropicError"),
    Dialect.OPENAI: ("application/json", "OpenAIError"),
    Dialect.OWN: ("application/problem+json", "Problem"),
}
_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
SCHEMAS: Mapping[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "code": {"type": "string", "description": "It does not change with the wording."},
            "request_id": _TEXT_OR_NULL,
            "param": {"type": "string", "description": "The field that is wrong."},
        },
        "required": ["type", "title", "status", "detail", "code", "request_id"],
    },
    "OpenAIError": {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "message": _TEXT,
                    "type": _TEXT,
                    "param": _TEXT_OR_NULL,
                    "code": _TEXT_OR_NULL,
                },
                "required": ["message", "type", "param", "code"],
            }
        },
        "required": ["error"],
    },
    "AnthropicError": {
        "type": "object",
        "properties": {
            "type": {"const": "error"},
            "error": {
                "type": "object",
                "properties": {"type": _TEXT, "message": _TEXT},
                "required": ["type", "message"],
            },
            "request_id": _TEXT_OR_NULL,
        },
        "required": ["type", "error"],
    },
}
HEADERS: Mapping[str, Any] = {
    "X-Request-ID": {
        "description": "Of the request: the client's own, or a new one; in every line of the log.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "X-Response-Time": {
        "description": "Until the answer began.",
        "schema": {"type": "string", "pattern": r"^[0-9]+\.[0-9]ms$"},
    },
    "WWW-Authenticate": {"schema": {"const": "Bearer"}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
    "X-RateLimit-Limit": {"schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "Seconds.", "schema": {"type": "integer"}},
    "X-Budget-Reset": {
        "description": "When the budget begins again.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "X-Provider": {"description": "Who answered; `local` is this machine.", "schema": _TEXT},
    "X-Model": {"description": "The model that answered.", "schema": _TEXT},
    "X-Cost": {"description": "Dollars, an exact decimal.", "schema": _TEXT},
    "X-Overhead-Ms": {"description": "How long the request took here.", "schema": _TEXT},
    "X-Session-ID": {"description": "The session that took the turn.", "schema": _TEXT},
}
_EVERYWHERE = ("X-Request-ID", "X-Response-Time")
_OF_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    402: ("X-Budget-Reset",),
    429: ("Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    503: ("Retry-After",),
}
_OF_TURNS = ("X-Provider", "X-Model", "X-Cost", "X-Overhead-Ms", "X-Session-ID")
_ASKED: Mapping[str, str] = {
    "Idempotency-Key": "The same request again is answered as it was, and charged once.",
    "X-Session-ID": "The session that the turn belongs to.",
    "X-Agent-ID": "The agent that limits, budgets and the ledger count.",
    "X-Stream-Cost": "`comment`: a stream tells its cost in a comment at its end.",
    "X-Agent-Memory": "What the turn has to do with memory: recall, remember or off.",
}


def document_faults(document: dict[str, Any]) -> None:
    """Complete the operations of the document, in place."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= SCHEMAS
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["headers"] = dict(HEADERS)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)


def _complete(path: str, method: str, operation: Operation) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
        if parameter["name"] == "cursor":
            parameter["schema"] = {"format": "cursor", **parameter["schema"]}
    responses = operation["responses"]
    responses.pop("422", None)
    is_turn = path.startswith(_MODEL_PATHS) and method == "post"
    for response in responses.values():
        _add_headers(response, _OF_TURNS if is_turn else ())
    for status in _statuses(path, method, operation):
        if str(status) not in responses:
            responses[str(status)] = _fault(status, path)
    if is_turn:
        asked = operation.setdefault("parameters", [])
        asked += [_parameter(name, meaning) for name, meaning in _ASKED.items()]


def _statuses(path: str, method: str, operation: Operation) -> Iterator[int]:
    yield from (400, 431, 500, 503)
    if operation.get("security") != []:
        yield from (401, 403)
    if "{" in path or path.startswith("/v1/"):
        yield 404
    if method != "get":
        yield from (409, 413, 415)
    if path.startswith(_VERSIONED) and method != "get":
        yield 412
    if path.startswith(_MODEL_PATHS):
        yield from _OF_MODELS
    elif method == "post":
        yield 429
    if path == _ASKS_PROVIDER:
        yield from (502, 504)


def _fault(status: int, path: str) -> dict[str, Any]:
    media_type, schema = _FORMS[dialect_of(path, ())]
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    fault: dict[str, Any] = {"description": _DESCRIPTIONS[status], "content": content}
    _add_headers(fault, _OF_STATUS.get(status, ()))
    return fault


def _add_headers(response: dict[str, Any], more: tuple[str, ...]) -> None:
    headers = response.setdefault("headers", {})
    for name in (*_EVERYWHERE, *more):
        headers.setdefault(name, {"$ref": f"#/components/headers/{name}"})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is a text or it is not there."""
    match schema:
        case {"anyOf": [dict() as kept, {"type": "null"}], **rest}:
            return {**rest, **kept}
        case _:
            return schema


def _parameter(name: str, meaning: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}
