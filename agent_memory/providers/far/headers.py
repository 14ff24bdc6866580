"""Which headers go on to a provider, and which come back."""

from collections.abc import Iterable, Mapping

from agent_memory.turns.route import Wire

_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OF_THIS_CONNECTION = frozenset(
    {
        "accept-encoding",
        "api-key",
        "authorization",
        "content-encoding",
        "cookie",
        "forwarded",
        "idempotency-key",
        "origin",
        "referer",
        "session-id",
        "thread-id",
        "via",
        "x-agent-id",
        "x-agent-memory",
        "x-api-key",
        "x-goog-api-key",
        "x-real-ip",
        "x-request-id",
        "x-session-id",
        "x-stream-cost",
    }
)
"""Keys of ours, the client's place in the world, and what we understand ourselves."""
_PREFIXES = ("x-forwarded-", "sec-", "cf-", "access-control-", "proxy-", "x-amzn-")
_BACK = frozenset({"content-type", "retry-after", "openai-processing-ms", "openai-version"})
"""Nothing else of a provider's headers is the client's business: its limits are the operator's."""
_UPSTREAM_IDS = ("request-id", "x-request-id", "x-generation-id")
UPSTREAM_ID_HEADER = "X-Upstream-Request-ID"
ANTHROPIC_VERSION = "2023-06-01"


def headers_onward(
    sent: Iterable[tuple[str, str]], wire: Wire, secret: str, *, is_streamed: bool
) -> dict[str, str]:
    """All that the client sent, except what belongs to its connection with us, and our key. What
    is not known is passed on: protocols grow."""
    given = [(name.lower(), value) for name, value in sent]
    named = {
        word.strip().lower()
        for name, value in given
        if name == "connection"
        for word in value.split(",")
    }
    headers: dict[str, str] = {}
    for name, value in given:
        if name in _HOP | _OF_THIS_CONNECTION or name in named or name.startswith(_PREFIXES):
            continue
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    headers["content-type"] = "application/json"
    headers["accept-encoding"] = "identity"
    headers["accept"] = "text/event-stream" if is_streamed else "application/json"
    return {**headers, **key_headers(wire, secret, headers)}


def key_headers(wire: Wire, secret: str, sent: Mapping[str, str]) -> dict[str, str]:
    """The key, as the protocol wants it."""
    if wire is Wire.ANTHROPIC:
        version = sent.get("anthropic-version", ANTHROPIC_VERSION)
        return {"anthropic-version": version, **({"x-api-key": secret} if secret else {})}
    return {"authorization": f"Bearer {secret}"} if secret else {}


def headers_back(received: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a client may know of the provider's headers."""
    lowered = {name.lower(): value for name, value in received.items()}
    passed = [(name, value) for name, value in lowered.items() if name in _BACK]
    upstream_id = next((lowered[name] for name in _UPSTREAM_IDS if name in lowered), None)
    return (*passed, *([(UPSTREAM_ID_HEADER, upstream_id)] if upstream_id else ()))
