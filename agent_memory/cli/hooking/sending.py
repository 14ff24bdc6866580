"""What an event does: remember, or print the working set; within a bounded time."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import httpx

from agent_memory.cli.hooking.event import HookEvent, HookName
from agent_memory.cli.hooking.findings import (
    Body,
    diff_bodies,
    failure_bodies,
    thread_of,
    transcript_bodies,
)
from agent_memory.cli.hooking.offsets import Offsets
from agent_memory.cli.hooking.redacting import Redactor
from agent_memory.cli.mcp_address import Address

START_S = 3.0
"""A session waits for its first hook."""
SEND_S = 60.0
WORKING_SET_TOKENS = 1024
_CONNECT_S = 1.0


class Hook:
    """One event of one client. `kind` is the importer of its transcripts."""

    def __init__(self, kind: str, event: HookEvent, offsets: Offsets, redactor: Redactor) -> None:
        self._kind = kind
        self._event = event
        self._offsets = offsets
        self._redactor = redactor
        self._reached: int | None = None

    def question(self) -> Mapping[str, Any]:
        """The body of `POST /v1/workingset` at the start of a session."""
        purpose = f"Continue the work in {self._event.folder.name or 'this project'}"
        return {"purpose": purpose, "token_budget": WORKING_SET_TOKENS}

    def bodies(self) -> Iterator[Body]:
        """What is remembered of the event, without secrets."""
        yield from map(self._redactor.body, self._found())

    def settle(self) -> None:
        """All of it was sent: the next event begins after it."""
        if self._reached is not None and self._event.transcript is not None:
            self._offsets.keep(self._event.transcript, self._reached)

    def _found(self) -> Iterator[Body]:
        event = self._event
        thread = thread_of(self._kind, event)
        if event.name in (HookName.TOOL_FAILED, HookName.TOOL_USED):
            yield from failure_bodies(thread, event)
            return
        if event.transcript is not None and event.transcript.is_file():
            raw, reached = self._offsets.rest_of(event.transcript)
            yield from transcript_bodies(self._kind, event.session_id, raw)
            self._reached = reached
        yield from diff_bodies(thread, event.folder)


def send(address: Address, bodies: Iterable[Body], clock: Callable[[], float]) -> bool:
    """Whether all bodies arrived within the time; the rest is sent with the next event."""
    deadline = clock() + SEND_S
    with _http(address) as http:
        for body in bodies:
            left = deadline - clock()
            if left <= 0:
                return False
            http.post("/v1/ingest", json=body, timeout=left).raise_for_status()
    return True


def ask(address: Address, question: Mapping[str, Any]) -> str:
    """The working set as text; empty where nothing is remembered."""
    with _http(address) as http:
        answer = http.post("/v1/workingset", json=question, timeout=START_S).raise_for_status()
        return str(answer.json()["text"])


def monotonic() -> float:
    return time.monotonic()


def _http(address: Address) -> httpx.Client:
    return httpx.Client(
        base_url=address.url,
        headers={"Authorization": f"Bearer {address.key}"},
        timeout=httpx.Timeout(START_S, connect=_CONNECT_S),
        trust_env=False,
    )
