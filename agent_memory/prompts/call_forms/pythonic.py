"""Calls written as Python does: `<|tool_call_start|>[name(key='text', other=3)]<|tool_call_end|>`.

The template of LFM 2.5 puts a text between single quotes as it is, whatever it contains. LFM 2 and
MiniCPM 4 were shown calls of Python alone, so that theirs have Python's escapes.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from agent_memory.prompts.call_forms.cursor import Cursor, NoCall, Undecided
from agent_memory.prompts.call_forms.json_blocks import JsonBlock
from agent_memory.prompts.call_forms.json_calls import JsonCallsReader
from agent_memory.prompts.call_forms.other_grammars import PythonicGrammar
from agent_memory.prompts.call_forms.pythonic_arguments import BrokenOff, PythonicArguments
from agent_memory.prompts.call_forms.reader import CallForm, CallsRead, NewReader
from agent_memory.prompts.call_forms.schemas import ToolParameters
from agent_memory.prompts.calls import ParsedCall, compact_json
from agent_memory.turns.messages import ToolSpec

_START, _END = "<|tool_call_start|>", "<|tool_call_end|>"
_FENCE = "```"


class PythonicReader:
    """Reads one block of calls. An end mark ends it when the calls in front of it are whole."""

    def __init__(self, tools: Sequence[ToolSpec], *, is_verbatim: bool) -> None:
        self._tools = {tool.name: ToolParameters(tool.parameters) for tool in tools}
        self._is_verbatim = is_verbatim
        self._raw = ""
        self._scanned = 0
        self._has_head = False
        self._json: JsonCallsReader | None = None

    def feed(self, text: str) -> CallsRead | None:
        if self._json is not None:
            return self._json.feed(text)
        self._raw += text
        try:
            self._read_head(is_last=False)
        except Undecided:
            return None
        except NoCall:
            return self._no_call()
        if self._json is not None:
            return self._json.feed(self._raw)
        return self._search()

    def finish(self, *, is_cut: bool) -> CallsRead:
        if self._json is not None:
            return self._json.finish(is_cut=is_cut)
        try:
            self._read_head(is_last=not is_cut)
        except Undecided:
            return CallsRead(cut=ParsedCall("", self._raw))
        except NoCall:
            return self._no_call()
        return self._cut() if is_cut else self._last()

    def _last(self) -> CallsRead:
        """The calls of a block that lacks its end mark."""
        calls: list[ParsedCall] = []
        try:
            self._read_calls(self._raw, calls, has_end=False)
        except (BrokenOff, NoCall):
            return self._no_call()
        return CallsRead(calls=tuple(calls))

    def _cut(self) -> CallsRead:
        """What the output has broken off in. A text may spell the end of a call, but not that of
        the list."""
        calls: list[ParsedCall] = []
        try:
            self._read_calls(self._raw, calls, has_end=False)
        except BrokenOff as error:
            return CallsRead(calls=tuple(calls), cut=ParsedCall(error.name, error.begun))
        except NoCall:
            return CallsRead(calls=tuple(calls)) if calls else self._no_call()
        if self._raw.rstrip().endswith("]"):
            return CallsRead(calls=tuple(calls))
        last = calls.pop()
        return CallsRead(calls=tuple(calls), cut=replace(last, arguments=last.arguments[:-1]))

    def _search(self) -> CallsRead | None:
        """The block up to the first end mark with whole calls in front of it."""
        while (at := self._raw.find(_END, self._scanned)) >= 0:
            self._scanned = at + len(_END)
            calls: list[ParsedCall] = []
            try:
                self._read_calls(self._raw[:at], calls, has_end=True)
            except (BrokenOff, NoCall):
                continue
            return CallsRead(calls=tuple(calls), rest=self._raw[self._scanned :])
        self._scanned = max(self._scanned, len(self._raw) - len(_END) + 1)
        return None

    def _read_head(self, *, is_last: bool) -> None:
        """Find out whether a call of a tool begins here. Raises NoCall and Undecided."""
        if self._has_head:
            return
        cursor = Cursor(self._raw, is_last=is_last)
        _skip_opening(cursor)
        if cursor.text.startswith(("{", "[{"), cursor.at):
            names = tuple(self._tools)
            self._json = JsonCallsReader(JsonBlock(_START, _END), names)
            return
        cursor.has("[")
        cursor.skip()
        self._take_name(cursor)
        self._has_head = True

    def _take_name(self, cursor: Cursor) -> str:
        return cursor.take(*(f"{name}(" for name in self._tools)).removesuffix("(")

    def _read_calls(self, raw: str, calls: list[ParsedCall], *, has_end: bool) -> None:
        """All calls of `raw`, whose end is that of the block, into `calls`. Raises BrokenOff within
        a call, and NoCall for anything else. has_end: the end mark follows, and so the list must be
        closed."""
        cursor = Cursor(raw.rstrip().removesuffix(_FENCE).rstrip(), is_last=True)
        _skip_opening(cursor)
        is_list = cursor.has("[")
        while True:
            cursor.skip()
            name = self._take_name(cursor)
            arguments = PythonicArguments(
                self._tools[name], tuple(self._tools), is_verbatim=self._is_verbatim
            )
            try:
                value, cursor.at = arguments.read(cursor.text, cursor.at)
            except BrokenOff as error:
                raise BrokenOff(error.begun, name) from error
            calls.append(ParsedCall(name, compact_json(value)))
            cursor.skip(" \t\r\n,;")
            rest = cursor.text[cursor.at :]
            if rest == ("]" if is_list else "") or (not rest and not has_end):
                return

    def _no_call(self) -> CallsRead:
        return CallsRead(text=_START, rest=self._raw[len(_START) :])


def _skip_opening(cursor: Cursor) -> None:
    cursor.take(_START)
    cursor.skip()
    if cursor.has(_FENCE):
        cursor.has("python")
        cursor.skip()
    if cursor.at == len(cursor.text):
        raise Undecided
    if cursor.text.startswith("[", cursor.at) and len(cursor.text) == cursor.at + 1:
        raise Undecided


def _form(*, is_verbatim: bool) -> CallForm:
    def readers(tools: Sequence[ToolSpec]) -> NewReader:
        return partial(PythonicReader, tools, is_verbatim=is_verbatim)

    return CallForm((_START,), readers, grammar=PythonicGrammar(_START, _END))


PYTHONIC = _form(is_verbatim=False)
PYTHONIC_VERBATIM = _form(is_verbatim=True)
