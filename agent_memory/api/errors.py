"""The one table from errors to HTTP, and how an error looks in each protocol."""

import http
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agent_memory.api.dialect import Dialect, dialect_of
from agent_memory.api.limit_headers import refused_headers
from agent_memory.errors import (
    AgentMemoryError,
    BudgetExceeded,
    Conflict,
    HeadersTooLarge,
    InvalidRequest,
    ItemTooLarge,
    ModelNotUsable,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    PreconditionFailed,
    PriceUnknown,
    PromptTooLong,
    QueueFull,
    RateLimited,
    StreamInterrupted,
    TurnCancelled,
    TurnNotFound,
    Unauthenticated,
    Unavailable,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamTimeout,
)
from agent_memory.telemetry import request_id_var

log = logging.getLogger(__name__)

STATUS: Mapping[type[AgentMemoryError], int] = {
    InvalidRequest: 400,
    Unauthenticated: 401,
    BudgetExceeded: 402,
    PriceUnknown: 402,
    PermissionDenied: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    PayloadTooLarge: 413,
    QueueFull: 429,
    UpstreamBusy: 429,
    RateLimited: 429,
    HeadersTooLarge: 431,
    TurnCancelled: 499,
    StreamInterrupted: 500,
    UpstreamBroken: 502,
    UpstreamTimeout: 504,
    ModelNotUsable: 503,
    Unavailable: 503,
    AgentMemoryError: 500,
}
"""Status of an error: that of the nearest class above it that stands here."""

_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    431: "request_too_large",
    503: "overloaded_error",
}
_OPENAI_TYPES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    429: "rate_limit_error",
}
_INTERNAL = "An internal error occurred; the server's log has the details under this request id."


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as HTTP sees it, before a protocol gives it its form."""

    status: int
    code: str
    message: str
    param: str | None = None
    retry_after_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    prompt_size: tuple[int, int] | None = None
    """Tokens of the prompt and the limit, when the prompt was too long."""
    present: Mapping[str, object] = field(default_factory=dict)
    """The state of the thing, when it is not the one that the request was made for."""


def fault_of(error: Exception) -> Fault:
    """Look `error` up in the table. What nobody foresaw is logged here and told to nobody."""
    match error:
        case HTTPException():
            return _fault_of_http(error)
        case RequestValidationError():
            first = error.errors()[0]
            name = ".".join(str(step) for step in first["loc"][1:])
            return Fault(400, InvalidRequest.code, f"{name}: {first['msg']}", param=name)
        case AgentMemoryError():
            return _fault_of_ours(error)
        case _:
            log.error("unexpected error", exc_info=error)
            return Fault(500, AgentMemoryError.code, _INTERNAL)


def silent_fault(error: Exception) -> Fault:
    """Status and code of an error that somebody else tells and logs."""
    if isinstance(error, AgentMemoryError):
        return Fault(_status_of(error), error.code, "")
    return Fault(500, AgentMemoryError.code, "")


def _status_of(error: AgentMemoryError) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def _fault_of_http(error: HTTPException) -> Fault:
    code = _HTTP_CODES.get(error.status_code, f"http_{error.status_code}")
    return Fault(error.status_code, code, str(error.detail), headers=error.headers or {})


def _fault_of_ours(error: AgentMemoryError) -> Fault:
    status = _status_of(error)
    is_told = status != 500 or isinstance(error, StreamInterrupted)
    if not is_told:
        log.error("internal error", exc_info=error)
    return Fault(
        status,
        error.code,
        (str(error) or error.code) if is_told else _INTERNAL,
        param=error.param if isinstance(error, (InvalidRequest, ItemTooLarge)) else None,
        retry_after_s=(
            error.retry_after_s
            if isinstance(error, (QueueFull, RateLimited, Unavailable))
            else None
        ),
        headers=_headers_of(error),
        prompt_size=((error.num_tokens, error.limit) if isinstance(error, PromptTooLong) else None),
        present=(
            {"version": error.version, "etag": error.etag, "sha256": error.sha256}
            if isinstance(error, PreconditionFailed)
            else {}
        ),
    )


def _headers_of(error: AgentMemoryError) -> Mapping[str, str]:
    match error:
        case Unauthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case PreconditionFailed(etag=str() as etag):
            return {"ETag": etag}
        case RateLimited():
            return refused_headers(error)
        case BudgetExceeded(resets_at=str() as resets_at):
            return {"X-Budget-Reset": resets_at}
        case _:
            return {}


def anthropic_error(fault: Fault) -> dict[str, object]:
    """Anthropic's error object, also the data of its `error` event in a stream.

    A prompt that is too long is told in the words that Claude Code looks for before it compacts.
    """
    kind = _ANTHROPIC_TYPES.get(
        fault.status, "invalid_request_error" if fault.status < 500 else "api_error"
    )
    message = fault.message
    if fault.prompt_size is not None:
        num_tokens, limit = fault.prompt_size
        message = f"prompt is too long: {num_tokens} tokens > {limit} maximum"
    error: dict[str, object] = {"type": kind, "message": message}
    if fault.code == TurnNotFound.code:
        # Official clients then send the whole conversation by themselves.
        error["details"] = {"error_code": "thread_not_found"}
    return {"type": "error", "error": error, "request_id": request_id_var.get()}


def openai_error(fault: Fault) -> dict[str, object]:
    """OpenAI's error object, also sent as data in a stream."""
    kind = _OPENAI_TYPES.get(
        fault.status, "invalid_request_error" if fault.status < 500 else "server_error"
    )
    param, code = fault.param, fault.code
    if code == TurnNotFound.code:
        param, code = "previous_response_id", "previous_response_not_found"
    return {"error": {"message": fault.message, "type": kind, "param": param, "code": code}}


def problem(fault: Fault) -> dict[str, object]:
    """Problem details (RFC 9457) with the stable `code`."""
    return {
        "type": "about:blank",
        "title": _phrase(fault.status),
        "status": fault.status,
        "detail": fault.message,
        "code": fault.code,
        "request_id": request_id_var.get(),
        **({"param": fault.param} if fault.param else {}),
        **fault.present,
    }


def error_response(fault: Fault, dialect: Dialect) -> Response:
    """`fault` as a whole response in the form of `dialect`."""
    match dialect:
        case Dialect.ANTHROPIC:
            body, media_type = anthropic_error(fault), "application/json"
        case Dialect.OPENAI:
            body, media_type = openai_error(fault), "application/json"
        case Dialect.OWN:
            body, media_type = problem(fault), "application/problem+json"
    headers = dict(fault.headers)
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(fault.retry_after_s)
    return Response(orjson.dumps(body), fault.status, headers, media_type)


async def handle_error(request: Request, error: Exception) -> Response:
    """The exception handler of the application."""
    fault = fault_of(error)
    return error_response(fault, dialect_of(request.url.path, request.headers))


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request"
