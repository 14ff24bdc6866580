"""What a request is made of, part by part, so that it can be compared with a later one."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import takewhile
from typing import Self

from agent_memory.prompts.canonical import canonical_json, canonical_message
from agent_memory.prompts.preamble import stable_messages
from agent_memory.turns.messages import Message, Role, ToolSpec
from agent_memory.turns.request import TurnRequest

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class PromptShape:
    """A digest of each part of a request: equal parts have equal digests, and no words are kept.

    model: the name that the client asked for. system: of the messages of the system at the
    beginning. thinking: whether the model was to think. text_format: of the form that the answer is
    to have. The others are what the client said beside them. Empty where nothing was said.
    """

    model: str = ""
    tools: str = ""
    system: str = ""
    thinking: str = ""
    text_format: str = ""
    reasoning_effort: str = ""
    verbosity: str = ""
    cache_key: str = ""
    service_tier: str = ""

    @classmethod
    def of(cls, request: TurnRequest, messages: Sequence[Message]) -> Self:
        """The shape of `request`, whose whole conversation is `messages`."""
        form, tags = request.form, request.tags
        schema = None if form.json_schema is None else canonical_json(form.json_schema)
        return cls(
            model=request.model,
            tools=_digest([_tool(tool) for tool in form.tools]),
            system=_digest(_system(messages)),
            thinking=_digest(form.thinking),
            text_format=_digest(schema),
            reasoning_effort=_digest(tags.reasoning_effort),
            verbosity=_digest(tags.verbosity),
            cache_key=_digest(tags.cache_key),
            service_tier=_digest(tags.service_tier),
        )

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """The shape that `text` tells; None where none was kept."""
        told = json.loads(text) if text else None
        if not isinstance(told, dict):
            return None
        names = (field.name for field in fields(cls))
        return cls(**{name: str(told[name]) for name in names if name in told})

    @property
    def text(self) -> str:
        """JSON, as it is kept."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    def changes_to(self, later: "PromptShape") -> frozenset[str]:
        """The names of the parts that differ."""
        names = (field.name for field in fields(self))
        return frozenset(name for name in names if getattr(self, name) != getattr(later, name))


def _system(messages: Sequence[Message]) -> list[str]:
    leading = takewhile(lambda message: message.role is Role.SYSTEM, stable_messages(messages))
    return [text for text in (canonical_message(message).text for message in leading) if text]


def _tool(tool: ToolSpec) -> list[object]:
    return [tool.name, tool.description, tool.parameters, tool.is_deferred]


def _digest(value: object) -> str:
    """Empty for nothing. The order within a schema is a matter of spelling."""
    if value is None or value == []:
        return ""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
