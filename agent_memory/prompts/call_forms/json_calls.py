"""Calls whose arguments are a JSON object, in whatever stands around it.

A family says how a call begins and how it ends; what lies between is JSON, so a mark within a
string is part of that string.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from agent_memory.prompts.call_body import CallBody
from agent_memory.prompts.call_forms.cursor import Cursor, NoCall, Undecided
from agent_memory.prompts.call_forms.grammar import CallGrammar
from agent_memory.prompts.call_forms.reader import CallForm, CallsRead, NewReader
from agent_memory.prompts.calls import ParsedCall, calls_from_value
from agent_memory.prompts.json_scanner import JsonScanner
from agent_memory.turns.messages import ToolSpec


@dataclass(frozen=True, slots=True)
class CallHead:
    """What stands in front of the JSON of one call. Without a name the JSON is the whole call;
    `needs_arguments`: it is none if they are missing."""

    name: str | None = None
    id: str | None = None
    needs_arguments: bool = False


class JsonMarks(Protocol):
    """How a family marks calls around their JSON. `start` begins a block of them."""

    start: str

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int, /) -> CallHead | None:
        """Go to the JSON of the next call, after `num_calls` of this block; None when the block
        has an end here, and the cursor stands after it. Raises NoCall and Undecided."""
        ...

    def end(self, cursor: Cursor) -> None:
        """Go past the end of the call. Raises Undecided."""
        ...


def json_form(
    marks: JsonMarks, bare_start: str | None = None, grammar: CallGrammar | None = None
) -> CallForm:
    """The form that has these marks."""

    def readers(tools: Sequence[ToolSpec]) -> NewReader:
        return partial(JsonCallsReader, marks, tuple(tool.name for tool in tools))

    return CallForm((marks.start,), readers, bare_start, grammar)


class JsonCallsReader:
    """Reads a block of calls. The block ends in front of what is no call of a tool."""

    def __init__(self, marks: JsonMarks, names: Sequence[str]) -> None:
        self._marks = marks
        self._names = names
        self._raw = ""
        self._read_to = 0
        self._calls: list[ParsedCall] = []
        self._open: _OpenCall | None = None

    def feed(self, text: str) -> CallsRead | None:
        self._raw += text
        try:
            return self._read(is_last=False)
        except Undecided:
            return None

    def finish(self, *, is_cut: bool) -> CallsRead:
        try:
            return self._read(is_last=not is_cut)
        except Undecided:
            if not is_cut:
                return self._given_up()
        try:
            return self._cut()
        except NoCall:
            return self._given_up()

    def _cut(self) -> CallsRead:
        """What the output has broken off in: a call, or what follows calls or begins one."""
        if self._open is not None:
            calls, cut = self._open.cut(self._names)
            if calls or cut is not None:
                return CallsRead(calls=(*self._calls, *calls), cut=cut)
        if self._calls or not self._raw.startswith(self._marks.start):
            return self._given_up()
        return CallsRead(cut=ParsedCall("", self._raw))

    def _read(self, *, is_last: bool) -> CallsRead:
        try:
            while True:
                if self._open is None and not self._begin(is_last=is_last):
                    return CallsRead(calls=tuple(self._calls), rest=self._raw[self._read_to :])
                self._read_open(is_last=is_last)
        except NoCall:
            return self._given_up()

    def _begin(self, *, is_last: bool) -> bool:
        cursor = Cursor(self._raw, self._read_to, is_last=is_last)
        head = self._marks.begin(cursor, self._names, len(self._calls))
        if head is None:
            self._read_to = cursor.at
            return False
        self._open = _OpenCall(head, cursor.at)
        return True

    def _read_open(self, *, is_last: bool) -> None:
        call = self._open
        if call is None:
            return
        call.read(self._raw)
        cursor = Cursor(self._raw, call.read_to, is_last=is_last)
        self._marks.end(cursor)
        self._calls.extend(call.calls(self._names))
        self._read_to = cursor.at
        self._open = None

    def _given_up(self) -> CallsRead:
        """Words that could not be read are text; in front of any call only the mark is, for there
        may be one after it."""
        if self._calls:
            return CallsRead(calls=tuple(self._calls), rest=self._raw[self._read_to :])
        num_start = len(self._marks.start) if self._raw.startswith(self._marks.start) else 1
        return CallsRead(text=self._raw[:num_start], rest=self._raw[num_start:])


class _OpenCall:
    """A call whose JSON is being written, from `at` on."""

    def __init__(self, head: CallHead, at: int) -> None:
        self._head = head
        self._scanner = JsonScanner()
        self._compact: list[str] = []
        self._written: list[str] = []
        self.read_to = at

    def read(self, raw: str) -> None:
        """Read on to the end of the JSON. Raises Undecided when it is not there yet, and NoCall
        when it is no JSON."""
        if self._scanner.is_complete:
            return
        written = raw[self.read_to :]
        compact, num_read = self._scanner.feed(written)
        self._compact.append(compact)
        self._written.append(written[:num_read])
        self.read_to += num_read
        if self._scanner.is_broken:
            raise NoCall
        if not self._scanner.is_complete:
            raise Undecided

    def calls(self, names: Sequence[str]) -> tuple[ParsedCall, ...]:
        """What was called. Raises NoCall when a name is no tool's."""
        compact = "".join(self._compact)
        if self._head.name is not None:
            if not compact.startswith("{"):
                raise NoCall
            return (ParsedCall(self._head.name, compact, self._head.id),)
        try:
            value = json.loads(compact)
            calls = calls_from_value(value)
        except (ValueError, RecursionError) as error:
            raise NoCall from error
        is_lacking = self._head.needs_arguments and not {"parameters", "arguments"} & set(value)
        if is_lacking or any(call.name not in names for call in calls):
            raise NoCall
        return calls

    def cut(self, names: Sequence[str]) -> tuple[tuple[ParsedCall, ...], ParsedCall | None]:
        """(the calls that are whole, the one that is not as far as it goes). A call whose tool is
        not known yet is none."""
        if self._scanner.is_complete:
            return self.calls(names), None
        if self._head.name is not None:
            begun = "".join(self._compact) or "{"
            return (), ParsedCall(self._head.name, begun, self._head.id)
        calls, rest = _whole_calls("".join(self._written))
        body = CallBody(is_json=True)
        begun = body.feed(rest)
        cut = None if body.name is None else ParsedCall(body.name, begun)
        known = tuple(call for call in calls if call.name in names)
        return known, cut if cut is not None and cut.name in names else None


def _whole_calls(written: str) -> tuple[tuple[ParsedCall, ...], str]:
    """(the calls of a list that breaks off, what follows the last of them)."""
    decoder = json.JSONDecoder(strict=False)
    calls: list[ParsedCall] = []
    rest = written.lstrip(" \t\r\n[")
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
            calls.extend(calls_from_value(value))
        except (ValueError, RecursionError):
            break
        rest = rest[end:].lstrip(" \t\r\n,")
    return tuple(calls), rest
