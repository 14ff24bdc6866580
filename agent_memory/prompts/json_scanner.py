"""JSON read as it is being written."""

import json
import re

_LITERALS = {"true": "true", "false": "false", "null": "null"}
_PYTHON_LITERALS = {"True": "true", "False": "false", "None": "null"}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SPACES = " \t\r\n"
_DELIMITERS = ",:}]" + _SPACES
_ESCAPES = '"\\/bfnrt'
_HEX = "0123456789abcdefABCDEF"
_CLOSERS = {"{": "}", "[": "]"}


class JsonScanner:
    """Turns one JSON object or array, fed in pieces, into compact JSON text, piece by piece.

    What it has given out is the beginning of a valid value at every moment. `close` gives the
    brackets that are missing at its end, `cut` the end as it was written. Trivial faults are mended
    on the way: a comma before a closing bracket, Python's literals, raw control characters and
    unknown escapes in strings. Anything else breaks it. How the text is cut makes no difference.
    """

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._expected = "value"
        self._has_comma = False
        self._in_string = False
        self._is_key = False
        self._escape = ""
        self._word = ""
        self.is_complete = False
        self.is_broken = False

    @property
    def is_in_string(self) -> bool:
        return self._in_string

    @property
    def num_undecided(self) -> int:
        """Characters read of a number or literal that is not given out yet."""
        return len(self._word)

    def feed(self, text: str) -> tuple[str, int]:
        """The compact text that `text` adds, and how many of its characters were read: all of
        them unless the value is complete or broken."""
        out: list[str] = []
        for at, char in enumerate(text):
            if self.is_complete or self.is_broken:
                return "".join(out), at
            if self._in_string:
                self._string_char(char, out)
            elif not self._structure_char(char, out):
                self.is_broken = True
                return "".join(out), at
        return "".join(out), len(text)

    def close(self) -> str | None:
        """The brackets that complete the value that was given out so far; None where a string or a
        member is not whole, which no bracket can complete."""
        word = self._word_value() if self._word else ""
        is_missing = self._expected in {"colon", "value"} and not self._word
        if self._in_string or is_missing or word is None:
            return None
        closing = word + "".join(_CLOSERS[opener] for opener in reversed(self._stack))
        self._word = ""
        self._stack.clear()
        self.is_complete = True
        return closing

    def cut(self) -> str:
        """What was read and is not given out: the value ends here, whole or not."""
        held = ("," if self._has_comma else "") + self._word + self._escape
        self._has_comma, self._word, self._escape = False, "", ""
        return held

    def _string_char(self, char: str, out: list[str]) -> None:
        if self._escape:
            self._escape_char(char, out)
        elif char == "\\":
            self._escape = char
        elif char == '"':
            self._end_string(out)
        else:
            out.append(char if char >= " " else json.dumps(char)[1:-1])

    def _escape_char(self, char: str, out: list[str]) -> None:
        if self._escape == "\\":
            if char == "u":
                self._escape = "\\u"
                return
            self._escape = ""
            out.append("\\" + char if char in _ESCAPES else "\\\\")
            if char not in _ESCAPES:
                self._string_char(char, out)
            return
        if char in _HEX:
            self._escape += char
            if len(self._escape) == 6:
                out.append(self._escape)
                self._escape = ""
            return
        out.append("\\" + self._escape)
        self._escape = ""
        self._string_char(char, out)

    def _end_string(self, out: list[str]) -> None:
        out.append('"')
        self._in_string = False
        self._expected = "colon" if self._is_key else "end"

    def _structure_char(self, char: str, out: list[str]) -> bool:
        """Read one character outside strings; False when JSON does not allow it here."""
        if self._word and char not in _DELIMITERS:
            self._word += char
            return True
        if self._word and not self._end_word(out):
            return False
        return char in _SPACES or self._sign(char, out)

    def _sign(self, char: str, out: list[str]) -> bool:
        if char in "}]":
            return self._close_bracket(char, out)
        if self._expected == "end":
            return self._comma(char)
        if self._expected == "colon":
            return self._colon(char, out)
        return self._begin(char, out)

    def _end_word(self, out: list[str]) -> bool:
        """A number or literal is whole; False when it is neither."""
        value = self._word_value()
        if value is None:
            return False
        out.append(value)
        self._word = ""
        self._expected = "end"
        return True

    def _comma(self, char: str) -> bool:
        if char != ",":
            return False
        self._has_comma = True
        self._expected = "key" if self._stack[-1] == "{" else "item"
        return True

    def _colon(self, char: str, out: list[str]) -> bool:
        if char != ":":
            return False
        out.append(char)
        self._expected = "value"
        return True

    def _begin(self, char: str, out: list[str]) -> bool:
        """Begin a key, or a value of an object or array."""
        if not self._may_begin(char):
            return False
        if self._has_comma:
            out.append(",")
            self._has_comma = False
        if char == '"':
            out.append(char)
            self._in_string = True
            self._is_key = self._expected == "key"
        elif char in "{[":
            out.append(char)
            self._stack.append(char)
            self._expected = "key" if char == "{" else "item"
        else:
            self._word = char
        return True

    def _may_begin(self, char: str) -> bool:
        if self._expected == "key":
            return char == '"'
        if not self._stack:
            return char in "{["
        return char in '"{[-' or (char.isascii() and char.isalnum())

    def _close_bracket(self, char: str, out: list[str]) -> bool:
        """A comma before the bracket is dropped, a missing value is not invented."""
        if not self._stack or _CLOSERS[self._stack[-1]] != char:
            return False
        if self._expected in {"colon", "value"}:
            return False
        self._stack.pop()
        self._has_comma = False
        out.append(char)
        self._expected = "end"
        self.is_complete = not self._stack
        return True

    def _word_value(self) -> str | None:
        word = self._word
        if _NUMBER.fullmatch(word):
            return word
        return _LITERALS.get(word) or _PYTHON_LITERALS.get(word)


def mend_json(text: str) -> str | None:
    """The first JSON object or array in `text`, compact and with trivial faults mended, or None.
    What follows it is ignored."""
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    if not starts:
        return None
    scanner = JsonScanner()
    compact, _ = scanner.feed(text[min(starts) :])
    return compact if scanner.is_complete else None
