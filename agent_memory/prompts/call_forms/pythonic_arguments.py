"""The arguments of one call that is written as Python does."""

import ast
import json
import re
from collections.abc import Iterator, Sequence

from agent_memory.prompts.call_forms.schemas import ToolParameters
from agent_memory.prompts.calls import compact_json

_CLOSED = re.compile(r"\s*\)")
_ESCAPED = re.compile(r"([\"'])(?:[^\\]|\\.)*?\1", re.DOTALL)
_WORDS = {"True": True, "False": False, "None": None}
_LITERAL_ERRORS = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)
_ANY_NAME = r"[^\W\d]\w*"


class BrokenOff(Exception):
    """The arguments are not whole; `begun` is as much of their JSON as is."""

    def __init__(self, begun: str, name: str = "") -> None:
        super().__init__(begun)
        self.begun = begun
        self.name = name


class PythonicArguments:
    """Reads what stands after the opening parenthesis of one call, the closing one included.

    A value ends where another parameter of the tool or the end of the call follows, so that quotes
    within a text need not be escaped. is_verbatim: between single quotes nothing is.
    """

    def __init__(
        self, parameters: ToolParameters, tools: Sequence[str], *, is_verbatim: bool
    ) -> None:
        self._parameters = parameters
        self._is_verbatim = is_verbatim
        names = [re.escape(name) for name in sorted(parameters.names, key=len, reverse=True)]
        if parameters.is_open:
            names.append(_ANY_NAME)
        self._key = re.compile(rf"\s*(?P<key>{'|'.join(names) or '(?!)'})\s*=\s*")
        called = "|".join(re.escape(tool) for tool in sorted(tools, key=len, reverse=True))
        self._end = re.compile(
            rf"\s*(?:,(?={self._key.pattern.replace('(?P<key>', '(?:')})"
            rf"|,?\s*\)(?=\s*(?:[,;]?\s*(?:{called})\(|\]?\s*\Z)))"
        )

    def read(self, text: str, at: int) -> tuple[dict[str, object], int]:
        """(the arguments, where what follows them begins). Raises BrokenOff."""
        values: dict[str, object] = {}
        if closed := _CLOSED.match(text, at):
            return values, closed.end()
        while True:
            key = self._key.match(text, at)
            if key is None:
                raise BrokenOff(compact_json(values)[:-1])
            at = key.end()
            value, end = next(self._values(key["key"], text, at), (None, None))
            if end is None:
                raise BrokenOff(self._begun(values, key["key"], text[at:]))
            values[key["key"]] = value
            at = end.end()
            if end[0].rstrip().endswith(")"):
                return values, at

    def _values(self, key: str, text: str, at: int) -> Iterator[tuple[object, re.Match[str]]]:
        """What the value may be, and its end, the best first."""
        if text[at : at + 1] in {"'", '"'}:
            yield from self._texts(text, at)
            return
        first: re.Match[str] | None = None
        for end in self._end.finditer(text, at):
            first = first or end
            try:
                yield _literal(text[at : end.start()]), end
            except _LITERAL_ERRORS:
                continue
        if first is not None:
            yield self._parameters.value(key, text[at : first.start()].strip()), first

    def _texts(self, text: str, at: int) -> Iterator[tuple[object, re.Match[str]]]:
        quote = text[at]
        if not (self._is_verbatim and quote == "'"):
            escaped = _ESCAPED.match(text, at)
            end = None if escaped is None else self._end.match(text, escaped.end())
            if escaped is not None and end is not None:
                yield _unescaped(escaped[0]), end
        for closing in re.compile(quote).finditer(text, at + 1):
            if end := self._end.match(text, closing.end()):
                yield text[at + 1 : closing.start()], end

    def _begun(self, values: dict[str, object], key: str, text: str) -> str:
        """The arguments as far as they go, the last of them in the making."""
        before = f"{compact_json(values)[:-1]}{',' if values else ''}{compact_json(key)}:"
        if text[:1] in {"'", '"'}:
            return before + compact_json(self._without_end(text))[:-1]
        return before + text.strip()

    def _without_end(self, text: str) -> str:
        """A text that breaks off, without its quotes and what may be the beginning of its end."""
        inner, found, behind = text[1:].rpartition(text[0])
        behind = behind.strip()
        key = behind.removeprefix(",").lstrip()
        may_end = not behind or (behind[0] == "," and self._may_be_key(key))
        return inner if found and may_end else text[1:]

    def _may_be_key(self, begun: str) -> bool:
        return any(f"{name}=".startswith(begun) for name in self._parameters.names)


def _literal(text: str) -> object:
    written = text.strip()
    if written in _WORDS:
        return _WORDS[written]
    try:
        return json.loads(written, strict=False)
    except (ValueError, RecursionError):
        value = ast.literal_eval(written)
        json.dumps(value, allow_nan=False)
        return value


def _unescaped(written: str) -> object:
    """The text between its quotes, as JSON or Python mean it; as it stands where neither does."""
    if written[0] == '"':
        try:
            return json.loads(written, strict=False)
        except ValueError:
            pass
    try:
        return ast.literal_eval(written.replace("\r", "\\r").replace("\n", "\\n"))
    except _LITERAL_ERRORS:
        return written[1:-1]
