"""JSON documents changed by parts: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

import json
from typing import Any

import jsonpatch
import jsonpointer

from agent_memory.contexts.document import MAX_DOCUMENT_BYTES, Document, Format
from agent_memory.errors import Conflict, InvalidRequest, ItemTooLarge

MAX_OPERATIONS = 1_000
MAX_DEPTH = 64
_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def merge(document: Document, patch: object) -> Document:
    """`document` with `patch` merged into it: null removes a member, an array is replaced whole."""
    return _rewritten(document, _merged(_value(document), patch))


def apply_patch(document: Document, operations: object) -> Document:
    """All operations in their order. `InvalidRequest` where they are malformed; `Conflict` where a
    `test` fails, or a place that is named does not exist."""
    checked = _checked(operations)
    value = _value(document)
    copied = 0
    for operation in checked:
        if operation["op"] == "copy":
            copied += _size(value, operation["from"])
            if copied > MAX_DOCUMENT_BYTES:
                raise ItemTooLarge(copied, MAX_DOCUMENT_BYTES, "copy")
        value = _applied(value, operation)
    return _rewritten(document, value)


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _checked(operations: object) -> list[dict[str, Any]]:
    """Operations that are well-formed, each by itself."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise InvalidRequest("A JSON Patch is an array of operations (RFC 6902).")
    if len(operations) > MAX_OPERATIONS:
        raise InvalidRequest(f"A JSON Patch has at most {MAX_OPERATIONS} operations.")
    for number, operation in enumerate(operations):
        if operation.get("op") not in _OPERATIONS:
            raise InvalidRequest(f"Operation {number}: op is one of {', '.join(_OPERATIONS)}.")
        try:
            jsonpatch.JsonPatch([operation])
        except (jsonpatch.InvalidJsonPatch, jsonpointer.JsonPointerException, TypeError) as error:
            raise InvalidRequest(f"Operation {number} is malformed: {error}") from error
    return operations


def _applied(value: Any, operation: dict[str, Any]) -> Any:
    try:
        return jsonpatch.JsonPatch([operation]).apply(value, in_place=True)
    except jsonpatch.InvalidJsonPatch as error:
        raise InvalidRequest(f"The operation '{operation['op']}' is malformed: {error}") from error
    except jsonpatch.JsonPatchTestFailed as error:
        path = operation["path"]
        raise Conflict(f"The test of '{path}' failed; nothing was written.") from error
    except (
        jsonpatch.JsonPatchConflict,
        jsonpointer.JsonPointerException,
        TypeError,
        KeyError,
        IndexError,
    ) as error:
        message = f"The operation '{operation['op']}' has no place '{operation['path']}': {error}"
        raise Conflict(message) from error


def _size(value: Any, pointer: str) -> int:
    """Bytes of the value that stands there; 0 where nothing does."""
    try:
        found = jsonpointer.resolve_pointer(value, pointer)
    except (jsonpointer.JsonPointerException, TypeError):
        return 0
    return len(_text(found))


def _value(document: Document) -> Any:
    if document.format is not Format.JSON:
        raise Conflict(f"Only a JSON document can be patched; this one is {document.format}.")
    return read_json(document.body)


def read_json(raw: bytes) -> Any:
    """A JSON text with its whole numbers as they are, however long."""
    return json.loads(raw, parse_int=_whole)


def _whole(digits: str) -> int | float:
    """Python refuses to read more digits than these, which take it long."""
    return int(digits) if len(digits) < 4_000 else float(digits)


def _rewritten(document: Document, value: Any) -> Document:
    _check_depth(value)
    return Document(document.format, document.media_type, _text(value))


def _text(value: Any) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        message = "A number of this document is beyond what a patch can write; put it whole."
        raise Conflict(message) from None
    return text.encode()


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, (dict, list))]:
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"The document would nest more than {MAX_DEPTH} levels deep.")
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
