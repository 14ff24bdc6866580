"""What all request bodies have in common."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A top-level request body: an unknown field is an error, for it might change the meaning.

    `refused` names the protocol's fields that cannot be honoured, each with the reason.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    refused: ClassVar[Mapping[str, str]] = {}


class Inner(BaseModel):
    """An object inside a body: clients put notes of their own there, which are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


TAGS = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "tool_result", "refusal"})
"""Tags of the content unions: pydantic names them in the paths of its complaints."""
