"""A tool that a model may call, as it is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_memory.api.mcp.compact_schema import compact_schema
from agent_memory.api.schemas.body import Body


@dataclass(frozen=True, slots=True)
class Tool:
    """summary: what a model reads before it chooses; the first sentence decides.

    arguments: what it is called with. result: the properties of what it answers, as JSON schemas.
    A tool that reads leaves everything as it was; any other adds something, and those that are
    repeatable add nothing when the same call comes again at once.
    """

    name: str
    summary: str
    arguments: type[Body]
    result: Mapping[str, object]
    is_read_only: bool = False
    is_repeatable: bool = False

    def described(self) -> dict[str, Any]:
        """The tool as `tools/list` has it: always the same bytes."""
        return {
            "name": self.name,
            "description": self.summary,
            "inputSchema": compact_schema(self.arguments),
            "outputSchema": {"type": "object", "properties": dict(self.result)},
            "annotations": self._hints(),
        }

    def _hints(self) -> dict[str, bool]:
        """Of what only reads, nothing else need be said."""
        if self.is_read_only:
            return {"readOnlyHint": True}
        repeatable = {"idempotentHint": True} if self.is_repeatable else {}
        return {"destructiveHint": False, "openWorldHint": False, **repeatable}
