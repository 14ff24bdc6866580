"""Schemas of answers that are documented by an example: what it shows, or null."""

from collections.abc import Sequence
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def document_examples(document: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Give every answer of the document that has an example and no schema one, in place. The
    examples are those of the routes: FastAPI has left out what is null in them."""
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            _restore(document["paths"][route.path_format], route)
    for operations in document["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                for media in response.get("content", {}).values():
                    if "example" in media and not media.get("schema"):
                        media["schema"] = shown(media["example"])


def _restore(operations: dict[str, Any], route: APIRoute) -> None:
    for method in {name.upper() for name in operations} & (route.methods or set()):
        told = operations[method.lower()]["responses"]
        for status, response in route.responses.items():
            for media_type, media in response.get("content", {}).items():
                if "example" in media:
                    told[str(status)]["content"][media_type]["example"] = media["example"]


def shown(example: object) -> dict[str, Any]:
    """The schema of values like `example`; any value where it says too little."""
    match example:
        case dict():
            properties = {str(name): _or_null(value) for name, value in example.items()}
            return {"type": "object", "properties": properties}
        case [first, *_]:
            return {"type": "array", "items": shown(first)}
        case list():
            return {"type": "array"}
        case None:
            return {}
        case _:
            return {"type": _NAMES[type(example)]}


def _or_null(value: object) -> dict[str, Any]:
    schema = shown(value)
    kind = schema.get("type")
    if kind == "integer":
        kind = "number"
    return schema if kind is None else {**schema, "type": [kind, "null"]}
