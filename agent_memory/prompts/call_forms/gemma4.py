"""Calls of Gemma 4: `<|tool_call>call:name{key:<|"|>text<|"|>,other:[1,true]}<tool_call|>`, and of
FunctionGemma, which has other marks.

Text stands between marks of its own and is not escaped; keys stand bare.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from functools import partial

from agent_memory.prompts.call_forms.cursor import Cursor, NoCall, Undecided
from agent_memory.prompts.call_forms.other_grammars import GemmaGrammar, GemmaMarks
from agent_memory.prompts.call_forms.reader import CallForm, CallsRead, NewReader
from agent_memory.prompts.call_forms.schemas import ToolParameters
from agent_memory.prompts.calls import ParsedCall, compact_json
from agent_memory.turns.messages import ToolSpec

_GEMMA4_MARKS = GemmaMarks("<|tool_call>", "<tool_call|>", '<|"|>')
_FUNCTION_MARKS = GemmaMarks("<start_function_call>", "<end_function_call>", "<escape>")
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "None": None}


class _BrokenOff(Exception):
    """The arguments are not whole; `begun` is as much of their JSON as is."""

    def __init__(self, begun: str) -> None:
        super().__init__(begun)
        self.begun = begun


class GemmaReader:
    """Reads one call. An end mark ends it when the arguments in front of it are whole."""

    def __init__(self, marks: GemmaMarks, tools: Mapping[str, ToolParameters]) -> None:
        self._marks = marks
        self._tools = tools
        self._raw = ""
        self._tool: str | None = None
        self._arguments_at = 0
        self._scanned = 0

    def feed(self, text: str) -> CallsRead | None:
        self._raw += text
        try:
            self._read_head(is_last=False)
        except Undecided:
            return None
        except NoCall:
            return self._no_call()
        end = self._marks.end
        while (at := self._raw.find(end, self._scanned)) >= 0:
            self._scanned = at + len(end)
            with contextlib.suppress(_BrokenOff):
                return self._call(at, self._scanned)
        self._scanned = max(self._scanned, len(self._raw) - len(end) + 1)
        return None

    def finish(self, *, is_cut: bool) -> CallsRead:
        try:
            self._read_head(is_last=not is_cut)
            return self._call(len(self._raw), len(self._raw))
        except Undecided:
            return CallsRead(cut=ParsedCall("", self._raw))
        except NoCall:
            return self._no_call()
        except _BrokenOff as error:
            if not is_cut:
                return self._no_call()
            return CallsRead(cut=ParsedCall(self._tool or "", error.begun))

    def _read_head(self, *, is_last: bool) -> None:
        if self._tool is not None:
            return
        cursor = Cursor(self._raw, is_last=is_last)
        cursor.take(self._marks.start)
        cursor.skip()
        cursor.take("call:")
        opening = cursor.take(*(f"{name}{{" for name in self._tools))
        self._tool = opening.removesuffix("{")
        self._arguments_at = self._scanned = cursor.at

    def _call(self, end: int, rest_at: int) -> CallsRead:
        tool = self._tool or ""
        body = self._raw[self._arguments_at : end]
        arguments = compact_json(_Arguments(body, self._marks.quote, self._tools[tool]).read())
        return CallsRead(calls=(ParsedCall(tool, arguments),), rest=self._raw[rest_at:])

    def _no_call(self) -> CallsRead:
        start = self._marks.start
        return CallsRead(text=start, rest=self._raw[len(start) :])


class _Arguments:
    """Reads what stands after the opening brace, the closing one included."""

    def __init__(self, text: str, quote: str, parameters: ToolParameters) -> None:
        self._text = text
        self._quote = quote
        self._parameters = parameters
        self._at = 0

    def read(self) -> dict[str, object]:
        """The arguments. Raises _BrokenOff when they do not end with the text."""
        values: dict[str, object] = {}
        try:
            self._members(values, self._parameters.names)
            self._skip()
            if self._at < len(self._text):
                raise NoCall
        except NoCall as error:
            raise _BrokenOff(compact_json(values)[:-1]) from error
        return values

    def _members(self, values: dict[str, object], names: Sequence[str]) -> None:
        """What is left of an object, into `values`."""
        self._skip()
        if self._has("}"):
            return
        while True:
            key = self._key(names)
            values[key] = self._value(key if names else None)
            self._skip()
            if self._has("}"):
                return
            self._take(",")
            self._skip()

    def _key(self, names: Sequence[str]) -> str:
        known = [name for name in names if self._text.startswith(f"{name}:", self._at)]
        if known:
            key = max(known, key=len)
            self._at += len(key) + 1
            return key
        if self._has(self._quote):
            key = self._until(f"{self._quote}:")
            self._at += len(self._quote) + 1
            return key
        key = self._until(":")
        self._at += 1
        return key

    def _value(self, parameter: str | None) -> object:
        self._skip()
        if self._has(self._quote):
            return self._string()
        if self._has("{"):
            values: dict[str, object] = {}
            self._members(values, ())
            return values
        if self._has("["):
            return self._items()
        return self._word(parameter)

    def _items(self) -> list[object]:
        items: list[object] = []
        self._skip()
        if self._has("]"):
            return items
        while True:
            items.append(self._value(None))
            self._skip()
            if self._has("]"):
                return items
            self._take(",")

    def _string(self) -> str:
        """Up to the first mark after which a value may end."""
        began = self._at
        while True:
            end = self._text.find(self._quote, self._at)
            if end < 0:
                raise NoCall
            self._at = end + len(self._quote)
            if self._text[self._at :].lstrip()[:1] in {",", "}", "]"}:
                return self._text[began:end]

    def _word(self, parameter: str | None) -> object:
        ends = [at for end in ",}]" if (at := self._text.find(end, self._at)) >= 0]
        if not ends:
            raise NoCall
        word = self._text[self._at : min(ends)].strip()
        self._at = min(ends)
        if parameter is not None and self._parameters.may_be_text(parameter):
            return self._parameters.value(parameter, word)
        if word in _WORDS:
            return _WORDS[word]
        try:
            return json.loads(word)
        except ValueError:
            return word

    def _until(self, mark: str) -> str:
        end = self._text.find(mark, self._at)
        if end < 0:
            raise NoCall
        found, self._at = self._text[self._at : end], end
        return found

    def _skip(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _has(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def _take(self, mark: str) -> None:
        if not self._has(mark):
            raise NoCall


def _form(marks: GemmaMarks) -> CallForm:
    def readers(tools: Sequence[ToolSpec]) -> NewReader:
        parameters = {tool.name: ToolParameters(tool.parameters) for tool in tools}
        return partial(GemmaReader, marks, parameters)

    return CallForm((marks.start,), readers, grammar=GemmaGrammar(marks))


GEMMA4 = _form(_GEMMA4_MARKS)
FUNCTION_GEMMA = _form(_FUNCTION_MARKS)
