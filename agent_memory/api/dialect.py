"""Whose protocol a path speaks, and therefore the form of its errors."""

from collections.abc import Container
from enum import StrEnum


class Dialect(StrEnum):
    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    OWN = "own"
    """This product's own routes: RFC 9457 problem details."""


_OPENAI_PATHS = (
    "/v1/chat",
    "/v1/completions",
    "/v1/models",
    "/v1/responses",
    "/v1/conversations",
    "/v1/embeddings",
)


def dialect_of(path: str, header_names: Container[str]) -> Dialect:
    """The protocol of `path`; `/v1/models` has two, told apart by an Anthropic header."""
    if _is_under(path, "/v1/messages") or _is_under(path, "/v1/memory_stores"):
        return Dialect.ANTHROPIC
    if _is_under(path, "/v1/models") and "anthropic-version" in header_names:
        return Dialect.ANTHROPIC
    if any(_is_under(path, root) for root in _OPENAI_PATHS):
        return Dialect.OPENAI
    return Dialect.OWN


def _is_under(path: str, root: str) -> bool:
    return path == root or path.startswith(root + "/")
