"""Conversations written down as text: who said what, and when."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agent_memory.memory.dates.written import parse_datetime
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.search.identifiers import word_set

_ROLES = {
    "user": Role.USER, "human": Role.USER, "me": Role.USER, "you": Role.USER,
    "customer": Role.USER, "assistant": Role.ASSISTANT, "ai": Role.ASSISTANT,
    "bot": Role.ASSISTANT, "agent": Role.ASSISTANT, "chatgpt": Role.ASSISTANT,
    "claude": Role.ASSISTANT, "gpt": Role.ASSISTANT, "model": Role.ASSISTANT,
    "copilot": Role.ASSISTANT, "gemini": Role.ASSISTANT, "system": Role.SYSTEM,
    "developer": Role.SYSTEM, "tool": Role.TOOL, "function": Role.TOOL,
}  # fmt: skip
_NO_NAMES = word_set(
    "note todo fixme warning error info debug example http https ps nb tip caution update edit "
    "summary result results output input answer question steps step expected actual reason fix "
    "caused date time subject from to cc re fwd host port file line url status title version "
    "description author fatal critical trace usage returns raises args parameters because "
    "however also first second third finally cause problem solution options option pros cons"
)
_NAME = r"[^\W\d_][\w.'@-]*(?: [\w.'@-]+){0,3}"
_DATE = r"[\[(](?P<date>[^\])\n]{4,40})[\])]"
_HEAD = re.compile(
    rf"(?:{_DATE} ?-? ?)?(?:"
    rf"\*\*(?P<bold>{_NAME}):?\*\*:? ?|"
    rf"#{{1,4}} (?P<title>{_NAME}):? *$|"
    rf"<(?P<irc>[\w.|`-]{{1,30}})> |"
    rf"(?P<plain>{_NAME})(?: [\[(](?P<late>[^\])\n]{{4,40}})[\])])?: ?)"
)
_WHATSAPP = re.compile(
    r"(?P<date>\d{1,2}/\d{1,2}/\d{2,4},? \d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?) - "
    rf"(?P<plain>{_NAME}): "
)
_IRC = re.compile(r"(?P<date>\d\d:\d\d(?::\d\d)?) <(?P<irc>[\w.|`-]{1,30})> ")
_LONGEST_HEAD = 120


@dataclass(frozen=True, slots=True)
class Utterance:
    """Characters [begin, end) of the text, without the head that names the speaker."""

    role: Role
    speaker: str | None
    begin: int
    end: int
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Head:
    line_begin: int
    begin: int
    name: str
    date: str | None
    is_marked: bool
    """By more than a colon: bold, a heading, angle brackets or a time."""


def read_transcript(text: str, occurred_at: datetime) -> tuple[Utterance, ...]:
    """Empty when the text is no transcript. Words before the first head are nobody's but the
    user's."""
    heads = _believable(list(_find_heads(text)))
    if not heads:
        return ()
    ends = [*(head.line_begin for head in heads[1:]), len(text)]
    said = [_utterance(text, head, end, occurred_at) for head, end in zip(heads, ends, strict=True)]
    if text[: heads[0].line_begin].strip():
        begin, end = strip(text, 0, heads[0].line_begin)
        said.insert(0, Utterance(Role.USER, None, begin, end, None))
    return tuple(utterance for utterance in said if utterance.begin < utterance.end)


def strip(text: str, begin: int, end: int) -> tuple[int, int]:
    """The stretch without white space at both ends; empty where there is nothing else."""
    part = text[begin:end]
    lead = len(part) - len(part.lstrip())
    return begin + lead, max(begin + lead, begin + len(part.rstrip()))


def _utterance(text: str, head: _Head, end: int, occurred_at: datetime) -> Utterance:
    role = _ROLES.get(head.name.lower())
    speaker = None if role is not None and head.name.lower() in _PLAIN_ROLES else head.name
    said_at = parse_datetime(head.date, occurred_at) if head.date is not None else None
    return Utterance(role or Role.USER, speaker, *strip(text, head.begin, end), said_at)


_PLAIN_ROLES = word_set("user human me you assistant ai bot system developer tool function model")


def _find_heads(text: str) -> Iterator[_Head]:
    """Of lines outside fenced blocks."""
    place, is_fenced = 0, False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            is_fenced = not is_fenced
        elif not is_fenced and (match := _match_head(line[:_LONGEST_HEAD])) is not None:
            yield _head(match, place)
        place += len(line) + 1


def _match_head(line: str) -> re.Match[str] | None:
    if not (":" in line or ">" in line or line.startswith("#")):
        return None
    return _WHATSAPP.match(line) or _IRC.match(line) or _HEAD.match(line)


def _head(match: re.Match[str], place: int) -> _Head:
    groups = match.groupdict()
    names = (groups.get(key) for key in ("bold", "title", "irc", "plain"))
    name = next(name for name in names if name is not None)
    date = groups.get("date") or groups.get("late")
    is_marked = groups.get("plain") is None or date is not None
    return _Head(place, place + match.end(), name, date, is_marked)


def _believable(heads: list[_Head]) -> list[_Head]:
    """`Note: ...` has the form of a head too. Believed are roles and heads with a time; others
    only when there are two names at least, marked ones or such with a capital that come again."""
    heads = [head for head in heads if head.name.lower() not in _NO_NAMES]
    counts = Counter(head.name for head in heads)
    sure = {head.name for head in heads if _is_sure(head)}
    marked = {head.name for head in heads if head.is_marked}
    names = {
        name
        for name, count in counts.items()
        if name in marked or (count > 1 and name[0].isupper())
    }
    if len(names | sure) > 1:
        sure |= names
    return [head for head in heads if head.name in sure]


def _is_sure(head: _Head) -> bool:
    return head.name.lower() in _ROLES or head.date is not None
