"""The marks of a family whose arguments stand between tags, and what a request's tools make of
them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_memory.prompts.call_forms.schemas import ToolParameters

_NEVER = "(?!)"
_BLANKS = r"\s{0,16}"
_MOST_BLANKS = 16
MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Tags:
    """How calls are marked.

    block: (before, after) a call, or several.
    name: (before, after) the tool's name. Without marks of its own the name begins the block.
    call_end: what ends a call within its block, or "".
    key: (before, after) a parameter's name; the second in each of its spellings.
    value: (before, after) a value.
    frame: what stands on both sides of a value and is no part of it.
    number: (before, after) a number that follows the tool's name and its mark, in some families.
    wrap: (before, after) the marks in which some values stand, which are no part of them.
    """

    block: tuple[str, str]
    name: tuple[str, str]
    call_end: str
    key: tuple[str, tuple[str, ...]]
    value: tuple[str, str]
    frame: str = ""
    number: tuple[str, str] | None = None
    wrap: tuple[str, str] | None = None

    @property
    def number_pattern(self) -> str:
        """A pattern of the number after a name; of nothing where there is none."""
        if self.number is None:
            return ""
        before, after = self.number
        return rf"{re.escape(before)}[0-9]{{1,{MOST_DIGITS}}}{re.escape(after)}"

    @property
    def followers(self) -> tuple[str, ...]:
        """What may follow the opening of a call or the end of a value, blanks aside."""
        return tuple(mark for mark in (self.key[0], self.call_end, self.block[1]) if mark)

    @property
    def num_end_marks(self) -> int:
        """The marks of a whole end: of the last value, of the call, of the block."""
        return 3 if self.call_end else 2


class ToolTags:
    """The marks as the tools of one request have them. Patterns are bounded in what they look at
    around a mark, so that text can be searched while it comes in."""

    def __init__(self, tags: Tags, tools: Mapping[str, ToolParameters]) -> None:
        self.tags = tags
        self.tools = tools
        before, after = tags.name
        longest_first = sorted(tools, key=len, reverse=True)
        self.openings = {f"{before}{name}{after}": name for name in longest_first}
        """The opening of a call of each tool, the longest first."""
        self.followers = tags.followers
        self.marks = self._marks()
        self.longest_mark = self._longest_mark()
        self._values: dict[str, ValueTags] = {}

    def values_of(self, tool: str) -> "ValueTags":
        """The marks in a call of this tool."""
        if tool not in self._values:
            self._values[tool] = ValueTags(self.tags, self.tools[tool])
        return self._values[tool]

    def _marks(self) -> re.Pattern[str]:
        """Ends of calls and blocks, and openings of calls as the group "opening"."""
        named = _any_of(self.openings)
        if not self.tags.name[0]:
            named = f"{re.escape(self.tags.block[0])}{_BLANKS}{named}"
        opening = f"{named}{self.tags.number_pattern}(?={_BLANKS}{_any_of(self.followers)})"
        ends = _any_of(end for end in (self.tags.call_end, self.tags.block[1]) if end)
        return re.compile(f"(?P<opening>{opening})|{ends}")

    def _longest_mark(self) -> int:
        """How many characters a match of `marks` looks at, at most."""
        named = max(map(len, self.openings), default=0) + len(self.tags.block[0])
        follower = max(map(len, self.followers))
        number = sum(map(len, self.tags.number or ())) + MOST_DIGITS
        return named + number + follower + 2 * _MOST_BLANKS + len(self.tags.call_end)


class ValueTags:
    """The marks between the values of one tool's call."""

    def __init__(self, tags: Tags, parameters: ToolParameters) -> None:
        self.tags = tags
        self.parameters = parameters
        names = _any_of(parameters.names)
        any_name = r"[^\n<>\"]+?"
        self.first = self._opening(f"(?:{names}|{any_name})")
        """The first of a call: there is nothing else that it could be."""
        self.known = self._opening(names)
        self.next = re.compile(
            re.escape(tags.value[1])
            + r"\s*"
            + self._opening(f"(?:{names}|{any_name})" if parameters.is_open else names).pattern
        )
        """The end of a value and the opening of the next one."""

    def may_follow(self, begun: str) -> bool:
        """Whether what follows the end of a value may begin like that."""
        before, after = self.tags.key
        openings = [f"{before}{name}{end}" for name in self.parameters.names for end in after]
        value = self.tags.value[0]
        return any(each.startswith(begun) for each in (*self.tags.followers, *openings)) or any(
            begun.startswith(each) and value.startswith(begun[len(each) :].lstrip())
            for each in openings
        )

    def _opening(self, name: str) -> re.Pattern[str]:
        before, after = self.tags.key
        opening = rf"(?P<opening>{re.escape(before)}(?P<key>{name}){_any_of(after)}"
        gap = r"\s*" if self.tags.value[0] else ""
        return re.compile(f"{opening}{gap}{re.escape(self.tags.value[0])})")


def _any_of(texts: Iterable[str]) -> str:
    """A pattern of any of these texts, the longest first."""
    ordered = sorted(texts, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, ordered))})" if ordered else _NEVER
