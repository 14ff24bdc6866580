"""Commits of a repository: each message is somebody's word, each change a diff, dated."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_memory.errors import InvalidRequest
from agent_memory.memory.importing.dialogue import from_epoch, said, thread_name
from agent_memory.memory.importing.text_pieces import diff_pieces

_RECORD, _FIELD = "\x1e", "\x1f"
_FORMAT = _RECORD + _FIELD.join(("%H", "%at", "%an", "%B")) + _FIELD
_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Commit:
    """`diff` is empty of a merge."""

    id: str
    at: str
    author: str
    message: str
    diff: str


def read_commits(revisions: str, repository: Path) -> list[Commit]:
    """The commits of a range such as `v1.0..HEAD`, the oldest first. `InvalidRequest` when git has
    none of it."""
    command = ("git", "-C", str(repository), "log", "--reverse", "--patch", "--no-color")
    if revisions.startswith("-"):
        raise InvalidRequest(f"'{revisions}' is no range of commits.", "git")
    done = subprocess.run(  # noqa: S603  git itself, with a range that is no option
        (*command, "--no-ext-diff", f"--format={_FORMAT}", revisions, "--"),
        capture_output=True,
        check=False,
        env=dict(os.environ),
        timeout=_TIMEOUT_S,
    )
    if done.returncode != 0:
        said_by_git = done.stderr.decode(errors="replace").strip().splitlines()
        message = said_by_git[0] if said_by_git else "git failed"
        raise InvalidRequest(f"The commits cannot be read: {message}", "git")
    text = done.stdout.decode(errors="replace")
    return [_commit(record) for record in text.split(_RECORD)[1:]]


def bodies(commits: list[Commit], thread: str | None, repository: Path) -> Iterator[dict[str, Any]]:
    """A body of `POST /v1/ingest` for each commit, more where its diff is long."""
    name = thread or thread_name("git", repository.resolve().name)
    for commit in commits:
        chat = list(said("user", commit.message, commit.at, commit.author))
        diffs = [piece for piece in diff_pieces(commit.diff) if piece.strip()]
        first = {"chat": chat} if chat else {}
        for at in range(max(1, len(diffs))):
            materials = {**first, **({"diffs": [diffs[at]]} if diffs else {})}
            first = {}
            if materials:
                yield {"thread_id": name, "materials": materials, "occurred_at": commit.at}


def _commit(record: str) -> Commit:
    id_, at, author, message, diff = record.split(_FIELD, 4)
    return Commit(id_, from_epoch(at) or "", author, message.strip(), diff.lstrip("\n"))
