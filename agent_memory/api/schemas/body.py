"""The base of all request bodies."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr


class Body(BaseModel):
    """A top-level request body: an unknown field is an error, for it might change the meaning.

    `refused` names the protocol's fields that cannot be honoured, each with the reason;
    `without_effect` those that are accepted and do nothing here, of which the response tells.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    refused: ClassVar[Mapping[str, str]] = {}
    without_effect: ClassVar[frozenset[str]] = frozenset()
    _ignored: tuple[str, ...] = PrivateAttr(default=())

    @property
    def ignored(self) -> tuple[str, ...]:
        """The fields that were sent and have no effect."""
        return self._ignored

    def ignoring(self, names: Sequence[str]) -> Self:
        """The same body, of which `names` were left out."""
        self._ignored = tuple(names)
        return self

    @classmethod
    def in_our_words(cls, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields by our names, where clients have other names for them."""
        return fields


class Inner(BaseModel):
    """An object inside a body: clients put notes of their own there, which are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


TAGS = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "tool_result", "refusal"})
"""Tags of the content unions: pydantic names them in the paths of its complaints."""
