"""How much of each prompt was cached, as the server's ledger has it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import httpx

from tests.acceptance.server import Server

SHARE = 0.95
"""So much of the prompt before is cached in the next request of a conversation, at least."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a conversation. model, session: as the server names them."""

    session: str
    prompt: int
    cached: int
    output: int

    def share_of(self, before: "Request") -> float:
        """How much of the prompt before was cached."""
        return self.cached / before.prompt


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The requests of one conversation, oldest first."""

    name: str
    requests: Sequence[Request]

    def shares(self) -> list[float]:
        return [after.share_of(before) for before, after in pairwise(self.requests)]

    def rows(self) -> list[str]:
        """A line a request, of a table."""
        shares = ["", *(f"{share:.1%}" for share in self.shares())]
        return [
            f"{self.name:<34} {at:>4} {each.prompt:>7} {each.cached:>7} {share:>7}"
            for at, (each, share) in enumerate(zip(self.requests, shares, strict=True), 1)
        ]


class Usage:
    """Reads the ledger, and keeps what was read for a table."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.dialogues: dict[str, Dialogue] = {}

    def dialogue(self, name: str, session: str, at_least: int) -> Dialogue:
        """What a session has asked. A request is booked just after its last byte has left."""
        deadline = time.monotonic() + 30
        while len(requests := self._requests(session)) < at_least:
            assert time.monotonic() < deadline, f"{len(requests)} requests of {session} are booked"
            time.sleep(0.2)
        dialogue = Dialogue(name, requests)
        self.keep(dialogue)
        return dialogue

    def keep(self, dialogue: Dialogue) -> None:
        """For the table, in place of what is known of it."""
        self.dialogues[dialogue.name] = dialogue

    def _requests(self, session: str) -> list[Request]:
        answer = httpx.get(
            f"{self._server.url}/v1/admin/ledger",
            params={"session_id": session, "limit": 100},
            headers={"x-api-key": self._server.key},
            timeout=30,
        )
        entries = answer.raise_for_status().json()["data"]
        assert all(entry["status"] == 200 for entry in entries), entries
        return [_request(entry) for entry in reversed(entries)]


def table(dialogues: Sequence[Dialogue]) -> list[str]:
    """Each request, and how much of the prompt before it was cached."""
    head = f"{'dialogue':<34} {'turn':>4} {'prompt':>7} {'cached':>7} {'share':>7}"
    return [head, *(row for dialogue in dialogues for row in dialogue.rows())]


def _request(entry: dict[str, object]) -> Request:
    def count(name: str) -> int:
        found = entry[name]
        assert isinstance(found, int)
        return found

    cached = count("cache_read_tokens")
    prompt = count("input_tokens") + cached + count("cache_write_tokens")
    return Request(str(entry["session_id"]), prompt, cached, count("output_tokens"))
