"""Grammars of the families that write the arguments of a call as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.prompts.call_forms.grammar import (
    Rules,
    any_call,
    json_arguments,
    quoted,
)
from agent_memory.turns.messages import ToolSpec

_MISTRAL_ID = "/[a-zA-Z0-9]{9}/"


@dataclass(frozen=True, slots=True)
class EnclosedGrammar:
    """Each call as `{"name": …, "arguments": {…}}` between two marks, on a line of its own."""

    start: str
    end: str

    @property
    def escapes_text(self) -> bool:
        return True

    @property
    def marks(self) -> tuple[str, ...]:
        return self.start, self.end

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        opening = "\n" if is_begun else f"{self.start}\n"
        closing = quoted(f"}}\n{self.end}")
        return [
            "calls: call" if is_single or is_begun else 'calls: call ("\\n" call)*',
            f"call: {any_call(tools)}",
            *(
                f"call_{at}: {quoted(opening + _named(tool.name))} arguments_{at} {closing}"
                for at, tool in enumerate(tools)
            ),
            *json_arguments(tools),
        ]


@dataclass(frozen=True, slots=True)
class BlockGrammar:
    """Calls in a block: `start`, then each call, then `end`.

    before, after: what stands in front of a tool's name and after it. number: a rule in between.
    call_end: what ends one call. between: what stands between two. Where a block has no end, the
    start may be that of each call (`is_repeated`).
    """

    start: str
    before: str = ""
    number: str = ""
    after: str = ""
    call_end: str = ""
    end: str = ""
    between: str = ""
    is_repeated: bool = False

    @property
    def escapes_text(self) -> bool:
        return True

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.start, self.before, self.after, self.call_end, self.end)))

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        start = "" if is_begun else quoted(self.start)
        again = quoted(self.start) if self.is_repeated else quoted(self.between)
        more = "" if is_single or (is_begun and self.is_repeated) else f"({again} call)*"
        return [
            f"calls: {start} call {more} {quoted(self.end)}",
            f"call: {any_call(tools)}",
            *(self._call(at, tool.name) for at, tool in enumerate(tools)),
            *json_arguments(tools),
        ]

    def _call(self, at: int, name: str) -> str:
        head = f"{quoted(self.before + name)} {self.number} {quoted(self.after)}"
        return f"call_{at}: {head} arguments_{at} {quoted(self.call_end)}"


@dataclass(frozen=True, slots=True)
class ListGrammar:
    """A list of `{"name": …, "arguments": {…}}` after `start`, some with an id after them."""

    start: str

    @property
    def escapes_text(self) -> bool:
        return True

    @property
    def marks(self) -> tuple[str, ...]:
        return (self.start,)

    def rules(self, tools: Sequence[ToolSpec], *, is_single: bool, is_begun: bool) -> Rules:
        start = "" if is_begun else quoted(self.start)
        more = "" if is_single else '(", " call)*'
        opening, closing = quoted(', "id": "'), quoted('"')
        identity = f"id: {opening} {_MISTRAL_ID} {closing}"
        return [
            f'calls: {start} " "? "[" call {more} "]"',
            f"call: {any_call(tools)}",
            identity,
            *(
                f'call_{at}: {quoted(_named(tool.name))} arguments_{at} id? "}}"'
                for at, tool in enumerate(tools)
            ),
            *json_arguments(tools),
        ]


def _named(name: str) -> str:
    """The beginning of a call whose name is a member of it."""
    return f'{{"name": {quoted(name)}, "arguments": '


MISTRAL_GRAMMAR = BlockGrammar(
    "[TOOL_CALLS]",
    number=f'("[CALL_ID]" {_MISTRAL_ID})?',
    after="[ARGS]",
    is_repeated=True,
)
MISTRAL_LIST_GRAMMAR = ListGrammar("[TOOL_CALLS]")
KIMI_K2_GRAMMAR = BlockGrammar(
    "<|tool_calls_section_begin|>",
    before="<|tool_call_begin|>functions.",
    number='":" /[0-9]{1,4}/',
    after="<|tool_call_argument_begin|>",
    call_end="<|tool_call_end|>",
    end="<|tool_calls_section_end|>",
)
