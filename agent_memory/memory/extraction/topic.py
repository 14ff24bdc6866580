"""The topic of a sentence of a message, and whether something was spoken of before it."""

import re

from agent_memory.memory.items.kinds import ItemKind

_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+\S")
_LABEL = re.compile(r"[^\n.!?]{1,60}:[ \t*]*$")
_ITEM = re.compile(r"[ \t]*[-*+\u2022][ \t]")
_LIST = re.compile(r"[ \t]*\n(?:[ \t]*[-*+\u2022][ \t]|[ \t]+\S)")
"""The end of a line that the list below belongs to."""
_OF_LIST = re.compile(r"(?:^|[\s;,:])(?:[-*+\u2022]|\(?(?:[a-h]|\d{1,2})[.)])\s+\Z")
_LONGEST_BULLET = 8
_KINDS = (
    (
        ItemKind.TASK,
        re.compile(
            r"(?:\W|\b(?:my|our|the|open|remaining|next|current|new)\b)*(?:to-?dos?|tasks?|steps|"
            r"next steps?|action items?|follow-?ups?|backlog|left to do|still to do|still open|"
            r"what(?:'s| is) (?:left|next)|remaining work|(?:we|i) (?:still )?(?:need|have) to)\W*",
            re.IGNORECASE,
        ),
    ),
    (
        ItemKind.DECISION,
        re.compile(
            r"(?:\W|\b(?:we|i|have|our|the|key)\b)*(?:decisions?|decided|agreed|agreements?|resolved)"
            r"\W*",
            re.IGNORECASE,
        ),
    ),
)
_MAX_LABEL_WORDS = 6
_MAX_WORDS_OF_NOTHING = 2
"""`Hello.`, `No.`, `Hi Ann!` are about nothing."""


class Topic:
    """Moves through a message, sentence by sentence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self._title = ""
        self._label = ""
        self._is_title = False
        self._num_words = 0
        self._is_item = False
        self.is_open = True
        """Whether nothing was said so far that the next sentence could be about."""

    @property
    def heading(self) -> str:
        """The title and the label above the sentence; "" when it is one itself."""
        return (
            "" if self._is_title else " ".join(part for part in (self._title, self._label) if part)
        )

    @property
    def kind(self) -> ItemKind | None:
        """What the sentence is as an item of a list under `Next steps:` or `We decided:`."""
        if not self._is_item or self._is_title:
            return None
        return _kind_of(self._label) or _kind_of(self._title)

    @property
    def names_kind(self) -> bool:
        """Whether the sentence is such a label, and no statement itself."""
        return self._is_title and _kind_of(self._label or self._title) is not None

    def move_to(self, begin: int, end: int) -> None:
        """Go on to characters [begin, end), which are a sentence without its bullet."""
        between = self._text[self._end : begin]
        line = self._text.rfind("\n", 0, begin) + 1
        sentence = self._text[begin:end]
        if "\n\n" in between:
            self._label = ""
        self._is_title = _HEADING.match(self._text, line, begin + 1) is not None
        self._num_words = len(sentence.split())
        if self._is_title:
            self._title, self._label = sentence, ""
        elif (
            self._num_words <= _MAX_LABEL_WORDS
            and _ITEM.match(self._text, line) is None
            and self._is_label(sentence, end)
        ):
            self._label, self._is_title = sentence, True
        self._end = end
        self._is_item = bool(self._title or self._label) and self._is_of_list(begin)

    def _is_of_list(self, begin: int) -> bool:
        start = max(0, begin - _LONGEST_BULLET)
        return _OF_LIST.search(self._text, start, begin) is not None

    def _is_label(self, sentence: str, end: int) -> bool:
        if _LABEL.fullmatch(sentence) is not None:
            return True
        is_open = sentence[-1:].isalnum() or sentence[-1:] in "`*)"
        return is_open and _LIST.match(self._text, end) is not None

    def note(self, *, has_subject: bool) -> None:
        """What came of the sentence: one with a subject of its own opens no topic."""
        if not (has_subject or self._is_title or self._num_words <= _MAX_WORDS_OF_NOTHING):
            self.is_open = False


def _kind_of(label: str) -> ItemKind | None:
    return next((kind for kind, form in _KINDS if label and form.fullmatch(label)), None)
