"""Objects out of a JSON file of any size, one after the other."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from agent_memory.errors import InvalidRequest

MAX_OBJECT_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_TOKEN = re.compile(rb'"|[\[{]|[\]}]|\\.', re.DOTALL)
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")


def objects(file: BinaryIO, depth: int) -> Iterator[bytes]:
    """Every object that `depth` brackets stand open around, its own among them: 2 in a list of
    objects, 3 in a list that an object holds. What is cut off at the end is left out."""
    level, is_text = 0, False
    kept = bytearray()
    begin: int | None = None
    while chunk := _whole_escapes(file):
        base = len(kept)
        kept += chunk
        for token in _TOKEN.finditer(kept, base):
            sign = token[0][0]
            if sign == ord('"'):
                is_text = not is_text
            elif is_text or len(token[0]) > 1:
                continue
            elif sign in _OPENING:
                level += 1
                if level == depth and sign == ord("{"):
                    begin = token.start()
            elif sign in _CLOSING:
                if level == depth and begin is not None:
                    yield bytes(kept[begin : token.end()])
                    begin = None
                level -= 1
        del kept[: len(kept) if begin is None else begin]
        begin = None if begin is None else 0
        if len(kept) > MAX_OBJECT_BYTES:
            raise InvalidRequest(f"One object has more than {MAX_OBJECT_BYTES} bytes.", "file")


def _whole_escapes(file: BinaryIO) -> bytes:
    """A chunk that does not end within an escape."""
    chunk = file.read(_CHUNK)
    while chunk.endswith(b"\\") and (more := file.read(1)):
        chunk += more
    return chunk
