"""Grammars of the families that write the arguments of a call between tags."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.prompts.call_forms.grammar import (
    Rules,
    any_call,
    json_of,
    quoted,
    shared_schemas,
)
from agent_memory.prompts.call_forms.schemas import ToolParameters
from agent_memory.prompts.call_forms.tags import MOST_DIGITS, Tags
from agent_memory.turns.messages import ToolSpec

_BREAK = '"\\n"?'
"""Some templates of a family have a line break between two marks, some none."""
_WORDS = ' | "True" | "False"'
"""Templates render booleans as Python does, too."""
_ANY_NAME = '/[^\\n<>"]{1,64}/'


@dataclass(frozen=True, slots=True)
class TaggedGrammar:
    """Calls in these tags. Parameters stand in the order of the schema, those that are required
    each. A text goes on to its end mark; of its schema only listed values hold it."""

    tags: Tags

    @property
    def start(self) -> str:
        return self.tags.block[0]

    @property
    def escapes_text(self) -> bool:
        return False

    @property
    def marks(self) -> tuple[str, ...]:
        tags = self.tags
        marks = (*tags.block, *tags.name, tags.call_end, tags.key[0], *tags.key[1], *tags.value)
        return tuple(mark for mark in marks if mark)

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        start = quoted(self.start)
        more = "" if is_single else f"({_BREAK} {start} call)*"
        return [
            f"calls: {'' if is_begun else start} call {more}",
            f"call: {any_call(tools)}",
            f"text[suffix={quoted(self.tags.frame + self.tags.value[1])}]: /(.|\\n)*/",
            *(rule for at, tool in enumerate(tools) for rule in self._call(at, tool)),
        ]

    def _call(self, at: int, tool: ToolSpec) -> Iterator[str]:
        tags = self.tags
        opening = f"{quoted(tags.name[0] + tool.name + tags.name[1])} {self._number()}"
        properties = tool.parameters.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        required = tool.parameters.get("required")
        needed = set(required) if isinstance(required, Sequence) else set()
        members = " ".join(
            f"value_{at}_{number}{'' if key in needed else '?'}" for number, key in enumerate(known)
        )
        if not known and ToolParameters(tool.parameters).is_open:
            members = f"any_{at}*"
            yield f"any_{at}: {self._key(_ANY_NAME)} text {_BREAK}"
        end = f"{quoted(tags.call_end)} {_BREAK}" if tags.call_end else ""
        yield f"call_{at}: {_BREAK} {opening} {_BREAK} {members} {end} {quoted(tags.block[1])}"
        for number, key in enumerate(known):
            value = self._value(tool, key, known[key])
            yield f"value_{at}_{number}: {self._key(quoted(key))} {value} {_BREAK}"

    def _number(self) -> str:
        if self.tags.number is None:
            return ""
        before, after = self.tags.number
        return f"{quoted(before)} /[0-9]{{1,{MOST_DIGITS}}}/ {quoted(after)}"

    def _key(self, name: str) -> str:
        before, afters = self.tags.key
        gap = _BREAK if self.tags.value[0] else ""
        return (
            f"{quoted(before)} {name} ({' | '.join(map(quoted, afters))}) {gap} "
            f"{quoted(self.tags.value[0] + self.tags.frame)}"
        )

    def _value(self, tool: ToolSpec, key: str, schema: object) -> str:
        end = quoted(self.tags.frame + self.tags.value[1])
        if (texts := _listed_texts(schema)) is not None:
            return f"({' | '.join(map(quoted, texts))}) {end}"
        if ToolParameters(tool.parameters).may_be_text(key) or not isinstance(schema, Mapping):
            return "text"
        words = _WORDS if "boolean" in ToolParameters(tool.parameters).types(key) else ""
        return f"({json_of({**shared_schemas(tool), **schema})}{words}) {end}"


def _listed_texts(schema: object) -> Sequence[str] | None:
    """The texts that a schema lists, where it allows no other value."""
    if not isinstance(schema, Mapping):
        return None
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if not isinstance(values, list) or not values:
        return None
    texts = [value for value in values if isinstance(value, str) and value]
    return texts if len(texts) == len(values) else None
