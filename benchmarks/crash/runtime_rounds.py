"""Rounds of a whole server, killed with -9, PostgreSQL and all, that must have lost nothing."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from benchmarks.harness.agent_memory_server import AgentMemoryServer

NUM_SESSIONS = 4
MAX_TOKENS = 12
MAX_WORK_S = 4.0
"""A server is killed within so many seconds after it has acknowledged a turn, or is ready."""
EARLY = 0.25
"""Share of the servers for which the latter counts: they die while they restore."""
MAX_STARTS = 8
_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 30.0


@dataclass(slots=True)
class RuntimeFindings:
    """Counts over all rounds. most_recomputed: tokens of a session's history that its first turn
    after a kill did not find in the cache. num_unheard: turns that were committed although the
    client never heard of their end. num_refused: answered with an error, by a dying server mostly.
    """

    num_rounds: int = 0
    num_killed: int = 0
    num_turns: int = 0
    num_first_turns: int = 0
    num_unheard: int = 0
    num_refused: int = 0
    num_lost: int = 0
    num_wrong: int = 0
    most_recomputed: int = 0
    ready_s: list[float] = field(default_factory=list)
    start_failures: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Session:
    """said: what was asked and answered, in turn, as far as it was acknowledged. num_tokens: in the
    KV cache after the last of it."""

    name: str
    said: list[str] = field(default_factory=list)
    num_tokens: int = 0
    asked: str = ""
    num_compared: int = 0


class RuntimeRounds:
    """Sessions that go on over any number of killed servers, and on one that is never killed."""

    def __init__(self, mortal: AgentMemoryServer, reference: AgentMemoryServer, seed: int) -> None:
        self._mortal = mortal
        self._reference = reference
        self._dice = random.Random(seed)  # noqa: S311  reproducible rounds
        self._sessions = [_Session(f"s{number}") for number in range(NUM_SESSIONS)]
        self.findings = RuntimeFindings()

    def begin(self) -> None:
        """Start the server that is never killed."""
        self._start(self._reference)

    def run(self) -> None:
        """One round: start, look at what is there, work until the kill, compare the answers."""
        self._start(self._mortal)
        asyncio.run(self._work())
        asyncio.run(self._compare())
        self.findings.num_rounds += 1

    def _start(self, server: AgentMemoryServer) -> None:
        """Start it; a machine so busy that Ray gives up is no fault of what was killed."""
        for attempt in range(MAX_STARTS):
            started_at = time.perf_counter()
            try:
                server.start()
            except RuntimeError as error:
                if attempt == MAX_STARTS - 1:
                    raise
                self.findings.start_failures.append(str(error)[-300:])
                kill_everything(server)
            else:
                self.findings.ready_s.append(time.perf_counter() - started_at)
                return

    async def _work(self) -> None:
        async with _client(self._mortal) as client:
            for session in self._sessions:
                await self._look(client, session)
            has_answered = asyncio.Event()
            work = [
                asyncio.create_task(self._talk(client, each, has_answered))
                for each in self._sessions
            ]
            if self._dice.random() > EARLY:
                waiting = asyncio.create_task(has_answered.wait())
                await asyncio.wait((waiting, *work), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            await asyncio.sleep(self._dice.random() * MAX_WORK_S)
            self.findings.num_killed += kill_everything(self._mortal)
            await asyncio.gather(*work)

    async def _look(self, client: httpx.AsyncClient, session: _Session) -> None:
        """Is everything there that was acknowledged?"""
        if not session.said and not session.asked:
            await client.post("/v1/agents", json={"session_id": session.name})
            return
        response = await client.get(f"/v1/agents/{session.name}/transcript")
        found = [_text(message) for message in response.json()["messages"]]
        if found[: len(session.said)] != session.said:
            self.findings.num_lost += 1
            self.findings.failures.append(f"{session.name}: {found} instead of {session.said}")
        elif len(found) == len(session.said) + 2 and found[-2] == session.asked:
            self.findings.num_unheard += 1
        elif len(found) > len(session.said):
            self.findings.failures.append(f"{session.name}: {found} after {session.said}")
        if len(found) != len(session.said):
            session.said, session.num_tokens = found, 0

    async def _talk(
        self, client: httpx.AsyncClient, session: _Session, has_answered: asyncio.Event
    ) -> None:
        """Turns until the server is gone."""
        is_first = True
        while True:
            words = self._dice.choices("abcdefghijklmnop", k=self._dice.randint(5, 120))
            session.asked = " ".join(words)
            try:
                turn = await _take(client, session.name, session.asked)
            except httpx.HTTPError:
                return
            if turn is None:
                self.findings.num_refused += 1
                return
            text, usage = turn
            if is_first and session.num_tokens:
                self.findings.num_first_turns += 1
                recomputed = session.num_tokens - usage["cached_tokens"]
                self.findings.most_recomputed = max(self.findings.most_recomputed, recomputed)
            is_first = False
            session.said += [session.asked, text]
            # The last token was drawn and never fed.
            session.num_tokens = usage["prompt_tokens"] + usage["completion_tokens"] - 1
            self.findings.num_turns += 1
            has_answered.set()

    async def _compare(self) -> None:
        """Have the other server take the turns that are new, and say the same."""
        async with _client(self._reference) as client:
            for session in self._sessions:
                if not session.num_compared:
                    await client.post("/v1/agents", json={"session_id": session.name})
                for at in range(session.num_compared, len(session.said), 2):
                    turn = await _take(client, session.name, session.said[at])
                    if turn is None:
                        raise RuntimeError("the server that is not killed did not answer")
                    if turn[0] != session.said[at + 1]:
                        self.findings.num_wrong += 1
                        self.findings.failures.append(
                            f"{session.name}: {session.said[at + 1]!r} instead of {turn[0]!r}"
                        )
                session.num_compared = len(session.said)


def kill_everything(server: AgentMemoryServer) -> int:
    """kill -9 for every process of a server, again until none is left; returns how many."""
    killed: set[int] = set()
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while alive := server.family():
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed.add(pid)
        if time.monotonic() > deadline:
            raise RuntimeError(f"some of the killed server live on: {alive}")
        time.sleep(0.01)
    server.kill()
    return len(killed)


async def _take(
    client: httpx.AsyncClient, session: str, message: str
) -> tuple[str, dict[str, int]] | None:
    """A turn's answer and usage; None when it was cut off. Raises `httpx.HTTPError` likewise."""
    body = {"message": message, "max_tokens": MAX_TOKENS, "temperature": 0}
    response = await client.post(f"/v1/agents/{session}/turns", json=body)
    if not response.is_success:
        return None
    turn = response.json()
    return _text(turn["message"]), turn["usage"]


def _text(message: dict[str, Sequence[dict[str, str]]]) -> str:
    return "".join(part.get("text", "") for part in message["content"])


def _client(server: AgentMemoryServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server.url, headers=server.headers, timeout=_TIMEOUT_S, trust_env=False
    )
