"""The OpenAPI document as people read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`example`: JSON or events as text; empty where there is none."""

    status: str
    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Parameter]
    example: str
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Group:
    """The routes under one tag."""

    name: str
    routes: Sequence[Route]


def groups_of(document: Mapping[str, Any]) -> list[Group]:
    """All routes of an OpenAPI document by their tags, in the document's order."""
    routes: dict[str, list[Route]] = {}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                tag = next(iter(operation.get("tags", ())), "Other")
                routes.setdefault(tag, []).append(_route(method, path, operation))
    return [Group(name, found) for name, found in routes.items()]


def _route(method: str, path: str, operation: Mapping[str, Any]) -> Route:
    return Route(
        method.upper(),
        path,
        operation.get("summary", ""),
        operation.get("description", ""),
        [
            Parameter(one["name"], one["in"], one.get("description", ""))
            for one in operation.get("parameters", ())
        ],
        _example(operation.get("requestBody", {})),
        [
            Answer(status, answer.get("description", ""), _example(answer))
            for status, answer in operation.get("responses", {}).items()
        ],
    )


def _example(holder: Mapping[str, Any]) -> str:
    """The first example of a body or an answer."""
    for media in holder.get("content", {}).values():
        if "example" in media:
            example = media["example"]
            if isinstance(example, str):
                return example
            return json.dumps(example, indent=2, ensure_ascii=False)
    return ""
