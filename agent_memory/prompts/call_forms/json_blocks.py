"""Families whose calls are JSON between marks of their own. Their models are told of tools in
words, and may call as they were taught all the same.
"""

import json
from collections.abc import Sequence

from agent_memory.prompts.call_forms.cursor import Cursor, NoCall
from agent_memory.prompts.call_forms.json_calls import CallHead, json_form

_LONGEST_ID = 80


class JsonBlock:
    """`{"name": …, "arguments": {…}}`, several of them or a list, between two marks. Without an
    end mark there is one value."""

    def __init__(self, start: str, end: str | None) -> None:
        self.start = start
        self._end = end

    def begin(self, cursor: Cursor, _names: Sequence[str], num_calls: int) -> CallHead | None:
        if not num_calls:
            cursor.take(self.start)
        elif self._end is None:
            return None
        cursor.skip()
        if self._end is None:
            cursor.see("{", "[")
            return CallHead()
        if cursor.see("{", "[", self._end) == self._end:
            cursor.take(self._end)
            return None
        return CallHead()

    def end(self, cursor: Cursor) -> None:
        """Nothing closes a call within the block."""


class ObjectList:
    """Calls as a list of objects between two marks, the arguments last in each."""

    def __init__(self, start: str, end: str) -> None:
        self.start = start
        self._end = end

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        if not num_calls:
            cursor.take(self.start)
            cursor.skip()
            cursor.take("[")
        cursor.skip(" \t\r\n,")
        if cursor.take("{", "]") == "]":
            cursor.skip()
            cursor.has(self._end)
            return None
        name = self._name(cursor, names)
        cursor.see("{")
        return CallHead(name)

    def _name(self, cursor: Cursor, names: Sequence[str]) -> str:
        """The tool's name; the cursor stands at its arguments then. Here it is the only key."""
        name = _one_of(cursor, names)
        _take_mark(cursor, ":")
        return name

    def end(self, cursor: Cursor) -> None:
        cursor.skip()
        cursor.take("}")


class CohereList(ObjectList):
    """`{"tool_call_id": "0", "tool_name": "name", "parameters": {…}}` each."""

    def _name(self, cursor: Cursor, names: Sequence[str]) -> str:
        cursor.skip()
        if cursor.has('"tool_call_id"'):
            _take_mark(cursor, ":")
            cursor.take('"')
            cursor.take_until('"', _LONGEST_ID)
            _take_mark(cursor, ",")
        cursor.take('"tool_name"')
        _take_mark(cursor, ":")
        name = _one_of(cursor, names)
        _take_mark(cursor, ",")
        cursor.take('"parameters"')
        _take_mark(cursor, ":")
        return name


def _one_of(cursor: Cursor, names: Sequence[str]) -> str:
    cursor.skip()
    spelled = {json.dumps(name, ensure_ascii=False): name for name in names}
    return spelled[cursor.take(*spelled)]


def _take_mark(cursor: Cursor, mark: str) -> None:
    cursor.skip()
    cursor.take(mark)
    cursor.skip()


class FunctionTags:
    """`<function=name>{…}</function>`, one after the other."""

    start = "<function="

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        cursor.skip()
        if num_calls and not cursor.has(self.start):
            return None
        if not num_calls:
            cursor.take(self.start)
        name = cursor.take(*(f"{name}>" for name in names)).removesuffix(">")
        cursor.skip()
        cursor.see("{")
        return CallHead(name)

    def end(self, cursor: Cursor) -> None:
        cursor.skip()
        cursor.has("</function>")


class Solar:
    """`<|tool_call:begin|>id<|tool_call:name|>name<|tool_call:args|>{…}<|tool_call:end|>` each."""

    start = "<|tool_calls|>"

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        if not num_calls:
            cursor.take(self.start)
        cursor.skip()
        if not cursor.has("<|tool_call:begin|>"):
            if not num_calls:
                raise NoCall
            cursor.has("<|calls|>")
            return None
        cursor.take_until("<|tool_call:name|>", _LONGEST_ID)
        args = "<|tool_call:args|>"
        name = cursor.take(*(f"{name}{args}" for name in names)).removesuffix(args)
        cursor.skip()
        cursor.see("{")
        return CallHead(name)

    def end(self, cursor: Cursor) -> None:
        cursor.skip()
        cursor.has("<|tool_call:end|>")


NEMOTRON_V2 = json_form(JsonBlock("<TOOLCALL>", "</TOOLCALL>"))
APRIEL = json_form(JsonBlock("<tool_calls>", "</tool_calls>"))
"""Apriel, which writes a list, and MiniMax M1, which writes an object a line."""
COHERE = json_form(CohereList("<|START_ACTION|>", "<|END_ACTION|>"))
GIGACHAT = json_form(JsonBlock("<|function_call|>", None))
APERTUS = json_form(ObjectList("<|tools_prefix|>", "<|tools_suffix|>"))
FUNCTIONARY = json_form(FunctionTags())
SOLAR = json_form(Solar())
