"""The differences between two versions."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

import jsonpatch

from agent_memory.contexts.context import VersionInfo
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.patching import read_json
from agent_memory.errors import ItemTooLarge
from agent_memory.json_value import Json

MAX_COMPARED_BYTES = 1024 * 1024
"""Of either version: comparing takes far longer than reading."""
MAX_COMPARED_LINES = 20_000


class DiffForm(StrEnum):
    JSON_PATCH = "json-patch"
    """Operations (RFC 6902) that make the second version out of the first."""
    UNIFIED = "unified"
    """Lines, as `diff -u` shows them."""
    NONE = "none"
    """The two cannot be compared: at least one consists of bytes."""


@dataclass(frozen=True, slots=True)
class Diff:
    """Between versions `before` and `after`. is_same: their content is, byte for byte."""

    before: VersionInfo
    after: VersionInfo
    form: DiffForm
    is_same: bool
    operations: list[dict[str, Json]] | None = None
    text: str | None = None


def compare(before: VersionInfo, old: Document, after: VersionInfo, new: Document) -> Diff:
    """`ItemTooLarge` for content that takes too long to compare."""
    is_same = old.body == new.body
    forms = {old.format, new.format}
    if Format.BYTES in forms:
        return Diff(before, after, DiffForm.NONE, is_same)
    for document in (old, new):
        if len(document.body) > MAX_COMPARED_BYTES:
            raise ItemTooLarge(len(document.body), MAX_COMPARED_BYTES, "A version to compare")
    if forms == {Format.JSON}:
        patch = jsonpatch.make_patch(read_json(old.body), read_json(new.body))
        return Diff(before, after, DiffForm.JSON_PATCH, is_same, operations=list(patch))
    return Diff(before, after, DiffForm.UNIFIED, is_same, text=_unified(before, old, after, new))


def _unified(before: VersionInfo, old: Document, after: VersionInfo, new: Document) -> str:
    was, is_now = (document.body.decode().splitlines(keepends=True) for document in (old, new))
    if (longest := max(len(was), len(is_now))) > MAX_COMPARED_LINES:
        raise ItemTooLarge(longest, MAX_COMPARED_LINES, "A version to compare, in lines,")
    lines = difflib.unified_diff(was, is_now, _name(before), _name(after))
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end\n" for line in lines
    )


def _name(version: VersionInfo) -> str:
    return f"{version.address.key}@{version.address.version}"
