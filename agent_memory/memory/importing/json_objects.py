"""Objects out of a JSON file of any size, one after the other."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from agent_memory.errors import InvalidRequest

MAX_OBJECT_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[{\]}]', re.DOTALL)
"""A whole text, or a bracket; a quote alone begins a text whose end is not read yet."""
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")


def objects(file: BinaryIO, depth: int) -> Iterator[bytes]:
    """Every object that `depth` brackets stand open around, its own among them: 2 in a list of
    objects, 3 in a list that an object holds. What is cut off at the end is left out."""
    level, looked_at = 0, 0
    kept = bytearray()
    begin: int | None = None
    while chunk := file.read(_CHUNK):
        kept += chunk
        first_unread = len(kept)
        for token in _TOKEN.finditer(kept, looked_at):
            sign = token[0][0]
            if sign in _OPENING:
                level += 1
                if level == depth and sign == ord("{"):
                    begin = token.start()
            elif sign in _CLOSING:
                if level == depth and begin is not None:
                    yield bytes(kept[begin : token.end()])
                    begin = None
                level -= 1
            elif len(token[0]) == 1:
                first_unread = token.start()
                break
        done = first_unread if begin is None else begin
        del kept[:done]
        looked_at = first_unread - done
        begin = None if begin is None else 0
        if len(kept) > MAX_OBJECT_BYTES:
            raise InvalidRequest(f"One object has more than {MAX_OBJECT_BYTES} bytes.", "file")
