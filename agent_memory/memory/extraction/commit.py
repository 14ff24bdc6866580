"""The message above a diff: of `git show`, `git log -p` or `git format-patch`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.memory.dates.written import parse_datetime

_NAME = re.compile(r"(?:commit|From) ([0-9a-f]{7,64})\b")
_FIELD = re.compile(r"(From|Author|AuthorDate|Date|Subject|Commit|CommitDate|Merge): +(.*)$")
_TAG = re.compile(r"\[[^\]]*PATCH[^\]]*\] ?")
_STATISTICS = re.compile(r" .+ \| +(?:\d+|Bin)| \d+ files? changed| (?:create|delete|rename) mode ")
_MAX_BODY = 4000


@dataclass(frozen=True, slots=True)
class Commit:
    """`name`: its hash. `subject`: the first line of its message, `body` the rest."""

    name: str | None
    author: str | None
    committed_at: datetime | None
    subject: str
    body: str


def read_commit(lines: Sequence[str], near: datetime) -> Commit | None:
    """None when the lines say nothing. Prose above a bare diff counts as a message."""
    fields: dict[str, str] = {}
    name: str | None = None
    message: list[str] = []
    for line in lines:
        if name is None and (found := _NAME.match(line)) is not None:
            name = found.group(1)
        elif not message and (match := _FIELD.match(line)) is not None:
            fields[match.group(1)] = match.group(2).strip()
        elif line == "---" or _STATISTICS.match(line) is not None:
            continue
        elif fields.get("Subject") and not message and line[:1] == " ":
            fields["Subject"] += line
        else:
            message.append(line.strip())
    subject, body = _split(fields.get("Subject"), "\n".join(message).strip())
    if not (subject or name):
        return None
    date = fields.get("Date") or fields.get("AuthorDate")
    author = fields.get("Author") or fields.get("From")
    return Commit(name, author, parse_datetime(date, near) if date else None, subject, body)


def _split(subject: str | None, message: str) -> tuple[str, str]:
    if subject is not None:
        return _TAG.sub("", subject, count=1).strip(), message[:_MAX_BODY]
    first, _, rest = message.partition("\n")
    return first.strip(), rest.strip()[:_MAX_BODY]
