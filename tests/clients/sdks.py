"""Official packages for Python, in dialogues that survive the server."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import openai
from anthropic.types.beta import BetaMessage
from openai.types.responses import Response

from tests.acceptance.server import Server
from tests.clients.ran import run
from tests.clients.releases import Release
from tests.clients.usage import Request

LONG = "We speak of many things. " * 40
"""Something to have in the cache."""


def respond(server: Server, text: str, before: str | None = None) -> Response:
    """One streamed response of the openai package, after the one of that id."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0) as client:
        asked: dict[str, Any] = {"input": text, "previous_response_id": before}
        with client.responses.stream(model=str(server.model), **asked) as stream:
            return stream.get_final_response()


class Thread:
    """A thread of the anthropic package, which sends only what is new."""

    def __init__(self, server: Server) -> None:
        self._client = anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0)
        self._thread = self._client.beta.messages.thread(
            model=str(server.model), max_tokens=100, system=LONG
        )
        self.first = self.say("Please @@hello")

    def say(self, text: str) -> BetaMessage:
        return self._thread.send({"role": "user", "content": text})

    def close(self) -> None:
        self._client.close()


@dataclass(frozen=True, slots=True)
class Agents:
    """An agent of the OpenAI Agents SDK with a session of its own, in a file."""

    release: Release
    server: Server
    file: Path

    def ask(self, question: str) -> tuple[str, list[Request]]:
        """Its answer, and the requests that it took."""
        program = Path(__file__).with_name("agents_dialogue.py")
        asked = (self.server.url, self.server.key, str(self.server.model), str(self.file), question)
        ran = run(
            self.release.programs / "python",
            program,
            *asked,
            folder=self.file.parent,
            environment={"HOME": str(self.file.parent)},
        )
        assert ran.code == 0, ran.noted
        told = json.loads(ran.said)
        return told["said"], [Request("", prompt, cached, 0) for prompt, cached in told["requests"]]
