"""The text of a file, line by line or in segments, so that none has to fit into memory."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, cast

SEGMENT_CHARACTERS = 4 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FILE_OF_A_DIFF = re.compile(r"diff --git |Index: |From [0-9a-f]{40} |commit [0-9a-f]{40}")
_ANY_LINE = re.compile("")


def lines_of(file: BinaryIO) -> Iterator[str]:
    """Lines with `\\n` at their ends. The mark at the begin tells the encoding, or it is UTF-8;
    what is not of it is replaced by U+FFFD."""
    begin = cast("io.BufferedReader", file).peek(4)[:4]
    encoding = next((name for mark, name in _MARKS if begin.startswith(mark)), "utf-8")
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace")
    try:
        yield from text
    finally:
        with suppress(ValueError):  # the caller has closed its file
            text.detach()


def segments(file: BinaryIO, *, of_diffs: bool = False) -> Iterator[str]:
    """The whole text where it is not long. of_diffs: cut only where a file of the diff begins."""
    border = _FILE_OF_A_DIFF if of_diffs else _ANY_LINE
    waiting: list[str] = []
    size = 0
    for line in lines_of(file):
        if size >= SEGMENT_CHARACTERS and border.match(line):
            yield "".join(waiting)
            waiting, size = [], 0
        waiting.append(line)
        size += len(line)
    if waiting:
        yield "".join(waiting)
