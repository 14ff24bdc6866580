"""Calls that did not get through, without a network."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from agent_memory_client import BrokenOff, Client, Conflict, NotAllowed, NotReachable
from agent_memory_client._async import transport as slow
from agent_memory_client._sync import transport as quick

AGENT = {
    "id": "trip",
    "num_turns": 0,
    "num_messages": 0,
    "num_tokens": 0,
    "model": None,
    "created_at": "",
    "updated_at": "",
}
Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "pause_s", lambda *_: 0.0)
    monkeypatch.setattr(slow, "pause_s", lambda *_: 0.0)


def client_of(answer: Answer, **options: int) -> Client:
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return Client("http://test", "am_key", http=http, **options)


def test_a_call_is_tried_again_under_the_same_key() -> None:
    keys: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["idempotency-key"])
        assert request.headers["authorization"] == "Bearer am_key"
        if len(keys) == 1:
            raise httpx2.ConnectError("refused", request=request)
        if len(keys) == 2:
            return httpx2.Response(503, headers={"retry-after": "1"})
        return httpx2.Response(201, json=AGENT)

    with client_of(answer) as client:
        assert client.sessions.create("trip").id == "trip"
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_two_calls_have_two_keys() -> None:
    keys: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx2.Response(201, json=AGENT)

    with client_of(answer) as client:
        client.sessions.create()
        client.sessions.create()
    assert len(set(keys)) == 2


def test_a_server_that_never_answers_is_said_to_be_away() -> None:
    attempts: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        attempts.append(1)
        raise httpx2.ConnectError("refused", request=request)

    with (
        client_of(answer, max_retries=2) as client,
        pytest.raises(NotReachable, match="http://test"),
    ):
        client.memory.recall("x")
    assert len(attempts) == 3


@pytest.mark.parametrize(("status", "kind"), [(401, NotAllowed), (409, Conflict)])
def test_a_refusal_is_not_tried_again_and_has_its_kind(status: int, kind: type[Exception]) -> None:
    attempts: list[int] = []
    problem = {"detail": "Not so.", "code": "some_code", "request_id": "req_1"}

    def answer(_: httpx2.Request) -> httpx2.Response:
        attempts.append(1)
        return httpx2.Response(status, json=problem)

    with client_of(answer) as client, pytest.raises(kind, match=r"^Not so\.$") as caught:
        client.sessions.get("trip")
    assert (caught.value.code, caught.value.request_id) == ("some_code", "req_1")  # type: ignore[attr-defined]
    assert len(attempts) == 1


def test_a_stream_without_an_end_is_said_to_be_broken_off() -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        body = b'event: text_delta\ndata: {"index":0,"text":"Par"}\n\n'
        return httpx2.Response(200, content=body, headers={"content-type": "text/event-stream"})

    heard: list[str] = []
    with client_of(answer) as client, pytest.raises(BrokenOff):  # noqa: SIM117
        with client.sessions.stream("trip", "And?") as events:
            heard.extend(event.text for event in events)  # type: ignore[union-attr]


def test_asyncio_is_as_patient() -> None:
    from agent_memory_client import AsyncClient  # noqa: PLC0415

    attempts: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        attempts.append(1)
        if len(attempts) < 3:
            raise httpx2.ReadError("cut", request=request)
        return httpx2.Response(200, json=AGENT)

    async def ask() -> str:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        async with AsyncClient("http://test", "am_key", http=http) as client:
            return (await client.sessions.get("trip")).id

    assert asyncio.run(ask()) == "trip"


def test_the_sync_client_is_made_from_the_async_one() -> None:
    folder = Path(slow.__file__).parents[2]
    script = (
        "import sys; sys.path.insert(0, '.'); import unasync;"
        "wrong = [p.name for p, t in unasync.sync_sources().items() if p.read_text() != t];"
        "wrong += [p.name for p in (unasync.PACKAGE / '_sync').glob('*.py')"
        " if p not in unasync.sync_sources()];"
        "print(wrong)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", "run: python agent_memory/client/unasync.py"
