"""LangGraph's namespaces and keys as paths of files."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from langgraph.store.base import MatchCondition

Space = tuple[str, ...]


def path_of(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def space_of(path: str) -> Space:
    """The namespace of a file."""
    return tuple(map(unquote, path.split("/")[:-1]))


def meets(space: Space, condition: MatchCondition) -> bool:
    """Whether a namespace begins, or ends, as the condition says; `*` is anything."""
    size = len(condition.path)
    part = space[:size] if condition.match_type == "prefix" else space[len(space) - size :]
    return len(part) == size and all(
        wanted in ("*", one) for wanted, one in zip(condition.path, part, strict=True)
    )


def fields_of(path: str, text: str) -> dict[str, Any]:
    """A file as the fields of LangGraph's item. When it was written is not kept."""
    key, at = unquote(path.rsplit("/", 1)[-1]), datetime.now(UTC)
    place = {"namespace": space_of(path), "key": key, "value": json.loads(text)}
    return {**place, "created_at": at, "updated_at": at}
