"""Speech cut into sentences, and freed of what is quoted in it."""

import re
from collections.abc import Iterator

_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+(?![\s\"')\]]|$)[^.!?\n]*)*(?:[.!?]+[\"')\]]*|\n|$)")
_SHORT_FORM = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|Dr|Mr|Mrs|Ms|St|[A-Z])\.$")
_BULLET = re.compile(r"\s*(?:[-*+\u2022]|\d{1,2}[.)]|#{1,6})\s+(?=\S)")
_QUOTED = re.compile(
    r"`[^`\n]*`|\"[^\"\n]{0,400}\"|\u201c[^\u201d\n]{0,400}\u201d|(?<!\w)'[^'\n]{1,200}'(?!\w)"
)
_LEAST_ITEMS = 2
_LONGEST_NUMBER = 12
"""Characters, with what stands before it."""
_NUMBER = re.compile(r"[,;:]?\s*(?:(?:and|then) )?\b(?P<nth>\d{1,2})\.\Z")
_INLINE = re.compile(r"(?:(?<=[\s:;,])|^)\(?(?P<nth>[a-h]|\d{1,2})\)\s+(?=\S)")
_BETWEEN = re.compile(r"[\s;,]*(?:\b(?:and|or))?\s*\Z")
_MAX_SENTENCE = 600
"""Characters; what is longer is no statement but a text."""


def find_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Places of sentences without the white space and bullets around them. Lines that cite another
    message (`>`) are none."""
    begin = 0
    for match in _SENTENCE.finditer(text):
        end = match.end()
        piece = text[begin:end]
        if _goes_on(piece, text[end : end + 2]):
            continue
        first, last = _trimmed(text, begin, _without_number(text, begin, end))
        begin = end
        if 0 < last - first <= _MAX_SENTENCE and text[first] != ">":
            yield from _items(text, first, last)


def _items(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of `do this: (a) one; (b) two`, and of any other sentence the whole."""
    is_list = text.count(") ", begin, end) >= _LEAST_ITEMS
    marks = list(_INLINE.finditer(text, begin, end)) if is_list else []
    if len(marks) < _LEAST_ITEMS or not _are_in_order([mark.group("nth") for mark in marks]):
        yield begin, end
        return
    ends = [*(mark.start() for mark in marks), end]
    begins = [begin, *(mark.end() for mark in marks)]
    for first, last in zip(begins, ends, strict=True):
        last_word = _BETWEEN.search(text, first, last)
        stop = last if last_word is None or last == end else last_word.start()
        if stop > first:
            yield first, stop


def _are_in_order(names: list[str]) -> bool:
    wanted = "abcdefgh" if names[0].isalpha() else [str(number + 1) for number in range(len(names))]
    return names == list(wanted[: len(names)])


def _without_number(text: str, begin: int, end: int) -> int:
    """Where characters [begin, end) end without the number of what comes next in their line: in
    `1. this, 2. that` the second number belongs to `that`."""
    number = _NUMBER.search(text, max(begin, end - _LONGEST_NUMBER), end)
    if number is None or text[end : end + 1] in {"", "\n"}:
        return end
    nth = int(number.group("nth"))
    line = text[text.rfind("\n", 0, begin) + 1 : begin]
    is_next = nth == 1 or f" {nth - 1}. " in f" {line} "
    return number.start() if is_next else end


def _goes_on(piece: str, following: str) -> bool:
    """It ends with an abbreviation, and not with its line or the text."""
    if not piece.endswith(".") or not following.strip() or "\n" in following:
        return False
    return len(piece) < _MAX_SENTENCE and _SHORT_FORM.search(piece[-8:]) is not None


def unquoted(sentence: str) -> str:
    """As long as before; what is in backticks or quotation marks has become one long word."""
    if not any(mark in sentence for mark in "`\"'\u201c"):
        return sentence
    return _QUOTED.sub(lambda match: "_" * len(match.group()), sentence)


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    bullet = _BULLET.match(text, begin, end)
    if bullet is not None:
        begin = bullet.end()
    part = text[begin:end]
    return begin + len(part) - len(part.lstrip()), begin + len(part.rstrip())
