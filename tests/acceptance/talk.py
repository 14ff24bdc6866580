"""Turns over plain HTTP, for tests that look at every event."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import orjson

from tests.acceptance.server import Server

Message = dict[str, str]


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


class Answer:
    """One finished answer of `/v1/chat/completions`."""

    def __init__(self, body: dict[str, object]) -> None:
        self._body = body

    @property
    def text(self) -> str:
        choices = self._body["choices"]
        assert isinstance(choices, list)
        return str(choices[0]["message"]["content"])

    @property
    def usage(self) -> dict[str, int]:
        usage = self._body["usage"]
        assert isinstance(usage, dict)
        return {
            "prompt": usage["prompt_tokens"],
            "completion": usage["completion_tokens"],
            "cached": usage["prompt_tokens_details"]["cached_tokens"],
        }


class Talk:
    """A client of one server, in one session if it is given a name."""

    def __init__(self, server: Server, session: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {server.key}"}
        if session is not None:
            headers["X-Session-ID"] = session
        self._new_client = partial(httpx.Client, base_url=server.url, headers=headers, timeout=120)

    def ask(self, messages: list[Message], max_tokens: int = 20) -> Answer:
        response = self.post(messages, max_tokens)
        assert response.status_code == httpx.codes.OK, response.text
        return Answer(response.json())

    def post(self, messages: list[Message], max_tokens: int = 20) -> httpx.Response:
        return self.post_json("/v1/chat/completions", _body(messages, max_tokens))

    @contextmanager
    def stream(self, messages: list[Message], max_tokens: int) -> Iterator[Iterator[str]]:
        """The texts of a streamed answer as they come. Leaving early closes the connection."""
        body = {**_body(messages, max_tokens), "stream": True}
        with (
            self._new_client() as client,
            client.stream("POST", "/v1/chat/completions", json=body) as response,
        ):
            assert response.status_code == httpx.codes.OK, response.read()
            yield _texts(response)

    def get(self, path: str) -> httpx.Response:
        with self._new_client() as client:
            return client.get(path)

    def delete(self, path: str) -> httpx.Response:
        with self._new_client() as client:
            return client.delete(path)

    def post_json(self, path: str, body: object) -> httpx.Response:
        with self._new_client() as client:
            return client.post(path, json=body)

    def stats(self) -> dict[str, float]:
        response = self.get("/v1/agents/stats")
        assert response.status_code == httpx.codes.OK, response.text
        stats: dict[str, float] = response.json()
        return stats


def _body(messages: list[Message], max_tokens: int) -> dict[str, object]:
    # The random model seldom ends by itself, and without its end token never.
    return {"model": "m", "messages": messages, "max_tokens": max_tokens, "temperature": 0}


def _texts(response: httpx.Response) -> Iterator[str]:
    for line in response.iter_lines():
        if not line.startswith("data: ") or line == "data: [DONE]":
            continue
        event = orjson.loads(line.removeprefix("data: "))
        assert "error" not in event, event
        for choice in event["choices"]:
            if text := choice["delta"].get("content"):
                yield text
