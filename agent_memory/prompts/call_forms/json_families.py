"""Families that write the arguments of a call as JSON: Mistral, Llama 3, Kimi K2, DeepSeek."""

import json
import re
from collections.abc import Sequence

from agent_memory.prompts.call_forms.cursor import Cursor, NoCall
from agent_memory.prompts.call_forms.json_calls import CallHead, json_form
from agent_memory.prompts.call_forms.json_grammars import (
    KIMI_K2_GRAMMAR,
    MISTRAL_GRAMMAR,
    MISTRAL_LIST_GRAMMAR,
)

_LONGEST_ID = 80
_KIMI_NUMBER = re.compile(r":\d+$")


class Mistral:
    """`[TOOL_CALLS]name[ARGS]{…}`, one after the other, some with `[CALL_ID]id` after the name; of
    older models `[TOOL_CALLS][{"name": …, "arguments": {…}}, …]`."""

    start = "[TOOL_CALLS]"

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        cursor.skip()
        is_marked = cursor.has(self.start)
        if not is_marked and not num_calls:
            raise NoCall
        cursor.skip()
        if is_marked and cursor.see("[", *names) == "[":
            return CallHead()
        name = cursor.take(*names)
        cursor.skip()
        call_id = None
        if cursor.take("[CALL_ID]", "[ARGS]") == "[CALL_ID]":
            call_id = cursor.take_until("[ARGS]", _LONGEST_ID).strip()
        cursor.skip()
        cursor.see("{")
        return CallHead(name, call_id or None)

    def end(self, cursor: Cursor) -> None:
        """Nothing closes a call."""


class KimiK2:
    """`<|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}<|tool_call_end|>` each,
    between the marks of a section."""

    start = "<|tool_calls_section_begin|>"

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        if not num_calls:
            cursor.take(self.start)
        cursor.skip()
        if cursor.take("<|tool_call_begin|>", "<|tool_calls_section_end|>") == _KIMI_END:
            return None
        call_id = cursor.take_until("<|tool_call_argument_begin|>", _LONGEST_ID + _longest(names))
        call_id = call_id.strip()
        name = _KIMI_NUMBER.sub("", call_id)
        known = {name, name.removeprefix("functions.")} & set(names)
        if not known:
            raise NoCall
        cursor.skip()
        cursor.see("{")
        return CallHead(min(known, key=len), call_id)

    def end(self, cursor: Cursor) -> None:
        cursor.skip()
        cursor.has("<|tool_call_end|>")


_KIMI_END = "<|tool_calls_section_end|>"


def deepseek_mark(words: str) -> str:
    """One of DeepSeek's marks: fullwidth bars around words, a low block for each blank."""
    return f"<\uff5c{words.replace(' ', chr(0x2581))}\uff5c>"


class DeepSeek:
    """Between the marks of all calls each as: begin mark, name, separator, `{…}`, end mark; of V3
    and R1: begin mark, `function`, separator, name, and the JSON in a fence."""

    start = deepseek_mark("tool calls begin")
    _end = deepseek_mark("tool calls end")
    _call = deepseek_mark("tool call begin")
    _call_end = deepseek_mark("tool call end")
    _separator = deepseek_mark("tool sep")

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        if not num_calls:
            cursor.take(self.start)
        cursor.skip()
        if cursor.take(self._call, self._end) == self._end:
            return None
        cursor.skip()
        typed = f"function{self._separator}"
        fenced = [f"{typed}{name}\n" for name in names]
        plain = [f"{name}{self._separator}" for name in names]
        head = cursor.take(*fenced, *plain)
        cursor.skip()
        if cursor.has("```json"):
            cursor.skip()
        cursor.see("{")
        if head in fenced:
            return CallHead(head.removeprefix(typed).removesuffix("\n"))
        return CallHead(head.removesuffix(self._separator))

    def end(self, cursor: Cursor) -> None:
        for mark in ("```", self._call_end):
            cursor.skip()
            cursor.has(mark)


class Llama3:
    """`{"name": …, "parameters": {…}}` for an answer, or after `<|python_tag|>`; several with a
    semicolon between."""

    start = "<|python_tag|>"
    bare_start = "{"

    def begin(self, cursor: Cursor, names: Sequence[str], num_calls: int) -> CallHead | None:
        if num_calls:
            cursor.skip(" \t\r\n;,")
        else:
            cursor.has(self.start)
            cursor.skip()
        at = cursor.at
        cursor.take("{")
        self._see_call(cursor, names)
        cursor.at = at
        return CallHead(needs_arguments=True)

    def end(self, cursor: Cursor) -> None:
        """Nothing closes a call."""

    def _see_call(self, cursor: Cursor, names: Sequence[str]) -> None:
        """An answer in JSON begins alike: what cannot be a call is told by its first key, and by
        the name."""
        cursor.skip()
        key = cursor.take('"name"', '"type"', '"function"', '"parameters"', '"arguments"', '"id"')
        if key != '"name"':
            return
        cursor.skip()
        cursor.take(":")
        cursor.skip()
        cursor.take(
            *(json.dumps(name, ensure_ascii=ascii_) for name in names for ascii_ in (False, True))
        )


class EnclosedJson:
    """`{"name": …, "arguments": {…}}` between the marks of a family that writes calls otherwise:
    its models fall back on what most others write."""

    def __init__(self, start: str, end: str) -> None:
        self.start = start
        self._end = end

    def begin(self, cursor: Cursor, _names: Sequence[str], num_calls: int) -> CallHead | None:
        if not num_calls:
            cursor.take(self.start)
        cursor.skip()
        if cursor.see("{", self._end) == self._end:
            cursor.take(self._end)
            return None
        return CallHead()

    def end(self, cursor: Cursor) -> None:
        """Nothing closes a call within the block."""


MISTRAL = json_form(Mistral(), grammar=MISTRAL_GRAMMAR)
MISTRAL_LIST = json_form(Mistral(), grammar=MISTRAL_LIST_GRAMMAR)
"""Of the older models, which write a list."""
KIMI_K2 = json_form(KimiK2(), grammar=KIMI_K2_GRAMMAR)
DEEPSEEK = json_form(DeepSeek())
LLAMA3 = json_form(Llama3(), bare_start=Llama3.bare_start)


def _longest(names: Sequence[str]) -> int:
    return max(map(len, names), default=0)
