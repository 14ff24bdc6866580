"""What an event gives to remember: a transcript, a diff, the log of a failed call."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from agent_memory.cli.hooking.event import HookEvent, HookName
from agent_memory.memory.importing import claude_code
from agent_memory.memory.importing.detection import dialogues_of
from agent_memory.memory.importing.dialogue import thread_name
from agent_memory.memory.importing.encodings import decoded
from agent_memory.memory.importing.text_pieces import diff_pieces, log_pieces

Body = dict[str, Any]

MESSAGES_OF_A_BODY = 100
_GIT_TIMEOUT_S = 5.0
_MOST_DIFF = 512 * 1024
_EXIT_CODE = re.compile(r"(?:exit(?:ed with)?[ _]code|status)\W{0,3}(\d+)", re.IGNORECASE)


def transcript_bodies(kind: str, session_id: str, raw: bytes) -> Iterator[Body]:
    """The conversation in these lines; `session_id` where the lines do not name it."""
    for dialogue in dialogues_of(kind, decoded(raw), session_id):
        thread = dialogue.thread if dialogue.thread != kind else thread_name(kind, session_id)
        for begin in range(0, len(dialogue.messages), MESSAGES_OF_A_BODY):
            chat = list(dialogue.messages[begin : begin + MESSAGES_OF_A_BODY])
            yield {"thread_id": thread, "materials": {"chat": chat}}


def diff_bodies(thread: str, folder: Path) -> Iterator[Body]:
    """What is changed in the folder's repository and not committed; nothing where there is none."""
    try:
        done = subprocess.run(  # noqa: S603  git itself
            ("git", "-C", str(folder), "diff", "--no-color", "--no-ext-diff", "HEAD", "--"),  # noqa: S607
            capture_output=True,
            check=False,
            env=dict(os.environ),
            timeout=_GIT_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and 0 < len(done.stdout) <= _MOST_DIFF:
        for piece in diff_pieces(done.stdout.decode(errors="replace")):
            yield {"thread_id": thread, "materials": {"diffs": [piece]}}


def failure_bodies(thread: str, event: HookEvent) -> Iterator[Body]:
    """The call of a tool that failed, and what it said."""
    output = event.told.get("error") or event.told.get("tool_response") or ""
    text = output if isinstance(output, str) else orjson.dumps(output).decode()
    if event.name is HookName.TOOL_USED and not _has_failed(output, text):
        return
    call = orjson.dumps(event.told.get("tool_input") or {}).decode()
    for piece in log_pieces(f"$ {event.told.get('tool_name', 'tool')} {call}\n{text}\n"):
        yield {"thread_id": thread, "materials": {"logs": [piece]}}


def thread_of(kind: str, event: HookEvent) -> str:
    """Where all of a session belongs."""
    return thread_name(kind or claude_code.KIND, event.session_id)


def _has_failed(output: object, text: str) -> bool:
    if isinstance(output, dict) and output.get("success") is False:
        return True
    found = _EXIT_CODE.search(text)
    return found is not None and int(found[1]) != 0
