"""The agents of a running server, over HTTP."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx
import orjson

from agent_memory.cli.failures import ServerRefused
from agent_memory.cli.sse import ServerSentEvent, parse_events

CONFLICT = 409
_PIECE_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OpenSession:
    session_id: str
    num_turns: int


@dataclass(frozen=True, slots=True)
class Delta:
    """Some more of the answer, or of the thinking before it."""

    text: str
    is_thinking: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The turn is over and kept. `usage` as the server sent it."""

    reason: str
    usage: dict[str, Any]


class AgentClient:
    """Opens sessions and takes turns. `ServerRefused` says what the server said of a failure."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def open_session(self, session_id: str | None) -> OpenSession:
        """The session of that name, made if there is none; a new one when no name is given."""
        created = self._send("POST", "/v1/agents", json={"session_id": session_id})
        if created.status_code == CONFLICT and session_id is not None:
            created = self._send("GET", f"/v1/agents/{session_id}")
        body = _content(created)
        return OpenSession(body["id"], body["num_turns"])

    def take_turn(
        self, session_id: str, messages: Sequence[dict[str, str]]
    ) -> Generator[Delta | Ended, None, None]:
        """The answer as it comes. Closing the generator cancels the turn."""
        body = {"messages": list(messages), "stream": True}
        with (
            _translated(),
            self._http.stream("POST", f"/v1/agents/{session_id}/turns", json=body) as response,
        ):
            if not response.is_success:
                response.read()
                raise _refusal(response)
            yield from _turn_events(parse_events(response.iter_lines()))

    def delete(self, session_id: str, *, keep_shelf: bool) -> None:
        """Forget the session for good, or with `keep_shelf` let go of its live parts only."""
        params = {"keep": "shelf"} if keep_shelf else {}
        _content(self._send("DELETE", f"/v1/agents/{session_id}", params=params))

    def fork(self, session_id: str, fork_id: str | None, num_turns: int | None) -> dict[str, Any]:
        """The new session."""
        body = {"session_id": fork_id, "num_turns": num_turns}
        forked: dict[str, Any] = _content(
            self._send("POST", f"/v1/agents/{session_id}/fork", json=body)
        )
        return forked

    @contextmanager
    def export(self, session_id: str) -> Iterator[Iterator[bytes]]:
        """The session's archive, piece by piece."""
        with (
            _translated(),
            self._http.stream("GET", f"/v1/agents/{session_id}/export") as response,
        ):
            if not response.is_success:
                response.read()
                raise _refusal(response)
            yield response.iter_bytes()

    def take_in(self, archive: BinaryIO, session_id: str | None) -> dict[str, Any]:
        """The session that an archive became."""
        params = {} if session_id is None else {"session_id": session_id}
        headers = {"Content-Type": "application/x-tar"}
        pieces = iter(lambda: archive.read(_PIECE_SIZE), b"")
        arrived: dict[str, Any] = _content(
            self._send("POST", "/v1/agents/import", params=params, headers=headers, content=pieces)
        )
        return arrived

    def stats(self) -> dict[str, int | float]:
        """Counts of sessions, and of what they hold."""
        counts: dict[str, int | float] = _content(self._send("GET", "/v1/agents/stats"))
        return counts

    def models(self) -> list[dict[str, Any]]:
        """What may be loaded, the loaded model first."""
        listed: list[dict[str, Any]] = _content(self._send("GET", "/v1/models"))["data"]
        return [model for model in listed if model.get("type") != "embedding"]

    def load_model(self, model: str, grace_s: float | None) -> dict[str, Any]:
        """The model, once it serves."""
        body = {"model": model, "grace_s": grace_s}
        loaded: dict[str, Any] = _content(self._send("POST", "/v1/models/load", json=body))
        return loaded

    def offload_model(self, model: str, grace_s: float | None) -> dict[str, Any]:
        """The model, once its memory is free."""
        path = f"/v1/models/{quote(model, safe='')}/offload"
        offloaded: dict[str, Any] = _content(self._send("POST", path, json={"grace_s": grace_s}))
        return offloaded

    def checks(self) -> tuple[bool, dict[str, str]]:
        """Whether the server is ready, and each part's "ok" or what is wrong with it."""
        response = self._send("GET", "/health/ready")
        checks: dict[str, str] = orjson.loads(response.content).get("checks", {})
        return response.is_success, checks

    def _send(self, method: str, path: str, **extra: Any) -> httpx.Response:
        with _translated():
            return self._http.request(method, path, **extra)


def _turn_events(events: Iterator[ServerSentEvent]) -> Iterator[Delta | Ended]:
    reason = ""
    for event in events:
        data = orjson.loads(event.data)
        match event.name:
            case "text_delta" | "thinking_delta":
                yield Delta(data["text"], is_thinking=event.name == "thinking_delta")
            case "choice_finished":
                reason = data["reason"]
            case "turn_finished":
                yield Ended(reason, data["usage"])
                return
            case "error":
                raise ServerRefused(data["detail"])
    raise ServerRefused("The answer broke off before its end.")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ServerRefused(f"The server does not answer any more: {error}") from error


def _content(response: httpx.Response) -> Any:
    if not response.is_success:
        raise _refusal(response)
    return orjson.loads(response.content)


def _refusal(response: httpx.Response) -> ServerRefused:
    try:
        body = orjson.loads(response.content)
        return ServerRefused(body["error"]["message"] if "error" in body else body["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ServerRefused(f"The server answered {response.status_code}.")
