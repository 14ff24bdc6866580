"""A large JSON object cut into pieces that are parsed one after another.

A parser holds the interpreter's lock from its first byte to its last: 16 MiB of numbers stop all
other threads for half a second. A piece takes a few milliseconds.
"""

import re
from array import array
from collections.abc import Iterator, Mapping

import orjson

from agent_memory.json_marks import marks

MAX_DEPTH = 16
"""Levels of nesting. Ours are five."""
MAX_MARKS = 1_000_000
"""Strings and brackets. A session of 10,000 messages has some 200,000."""
MAX_PIECES = 10_000
"""Objects of one list."""
MAX_PIECE_BYTES = 4 * 1024 * 1024
MAX_REST_VALUES = 1_000
"""Values that stand in no list's object."""
NUMBERS_AT_ONCE = 64 * 1024
"""Bytes of a list of numbers that are parsed at once."""

_NUMBERS = re.compile(rb'"([a-z_]+)"\s*:\s*\[([0-9,\s]*)\]')


class CutObject:
    """A JSON object whose lists of objects are apart from it.

    skeleton: the object with 0 in place of each object in a list.
    """

    def __init__(self, text: bytes, max_values: Mapping[str, int]) -> None:
        """max_values: most values in an object of a list, by the list's name.

        Raises `ValueError` when brackets or quotes do not match, a list is there twice, or an
        object has too many values. Whether the pieces are JSON is for their parser to say.
        """
        self._text = text
        self._max_values = max_values
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._find()
        self.skeleton = b"".join(self._rest())

    def pieces(self, name: str) -> Iterator[bytes]:
        """The objects of a list."""
        for begin, end in self._places.get(name, ()):
            yield self._text[begin:end]

    def num_pieces(self, name: str) -> int:
        return len(self._places.get(name, ()))

    def _find(self) -> None:
        depth, key, name, begun = 0, b'""', "", 0
        values = _Values(self._text, MAX_REST_VALUES)
        rest = values
        for begin, end in _marks(self._text):
            mark = self._text[begin : begin + 1]
            values.count(begin, end)
            if mark == b'"' and depth == 1:
                key = self._text[begin:end]
            elif mark in b"[{":
                depth += 1
                if depth == 2:
                    name = self._begin_list(key) if mark == b"[" else ""
                elif depth == 3:
                    begun = begin
                    limit = self._max_values.get(name, MAX_REST_VALUES)
                    values = _Values(self._text, limit, end)
                elif depth > MAX_DEPTH:
                    raise ValueError(f"it nests more than {MAX_DEPTH} levels deep")
            elif mark in b"]}":
                if depth == 3:
                    values = rest
                    values.pass_over(end)
                    if mark == b"}" and name:
                        self._add(name, begun, end)
                depth -= 1
                if depth <= 0:
                    break
        if depth != 0:
            raise ValueError("its brackets do not match")

    def _add(self, name: str, begin: int, end: int) -> None:
        places = self._places[name]
        places.append((begin, end))
        if len(places) > MAX_PIECES:
            raise ValueError(f"'{name}' has more than {MAX_PIECES} entries")
        if end - begin > MAX_PIECE_BYTES:
            raise ValueError(f"'{name}' has an entry of {end - begin} bytes")

    def _begin_list(self, key: bytes) -> str:
        name = str(orjson.loads(key))
        if name in self._places:
            raise ValueError(f"'{name}' is there twice")
        self._places[name] = []
        return name

    def _rest(self) -> Iterator[bytes]:
        kept = 0
        for begin, end in sorted(place for places in self._places.values() for place in places):
            yield self._text[kept:begin]
            yield b"0"
            kept = end
        yield self._text[kept:]


def nesting(text: bytes, max_marks: int = MAX_MARKS) -> int:
    """How many levels deep JSON nests. Raises `ValueError` when it has
    more than `max_marks` strings and brackets."""
    depth = deepest = 0
    for begin, _ in _marks(text, max_marks):
        mark = text[begin : begin + 1]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest


def take_numbers(text: bytes) -> tuple[bytes, dict[str, "array[int]"]]:
    """A JSON object with its lists of numbers empty, and these lists by name, unsigned 32-bit.

    Raises `ValueError` for what is no such list.
    """
    taken: dict[str, array[int]] = {}
    rest: list[bytes] = []
    kept = 0
    for match in _NUMBERS.finditer(text):
        taken[match[1].decode()] = _numbers(match[2])
        rest.append(text[kept : match.start(2)])
        kept = match.end(2)
    return b"".join([*rest, text[kept:]]), taken


def _numbers(text: bytes) -> "array[int]":
    numbers = array("I")
    begin = 0
    while begin < len(text):
        end = text.find(b",", begin + NUMBERS_AT_ONCE)
        end = len(text) if end < 0 else end
        try:
            numbers.extend(orjson.loads(b"[" + text[begin:end] + b"]"))
        except OverflowError as error:
            raise ValueError("a number has more than 32 bits") from error
        begin = end + 1
        if begin == len(text):
            raise ValueError("a list of numbers ends with a comma")
    return numbers


class _Values:
    """Counts the values of a part of the text. Commas between objects of lists do not count."""

    def __init__(self, text: bytes, limit: int, begin: int = 0) -> None:
        self._text = text
        self._limit = limit
        self._num = 0
        self._last = begin

    def count(self, begin: int, end: int) -> None:
        """Up to a mark, and the mark. Raises `ValueError` when there are too many."""
        self._num += 1 + max(0, self._text.count(b",", self._last, begin) - 1)
        self._last = end
        if self._num > self._limit:
            raise ValueError("it has too many values in one place")

    def pass_over(self, end: int) -> None:
        """All that stands before has been counted elsewhere."""
        self._num -= 1
        self._last = end


def _marks(text: bytes, max_marks: int = MAX_MARKS) -> Iterator[tuple[int, int]]:
    """Begin and end of every bracket and string. Raises `ValueError` when there are too many, or
    one of them, or what stands between two, is too long."""
    last = 0
    for num_found, (begin, end) in enumerate(marks(text), 1):
        if num_found > max_marks:
            raise ValueError(f"it has more than {max_marks} strings and brackets")
        if max(begin - last, end - begin) > MAX_PIECE_BYTES:
            raise ValueError(f"it has more than {MAX_PIECE_BYTES} bytes in one place")
        yield begin, end
        last = end
