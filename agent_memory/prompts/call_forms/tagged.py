"""Calls whose arguments stand between tags, one after the other:

    <tool_call> <function=NAME> <parameter=KEY> value </parameter> … </function> </tool_call>

A model that falls back on JSON between the marks of the block is understood, too.
"""

from collections.abc import Sequence
from functools import partial

from agent_memory.prompts.call_forms.cursor import Cursor, NoCall, Undecided
from agent_memory.prompts.call_forms.json_calls import JsonCallsReader
from agent_memory.prompts.call_forms.json_families import EnclosedJson
from agent_memory.prompts.call_forms.reader import CallForm, CallsRead, NewReader
from agent_memory.prompts.call_forms.schemas import ToolParameters
from agent_memory.prompts.call_forms.tagged_end import CallEnd, EndFinder
from agent_memory.prompts.call_forms.tagged_grammar import TaggedGrammar
from agent_memory.prompts.call_forms.tagged_values import TaggedValues
from agent_memory.prompts.call_forms.tags import MOST_DIGITS, Tags, ToolTags
from agent_memory.prompts.calls import ParsedCall
from agent_memory.turns.messages import ToolSpec


def tagged_form(tags: Tags) -> CallForm:
    """The form that has these marks."""
    starts = tuple(mark for mark in (tags.block[0], tags.name[0]) if mark)

    def readers(tools: Sequence[ToolSpec]) -> NewReader:
        parameters = {tool.name: ToolParameters(tool.parameters) for tool in tools}
        return partial(TaggedReader, ToolTags(tags, parameters))

    return CallForm(starts, readers, grammar=TaggedGrammar(tags))


class TaggedReader:
    """Reads one call. A name that is no tool's, and prose after a mark, are text."""

    def __init__(self, tags: ToolTags) -> None:
        self._known = tags
        self._raw = ""
        self._tool: str | None = None
        self._values_at = 0
        self._finder = EndFinder(tags, 0)
        self._json: JsonCallsReader | None = None

    def feed(self, text: str) -> CallsRead | None:
        if self._json is not None:
            return self._json.feed(text)
        self._raw += text
        if self._is_json():
            marks = EnclosedJson(*self._known.tags.block)
            self._json = JsonCallsReader(marks, tuple(self._known.tools))
            return self._json.feed(self._raw)
        try:
            self._read_head(is_last=False)
        except Undecided:
            return None
        except NoCall:
            return self._no_call()
        end = self._finder.search(self._raw)
        return None if end is None else self._call(end)

    def finish(self, *, is_cut: bool) -> CallsRead:
        if self._json is not None:
            return self._json.finish(is_cut=is_cut)
        try:
            self._read_head(is_last=not is_cut)
        except Undecided:
            return CallsRead(cut=ParsedCall("", self._raw))
        except NoCall:
            return self._no_call()
        end = self._finder.search(self._raw) or self._finder.best
        if end is not None and not (is_cut and self._may_go_on(end)):
            return self._call(end)
        if is_cut:
            return self._cut()
        return self._call(self._finder.last(self._raw))

    def _read_head(self, *, is_last: bool) -> None:
        """Find out which tool is called and where its values begin."""
        if self._tool is not None:
            return
        cursor = Cursor(self._raw, is_last=is_last)
        if self._raw.startswith(self._known.tags.block[0]):
            cursor.take(self._known.tags.block[0])
            cursor.skip()
        self._tool, self._values_at = self._opening(cursor, is_last=is_last)
        self._finder = EndFinder(self._known, self._values_at)

    def _is_json(self) -> bool:
        block = self._known.tags.block[0]
        if self._tool is not None or not self._raw.startswith(block):
            return False
        return self._raw[len(block) :].lstrip().startswith("{")

    def _opening(self, cursor: Cursor, *, is_last: bool) -> tuple[str, int]:
        """(the tool, where its opening ends). The longest name that what follows allows."""
        for opening, tool in self._known.openings.items():
            ahead = Cursor(cursor.text, cursor.at, is_last=is_last)
            try:
                ahead.take(opening)
                self._take_number(ahead)
                ends_at = ahead.at
                ahead.skip()
                ahead.see(*self._known.followers)
            except NoCall:
                continue
            return tool, ends_at
        raise NoCall

    def _take_number(self, cursor: Cursor) -> None:
        number = self._known.tags.number
        if number is not None:
            cursor.take(number[0])
            if not cursor.take_until(number[1], MOST_DIGITS).isdecimal():
                raise NoCall

    def _may_go_on(self, end: CallEnd) -> bool:
        """Whether the output may have been cut off within a value that spells this end."""
        if not end.is_closed:
            return True
        is_whole = end.num_marks >= self._known.tags.num_end_marks
        return not (is_whole or self._known.tags.block[1].startswith(self._raw[end.at :].strip()))

    def _call(self, end: CallEnd) -> CallsRead:
        tool = self._tool or ""
        values = TaggedValues(self._known.values_of(tool))
        arguments = values.arguments(self._raw[self._values_at : end.values_end])
        if arguments is None:
            return CallsRead(text=self._raw[: end.at], rest=self._raw[end.at :])
        return CallsRead(calls=(ParsedCall(tool, arguments),), rest=self._rest(end))

    def _rest(self, end: CallEnd) -> str:
        """What follows, but for the beginning of an end mark with which the output ended."""
        rest = self._raw[end.at :]
        return "" if self._known.tags.block[1].startswith(rest.strip()) else rest

    def _cut(self) -> CallsRead:
        tool = self._tool or ""
        values = TaggedValues(self._known.values_of(tool))
        begun = values.cut_arguments(self._raw[self._values_at :])
        return CallsRead(cut=ParsedCall(tool, begun))

    def _no_call(self) -> CallsRead:
        """Only the mark is sure to be no call: there may be one after it."""
        mark = next(
            mark
            for mark in (self._known.tags.block[0], self._known.tags.name[0])
            if mark and self._raw.startswith(mark)
        )
        return CallsRead(text=mark, rest=self._raw[len(mark) :])
