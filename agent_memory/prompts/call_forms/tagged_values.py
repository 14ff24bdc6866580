"""The values between the tags of one call, verbatim."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_memory.prompts.call_forms.tags import ValueTags
from agent_memory.prompts.calls import compact_json
from agent_memory.prompts.stopping import held_suffix


@dataclass(frozen=True, slots=True)
class _Written:
    """What stands between a parameter's tags."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class _Next:
    """Where a value ends, and the opening of the one that follows."""

    value_end: int
    opening: re.Match[str]


class TaggedValues:
    """Reads the body of a call, from the opening of its first value to the text of its last.

    A value goes on until its end mark is followed by the opening of a parameter of the tool that
    was not given yet. An opening without an end mark in front of it counts where it begins a line
    and is the only one of its parameter: the mark was forgotten.
    """

    def __init__(self, tags: ValueTags) -> None:
        self._known = tags
        self._tags = tags.tags
        self._parameters = tags.parameters

    def arguments(self, body: str) -> str | None:
        """JSON text of the arguments; None when something else than values stands there."""
        written = self._split(body)
        if written is None:
            return None
        return compact_json(
            {each.key: self._value(each.key, self._unframed(each.text)) for each in written}
        )

    def cut_arguments(self, body: str) -> str:
        """The arguments as far as they go, where the output breaks off: never a whole object."""
        written = self._split(body)
        if not written:
            return "{"
        *whole, last = written
        values = {each.key: self._value(each.key, self._unframed(each.text)) for each in whole}
        key = compact_json(last.key)
        return f"{compact_json(values)[:-1]}{',' if whole else ''}{key}:{self._begun(last)}"

    def _begun(self, last: _Written) -> str:
        text = self._without_end(last.text.removeprefix(self._tags.frame))
        if self._tags.wrap is not None:
            text = self._without_wrap(text, *self._tags.wrap)
        if self._parameters.may_be_text(last.key):
            return compact_json(text)[:-1]
        return text.strip()

    def _without_wrap(self, text: str, before: str, after: str) -> str:
        """The beginning of a value, without the marks or parts of marks that it stands in."""
        if not text.startswith(before):
            return "" if before.startswith(text) else text
        text = text.removeprefix(before)
        return text[: len(text) - held_suffix(text, (after,))].removesuffix(after)

    def _without_end(self, text: str) -> str:
        """A value that breaks off, without what may be the beginning of its end."""
        frame, mark = self._tags.frame, self._tags.value[1]
        before, found, behind = text.rpartition(mark)
        behind = behind.strip()
        if found and self._known.may_follow(behind):
            return before.removesuffix(frame)
        return text[: len(text) - held_suffix(text, (frame + mark, mark))]

    def _value(self, key: str, text: str) -> object:
        return self._parameters.value(key, text)

    def _unframed(self, text: str) -> str:
        text = text.removeprefix(self._tags.frame).removesuffix(self._tags.frame)
        if self._tags.wrap is None:
            return text
        before, after = self._tags.wrap
        inner = text.removeprefix(before)
        is_wrapped = inner != text and inner.endswith(after)
        return inner.removesuffix(after) if is_wrapped else text

    def _split(self, body: str) -> list[_Written] | None:
        if not body.strip():
            return []
        opening = self._known.first.match(body, len(body) - len(body.lstrip()))
        if opening is None:
            return None
        openings = list(self._known.next.finditer(body))
        written: list[_Written] = []
        given: set[str] = set()
        while True:
            key = opening["key"]
            given.add(key)
            following = self._next(body, opening.end(), openings, given)
            if following is None:
                return [*written, _Written(key, body[opening.end() :])]
            written.append(_Written(key, body[opening.end() : following.value_end]))
            opening = following.opening

    def _next(
        self, body: str, at: int, openings: list[re.Match[str]], given: set[str]
    ) -> _Next | None:
        regular = next(
            (each for each in openings if each.start() >= at and each["key"] not in given), None
        )
        told = given | {each["key"] for each in openings}
        end = len(body) if regular is None else regular.start()
        for opening in self._line_openings(body, at, end):
            if opening["key"] not in told:
                return _Next(opening.start(), opening)
        return None if regular is None else _Next(regular.start(), regular)

    def _line_openings(self, body: str, at: int, end: int) -> Iterator[re.Match[str]]:
        """Openings at the beginning of a line, of a family that writes each on a line of its own;
        else openings anywhere."""
        for opening in self._known.known.finditer(body, at, end):
            if not self._tags.frame or body[opening.start() - 1] == "\n":
                yield opening
