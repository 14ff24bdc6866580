"""Grammars of the forms of Gemma 4 and of those that write calls as Python does (LFM)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.errors import InvalidRequest
from agent_memory.prompts.call_forms.grammar import (
    Rules,
    any_call,
    json_of,
    quoted,
    shared_schemas,
)
from agent_memory.prompts.call_forms.schemas import ToolParameters
from agent_memory.turns.messages import ToolSpec

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_GEMMA_VALUES = """
gany: gtext | gnumber | "true" | "false" | "null" | garray | gobject
gnumber: /-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?/
garray: "[" (gany ("," gany)*)? "]"
gobject: "{" (gkey ":" gany ("," gkey ":" gany)*)? "}"
gkey: /[A-Za-z0-9_.$-]{1,64}/
"""
_SCALARS = frozenset({"integer", "number", "boolean", "null"})
_GEMMA_TYPES = {
    "integer": "/-?(0|[1-9][0-9]*)/",
    "number": "gnumber",
    "boolean": '("true" | "false")',
    "null": '"null"',
    "array": "garray",
    "object": "gobject",
    "string": "gtext",
}


def _members(tool: ToolSpec) -> tuple[Mapping[str, object], set[str]]:
    """(the schemas of a tool's parameters, the names of those that are required)."""
    properties, required = tool.parameters.get("properties"), tool.parameters.get("required")
    known = properties if isinstance(properties, Mapping) else {}
    return known, set(required) if isinstance(required, Sequence) else set()


def _listed(rules: Sequence[tuple[str, bool]], separator: str) -> str:
    """The rules in their order, with a separator between those that are there."""
    listed = ""
    for at, (rule, is_needed) in enumerate(rules):
        rest = _listed_after(rules[at + 1 :], separator)
        listed += f" | {rule} {rest}"
        if is_needed:
            return listed.removeprefix(" | ")
    return f"({listed.removeprefix(' | ')})?" if listed else ""


def _listed_after(rules: Sequence[tuple[str, bool]], separator: str) -> str:
    after = quoted(separator)
    return " ".join(f"({after} {rule}){'' if is_needed else '?'}" for rule, is_needed in rules)


@dataclass(frozen=True, slots=True)
class GemmaMarks:
    """What stands around a call, and on both sides of a text."""

    start: str
    end: str
    quote: str


@dataclass(frozen=True, slots=True)
class GemmaGrammar:
    """`call:name{key:value,…}` between two marks. Types alone hold arrays and objects, and nothing
    what is in them."""

    texts: GemmaMarks

    @property
    def start(self) -> str:
        return self.texts.start

    @property
    def escapes_text(self) -> bool:
        return False

    @property
    def marks(self) -> tuple[str, ...]:
        return self.texts.start, self.texts.end, self.texts.quote

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        start = quoted(self.start)
        more = "" if is_single else f"({start} call)*"
        return [
            f"calls: {'' if is_begun else start} call {more}",
            f"call: {any_call(tools)}",
            *(rule for at, tool in enumerate(tools) for rule in self._call(at, tool)),
            f"gtext: {quoted(self.texts.quote)} gchars",
            f"gchars[suffix={quoted(self.texts.quote)}]: /(.|\\n)*/",
            *_GEMMA_VALUES.strip().splitlines(),
        ]

    def _call(self, at: int, tool: ToolSpec) -> Iterator[str]:
        properties, needed = _members(tool)
        known = dict(sorted(properties.items()))  # the order in which the template renders them
        members = [(f"value_{at}_{number}", key in needed) for number, key in enumerate(known)]
        inner = f"({_listed(members, ',')})" if members else ""
        if not known and ToolParameters(tool.parameters).is_open:
            inner = '(gkey ":" gany ("," gkey ":" gany)*)?'
        end = quoted("}" + self.texts.end)
        yield f"call_{at}: {quoted(f'call:{tool.name}{{')} {inner} {end}"
        for (rule, _), (key, schema) in zip(members, known.items(), strict=True):
            yield f"{rule}: {quoted(f'{key}:')} {self._value(tool, key, schema)}"

    def _value(self, tool: ToolSpec, key: str, schema: object) -> str:
        types = ToolParameters(tool.parameters).types(key)
        if isinstance(schema, Mapping) and types and types <= _SCALARS:
            return f"({json_of({**shared_schemas(tool), **schema})})"
        values = schema.get("enum") if isinstance(schema, Mapping) else None
        if isinstance(values, list) and values and all(isinstance(each, str) for each in values):
            quote = self.texts.quote
            return f"({' | '.join(quoted(quote + each + quote) for each in values)})"
        if not types <= set(_GEMMA_TYPES) or not types:
            return "gany"
        return f"({' | '.join(_GEMMA_TYPES[each] for each in sorted(types))})"


@dataclass(frozen=True, slots=True)
class PythonicGrammar:
    """`<|tool_call_start|>[name(key=value, …), …]<|tool_call_end|>`, values as JSON."""

    start: str
    end: str

    @property
    def escapes_text(self) -> bool:
        return True

    @property
    def marks(self) -> tuple[str, ...]:
        return self.start, self.end

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        start, end = "" if is_begun else quoted(self.start), quoted(f"]{self.end}")
        more = "" if is_single else '(", " call)*'
        return [
            f'calls: {start} "[" call {more} {end}',
            f"call: {any_call(tools)}",
            *(rule for at, tool in enumerate(tools) for rule in self._call(at, tool)),
        ]

    def _call(self, at: int, tool: ToolSpec) -> Iterator[str]:
        known, needed = _members(tool)
        words = [*tool.name.split("."), *known]
        if odd := next((word for word in words if not _IDENTIFIER.fullmatch(word)), None):
            raise InvalidRequest(
                f"This model writes calls as Python does: it can be held to no call of the tool "
                f"'{tool.name}', because '{odd}' is no name there.",
                "tools",
            )
        members = [(f"value_{at}_{number}", key in needed) for number, key in enumerate(known)]
        inner = f"({_listed(members, ', ')})" if members else ""
        yield f'call_{at}: {quoted(f"{tool.name}(")} {inner} ")"'
        shared = shared_schemas(tool)
        for (rule, _), (key, schema) in zip(members, known.items(), strict=True):
            own = schema if isinstance(schema, Mapping) else {}
            yield f"{rule}: {quoted(f'{key}=')} ({json_of({**shared, **own})})"
