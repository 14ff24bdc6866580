"""The field `memory_tool` of the model APIs (an extension)."""

from typing import Annotated, TypeAlias

from pydantic import Field

from agent_memory.api.schemas.body import Body

_TEXT = {"type": "string"}
_RANGE = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
MEMORY_DESCRIPTION = (
    "Read and write files under /memories, which stay from one conversation to the next."
)
MEMORY_SCHEMA = {
    "type": "object",
    "properties": {
        "command": {"enum": ["view", "create", "str_replace", "insert", "delete", "rename"]},
        "path": _TEXT,
        "view_range": _RANGE,
        "file_text": _TEXT,
        "old_str": _TEXT,
        "new_str": _TEXT,
        "insert_line": {"type": "integer"},
        "insert_text": _TEXT,
        "old_path": _TEXT,
        "new_path": _TEXT,
    },
    "required": ["command"],
}


class MemoryToolField(Body):
    """store: the memory store in which the files of the tool are."""

    store: Annotated[str, Field(min_length=1, max_length=128)] = "memories"


MemoryToolConsent: TypeAlias = MemoryToolField | bool
"""True: the server runs the memory tool, with the store `memories`."""
